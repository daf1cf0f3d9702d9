"""A longer training run of chapter 07's character model, and its curve as a small file.

``python benchmarks/char_model.py`` takes about five minutes on one core and writes ``char_model.json`` beside
this file, from which the chapter draws. The run is that of the chapter with twice the hidden units, twice the window
and more steps. Every curve is in bits per character; seconds are the processor's.
"""
# ruff: noqa: E402

import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy is imported, which reads them then

import argparse
import json
import math
import platform
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rnn_utils import data
from rnn_utils.atomic import write_whole
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import evaluate, fit

SAVED = Path(__file__).with_name("char_model.json")
SETTINGS = {
    "hidden": 256,
    "batch": 32,
    "window": 64,
    "lr": 3e-3,
    "clip": 1.0,
    "steps": 20_000,
    "every": 1000,
    "seed": 7,
}


def streams(text: str, vocabulary: data.Vocabulary, batch: int, window: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return a text as batches (T, B) that go on from each other."""
    return list(data.contiguous_streams(vocabulary.encode(text), batch, window))


def train(settings: dict[str, Any], characters: int | None = None) -> dict[str, list[float]]:
    """Train on the first nine tenths, or on their first `characters`, and return the curves, a point each evaluation.

    Returns
    -------
    dict
        ``step``; ``train``, the mean loss of the steps since the point before, in bits per character; ``held_out``, the
        loss on the last tenth (bits per character); ``seconds``, processor time so far, evaluation included.

    """
    text, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(text)
    batches = streams(text[:characters], vocabulary, settings["batch"], settings["window"])
    held_batches = streams(held_out, vocabulary, 32, 128)
    model = LanguageModel(len(vocabulary), settings["hidden"], rng=np.random.default_rng(settings["seed"]))
    began = time.process_time()
    seconds: list[float] = []

    def watched() -> list[tuple[np.ndarray, np.ndarray]]:
        """Hand out the held-out batches, and note when: `fit` asks for them at each evaluation."""
        seconds.append(round(time.process_time() - began, 1))
        return held_batches

    history = fit(
        model,
        batches,
        Adam(model.params, lr=settings["lr"]),
        steps=settings["steps"],
        schedule=linear_decay,
        clip_norm=settings["clip"],
        carry_state=True,
        validation=watched,
        eval_every=settings["every"],
    )
    assert math.isclose(evaluate(model, held_batches, carry_state=True), history.valid_loss[-1])
    cuts = [0, *history.valid_steps]
    means = [np.mean(history.loss[a:b]) for a, b in pairwise(cuts)]
    in_bits = {"train": means, "held_out": history.valid_loss}
    bits = {name: [round(float(v) / math.log(2), 4) for v in values] for name, values in in_bits.items()}
    return {"step": history.valid_steps, **bits, "seconds": seconds}


def main(arguments: list[str]) -> None:
    """Train as told, and write settings, versions and curves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in SETTINGS.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--characters", type=int, help="train on this many characters only")
    parser.add_argument("--out", type=Path, default=SAVED)
    given = vars(parser.parse_args(arguments))
    out, characters = given.pop("out"), given.pop("characters")
    record = {
        "command": " ".join(["python benchmarks/char_model.py", *arguments]),
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "settings": given,
        "curve": train(given, characters),
    }
    write_whole(out, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
