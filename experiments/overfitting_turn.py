"""Where does the loss on other text turn when chapter 07's network reads 20,000 characters twenty times?

Ten networks from ten seeds, trained as in the chapter's section on overfitting: Adam at a constant rate, clipping by
norm, a carried state. After every second pass they are scored on the last 100,000 characters of the training text, in
bits per character. The full run takes about half a minute.
"""

import math
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam
from rnn_utils.training import fit

SETTINGS: dict[str, Any] = {
    "characters": 20_000,
    "validation": 100_000,
    "passes": 20,
    "every": 2,
    "rate": 0.004,
    "seeds": list(range(10)),
}
H, B, T = 128, 32, 16
BITS = 1 / math.log(2)


def curves(seed: int, characters: int, validation: int, passes: int, every: int, rate: float) -> list[list[float]]:
    """Return the training loss of every last pass before an evaluation, and the losses on the other text (bits)."""
    train_text, _ = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    ids = vocabulary.encode(train_text)
    batches = list(data.contiguous_streams(ids[:characters], B, T))
    other = list(data.contiguous_streams(ids[-validation:], B, 128))
    model, n = LanguageModel(len(vocabulary), H, rng=np.random.default_rng(seed)), len(batches)
    how: dict[str, Any] = {"clip_norm": 1.0, "carry_state": True, "progress": False}
    how |= {"validation": other, "eval_every": every * n}
    history = fit(model, batches, Adam(model.params, rate), steps=passes * n, **how)
    learned = [float(np.mean(history.loss[step - n : step])) for step in history.valid_steps]
    return [[round(nats * BITS, 4) for nats in losses] for losses in (learned, history.valid_loss)]


def run(seeds: list[int], every: int, passes: int, **settings: Any) -> dict[str, Any]:
    """Return the passes at which was scored, and the losses in training and on the other text, by seed."""
    found = [curves(seed, every=every, passes=passes, **settings) for seed in seeds]
    training, validation = ([each[i] for each in found] for i in (0, 1))
    return {"passes": list(range(every, passes + 1, every)), "training": training, "validation": validation}


def check_part(record: dict[str, Any]) -> None:
    """Train the first two seeds for the first two passes again."""
    settings = record["settings"] | {"passes": record["settings"]["every"]}
    for seed in settings.pop("seeds")[:2]:
        (learned,), (other,) = curves(seed, **settings)
        for kind, again in (("training", learned), ("validation", other)):
            recorded = record["results"][kind][seed][0]
            assert abs(again - recorded) < 0.02, f"seed {seed}, {kind}: got {again}, recorded {recorded}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
