"""Can one tell what a unit of a character network does, and how would one know? Ten tanh networks and ten LSTMs.

The tanh networks are trained like that of chapter 07, three more of them four times as long. Each then reads held-out
Shakespeare in 32 streams side by side: the first 16 lie in the first half of the text, on which units are chosen, the
others in the second, on which they are judged. Four questions are asked.

- How closely does its best unit follow a property of the text (inside a speaker's name; the place in the word; the
  place in the line)? Again with each character's own mean taken off, and again before training.
- How well does a linear read-out tell the property from all its units? Again before training; and from the last k
  characters, without a network.
- What does it cost to hold a unit at its mean while the network reads, in bits per character inside names and
  elsewhere? Every unit alone; the best ones also at zero and at values from elsewhere in the text; the best two
  together, and pairs drawn at random.
- In the LSTM: how long would its cells last by their forget gates, and what does it cost to hold gates at their means
  or shut? What does it cost to hold any one cell, such as the one that follows the place in the line best?

Weights are rounded to 16 bits after training, and those of the first network of each kind are part of the record.

The full run takes about eleven minutes.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import LSTM, RNN, data
from rnn_utils.functional import sigmoid
from rnn_utils.init import forget_bias_
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import evaluate, fit

SETTINGS: dict[str, Any] = {
    # name: hidden units, learning rate, updates, seeds
    "networks": {
        "tanh": [128, 4e-3, 4000, 10],
        "tanh, longer": [128, 4e-3, 16_000, 3],
        "LSTM": [64, 8e-3, 2000, 10],
    },
    "characters": 1200,  # that each stream reads
    "windows": [1, 2, 4, 8, 16],
    "pairs": 10,
    "group": 8,  # gates that are held together
    "groups": 10,  # drawn at random
}
STREAMS, HALF = 32, 16
BEGINNING = 40  # updates that can be made again in a second
GATES = {"input": 0, "forget": 1, "output": 3}
BITS = 1 / np.log(2)


class Text:
    """The training text, and held-out text in streams (T, 32) with its properties (T, 32)."""

    def __init__(self, characters: int) -> None:
        train, held_out = data.split(data.shakespeare(), (0.9, 0.1))
        self.vocabulary = data.Vocabulary(train)
        self.train = list(data.contiguous_streams(self.vocabulary.encode(train), 32, 32))
        held_ids = self.vocabulary.encode(held_out)
        self.held = list(data.contiguous_streams(held_ids, 32, 128))
        self.V, length = len(self.vocabulary), len(held_out) // STREAMS

        def streams(a: np.ndarray) -> np.ndarray:
            return a[: length * STREAMS].reshape(STREAMS, length).T

        self.ids, self.next = streams(held_ids)[:characters], streams(held_ids)[1 : characters + 1]
        self.wanted = {name: streams(f)[:characters] for name, f in properties(held_out).items()}
        self.inside = self.wanted["inside a name"]


def properties(text: str) -> dict[str, np.ndarray]:
    """What a network might want to know after each character, by name: (N,) each."""
    signs, where = np.array(list(text)), np.arange(len(text))
    line_ends = signs == "\n"

    def since(reset: np.ndarray) -> np.ndarray:
        return where - np.maximum.accumulate(np.where(reset, where, -1))

    blank = line_ends & np.append(False, line_ends[:-1])  # the speaker's name comes next, and ends in ":"
    return {
        "inside a name": (since(blank) < since(signs == ":")) & ~blank,
        "place in the word": since(~np.char.isalpha(signs)),
        "place in the line": since(line_ends),
    }


def untrained(name: str, hidden: int, V: int, seed: int) -> LanguageModel:
    """Return a network as it is before training."""
    gated = name == "LSTM"
    model = LanguageModel(V, hidden, layer=LSTM if gated else RNN, rng=np.random.default_rng(seed))
    if gated:
        forget_bias_(model.rnn.params, 1.0)
    return model


def train(
    name: str, hidden: int, lr: float, updates: int, text: Text, seed: int, last: int | None = None
) -> tuple[LanguageModel, float]:
    """Return a trained network, rounded, and its loss (bits) in the first updates; `last` ends the run early."""
    model = untrained(name, hidden, text.V, seed)
    options: dict[str, Any] = {"clip_norm": 1.0, "carry_state": True, "progress": False}
    history = fit(
        model,
        text.train,
        Adam(model.params, lr),
        steps=last or updates,
        schedule=lambda step, _: linear_decay(step, updates),
        **options,
    )
    for p in model.params.values():
        p[...] = p.astype(np.float16)
    return model, round(float(np.mean(history.loss[:BEGINNING]) * BITS), 4)


# What a unit follows ------------------------------------------------------------------------------------------------


def halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split streams (T, 32, …) into the two halves of the text, each (16 T, …)."""
    return tuple(a[:, part].reshape(-1, *a.shape[2:]) for part in (slice(HALF), slice(HALF, None)))  # type: ignore


def within(a: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Return a (N, …) less the mean of all places with the same key (N,)."""
    _, key = np.unique(key, return_inverse=True)
    order = np.argsort(key, kind="stable")
    sums = np.add.reduceat(a[order].astype(float), np.flatnonzero(np.diff(key[order], prepend=-1)))
    return a - (sums.T / np.bincount(key)).T[key]


def correlation(states: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Return r of every column of states (N, H) with f (N,): (H,)."""
    a, b = states - states.mean(axis=0), f - f.mean()
    return a.T @ b / np.sqrt((a**2).sum(axis=0) * (b @ b))


def best_unit(states: np.ndarray, f: np.ndarray, key: np.ndarray | None = None) -> tuple[int, float]:
    """Return the unit with the largest |r| in the first half, and its r in the second."""
    r = []
    for a, b, same in zip(halves(states), halves(f), halves(f if key is None else key), strict=True):
        r.append(correlation(a, b) if key is None else correlation(within(a, same), within(b, same)))
    unit = int(np.abs(r[0]).argmax())
    return unit, round(float(r[1][unit]), 3)


def read_out(states: np.ndarray, f: np.ndarray) -> float:
    """Return r in the second half of a linear read-out of f that was fitted to the first half."""
    (a, b), (f_a, f_b) = halves(states), halves(f)
    a, b = a - a.mean(axis=0), b - a.mean(axis=0)
    square = a.T @ a + 1e-4 * len(a) * np.eye(a.shape[1])  # a little ridge: windows have columns that add up to 1
    return round(float(np.corrcoef(b @ np.linalg.solve(square, a.T @ (f_a - f_a.mean())), f_b)[0, 1]), 4)


def last_characters(ids: np.ndarray, k: int, V: int) -> np.ndarray:
    """Return the last k characters of every place as one vector: (T, 32, k V)."""
    padded = np.concatenate([np.zeros((k - 1, STREAMS), int), ids])
    windows = np.lib.stride_tricks.sliding_window_view(padded, k, axis=0)  # (T, 32, k)
    return np.eye(V, dtype=np.float32)[windows].reshape(*ids.shape, k * V)


def look(text: Text, model: LanguageModel) -> dict[str, Any]:
    """Return for every property the best unit, raw and with the character fixed, and the read-out of all units."""
    states = model.rnn.forward(model.encode(text.ids))[0]
    found = {}
    for name, f in text.wanted.items():
        best, fixed = best_unit(states, f), best_unit(states, f, text.ids)
        found[name] = {"unit": best[0], "r": best[1], "fixed unit": fixed[0], "fixed r": fixed[1]}
        found[name]["all units"] = read_out(states, f)
    return found


# What holding it costs ----------------------------------------------------------------------------------------------


def read(
    model: LanguageModel,
    ids: np.ndarray,
    units: Any = None,
    value: Any = 0,
    gate: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Read ids (T, B) with some units held at a value at every step, or one of an LSTM's gates of these units.

    Returns
    -------
    h, kept : ndarray, shape (T, B, H)
        Hidden states; what carries the memory: h itself, or an LSTM's cell states, which are what is held.
    gates : ndarray, shape (T, B, 4, H), or None

    """
    p, units = model.params, slice(0) if units is None else units
    inputs = (p["rnn.weight_ih"].T + (p["rnn.bias_ih"] + p["rnn.bias_hh"]))[ids]  # (T, B, H) or (T, B, 4H)
    W = np.ascontiguousarray(p["rnn.weight_hh"].T)
    h = np.zeros((ids.shape[1], len(W)), np.float32)
    c, gated = h, W.shape[1] > len(W)
    out: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = []
    for a in inputs:
        if not gated:
            h = np.tanh(a + h @ W)
            h[:, units] = value
            out.append((h, h, None))
            continue
        a = (a + h @ W).reshape(len(h), 4, -1)
        gates = sigmoid(a)
        gates[:, 2] = np.tanh(a[:, 2])
        if gate is not None:
            gates[:, gate, units] = value
        c = gates[:, 1] * c + gates[:, 0] * gates[:, 2]
        if gate is None:
            c[:, units] = value
        h = gates[:, 3] * np.tanh(c)
        out.append((h, c, gates))
    h_all, kept, gates_all = zip(*out, strict=True)
    return np.stack(h_all), np.stack(kept), np.stack(gates_all) if gated else None


def cost(text: Text, model: LanguageModel, *hold: Any) -> np.ndarray:
    """Return bits per character of the second half, inside names and elsewhere: (2,)."""
    h = read(model, text.ids[:, HALF:], *hold)[0]
    logits = h @ model.params["linear.weight"].T + model.params["linear.bias"]
    logits -= logits.max(axis=-1, keepdims=True)
    right = np.take_along_axis(logits, text.next[:, HALF:, None], axis=-1)[..., 0]
    bits = (np.log(np.exp(logits).sum(axis=-1)) - right) * BITS
    inside = text.inside[:, HALF:]
    return np.array([bits[inside].mean(), bits[~inside].mean()])


def rounded(a: Any) -> list[float]:
    """Return an array as a list of numbers with four decimals."""
    return [round(float(x), 4) for x in np.asarray(a).ravel()]


def hold_units(text: Text, model: LanguageModel, pairs: int) -> dict[str, Any]:
    """Return what holding units of a tanh network costs, beyond the bits of the network as it is."""
    first = read(model, text.ids[:, :HALF])[0].reshape(-1, model.rnn.hidden_size)
    r, mean = np.abs(correlation(first, halves(text.inside)[0])), first.mean(axis=0)
    order, base = np.argsort(-r), cost(text, model)
    rng = np.random.default_rng(0)

    def extra(units: Any, value: Any) -> np.ndarray:
        return cost(text, model, units, value) - base

    alone = np.array([extra([unit], mean[unit]) for unit in range(len(r))])  # (H, 2)
    drawn = [rng.choice(order[2:], 2, replace=False) for _ in range(pairs)]
    elsewhere = rng.choice(first[:, order[0]], HALF)  # a value for each stream, kept all the way
    return {
        "bits": rounded(base),
        "r": rounded(r),
        "inside": rounded(alone[:, 0]),
        "elsewhere": rounded(alone[:, 1]),
        "best at zero": rounded(extra(order[:1], 0)),
        "best at other values": rounded(extra(order[:1], elsewhere[:, None])),
        "best two": rounded(extra(order[:2], mean[order[:2]])),
        "random pairs": rounded([extra(pair, mean[pair])[0] for pair in drawn]),
    }


def hold_gates(text: Text, model: LanguageModel, group: int, groups: int) -> dict[str, Any]:
    """Return half-lives of an LSTM's cells, and what holding gates or cells costs."""
    _, c, gates = read(model, text.ids[:, :HALF])
    assert gates is not None
    mean, base = gates.mean(axis=(0, 1)), cost(text, model)  # (4, H), (2,)
    lives = np.log(0.5) / np.log(gates[:, :, 1]).mean(axis=(0, 1))
    order, rng = np.argsort(lives), np.random.default_rng(0)
    everything = np.arange(len(lives))

    drawn = [rng.choice(everything, group, replace=False) for _ in range(groups)]

    def forget(units: np.ndarray, shut: bool = False) -> list[float]:
        return rounded(cost(text, model, units, 0 if shut else mean[1][units], 1) - base)

    key, place = halves(text.ids)[0], halves(text.wanted["place in the line"])[0]
    follows = np.abs(correlation(within(c.reshape(-1, len(lives)), key), within(place, key)))
    level = c.mean(axis=(0, 1))
    return {
        "bits": rounded(base),
        "half-lives": rounded(lives),
        "mean forget gates": rounded(mean[1]),
        "held": {name: rounded(cost(text, model, everything, mean[k], k) - base) for name, k in GATES.items()},
        "longest": forget(order[-group:]),
        "shortest": forget(order[:group]),
        "random groups": [forget(units) for units in drawn],
        "longest shut": forget(order[-group:], shut=True),
        "shortest shut": forget(order[:group], shut=True),
        "random groups shut": [forget(units, shut=True) for units in drawn],
        "r with the place in the line": rounded(follows),
        "cells held": rounded([(cost(text, model, [u], level[u]) - base)[1] for u in everything]),
    }


def pack(params: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Return 16-bit weights as text."""
    return {name: b64encode(p.astype("<f2").tobytes()).decode() for name, p in params.items()}


def unpack(packed: Mapping[str, str], model: LanguageModel) -> LanguageModel:
    """Give a network the weights of a record."""
    for name, p in model.params.items():
        p[...] = np.frombuffer(b64decode(packed[name]), "<f2").reshape(p.shape)
    return model


def ask(text: Text, name: str, model: LanguageModel, settings: dict[str, Any]) -> dict[str, Any]:
    """Return all that is asked of one trained network."""
    answers: dict[str, Any] = {"held-out bits": round(evaluate(model, text.held, carry_state=True) * BITS, 4)}
    if name == "LSTM":
        return answers | {"gates": hold_gates(text, model, settings["group"], settings["groups"])}
    return answers | {"found": look(text, model), "units": hold_units(text, model, settings["pairs"])}


def run(networks: dict[str, list[Any]], characters: int, **settings: Any) -> dict[str, Any]:
    """Return for every network of every seed what was asked of it; the read-outs of windows; two sets of weights."""
    text = Text(characters)
    results: dict[str, Any] = {"weights": {}, "windows": {}}
    for k in settings["windows"]:
        window = last_characters(text.ids, k, text.V)
        results["windows"][str(k)] = {name: read_out(window, f) for name, f in text.wanted.items()}
    for name, (hidden, lr, updates, seeds) in networks.items():
        rows = results[name] = []
        for seed in range(seeds):
            model, beginning = train(name, hidden, lr, updates, text, seed)
            rows.append({"beginning": beginning} | ask(text, name, model, settings))
            if name != "LSTM":
                rows[-1]["untrained"] = look(text, untrained(name, hidden, text.V, seed))
            if seed == 0 and name in ("tanh", "LSTM"):
                results["weights"][name] = pack(model.params)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Begin the training of seed 0 again, and ask some questions of the networks whose weights are in the record."""
    settings, results = record["settings"], record["results"]
    text = Text(settings["characters"])

    def agree(what: str, new: float, old: float, tolerance: float) -> None:
        assert abs(new - old) <= tolerance, f"{what}: got {new}, wanted {old} ± {tolerance}"

    for name in results["weights"]:
        hidden, lr, updates, _ = settings["networks"][name]
        old = results[name][0]
        begun = train(name, hidden, lr, updates, text, 0, last=BEGINNING)[1]
        agree(f"{name}, loss of the first updates", begun, old["beginning"], 0.01)
        model = unpack(results["weights"][name], untrained(name, hidden, text.V, 0))
        agree(f"{name}, bits", evaluate(model, text.held, carry_state=True) * BITS, old["held-out bits"], 0.002)
        if name == "tanh":
            units, states = old["units"], read(model, text.ids)[0]
            best = int(np.argmax(units["r"]))
            mean = states[:, :HALF, best].mean()
            extra = cost(text, model, [best], mean)[0] - units["bits"][0]
            agree(f"unit {best} held, inside names", extra, units["inside"][best], 0.01)
            told = read_out(states, text.inside)
            agree("inside a name, all units", told, old["found"]["inside a name"]["all units"], 0.005)
        else:
            gates = old["gates"]
            held = cost(text, model, np.arange(hidden), np.array(gates["mean forget gates"], np.float32), 1)
            agree("forget gates held", held[0] - gates["bits"][0], gates["held"]["forget"][0], 0.02)


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
