"""Checks of chapter 07, Training a character model."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import softmax


def warm_up(step, steps, rise):
    """Factor of the learning rate that climbs in a line to 1 over `rise` steps, then falls in a line towards 0."""
    return (step + 1) / rise if step < rise else (steps - step) / (steps - rise)


check_warm_up = Exercise(
    name="warm_up",
    solution=warm_up,
    cases=lambda rng: [(0, 100, 10), (4, 100, 10), (9, 100, 10), (10, 100, 10), (55, 100, 10), (99, 100, 10)],
    mistakes=(
        Mistake(
            "starts at zero",
            lambda step, steps, rise: step / rise if step < rise else (steps - step) / (steps - rise),
            "the climb is one step late, and step 0 is wasted: step + 1 grows to rise",
        ),
        Mistake(
            "falls from the start",
            lambda step, steps, rise: (step + 1) / rise if step < rise else 1 - step / steps,
            "the fall was measured from step 0: it begins at 1 at step rise",
        ),
        Mistake(
            "no fall",
            lambda step, steps, rise: min((step + 1) / rise, 1.0),
            "after the climb the factor stays at 1: let it fall until the run ends",
        ),
        Mistake(
            "product",
            lambda step, steps, rise: min((step + 1) / rise, 1.0) * (steps - step) / steps,
            "climb and fall were multiplied, so the factor never reaches 1",
        ),
        Mistake(
            "last step at zero",
            lambda step, steps, rise: (step + 1) / rise if step < rise else (steps - step - 1) / (steps - rise),
            "the fall is one step early: at step rise the factor is still 1",
        ),
    ),
)


def momentum(p, g, velocity, lr, mu):
    """One step of gradient descent with momentum: the new parameters and the new velocity."""
    velocity = mu * velocity + g
    return p - lr * velocity, velocity


def make_steps(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """A first step from rest, later ones, and one without momentum."""
    shape = (3, 4)
    first = (rng.normal(size=shape), rng.normal(size=shape), np.zeros(shape), 0.1, 0.9)
    cases = [(*rng.normal(size=(3, *shape)), lr, mu) for lr, mu in ((0.1, 0.9), (0.02, 0.5), (0.3, 0.0))]
    return [first, *cases]


check_momentum = Exercise(
    name="momentum",
    solution=momentum,
    cases=make_steps,
    returns=("parameters", "velocity"),
    mistakes=(
        Mistake(
            "averaged",
            lambda p, g, velocity, lr, mu: (
                p - lr * (mu * velocity + (1 - mu) * g),
                mu * velocity + (1 - mu) * g,
            ),
            "the gradient was weighted with 1 − μ, as Adam does: here it is added whole",
        ),
        Mistake(
            "rate in the velocity",
            lambda p, g, velocity, lr, mu: (p - mu * velocity - lr * g, mu * velocity + lr * g),
            "the learning rate went into the velocity: it belongs into the step alone",
        ),
        Mistake(
            "old velocity",
            lambda p, g, velocity, lr, mu: (p - lr * velocity, mu * velocity + g),
            "the step was made with the old velocity: renew it first, then step along it",
        ),
        Mistake(
            "no momentum",
            lambda p, g, velocity, lr, mu: (p - lr * g, mu * velocity + g),
            "the parameters moved along the gradient: they move along the new velocity",
        ),
        Mistake(
            "uphill",
            lambda p, g, velocity, lr, mu: (p + lr * (mu * velocity + g), mu * velocity + g),
            "the parameters went up the slope: subtract lr times the velocity",
        ),
        Mistake(
            "Nesterov",
            lambda p, g, velocity, lr, mu: (p - lr * (g + mu * (mu * velocity + g)), mu * velocity + g),
            "the step looks ahead, as Nesterov's does: here it is lr times the new velocity",
        ),
    ),
)


def gradient_angle(a, b):
    """Angle in degrees between two gradients, dicts of arrays, each taken as one long vector."""
    return degrees(dot(a, b), np.sqrt(dot(a, a) * dot(b, b)))


def dot(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    """Sum of the products of all entries; arrays that share a name belong together."""
    return float(sum(np.sum(a[name] * b[name]) for name in a))


def degrees(product: float, norms: float) -> float:
    """Angle whose cosine is product / norms."""
    return float(np.degrees(np.arccos(np.clip(product / norms, -1, 1))))


def make_gradients(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Pairs of gradients; the names of the second come in another order."""
    cases = []
    for scale in (1.0, 20.0, 0.1):
        a = {
            "weight_hh": rng.normal(size=(3, 3)),
            "bias": scale * rng.normal(size=3),
            "weight": rng.normal(size=(2, 3)),
        }
        b = {name: a[name] + rng.normal(size=a[name].shape) for name in reversed(a)}
        cases.append((a, b))
    return cases


check_gradient_angle = Exercise(
    name="gradient_angle",
    solution=gradient_angle,
    cases=make_gradients,
    mistakes=(
        Mistake(
            "radians",
            lambda a, b: np.radians(gradient_angle(a, b)),
            "that is the angle in radians: np.degrees makes it degrees",
        ),
        Mistake(
            "cosine",
            lambda a, b: np.cos(np.radians(gradient_angle(a, b))),
            "that is the cosine of the angle: take its arccos",
        ),
        Mistake(
            "norms left out",
            lambda a, b: degrees(dot(a, b), 1.0),
            "the product was not divided by the two norms, so it is no cosine",
        ),
        Mistake(
            "mean of angles",
            lambda a, b: np.mean([gradient_angle({n: a[n]}, {n: b[n]}) for n in a]),
            "that is the mean of one angle for each array: take all arrays as one vector",
        ),
        Mistake(
            "norms added",
            lambda a, b: degrees(
                dot(a, b),
                float(sum(np.linalg.norm(a[n]) for n in a) * sum(np.linalg.norm(b[n]) for n in b)),
            ),
            "the norms of the arrays were added: it is their squares that add up",
        ),
        Mistake(
            "order",
            lambda a, b: degrees(
                float(
                    np.concatenate([x.ravel() for x in a.values()]) @ np.concatenate([x.ravel() for x in b.values()])
                ),
                np.sqrt(dot(a, a) * dot(b, b)),
            ),
            "arrays of different names met: the order may differ, so go by name",
        ),
    ),
)


def top_p(logits, p):
    """Probabilities (V,) of nucleus sampling: the likeliest tokens that together reach p, scaled to add up to 1."""
    q = softmax(logits)
    order = np.argsort(-q)
    return keep(q, order[: np.searchsorted(q[order].cumsum(), p) + 1])


def keep(q: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The chosen probabilities scaled to add up to 1, and 0 for the others."""
    kept = np.zeros_like(q)
    kept[chosen] = q[chosen]
    return kept / kept.sum()


def in_order(logits: np.ndarray, p: float, extra: int) -> np.ndarray:
    """Nucleus sampling with `extra` tokens more than it keeps."""
    q = softmax(logits)
    order = np.argsort(-q)
    return keep(q, order[: max(1, np.searchsorted(q[order].cumsum(), p) + 1 + extra)])


check_top_p = Exercise(
    name="top_p",
    solution=top_p,
    cases=lambda rng: [(2 * rng.normal(size=V), p) for V, p in ((7, 0.9), (12, 0.5), (9, 0.05), (30, 0.95))],
    axes={"logits": "V", "result": "V"},
    mistakes=(
        Mistake(
            "not scaled",
            lambda logits, p: np.where(top_p(logits, p) > 0, softmax(logits), 0),
            "the kept probabilities do not add up to 1: divide by their sum",
        ),
        Mistake(
            "one too few",
            lambda logits, p: in_order(logits, p, -1),
            "one token too few: the one that carries the sum past p belongs to the nucleus",
        ),
        Mistake(
            "one too many",
            lambda logits, p: in_order(logits, p, 1),
            "one token too many: stop at the first one with which the sum reaches p",
        ),
        Mistake(
            "threshold",
            lambda logits, p: keep(softmax(logits), np.flatnonzero(softmax(logits) >= min(p, softmax(logits).max()))),
            "tokens likelier than p were kept: what counts is their running sum",
        ),
        Mistake(
            "not sorted",
            lambda logits, p: keep(
                softmax(logits), np.arange(min(len(logits), int(np.searchsorted(softmax(logits).cumsum(), p)) + 1))
            ),
            "the sum ran in the order of the vocabulary: sort by probability first",
        ),
        Mistake(
            "left in order",
            lambda logits, p: np.sort(top_p(logits, p))[::-1],
            "the probabilities are sorted: put each back at its token's place",
        ),
    ),
)

EXERCISES = (check_warm_up, check_momentum, check_gradient_angle, check_top_p)
