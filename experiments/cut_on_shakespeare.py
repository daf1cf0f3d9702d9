"""What does a gradient that is cut every k steps cost on Shakespeare, and how far is it from the true one?

A language model with 64 hidden units reads Shakespeare in pieces of 32 characters, and its state is carried on. Within
each piece the gradient is cut every k steps. The batches, the losses and the number of updates are the same for all k:
only the cut differs. Ten networks from the same ten seeds are trained with Adam for one pass and for ten passes. The
rate was chosen for k = 32, by the loss on the last batches of a pass with another seed.

Then the gradient of W_hh is measured with the weights held still, for the ten networks trained with k = 16 and for the
same ten untrained: on 8,192 steps of 32 streams of the training text, cut every k steps, against the gradient through
all 512 steps of each window.

The full run takes about twelve minutes of one processor core.
"""

import sys
from functools import cache
from typing import Any

import numpy as np

from experiments import saving
from experiments._many_networks import Arrays, back, clip, flat, forward, gradients, held_out, initialise, score
from rnn_utils import data
from rnn_utils.optim import Adam, linear_decay

SETTINGS: dict[str, Any] = {
    "rates": [0.006, 0.012, 0.024, 0.048],
    "choosing_seed": 100,
    "cuts": [1, 2, 4, 8, 16, 32],
    "seeds": list(range(10)),
    "long_cuts": [1, 4, 16, 32],
    "long_seeds": list(range(10)),
    "passes": 10,
    "hidden": 64,
    "measured_cuts": [1, 2, 4, 8, 16, 32, 64, 128],
    "windows": 16,
    "trained_with": 16,
}
B, T, WINDOW, LONGEST = 32, 32, 512, 16  # LONGEST: steps back up to which the shares are told apart
BEGINNING = 20
TOLERANCE = 2e-3


@cache
def texts() -> tuple[int, np.ndarray, np.ndarray]:
    """Return V, the training text and the held-out text."""
    train_text, held_out_text = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    return len(vocabulary), vocabulary.encode(train_text), vocabulary.encode(held_out_text)


def train(
    p: Arrays, ids: np.ndarray, rate: float, cut: int, passes: int = 1, stop: int | None = None
) -> list[np.ndarray]:
    """Train all networks with a gradient cut every so many steps; return their losses (S,) before each step."""
    batches = list(data.contiguous_streams(ids, B, T))
    optimizer, steps = Adam(p, lr=rate), passes * len(batches)
    found: list[np.ndarray] = []
    for _ in range(passes):
        h = None
        for x, y in batches[: stop or len(batches)]:
            nats, grads, states = gradients(p, x, y, h, cut=cut)
            h = states[:, -1]
            clip(grads, 1.0)
            optimizer.step(grads, rate * linear_decay(len(found), steps))
            found.append(nats)
    return found


def measure(p: Arrays, ids: np.ndarray, cuts: list[int], windows: int, longest: int = 0) -> dict[str, Any]:
    """Compare cut gradients of W_hh with the true one: error and cosine by seed and cut, and the shares by distance."""
    total: dict[Any, Any] = dict.fromkeys(["true", *cuts], 0.0)
    parts: Any = 0.0
    h = None
    for n, (x, y) in enumerate(data.contiguous_streams(ids, B, WINDOW)):
        if n == windows:
            break
        logits, states = forward(p, x, h)
        h = states[:, -1]
        dlogits = score(logits, y)[1]
        dlogits /= x.size
        dout = (dlogits @ p["weight_hy"]).reshape(*states[:, 1:].shape)
        for cut in total:
            da = back(dout, states, p["weight_hh"], 0 if cut == "true" else cut, "")
            total[cut] = total[cut] + flat(da).swapaxes(1, 2) @ flat(states[:, :-1])
        parts = parts + by_distance(dout, states, p["weight_hh"], longest)
    true = total.pop("true")
    size = np.linalg.norm(true, axis=(1, 2))
    found: dict[str, Any] = {"error": [], "cosine": []}
    for each in total.values():
        found["error"].append(np.linalg.norm(each - true, axis=(1, 2)) / size)
        found["cosine"].append((each * true).sum(axis=(1, 2)) / (np.linalg.norm(each, axis=(1, 2)) * size))
    found["share"] = (parts * true).sum(axis=(2, 3)) / size**2 if longest else []
    return {name: np.round(np.array(values, np.float64), 4).tolist() for name, values in found.items()}


def by_distance(dout: np.ndarray, states: np.ndarray, W_hh: np.ndarray, longest: int) -> np.ndarray:
    """Return the gradient of W_hh in parts, part j of the paths that go j steps back: (longest, S, H, H)."""
    parts, v = [], dout
    for j in range(longest):
        da = (1 - states[:, 1 : dout.shape[1] - j + 1] ** 2) * v
        parts.append(flat(da).swapaxes(1, 2) @ flat(states[:, : dout.shape[1] - j]))
        v = (flat(da) @ W_hh).reshape(da.shape)[:, 1:]
    return np.stack(parts) if parts else np.zeros(1)


def choose(rates: list[float], hidden: int, seed: int) -> list[list[float]]:
    """Return each rate with the loss that the gradient without a cut reaches at the end of a pass."""
    V, ids, _ = texts()
    tried = []
    for rate in rates:
        found = train(initialise(V, hidden, V, [seed]), ids, rate, cut=0)
        tried.append([rate, round(float(np.mean(found[-100:])), 4)])
    return tried


def one(
    rate: float, cut: int, hidden: int, seeds: list[int], passes: int, measured_cuts: list[int], windows: int
) -> dict[str, Any]:
    """Train with a cut; return the losses of the first steps and held out, and what `measure` finds if windows > 0."""
    V, ids, held_ids = texts()
    p = initialise(V, hidden, V, seeds)
    beginning = np.mean(train(p, ids, rate, cut, passes)[:BEGINNING], axis=0, dtype=np.float64)
    found = {"beginning": beginning.round(4).tolist(), "held out": held_out(p, held_ids)}
    print(cut, passes, found, file=sys.stderr, flush=True)
    return found | (measure(p, ids, measured_cuts, windows, LONGEST) if windows else {})


def run(
    rates: list[float],
    choosing_seed: int,
    cuts: list[int],
    seeds: list[int],
    long_cuts: list[int],
    long_seeds: list[int],
    passes: int,
    hidden: int,
    measured_cuts: list[int],
    windows: int,
    trained_with: int,
) -> dict[str, Any]:
    """Return the rate, the losses for each cut, and how far cut gradients are from the true one."""
    tried = choose(rates, hidden, choosing_seed)
    rate = min(tried, key=lambda entry: entry[1])[0]
    V, ids, _ = texts()
    found = {
        str(cut): one(rate, cut, hidden, seeds, 1, measured_cuts, windows if cut == trained_with else 0) for cut in cuts
    }
    long = {str(cut): one(rate, cut, hidden, long_seeds, passes, [], 0) for cut in long_cuts}
    untrained = measure(initialise(V, hidden, V, seeds), ids, measured_cuts, windows)
    return {"tried": tried, "rate": rate, "one pass": found, "more passes": long, "untrained": untrained}


def check_part(record: dict[str, Any]) -> None:
    """Train two seeds for twenty steps with each cut, and measure the untrained networks on two windows again."""
    settings, results = record["settings"], record["results"]
    V, ids, _ = texts()
    for cut, row in results["one pass"].items():
        p = initialise(V, settings["hidden"], V, settings["seeds"][:2])
        again = np.mean(train(p, ids, results["rate"], int(cut), stop=BEGINNING), axis=0)
        recorded = row["beginning"][:2]
        assert np.abs(again - recorded).max() < TOLERANCE, f"cut {cut}: got {again}, wanted {recorded}"
    p = initialise(V, settings["hidden"], V, settings["seeds"][:2])
    error = np.array(measure(p, ids, settings["measured_cuts"], 2)["error"])
    recorded = np.array(results["untrained"]["error"])[:, :2]
    assert np.abs(error - recorded).max() < 0.1, f"errors: got {error}, wanted about {recorded}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
