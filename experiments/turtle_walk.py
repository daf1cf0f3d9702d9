"""When must a classifier read in order? In which quadrant does a turtle end that walks, and turns left and right?

The data are `data.turtle_walk`, 12 commands long. A fifth of all walks of this length, picked by a hash, is kept for
the test, and another fifth for choosing rates: no walk that is scored has been learned. All models learn from the same
number of fresh batches of 64 walks. Recurrent networks read the commands one by one. Their rivals see features of a
walk: how often each command occurs, how often each run of up to six commands occurs, or which command stands at which
place. A network with hidden units, and for the runs of commands also one without, answers from these.

Two tables of counts show what such features determine: the best answer for each number of forwards, lefts and rights,
asked for the quadrant and for two other questions that sound as if they needed the order, the final direction and the
number of forwards modulo 3.

The recurrent networks are also scored on other lengths, and trained on mixed ones. A network on places can read shorter
walks if the places after the end are left empty; one of 24 places learns from the same mixed lengths.

`results` holds, by model, the rate, the shares right that chose it, and the shares right of ten networks. The full run
takes about 20 minutes.
"""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from experiments import saving
from experiments._torch_stacks import Parameters, clip, linear, run_recurrent, stacked
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    # name, after which lengths it learns from, otherwise T: what it reads, hidden units, updates, networks
    "models": {
        "LSTM": ["LSTM", 32, 3000, 10],
        "GRU": ["GRU", 37, 3000, 10],
        "RNN": ["RNN", 66, 3000, 10],
        "LSTM, lengths 3 to 12": ["LSTM", 32, 3000, 10],
        "LSTM, lengths 3 to 24": ["LSTM", 32, 3000, 10],
        "counts": ["counts", 600, 3000, 10],
        "places": ["places", 118, 3000, 10],
        "places, two layers": ["places", [52, 52], 3000, 10],
        "places, two layers, ten times the updates": ["places", [52, 52], 30000, 5],
        "places, two layers, lengths 3 to 24": ["places", [44, 44], 3000, 10],
        "places, two layers, lengths 3 to 24, longer": ["places", [44, 44], 12000, 5],
        "places, 176 units, lengths 3 to 24": ["places", [176, 176], 3000, 10],
        "places, 176 units, lengths 3 to 24, longer": ["places", [176, 176], 12000, 5],
        "runs, hidden, lengths 3 to 24": ["runs", 64, 3000, 10],
        "runs": ["runs", [], 3000, 10],
        "runs, hidden": ["runs", 64, 3000, 10],
    },
    "rates": [0.001, 0.003, 0.01, 0.03, 0.1],
    "tuning": [3, 1000],  # networks, updates
    "T": 12,
    "batch": 64,
    "tests": [6, 9, 12, 15, 18, 24, 36, 48],
    "walks": 4000,  # in a test
    "table": 192000,  # walks that the tables count: as many as a network learns from
}
LONGEST = 6  # commands in a run
QUADRANTS = 4
TOLERANCE = 0.04


def part_of(ids: np.ndarray) -> np.ndarray:
    """Return 0 for walks to be learned, 1 for those that choose a rate, 2 for the test."""
    code = np.zeros(ids.shape[1], np.uint64)
    for command in ids:
        code = code * np.uint64(3) + command.astype(np.uint64)
    mixed = (code + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
    return np.array([0, 0, 0, 1, 2])[(mixed % np.uint64(5)).astype(int)]


def draw(T: int, n: int, part: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n walks of a part: ids (T, n) and quadrants (n,)."""
    ids, quadrant = data.turtle_walk(T, (2 if part == 0 else 6) * n + 40, rng)
    chosen = np.flatnonzero(part_of(ids) == part)[:n]
    if len(chosen) < n:
        return draw(T, n, part, rng)
    return ids[:, chosen], quadrant[chosen]


def features(reads: str, ids: np.ndarray, longest: int) -> np.ndarray:
    """Return what a rival sees of walks (T, M), as numbers (M, …) about 1 in size; places after the end are 0."""
    T, M = ids.shape
    if reads == "places":
        seen = np.zeros((M, longest, 3), np.float32)
        seen[:, :T] = np.eye(3, dtype=np.float32)[ids].transpose(1, 0, 2)
        return seen.reshape(M, 3 * longest)
    found = []
    for n in range(1, 1 + (1 if reads == "counts" else LONGEST)):
        places = max(0, T - n + 1)  # a short walk has no long runs
        code = sum(ids[j : places + j] * 3 ** (n - 1 - j) for j in range(n))
        flat = (code + 3**n * np.arange(M)).ravel()
        found.append(np.bincount(flat, minlength=3**n * M).reshape(M, 3**n))
    return np.concatenate(found, axis=1).astype(np.float32)


class Layers(nn.Module):
    """Features → hidden layers of ReLU units → logits."""

    def __init__(self, inputs: int, hidden: list[int]) -> None:
        super().__init__()
        sizes = [inputs, *hidden, QUADRANTS]
        for number, (one, other) in enumerate(pairwise(sizes)):
            self.add_module(str(number), nn.Linear(one, other))


class Recurrent(nn.Module):
    """A recurrent layer on one-hot commands, its final state → logits; an LSTM starts with a forget bias of 1."""

    def __init__(self, kind: str, hidden: int) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(3, hidden)
        self.linear = nn.Linear(hidden, QUADRANTS)
        if kind == "LSTM":
            with torch.no_grad():
                self.rnn.bias_ih_l0.chunk(4)[1].fill_(1.0)
                self.rnn.bias_hh_l0.chunk(4)[1].fill_(0.0)


def is_recurrent(reads: str) -> bool:
    """Whether this model reads the commands one by one."""
    return reads in ("RNN", "LSTM", "GRU")


def build(reads: str, hidden: Any, networks: int, first: int, longest: int) -> Parameters:
    """Return a stack of untrained networks, the first of which has the seed `first`."""
    models: list[nn.Module] = []
    for seed in range(first, first + networks):
        torch.manual_seed(seed)
        if is_recurrent(reads):
            models.append(Recurrent(reads, hidden))
        else:
            inputs = {"counts": 3, "places": 3 * longest, "runs": sum(3**n for n in range(1, LONGEST + 1))}[reads]
            models.append(Layers(inputs, hidden if isinstance(hidden, list) else [hidden]))
    return stacked(models)


def answer(p: Parameters, reads: str, ids: np.ndarray, longest: int) -> Tensor:
    """Return the logits (N, M, 4) of walks (N or 1, T, M), the same for all networks or each its own."""
    N = next(iter(p.values())).shape[0]
    if is_recurrent(reads):
        return run_recurrent(p, torch.from_numpy(ids).expand(N, -1, -1), reads)[:, -1]
    x = torch.from_numpy(np.stack([features(reads, each, longest) for each in ids])).expand(N, -1, -1)
    layers = len(p) // 2
    for number in range(layers):
        x = linear(p, str(number), x)
        x = x.relu() if number < layers - 1 else x
    return x


def train(p: Parameters, reads: str, lr: float, updates: int, batch: int, lengths: list[int], first: int) -> None:
    """Take so many updates with Adam, at a rate that falls to a twentieth."""
    optimizer = torch.optim.Adam(p.values(), lr=lr)
    N = next(iter(p.values())).shape[0]
    rng = np.random.default_rng(first)
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 - 0.95 * update / updates)
        T = int(rng.integers(lengths[0], lengths[1] + 1))
        ids, quadrant = draw(T, N * batch, 0, rng)
        own = np.ascontiguousarray(ids.reshape(T, N, batch).transpose(1, 0, 2))
        logits = answer(p, reads, own, lengths[1])
        loss = F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(quadrant)) * N
        optimizer.zero_grad()
        loss.backward()
        clip(p, 1.0)
        optimizer.step()


def right(p: Parameters, reads: str, longest: int, ids: np.ndarray, quadrant: np.ndarray) -> list[float]:
    """Return the share of right answers of every network on walks (T, M)."""
    with torch.no_grad():
        answers = answer(p, reads, ids[None], longest).argmax(-1).numpy()
    return [round(float(share), 4) for share in (answers == quadrant).mean(axis=1)]


def lengths_of(name: str, T: int) -> list[int]:
    """Return the shortest and the longest walk that a model learns from, as its name says: "…, lengths 3 to 24"."""
    found = re.search(r"lengths (\d+) to (\d+)", name)
    return [int(each) for each in found.groups()] if found else [T, T]


def trained(name: str, settings: dict[str, Any], lr: float, networks: int, updates: int, first: int) -> Parameters:
    """Return networks of a model after training."""
    reads, hidden = settings["models"][name][:2]
    lengths = lengths_of(name, settings["T"])
    p = build(reads, hidden, networks, first, lengths[1])
    train(p, reads, lr, updates, settings["batch"], lengths, first)
    return p


def model(name: str, settings: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Return a model's rate, how it was chosen, and the test; models that differ in updates alone share the rate."""
    reads, hidden, updates, networks = settings["models"][name]
    shortest, longest = lengths_of(name, settings["T"])
    key = repr((reads, hidden, shortest, longest))
    if key not in chosen:
        valid = draw(longest, settings["walks"], 1, np.random.default_rng(7))
        number, tries = settings["tuning"]
        rates = settings["rates"]
        scored = [right(trained(name, settings, lr, number, tries, 100), reads, longest, *valid) for lr in rates]
        chosen[key] = {f"{lr:g}": round(float(np.mean(row)), 4) for lr, row in zip(rates, scored)}
    lr = float(max(chosen[key], key=chosen[key].get))
    p = trained(name, settings, lr, networks, updates, 0)
    tests = [T for T in settings["tests"] if is_recurrent(reads) or shortest <= T <= longest]
    scores = {
        str(T): right(p, reads, longest, *draw(T, settings["walks"], 2, np.random.default_rng(1000 + T))) for T in tests
    }
    parameters = sum(each[0].numel() for each in p.values())
    return {"parameters": parameters, "tried": chosen[key], "rate": lr, "right": scores}


def table_of_counts(T: int, learned: int, tested: int) -> dict[str, float]:
    """Return how often the best answer for each number of forwards, lefts and rights is right, by question."""
    rng = np.random.default_rng(5)
    parts = [draw(T, learned, 0, rng), draw(T, tested, 2, rng)]
    shares = {}
    for question in ("quadrant", "direction", "forwards modulo 3"):
        keys, answers = [], []
        for ids, quadrant in parts:
            n = np.stack([(ids == command).sum(axis=0) for command in range(3)])
            keys.append(n[0] * (T + 1) + n[1])
            answers.append({"quadrant": quadrant, "direction": (n[2] - n[1]) % 4}.get(question, n[0] % 3))
        table = np.zeros(((T + 1) ** 2, QUADRANTS))
        np.add.at(table, (keys[0], answers[0]), 1)
        shares[question] = round(float((table.argmax(axis=1)[keys[1]] == answers[1]).mean()), 4)
    commonest = np.bincount(parts[0][1]).argmax()
    return shares | {"commonest quadrant": round(float((parts[1][1] == commonest).mean()), 4)}


def run(**settings: Any) -> dict[str, Any]:
    """Return the tables' shares right and those of every model."""
    torch.set_num_threads(1)
    results: dict[str, Any] = {"table": table_of_counts(settings["T"], settings["table"], settings["walks"])}
    chosen: dict[str, Any] = {}
    for name in settings["models"]:
        results[name] = model(name, settings, chosen)
        print(name, results[name], flush=True)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Count again, and train the networks on counts and on places for fewer updates: they come no further."""
    torch.set_num_threads(1)
    settings, results = record["settings"], record["results"]
    again = table_of_counts(settings["T"], settings["table"], settings["walks"])
    assert again == results["table"], f"table: got {again}, wanted {results['table']}"
    name = "counts"
    p = trained(name, settings, results[name]["rate"], 10, 300, 0)
    test = draw(settings["T"], settings["walks"], 2, np.random.default_rng(1000 + settings["T"]))
    new = np.median(right(p, name, settings["T"], *test))
    old = np.median(results[name]["right"][str(settings["T"])])
    assert abs(new - old) <= TOLERANCE, f"{name}: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
