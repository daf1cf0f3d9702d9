"""Which learning rates can chapter 07's network be trained at, and what does clipping change?

The network and the batches are those of the chapter: 128 tanh units, 32 streams, 16 steps. The rate is constant and
the state carried. After 200 updates, ten seeds each, the mean loss of the last 50 is noted in bits per character,
and at most 99.

First, rates: gradient descent, the same with the recurrent matrix held at zero, the same with the loop kept and no
gradient handed on to the step before, the same with the norm clipped, and Adam. Then, at a rate at which gradient
descent fails, two ways to clip with constants a factor of two or three apart: the norm of all gradients, or each entry
by itself. Last, the same with ten times the updates.

The full run takes about four minutes.
"""

import math
import sys
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.functional import cross_entropy
from rnn_utils.models import LanguageModel
from rnn_utils.optim import SGD, Adam, clip_grad_norm_, clip_grad_value_

SETTINGS: dict[str, Any] = {
    "rates": {
        "SGD": [0.3, 1.0, 2.0, 5.0],
        "SGD, no loop": [2.0],
        "SGD, gradient cut": [2.0],
        "SGD, norm at 0.5": [1.0, 2.0, 5.0, 10.0],
        "Adam": [0.001, 0.003, 0.01, 0.03, 0.1],
    },
    "rate": 2.0,
    "norms": [0.1, 0.3, 1.0, 3.0],
    "entries": [0.001, 0.003, 0.01, 0.03],
    "steps": 200,
    "seeds": list(range(10)),
    "long_steps": 2000,
    "long_seeds": [0, 1, 2],
}
H, B, T = 128, 32, 16
HIGHEST = 99.0


def texts(steps: int) -> tuple[int, list[Any]]:
    """Return V and the first batches of the training text, again from the start where it ends."""
    train_text, _ = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train_text)
    batches = list(data.contiguous_streams(vocabulary.encode(train_text), B, T))
    return len(vocabulary), (batches * (1 + steps // len(batches)))[:steps]


def gradients(
    model: LanguageModel, batch: tuple[Any, ...], state: np.ndarray | None, *, cut: bool
) -> tuple[float, dict[str, np.ndarray], np.ndarray]:
    """Return loss, gradients and last state; with `cut`, no gradient reaches a state through the one after it."""
    if not cut:
        return model.loss_and_grads(batch, state)
    x, y = batch
    logits, state, (rnn_cache, linear_cache, *_) = model.forward(x, state)
    loss, dlogits = cross_entropy(logits, y)
    dout, dlinear = model.linear.backward(dlogits, linear_cache)
    W_hh = model.rnn.params["weight_hh"]
    kept = W_hh.copy()
    W_hh[...] = 0  # on the way back alone
    _, _, drnn = model.rnn.backward(dout, rnn_cache)
    W_hh[...] = kept
    named = {f"rnn.{name}": g for name, g in drnn.items()} | {f"linear.{name}": g for name, g in dlinear.items()}
    return loss, named, state


def end(
    kind: str,
    lr: float,
    seed: int,
    V: int,
    batches: list[Any],
    *,
    norm: float | None = None,
    entry: float | None = None,
) -> float:
    """Return the mean loss of the last quarter of the updates, at most 50 of them, in bits per character."""
    model = LanguageModel(V, H, rng=np.random.default_rng(seed))
    optimizer: SGD | Adam = (Adam if kind == "Adam" else SGD)(model.params, lr)
    loop, state, losses = "no loop" not in kind, None, []
    if not loop:
        model.params["rnn.weight_hh"][...] = 0
    with np.errstate(all="ignore"):
        for batch in batches:
            loss, grads, state = gradients(model, batch, state, cut="gradient cut" in kind)
            losses.append(float(loss))
            if not loop:
                grads["rnn.weight_hh"][...] = 0
            if not all(np.isfinite(g).all() for g in grads.values()):
                return HIGHEST
            if norm:
                clip_grad_norm_(grads, norm)
            if entry:
                clip_grad_value_(grads, entry)
            optimizer.step(grads)
    bits = float(np.mean(losses[-min(50, len(losses) // 4) :])) / math.log(2)
    return round(min(bits, HIGHEST), 3) if math.isfinite(bits) else HIGHEST


def run(
    rates: dict[str, list[float]],
    rate: float,
    norms: list[float],
    entries: list[float],
    steps: int,
    seeds: list[int],
    long_steps: int,
    long_seeds: list[int],
) -> dict[str, Any]:
    """Return the losses of all seeds by kind and rate, by constant, and after ten times the updates."""
    V, batches = texts(steps)
    found: dict[str, Any] = {"rates": {}, "norm": {}, "entry": {}, "long": {}}
    for kind, tried in rates.items():
        norm = float(kind.split()[-1]) if "norm" in kind else None
        found["rates"][kind] = {str(lr): [end(kind, lr, seed, V, batches, norm=norm) for seed in seeds] for lr in tried}
        print(kind, found["rates"][kind], file=sys.stderr, flush=True)
    for form, constants in (("norm", norms), ("entry", entries)):
        found[form] = {str(c): [end("SGD", rate, seed, V, batches, **{form: c}) for seed in seeds] for c in constants}
        print(form, found[form], file=sys.stderr, flush=True)
    _, batches = texts(long_steps)
    best = {form: min(found[form], key=lambda c: np.median(found[form][c])) for form in ("norm", "entry")}
    longer: dict[str, tuple[str, dict[str, float]]] = {"none": ("SGD", {}), "no loop": ("SGD, no loop", {})}
    longer |= {f"{form} {c}": ("SGD", {form: float(c)}) for form, c in best.items()}
    for name, (kind, options) in longer.items():
        found["long"][name] = [end(kind, rate, seed, V, batches, **options) for seed in long_seeds]
        print(name, found["long"][name], file=sys.stderr, flush=True)
    return found


def check_part(record: dict[str, Any]) -> None:
    """Run the first seed again, clipped by either constant at which the median is lowest."""
    settings, results = record["settings"], record["results"]
    V, batches = texts(settings["steps"])
    for form in ("norm", "entry"):
        best = min(results[form], key=lambda c: np.median(results[form][c]))
        again = end("SGD", settings["rate"], settings["seeds"][0], V, batches, **{form: float(best)})
        recorded = results[form][best][0]
        assert abs(again - recorded) < 0.2, f"{form} {best}: got {again:.3f}, recorded {recorded:.3f}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
