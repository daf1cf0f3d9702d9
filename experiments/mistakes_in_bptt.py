"""Which mistake in backpropagation through time shows in training?

Chapter 5's language model, with 64 hidden units, reads Shakespeare in pieces of 16 characters. Its gradient has one of
six mistakes; one more network keeps its random W_hh, which is a control and no mistake. Everything else is equal: ten
networks from the same ten seeds, the same batches and learning rates. They are trained in two ways, with chapter 5's
momentum and with Adam, both with a clipped gradient and a rate that falls to zero. The rates were chosen for the right
gradient, by the loss on the last batches of a pass with another seed. Three seeds train for ten passes with Adam.

The full run takes about twelve minutes of one processor core.
"""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from experiments import saving
from experiments._many_networks import MISTAKES, Arrays, clip, gradients, held_out, initialise
from rnn_utils import data
from rnn_utils.ngram import NGram
from rnn_utils.optim import SGD, Adam, linear_decay

SETTINGS: dict[str, Any] = {
    "candidates": {"momentum": [0.25, 0.5, 1.0], "Adam": [0.006, 0.012, 0.024, 0.048]},
    "choosing_seed": 100,
    "other_rates": {"momentum": [0.02, 0.1, 2.5], "Adam": [0.001, 0.005, 0.12]},
    "seeds": list(range(10)),
    "long_seeds": [0, 1, 2],
    "passes": 10,
    "long_ways": ["Adam"],
    "hidden": 64,
}
B, T = 32, 16
EVERY = 50  # steps over which a loss is averaged
GRADIENTS = {"right": "", **{mistake: mistake for mistake in MISTAKES}}
TOLERANCE = 2e-3


@cache
def texts() -> tuple[int, list[Any], np.ndarray]:
    """Return V, the batches of the training text, and the held-out text."""
    train_text, held_out_text = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    batches = list(data.contiguous_streams(vocabulary.encode(train_text), B, T))
    return len(vocabulary), batches, vocabulary.encode(held_out_text)


def make_optimizer(way: str, p: Arrays, rate: float) -> Any:
    """Return chapter 5's momentum, or Adam."""
    return SGD(p, rate, momentum=0.9) if way == "momentum" else Adam(p, lr=rate)


def train(
    p: Arrays, batches: list[Any], way: str, rate: float, mistake: str = "", passes: int = 1, stop: int | None = None
) -> Iterator[np.ndarray]:
    """Train all networks; yield their losses (S,) before each step. `stop` ends early, at the same rates."""
    optimizer, steps, done = make_optimizer(way, p, rate), passes * len(batches), 0
    for _ in range(passes):
        h = None  # the text begins again
        for x, y in batches:
            if done == stop:
                return
            with np.errstate(over="ignore", invalid="ignore"):  # without the slope, a gradient may overflow
                nats, grads, states = gradients(p, x, y, h, mistake=mistake)
                h = states[:, -1]
                clip(grads, 1.0)
                optimizer.step(grads, rate * linear_decay(done, steps))
            done += 1
            yield nats


def choose(way: str, rates: list[float], hidden: int, seed: int) -> list[list[float]]:
    """Return each rate with the loss that the right gradient reaches at the end of a pass."""
    V, batches, _ = texts()
    tried = []
    for rate in rates:
        found = list(train(initialise(V, hidden, V, [seed]), batches, way, rate))
        tried.append([rate, round(float(np.mean(found[-200:])), 4)])
    return tried


def numbers(found: Any) -> list[float | None]:
    """Return losses as JSON can hold them: None where the training has overflowed."""
    return [round(float(each), 4) if np.isfinite(each) else None for each in found]


def one(way: str, rate: float, mistake: str, hidden: int, seeds: list[int], passes: int) -> dict[str, Any]:
    """Train with a gradient; return the losses of the first steps, of the last steps, and on the held-out text."""
    V, batches, held_ids = texts()
    p = initialise(V, hidden, V, seeds)
    found = np.array(list(train(p, batches, way, rate, mistake, passes)))  # (steps, S)
    ends = {"beginning": found[:EVERY], "end": found[-EVERY:]}
    row = {name: numbers(each.mean(axis=0)) for name, each in ends.items()} | {
        "held out": numbers(held_out(p, held_ids))
    }
    print(way, mistake or "right", passes, row["held out"], file=sys.stderr, flush=True)
    return row


def count() -> dict[str, float]:
    """Return the held-out losses of counting single characters, pairs and triples in the training text."""
    V, batches, held_ids = texts()
    ids = np.concatenate([x for x, _ in batches]).T.ravel()  # the streams one after the other
    return {str(n): round(NGram(ids, n, V).loss(held_ids), 4) for n in (1, 2, 3)}


def run(
    candidates: dict[str, list[float]],
    choosing_seed: int,
    other_rates: dict[str, list[float]],
    seeds: list[int],
    long_seeds: list[int],
    passes: int,
    long_ways: list[str],
    hidden: int,
) -> dict[str, Any]:
    """Return the losses of counting, and for each way of training its rate and the losses of each gradient."""
    results: dict[str, Any] = {"n-grams": count(), "ways": {}}
    for way, rates in candidates.items():
        tried = choose(way, rates, hidden, choosing_seed)
        rate = min(tried, key=lambda entry: entry[1])[0]
        found: dict[str, Any] = {"tried": tried, "rate": rate, "gradients": {}}
        for name, mistake in GRADIENTS.items():
            found["gradients"][name] = {"one pass": one(way, rate, mistake, hidden, seeds, 1)}
            found["gradients"][name]["other rates"] = [
                [other, *one(way, other, mistake, hidden, [choosing_seed], 1)["held out"]] for other in other_rates[way]
            ]
            if way in long_ways:
                found["gradients"][name]["more passes"] = one(way, rate, mistake, hidden, long_seeds, passes)
        results["ways"][way] = found
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the first two seeds of each gradient for fifty batches again: their mean loss agrees."""
    settings = record["settings"]
    V, batches, _ = texts()
    for way, found in record["results"]["ways"].items():
        for name, mistake in GRADIENTS.items():
            p = initialise(V, settings["hidden"], V, settings["seeds"][:2])
            again = np.mean(list(train(p, batches, way, found["rate"], mistake, stop=EVERY)), axis=0)
            recorded = found["gradients"][name]["one pass"]["beginning"][:2]
            assert np.abs(again - recorded).max() < TOLERANCE, f"{way}, {name}: got {again}, wanted {recorded}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
