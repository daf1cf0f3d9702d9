"""Can a network learn to repeat a bit d steps later if its gradient is cut every k steps?

The task is *echo*: at each step a bit comes in, and the answer is the bit of d steps before. Nothing else helps. The
network has 32 tanh units. It reads 32 sequences in pieces of k steps and takes an Adam step after each piece; the state
is carried into the next piece or reset to zero. Ten networks, from ten seeds, read the same random bits. They are
scored on 1,000 further steps, read in one go; networks that are reset also as they were trained, in windows of k steps
from a state of zero, at the places whose bit is in the window.

With k = d the last loss of a piece asks for the last bit of the piece before. All uses of W_hh between the two are in
the piece; what is cut off is the use of W_ih that brought the bit in. The controls change one thing each:

- an update every 6 steps, for the losses of these 6, whose gradient goes back 7 steps or more. It starts from the
  state of so many steps before, as the network had it then;
- pieces of 7, but the first input of each piece is left out of the gradient of W_ih;
- pieces of 5, 6 and 7 with W_ih fixed at its first, random values;
- only the output layer is trained, on top of random weights, or of an orthogonal W_hh with a spectral radius of 0.95.

The full run takes about two minutes of one processor core.
"""

import sys
from typing import Any

import numpy as np

from experiments import saving
from experiments._many_networks import LEFT_OUT, Arrays, clip, forward, gradients, initialise
from rnn_utils.optim import Adam

ALL, FIXED, OUTPUT, ORTHOGONAL = "all weights", "W_ih fixed", "output layer", "output layer, orthogonal W_hh"
SETTINGS: dict[str, Any] = {
    # d, steps between updates, steps the gradient goes back, state carried, thousands of steps read, what is trained
    "runs": [
        *([6, k, k, carried, 4.8, ALL] for carried in (True, False) for k in (5, 6, 7, 8, 10, 12, 16)),
        *([6, 6, reach, True, 4.8, ALL] for reach in (7, 8, 12)),
        *([6, k, k, carried, 48, ALL] for carried, k in ((True, 6), (True, 7), (False, 6), (False, 7), (False, 8))),
        [6, 7, 7, True, 4.8, LEFT_OUT],
        *([6, k, k, True, 4.8, FIXED] for k in (5, 6, 7)),
        [6, 6, 6, True, 48, FIXED],
        *([6, 6, 6, True, 4.8, trained] for trained in (OUTPUT, ORTHOGONAL)),
        *([d, k, k, True, 4.8, ALL] for d in (3, 9) for k in (d, d + 1)),
        *([9, k, k, True, 48, ALL] for k in (9, 10)),
        [3, 3, 3, True, 48, ALL],
    ],
    "seeds": list(range(10)),
    "hidden": 32,
    "rate": 3e-3,
    "output_rate": 1e-2,
}
B, TEST, SKIPPED = 32, 1000, 20
TOLERANCE = 0.02
NAMES = ("d", "every", "reach", "carried", "thousands", "trained")  # of what a run sets
RECURRENT = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


def train(
    p: Arrays, bits: np.ndarray, d: int, every: int, reach: int, carried: bool, rate: float, trained: str = ALL
) -> None:
    """Train on bits (T, B), with an update every so many steps and a gradient that goes back `reach` steps."""
    optimizer, h, start = Adam(p, lr=rate), None, d
    fixed = [] if trained in (ALL, LEFT_OUT) else ["weight_ih"] if trained == FIXED else RECURRENT
    for end in range(d + every, len(bits) + 1, every):
        x, y = bits[start:end], bits[start - d : end - d]
        _, grads, states = gradients(p, x, y, h, mistake=trained if trained == LEFT_OUT else "", last=every)
        for name in fixed:
            grads[name][:] = 0
        clip(grads, 1.0)
        optimizer.step(grads)
        following = max(d, end + every - reach)  # where the next piece starts
        h = states[:, following - start] if carried else None
        start = following


def is_right(p: Arrays, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return whether each answer is right, (S, T, B), read in one go from a state of zero."""
    return forward(p, x)[0].reshape(-1, *x.shape, 2).argmax(axis=-1) == y


def accuracy(p: Arrays, bits: np.ndarray, d: int) -> list[float]:
    """Return the share of steps that each network gets right, read in one go."""
    right = is_right(p, bits[d:], bits[:-d])[:, SKIPPED:]
    return [round(float(each.mean()), 4) for each in right]


def accuracy_in_windows(p: Arrays, bits: np.ndarray, d: int, k: int) -> list[float]:
    """Return the same in windows of k steps from a state of zero, at the places whose bit is in the window."""
    windows = bits[: len(bits) // k * k].reshape(-1, k, B).swapaxes(0, 1).reshape(k, -1)
    right = is_right(p, windows, np.roll(windows, d, axis=0))[:, d:]
    return [round(float(each.mean()), 4) for each in right]


def one(
    d: int,
    every: int,
    reach: int,
    carried: bool,
    thousands: float,
    trained: str,
    seeds: list[int],
    hidden: int,
    rate: float,
    output_rate: float,
) -> dict[str, Any]:
    """Train from each seed and return the accuracies."""
    bits = np.random.default_rng(1).integers(0, 2, (round(1000 * thousands) + TEST, B))
    p = initialise(2, hidden, 2, seeds)
    if trained == ORTHOGONAL:
        for n, seed in enumerate(seeds):
            p["weight_hh"][n] = 0.95 * np.linalg.qr(np.random.default_rng(seed).normal(size=(hidden, hidden)))[0]
            p["bias_ih"][n] = p["bias_hh"][n] = 0
    step = output_rate if trained in (OUTPUT, ORTHOGONAL) else rate
    train(p, bits[:-TEST], d, every, reach, carried, step, trained)
    found = {"right": accuracy(p, bits[-TEST - d :], d)}
    if not carried and every > d:
        found["in windows"] = accuracy_in_windows(p, bits[-TEST:], d, every)
    return found


def run(runs: list[list[Any]], seeds: list[int], hidden: int, rate: float, output_rate: float) -> list[dict[str, Any]]:
    """Return for each run its settings and the accuracies by seed."""
    results = []
    for setting in runs:
        row: dict[str, Any] = dict(zip(NAMES, setting, strict=True))
        row |= one(**row, seeds=seeds, hidden=hidden, rate=rate, output_rate=output_rate)
        print(row, file=sys.stderr, flush=True)
        results.append(row)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train five of the short runs again with two seeds; the accuracies agree."""
    settings = record["settings"]
    chosen = [[6, 7, 7, True, 4.8, ALL], [6, 16, 16, False, 4.8, ALL], [6, 6, 8, True, 4.8, ALL]]
    chosen += [[6, 6, 6, False, 4.8, ALL], [6, 7, 7, True, 4.8, FIXED]]
    for key, row in zip(settings["runs"], record["results"], strict=True):
        if key in chosen:
            others = {name: settings[name] for name in ("hidden", "rate", "output_rate")}
            again = one(**dict(zip(NAMES, key, strict=True)), seeds=settings["seeds"][:2], **others)["right"]
            assert np.abs(np.array(again) - row["right"][:2]).max() < TOLERANCE, f"{key}: got {again}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
