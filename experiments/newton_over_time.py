"""How many Newton iterations find all states of a tanh network at once, and what decides it? For chapter 17.

Newton's method guesses all T states, replaces the network at the guess by its tangents, solves the linear recurrence
that this leaves with one scan, and repeats. What is counted are the iterations until no state is further than 1e-10
from what the loop gives; None stands for more than `most`, or T if that is less, or for numbers beyond float64. The
first guess is 0.

- ``untrained``: W has random normal entries with standard deviation gain / √32, inputs have that of `drive`. Beside the
  iterations stands the largest Lyapunov exponent, the mean growth of ln |u| in each step when a small change u of the
  state is carried along.
- ``by_length``: the same for several lengths T, at most T / 2 iterations; a shorter sequence is the longer one's start.
- ``trained``: networks of 66 units that have learned parity on streams of 24 bits (those of `parity_by_scan`), and of
  64 units that have read 1,000 batches of Shakespeare (chapter 7's recipe), on new sequences of several lengths.
  ``largest`` is the largest error on the way, as a power of ten. ``near`` are the iterations when the first guess is
  not 0 but the wanted states with normal noise of standard deviation 0.1.

The full run takes about three minutes.
"""

import math
from typing import Any

import numpy as np

from experiments import parity_by_scan, saving
from rnn_utils import Adam, LanguageModel, data, fit
from rnn_utils.optim import linear_decay
from rnn_utils.scan import tree

SETTINGS: dict[str, Any] = {
    "seeds": 10,
    "untrained": {
        "hidden": 32,
        "T": 256,
        "most": 100,
        "gains": [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0],
        "drives": [0.1, 0.5, 1.0],
    },
    "by_length": {
        "hidden": 32,
        "gains": [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5],
        "drives": [0.5],
        "lengths": [64, 128, 256, 512],
    },
    "lengths": [64, 128, 256],
    "updates": {"parity": 2000, "characters": 1000},
}


def loop(W: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Return the states of h_t = tanh(W h_{t−1} + c_t) from zero, (T, H)."""
    h, states = np.zeros(c.shape[1:]), []
    for c_t in c:
        h = np.tanh(W @ h + c_t)
        states.append(h)
    return np.stack(states)


def newton(W: np.ndarray, c: np.ndarray, h: np.ndarray, wanted: np.ndarray, most: int) -> tuple[int | None, float]:
    """Return how many iterations lead from h to within 1e-10 of the wanted states, and the largest error on the way."""
    largest = 0.0
    for iteration in range(1, most + 1):
        step = np.tanh(np.concatenate([np.zeros_like(h[:1]), h[:-1]]) @ W.T + c)
        with np.errstate(all="ignore"):
            h = h + tree((1 - step**2)[..., None] * W, (step - h)[..., None], np.matmul)[..., 0]
            error = float(np.abs(h - wanted).max())
        if not math.isfinite(error):
            return None, largest
        largest = max(largest, error)
        if error < 1e-10:
            return iteration, largest
    return None, largest


def lyapunov(W: np.ndarray, states: np.ndarray) -> float:
    """Return the mean growth of ln |u| in each step along the states, for a small change u of the first."""
    u, growth = np.ones(states.shape[1]), 0.0
    for h in states:
        u = (1 - h**2) * (W @ u)
        size = np.linalg.norm(u)
        growth += math.log(size)
        u /= size
    return growth / len(states)


def measured(W: np.ndarray, c: np.ndarray, most: int) -> dict[str, Any]:
    """Return the iterations for one sequence, and what goes with them."""
    states = loop(W, c)
    iterations, largest = newton(W, c, np.zeros_like(c), states, min(most, len(c)))
    power = math.floor(math.log10(max(largest, 1e-300)))
    return {"iterations": iterations, "exponent": round(lyapunov(W, states), 3), "largest": power}


def measured_nearby(W: np.ndarray, c: np.ndarray) -> dict[str, Any]:
    """Return the same, and the iterations from a guess near the wanted states."""
    states = loop(W, c)
    guess = states + 0.1 * np.random.default_rng(0).normal(size=c.shape)
    return measured(W, c, len(c)) | {"near": newton(W, c, guess, states, len(c))[0]}


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return rows of equal keys as one list for each key."""
    return {key: [row[key] for row in rows] for key in rows[0]}


def random_networks(
    seeds: int, hidden: int, T: int, most: int, gains: list[float], drives: list[float]
) -> list[dict[str, Any]]:
    """Return a row for every drive and gain, with ten networks each."""
    found = []
    for drive in drives:
        for gain in gains:
            rows = []
            for seed in range(seeds):
                rng = np.random.default_rng(seed)
                W = gain * rng.normal(size=(hidden, hidden)) / math.sqrt(hidden)
                rows.append(measured(W, drive * rng.normal(size=(T, hidden)), most))
            found.append({"drive": drive, "gain": gain} | columns(rows))
    return found


def parity_networks(seeds: int, updates: int, T: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return W and the inputs' products c (T, H) of networks that have learned parity, on new bits."""
    net = {"kind": "RNN", "hidden": 66, "updates": updates}
    trained = parity_by_scan.train(net, range(seeds), parity_by_scan.SETTINGS)
    p = {name: each.detach().double().numpy() for name, each in trained.items()}
    made = []
    for seed in range(seeds):
        x = np.random.default_rng(1000 + seed).integers(2, size=T)
        bias = p["rnn.bias_ih_l0"][seed] + p["rnn.bias_hh_l0"][seed]
        made.append((p["rnn.weight_hh_l0"][seed], p["rnn.weight_ih_l0"][seed].T[x] + bias))
    return made


def character_networks(seeds: int, updates: int, T: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return W and the inputs' products c (T, H) of networks that have read Shakespeare, on held-out text."""
    text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(text)
    batches = list(data.contiguous_streams(vocabulary.encode(text), 32, 32))
    ids, made = vocabulary.encode(held_out), []
    how: dict[str, Any] = {"clip_norm": 1.0, "schedule": linear_decay, "carry_state": True, "progress": False}
    for seed in range(seeds):
        model = LanguageModel(len(vocabulary), 64, rng=np.random.default_rng(seed))
        fit(model, batches, Adam(model.params, 4e-3), steps=updates, **how)
        p = {name: each.astype(float) for name, each in model.params.items()}
        x = ids[1000 * seed : 1000 * seed + T]
        made.append((p["rnn.weight_hh"], p["rnn.weight_ih"].T[x] + p["rnn.bias_ih"] + p["rnn.bias_hh"]))
    return made


def trained(seeds: int, lengths: list[int], updates: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Return for both tasks a row for every length, with ten networks each."""
    found = {}
    for task, make in {"parity": parity_networks, "characters": character_networks}.items():
        networks = make(seeds, updates[task], max(lengths))
        found[task] = [{"T": T} | columns([measured_nearby(W, c[:T]) for W, c in networks]) for T in lengths]
    return found


def by_length(seeds: int, lengths: list[int], **given: Any) -> list[dict[str, Any]]:
    """Return a row for every length, drive and gain, with ten networks each."""
    return [{"T": T} | row for T in lengths for row in random_networks(seeds, T=T, most=T // 2, **given)]


def run(seeds: int, lengths: list[int], updates: dict[str, int], **given: dict[str, Any]) -> dict[str, Any]:
    """Return what the program's docstring says."""
    found = {"untrained": random_networks(seeds, **given["untrained"])}
    found["by_length"] = by_length(seeds, **given["by_length"])
    return found | {"trained": trained(seeds, lengths, updates)}


def check_part(record: dict[str, Any]) -> None:
    """Measure three untrained networks again, and train one for characters."""
    given, results = record["settings"], record["results"]
    for row in results["untrained"][:3]:
        part = given["untrained"] | {"gains": [row["gain"]], "drives": [row["drive"]]}
        (again,) = random_networks(1, **part)
        got, wanted = (each["iterations"][0] for each in (again, row))
        assert got is not None and wanted is not None and abs(got - wanted) <= 1, (row["gain"], got, wanted)
    (W, c), *_ = character_networks(1, given["updates"]["characters"], 128)
    got, wanted = measured(W, c, 128)["iterations"], results["trained"]["characters"][1]["iterations"][0]
    assert abs(got - wanted) <= 2, f"characters, T = 128: got {got}, wanted {wanted} ± 2"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
