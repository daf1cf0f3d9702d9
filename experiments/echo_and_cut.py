"""Can a network learn to repeat a bit d steps later if its gradient is cut every k steps?

The task is *echo*: at each step a bit comes in, and the answer is the bit of d steps before. Nothing else helps. The
network has 32 tanh units. It reads 32 sequences in pieces of k steps and takes an Adam step after each piece; the state
is carried into the next piece or reset to zero. Ten networks, from ten seeds, read the same random bits. They are
scored on 1,000 further steps, read in one go.

Two things differ between k = 6 and k = 7: how far the gradient goes back, and how many updates there are and what they
are for. The control changes the first alone: an update every 6 steps, for the losses of these 6, whose gradient goes
back r steps. It starts from the state of r steps before, as the network had it then.

The full run takes about a minute and a half of one processor core.
"""

import sys
from typing import Any

import numpy as np

from experiments import saving
from experiments._many_networks import Arrays, clip, forward, gradients, initialise
from rnn_utils.optim import Adam

SETTINGS: dict[str, Any] = {
    # d, steps between updates, steps the gradient goes back, state carried, thousands of steps read
    "runs": [
        *([6, k, k, carried, 4.8] for carried in (True, False) for k in (5, 6, 7, 8, 10, 12, 16)),
        *([6, 6, reach, True, 4.8] for reach in (7, 8, 12)),
        *([6, k, k, carried, 48] for carried, k in ((True, 6), (True, 7), (False, 6), (False, 7), (False, 8))),
        *([d, k, k, True, 4.8] for d in (3, 9) for k in (d, d + 1)),
        *([9, k, k, True, 48] for k in (9, 10)),
        [3, 3, 3, True, 48],
    ],
    "seeds": list(range(10)),
    "hidden": 32,
    "rate": 3e-3,
}
B, TEST, SKIPPED = 32, 1000, 20
TOLERANCE = 0.02


def train(p: Arrays, bits: np.ndarray, d: int, every: int, reach: int, carried: bool, rate: float) -> None:
    """Train on bits (T, B), with an update every so many steps and a gradient that goes back `reach` steps."""
    optimizer, h, start = Adam(p, lr=rate), None, d
    for end in range(d + every, len(bits) + 1, every):
        x, y = bits[start:end], bits[start - d : end - d]
        _, grads, states = gradients(p, x, y, h, last=every)
        clip(grads, 1.0)
        optimizer.step(grads)
        following = max(d, end + every - reach)  # where the next piece starts
        h = states[:, following - start] if carried else None
        start = following


def accuracy(p: Arrays, bits: np.ndarray, d: int) -> list[float]:
    """Return the share of steps that each network gets right."""
    logits, _ = forward(p, bits)
    said = logits.reshape(len(logits), *bits.shape, 2).argmax(axis=-1)[:, SKIPPED:]
    return [round(float(each.mean()), 4) for each in said == bits[SKIPPED - d : -d]]


def one(
    d: int, every: int, reach: int, carried: bool, thousands: float, seeds: list[int], hidden: int, rate: float
) -> list[float]:
    """Train from each seed and return the accuracies."""
    bits = np.random.default_rng(1).integers(0, 2, (round(1000 * thousands) + TEST, B))
    p = initialise(2, hidden, 2, seeds)
    train(p, bits[:-TEST], d, every, reach, carried, rate)
    return accuracy(p, bits[-TEST:], d)


def run(runs: list[list[Any]], seeds: list[int], hidden: int, rate: float) -> list[dict[str, Any]]:
    """Return for each run its settings and the accuracies by seed."""
    results = []
    for d, every, reach, carried, thousands in runs:
        found = one(d, every, reach, carried, thousands, seeds, hidden, rate)
        row = {"d": d, "every": every, "reach": reach, "carried": carried, "thousands": thousands, "right": found}
        print(row, file=sys.stderr, flush=True)
        results.append(row)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train four of the short runs again with two seeds; the accuracies agree, and those of chance are near chance."""
    settings = record["settings"]
    for key, row in zip(settings["runs"], record["results"], strict=True):
        if key in ([6, 7, 7, True, 4.8], [6, 16, 16, False, 4.8], [6, 6, 8, True, 4.8], [6, 6, 6, False, 4.8]):
            d, every, reach, carried, thousands = key
            seeds, hidden, rate = settings["seeds"][:2], settings["hidden"], settings["rate"]
            again = one(d, every, reach, carried, thousands, seeds, hidden, rate)
            assert np.abs(np.array(again) - row["right"][:2]).max() < TOLERANCE, f"{key}: got {again}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
