"""The recipe of min-char-rnn against that of chapter 07: same text, same sizes, same layers, several rates, ten seeds.

What is compared are recipes, not programs: min-char-rnn (A. Karpathy, 2015) is written anew here, on the layers of the
package, so its own loop is not timed. It has one bias in its hidden layer, so the package's second one stays at zero.
Both recipes read the same text once. They are scored on the text that follows, by which a rate may be chosen, and on
the held-out text, in bits per character with the state carried. The seconds are the processor's.

The full run takes about three minutes.
"""

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import evaluate, fit

SETTINGS: dict[str, Any] = {
    "characters": 250_000,
    "hidden": 100,
    "window": 25,
    "streams": 16,
    "following": 50_000,
    "seeds": 10,
    "rates": {"min_char_rnn": [0.03, 0.05, 0.1], "our_recipe": [0.01, 0.02, 0.04]},
}


def min_char_rnn(ids: np.ndarray, V: int, lr: float, seed: int, settings: dict[str, Any]) -> LanguageModel:
    """Train by the recipe of min-char-rnn: one stream, a summed loss, every entry cut at 5, Adagrad."""
    rng = np.random.default_rng(seed)
    model, T = LanguageModel(V, settings["hidden"], rng=rng), settings["window"]
    for name, p in model.params.items():
        p[...] = 0.01 * rng.normal(size=p.shape) if "weight" in name else 0
    memory = {name: np.zeros_like(p) for name, p in model.params.items()}
    state = None
    for batch in data.contiguous_streams(ids, 1, T):
        _, grads, state = model.loss_and_grads(batch, state)
        for name, p in model.params.items():
            if name == "rnn.bias_hh":
                continue  # the program has one bias: two with equal gradients would move twice as far
            g = np.clip(T * grads[name], -5, 5)  # T times the mean is the sum
            memory[name] += g * g
            p -= lr * g / np.sqrt(memory[name] + 1e-8)
    return model


def our_recipe(ids: np.ndarray, V: int, lr: float, seed: int, settings: dict[str, Any]) -> LanguageModel:
    """Train by the recipe of chapter 07: several streams, a mean loss, clipping by norm, Adam, a falling rate."""
    model = LanguageModel(V, settings["hidden"], rng=np.random.default_rng(seed))
    batches = list(data.contiguous_streams(ids, settings["streams"], settings["window"]))
    how: dict[str, Any] = {"clip_norm": 1.0, "schedule": linear_decay, "carry_state": True, "progress": False}
    fit(model, batches, Adam(model.params, lr), steps=len(batches), **how)
    return model


def run(rates: dict[str, list[float]], seeds: int, **settings: int) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Train every recipe at every rate from every seed.

    Returns
    -------
    dict
        ``[recipe][rate]`` holds ``validation`` and ``held_out``, the losses on the text that follows and on the last
        tenth (bits per character, state carried), and ``seconds`` of training, one number for each seed.

    """
    text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary, last = data.Vocabulary(text), settings["characters"]
    ids = vocabulary.encode(text[: last + 1])
    scored = {"validation": text[last : last + settings["following"]], "held_out": held_out}
    others = {
        name: list(data.contiguous_streams(vocabulary.encode(other), 32, 128, drop_last=False))
        for name, other in scored.items()
    }
    recipes: tuple[Callable[..., LanguageModel], ...] = (min_char_rnn, our_recipe)
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for recipe in recipes:
        for lr in rates.get(recipe.__name__, []):
            row: dict[str, list[float]] = {"validation": [], "held_out": [], "seconds": []}
            for seed in range(seeds):
                began = time.process_time()
                model = recipe(ids, len(vocabulary), lr, seed, settings)
                row["seconds"].append(round(time.process_time() - began, 2))
                for name, batches in others.items():
                    row[name].append(round(evaluate(model, batches, carry_state=True) / math.log(2), 4))
            found.setdefault(recipe.__name__, {})[str(lr)] = row
            print(recipe.__name__, lr, row, file=sys.stderr, flush=True)
    return found


def best_rate(rows: dict[str, dict[str, list[float]]]) -> str:
    """Return the rate with the lowest median on the text that follows."""
    return min(rows, key=lambda rate: np.median(rows[rate]["validation"]))


def check_part(record: dict[str, Any]) -> None:
    """Run our recipe again at its best rate, from the first seed."""
    rows = record["results"]["our_recipe"]
    best = best_rate(rows)
    part = record["settings"] | {"seeds": 1, "rates": {"our_recipe": [float(best)]}}
    (again,) = run(**part)["our_recipe"][best]["held_out"]
    assert math.isclose(again, rows[best]["held_out"][0], abs_tol=0.02), (again, rows[best]["held_out"])


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
