"""Train the three networks of the page "RNN Explainer": an LSTM, a GRU and a tanh network of 128 units each.

All three read the training text of chapter 07 in the same order, with the same rate and as often. After training their
weights are rounded to 16 bits, and a file for each goes to ``book/_static/explainer``, where the page finds it. The
record has the losses and a digest of each file; what else is said about the networks is measured with the rounded
weights, by ``explainer_units`` and ``explainer_questions``.

The full run takes about eleven minutes on one core.
"""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import GRU, LSTM, RNN, data
from rnn_utils.atomic import write_whole
from rnn_utils.init import forget_bias_
from rnn_utils.models import LanguageModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import evaluate, fit

SETTINGS: dict[str, Any] = {
    "networks": ["LSTM", "GRU", "RNN"],
    "hidden": 128,
    "batch": 32,
    "window": 64,
    "lr": 3e-3,
    "clip": 1.0,
    "forget bias": 1.0,
    "steps": 9000,
    "seed": 0,
    "folder": "book/_static/explainer",  # where the weights go; None keeps nothing
}
LAYERS = {"LSTM": LSTM, "GRU": GRU, "RNN": RNN}
BEGINNING = 20  # updates that can be made again in a second
ROOT = Path(__file__).resolve().parent.parent


def texts() -> tuple[str, str, data.Vocabulary]:
    """Return the training text, the held-out text and the characters that the networks know."""
    train, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    return train, held_out, data.Vocabulary(train)


def untrained(name: str, settings: dict[str, Any], V: int, dtype: Any = np.float32) -> LanguageModel:
    """Return a network as it is before training."""
    rng = np.random.default_rng(settings["seed"])
    model = LanguageModel(V, settings["hidden"], layer=LAYERS[name], rng=rng, dtype=dtype)
    if name == "LSTM":
        forget_bias_(model.rnn.params, settings["forget bias"])
    return model


def weights_file(name: str, folder: str = SETTINGS["folder"]) -> Path:
    """Where the weights of a network are: its parameters one after the other, row by row, two bytes a number."""
    return ROOT / folder / f"{name.lower()}.f16"


def load(name: str, dtype: Any = np.float64) -> LanguageModel:
    """Return a trained network with the rounded weights that the page has."""
    model = untrained(name, SETTINGS, len(texts()[2]), dtype)
    numbers = np.fromfile(weights_file(name), "<f2").astype(np.float64)
    wanted = sum(p.size for p in model.params.values())
    if len(numbers) != wanted:
        raise ValueError(f"{weights_file(name)}: got {len(numbers)} numbers, wanted {wanted}")
    for p in model.params.values():
        part, numbers = numbers[: p.size], numbers[p.size :]
        p[...] = part.reshape(p.shape)
    return model


def held_out_bits(model: LanguageModel, held_out: str, vocabulary: data.Vocabulary) -> float:
    """Return the loss on the held-out text, in bits per character."""
    batches = list(data.contiguous_streams(vocabulary.encode(held_out), 32, 128))
    return evaluate(model, batches, carry_state=True) / math.log(2)


def train(name: str, settings: dict[str, Any], last: int | None = None) -> tuple[LanguageModel, list[float]]:
    """Return a trained network, rounded, and the loss of every update (bits per character); `last` ends it early."""
    text, _, vocabulary = texts()
    batches = list(data.contiguous_streams(vocabulary.encode(text), settings["batch"], settings["window"]))
    model = untrained(name, settings, len(vocabulary))
    history = fit(
        model,
        batches,
        Adam(model.params, lr=settings["lr"]),
        steps=last or settings["steps"],
        schedule=lambda step, _: linear_decay(step, settings["steps"]),
        clip_norm=settings["clip"],
        carry_state=True,
        progress=False,
    )
    for p in model.params.values():
        p[...] = p.astype(np.float16)
    return model, [loss / math.log(2) for loss in history.loss]


def run(networks: list[str], folder: str | None, **settings: Any) -> dict[str, Any]:
    """Train the networks, write their weights, and return their losses in bits per character and the files' digests."""
    _, held_out, vocabulary = texts()
    results: dict[str, Any] = {"characters": "".join(vocabulary.tokens)}
    for name in networks:
        model, losses = train(name, settings)
        packed = b"".join(p.astype("<f2").tobytes() for p in model.params.values())
        if folder:
            write_whole(weights_file(name, folder), packed)
        results[name] = {
            "beginning": round(float(np.mean(losses[:BEGINNING])), 4),
            "train": round(float(np.mean(losses[-500:])), 4),
            "held-out": round(held_out_bits(model, held_out, vocabulary), 4),
            "parameters": {key: list(p.shape) for key, p in model.params.items()},
            "sha256": hashlib.sha256(packed).hexdigest(),
        }
    return results


def check_part(record: dict[str, Any]) -> None:
    """Compare the files with the record, begin the training again, and measure the trained networks again."""
    _, held_out, vocabulary = texts()
    assert record["results"]["characters"] == "".join(vocabulary.tokens)
    for name in record["settings"]["networks"]:
        old = record["results"][name]
        assert hashlib.sha256(weights_file(name).read_bytes()).hexdigest() == old["sha256"], f"{name}: another file"
        begun = float(np.mean(train(name, record["settings"], last=BEGINNING)[1]))
        assert abs(begun - old["beginning"]) <= 0.01, f"{name}: got {begun} bits, wanted {old['beginning']}"
        bits = held_out_bits(load(name), held_out[:40_000], vocabulary)
        assert abs(bits - old["held-out"]) <= 0.1, f"{name}: got {bits} bits, wanted about {old['held-out']}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
