"""A longer training run of chapter 07's character model, and its curve as a small file.

``python -m experiments.char_model`` takes about five minutes on one core and writes ``char_model.json`` beside
this file, from which the chapter draws. The run is that of the chapter with twice the hidden units, twice the window
and more steps. Every curve is in bits per character; seconds are the processor's.
"""

import math
import time
from itertools import pairwise
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import evaluate, fit

BEGINNING = 60  # steps that can be run again in a few seconds
SETTINGS: dict[str, Any] = {
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


def run(*, characters: int | None = None, last: int | None = None, **settings: Any) -> dict[str, list[float]]:
    """Train on the first nine tenths, or on their first `characters`, and return the curves, a point each evaluation.

    With `last` the run ends after so many steps, and is the same until then.

    Returns
    -------
    dict
        ``step``; ``train``, the mean loss of the steps since the point before, in bits per character; ``held_out``, the
        loss on the last tenth (bits per character); ``seconds``, processor time so far, evaluation included;
        ``beginning``, the loss of the first steps, a number for every twenty (bits per character).

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
        steps=last or settings["steps"],
        schedule=lambda step, steps: linear_decay(step, settings["steps"]),
        clip_norm=settings["clip"],
        carry_state=True,
        validation=watched,
        eval_every=min(settings["every"], last or settings["every"]),
        progress=False,
    )
    assert math.isclose(evaluate(model, held_batches, carry_state=True), history.valid_loss[-1])
    cuts = [0, *history.valid_steps]
    means = [float(np.mean(history.loss[a:b])) for a, b in pairwise(cuts)]
    in_bits: dict[str, list[float]] = {"train": means, "held_out": history.valid_loss}
    bits = {name: [round(float(v) / math.log(2), 4) for v in values] for name, values in in_bits.items()}
    first = np.array(history.loss[:BEGINNING]) / math.log(2)
    beginning = [round(float(np.mean(part)), 4) for part in np.array_split(first, max(1, len(first) // 20))]
    found: dict[str, Any] = {"step": history.valid_steps, **bits, "seconds": seconds, "beginning": beginning}
    return found


def check_part(record: dict[str, Any]) -> None:
    """Run the first steps again."""
    again = run(**record["settings"], last=BEGINNING)["beginning"]
    np.testing.assert_allclose(again, record["results"]["beginning"], atol=0.01)


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
