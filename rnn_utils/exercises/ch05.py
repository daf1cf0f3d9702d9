"""Checks of chapter 05, An RNN from scratch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnn_utils.exercises.diagnosis import Tolerance
from rnn_utils.exercises.feedback import Exercise, Mistake
from rnn_utils.functional import log_softmax


def losses(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """−ln of the probability given to each target (T, B): (T, B)."""
    return -np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]


def loss_by_step(logits, targets):
    """Mean loss at each step, in nats: (T,)."""
    return losses(logits, targets).mean(axis=1)


def naive_loss_by_step(logits, targets):
    """The same without care for large logits: NaN or infinity there."""
    with np.errstate(all="ignore"):
        powers = np.exp(logits)
        probabilities = np.take_along_axis(powers, targets[..., None], axis=-1)[..., 0] / powers.sum(axis=-1)
        return -np.log(probabilities).mean(axis=1)


def make_logits(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Logits of ordinary size, of one step, and far too large for exp."""
    return [
        (scale * rng.normal(size=(T, B, V)), rng.integers(V, size=(T, B)))
        for T, B, V, scale in ((5, 3, 7, 1.0), (1, 4, 6, 1.0), (6, 2, 5, 1000.0))
    ]


check_loss_by_step = Exercise(
    name="loss_by_step",
    solution=loss_by_step,
    cases=make_logits,
    axes={"logits": "T B V", "targets": "T B", "result": "T"},
    mistakes=(
        Mistake(
            "mean over time",
            lambda logits, targets: losses(logits, targets).mean(axis=0),
            "the mean was taken over time, axis 0: for one number per step, take it over the batch, axis 1",
        ),
        Mistake(
            "logit of the target",
            lambda logits, targets: -np.take_along_axis(logits, targets[..., None], -1)[..., 0].mean(axis=1),
            "the logits were treated as log probabilities: subtract the logarithm of the sum of exp",
        ),
        Mistake(
            "softmax over the batch",
            lambda logits, targets: (
                -np.take_along_axis(log_softmax(logits, axis=1), targets[..., None], -1)[..., 0].mean(axis=1)
            ),
            "the softmax ran over the batch: probabilities add up to 1 over the vocabulary, the last axis",
        ),
        Mistake(
            "exp of large logits",
            naive_loss_by_step,
            "exp(1000) is too large for a float: subtract the largest logit before you take exp",
        ),
    ),
)


def step_back(dlogits, dh, h, W_hy, W_hh):
    """Gradient of the loss with respect to the state before h, one step back: (B, H)."""
    return through_tanh(dh + dlogits @ W_hy, h) @ W_hh


def through_tanh(dh: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The gradient before a tanh, from the one behind it and from what the tanh gave."""
    return (1 - h**2) * dh


def make_step(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Gradients, states between −1 and 1, and weights; once a single sequence."""
    return [
        (
            rng.normal(size=(B, V)),
            rng.normal(size=(B, H)),
            np.tanh(rng.normal(size=(B, H))),
            rng.normal(size=(V, H)),
            rng.normal(size=(H, H)),
        )
        for B, V, H in ((3, 5, 4), (1, 7, 3), (6, 4, 8))
    ]


check_step_back = Exercise(
    name="step_back",
    solution=step_back,
    cases=make_step,
    axes={"dlogits": "B V", "dh": "B H", "h": "B H", "W_hy": "V H", "W_hh": "H H", "result": "B H"},
    mistakes=(
        Mistake(
            "later steps left out",
            lambda dlogits, dh, h, W_hy, W_hh: through_tanh(dlogits @ W_hy, h) @ W_hh,
            "only this step's logits count: add dh, which comes back from the later steps",
        ),
        Mistake(
            "own logits left out",
            lambda dlogits, dh, h, W_hy, W_hh: through_tanh(dh, h) @ W_hh,
            "only the later steps count here: add the part of this step's logits, dlogits @ W_hy",
        ),
        Mistake(
            "tanh forgotten",
            lambda dlogits, dh, h, W_hy, W_hh: (dh + dlogits @ W_hy) @ W_hh,
            "the slope of tanh is missing: multiply by 1 − h² before W_hh",
        ),
        Mistake(
            "tanh of the state",
            lambda dlogits, dh, h, W_hy, W_hh: through_tanh(dh + dlogits @ W_hy, np.tanh(h)) @ W_hh,
            "h has already been through tanh: its slope there is 1 − h², not 1 − tanh(h)²",
        ),
        Mistake(
            "square forgotten",
            lambda dlogits, dh, h, W_hy, W_hh: ((1 - h) * (dh + dlogits @ W_hy)) @ W_hh,
            "the slope of tanh is 1 − h²: the square is missing",
        ),
        Mistake(
            "sigmoid",
            lambda dlogits, dh, h, W_hy, W_hh: (h * (1 - h) * (dh + dlogits @ W_hy)) @ W_hh,
            "h (1 − h) is the slope of the sigmoid: that of tanh is 1 − h²",
        ),
        Mistake(
            "W_hh transposed",
            lambda dlogits, dh, h, W_hy, W_hh: through_tanh(dh + dlogits @ W_hy, h) @ W_hh.T,
            "W_hh.T is for the forward pass: in the backward pass, multiply rows by W_hh itself",
        ),
        Mistake(
            "stopped at the sum",
            lambda dlogits, dh, h, W_hy, W_hh: through_tanh(dh + dlogits @ W_hy, h),
            "that is the gradient before the tanh: multiply by W_hh to reach the previous state",
        ),
        Mistake(
            "logits after the tanh",
            lambda dlogits, dh, h, W_hy, W_hh: (through_tanh(dh, h) + dlogits @ W_hy) @ W_hh,
            "the logits read the state after the tanh: add their part before you multiply by 1 − h²",
        ),
    ),
)

Run = Callable[[np.ndarray, np.ndarray, Any], tuple[np.ndarray, Any]]


def evaluate(run, ids, T):
    """Mean loss on ids (N,), read T steps at a time with the state carried on: a float."""
    return float(np.concatenate(read(run, ids, T)).mean())


def read(run: Run, ids: np.ndarray, T: int, carry: bool = True) -> list[np.ndarray]:
    """The losses of each piece of T steps."""
    x, y, h, pieces = ids[:-1], ids[1:], None, []
    for start in range(0, len(x), T):
        loss, end = run(x[start : start + T], y[start : start + T], h)
        h = end if carry else None
        pieces.append(loss)
    return pieces


def make_run(rng: np.random.Generator, V: int) -> Run:
    """A model whose losses depend on everything that it has read: its state is a fading sum of the ids."""
    table = rng.random((V, V)) + 0.5

    def run(x, y, h):
        h, nats = 0.0 if h is None else h, []
        for now, after in zip(x, y, strict=True):
            h = 0.9 * h + float(now)
            nats.append(float(table[now, after]) * (1.5 + np.sin(h)))
        return np.array(nats), h

    return run


check_evaluate = Exercise(
    name="evaluate",
    solution=evaluate,
    cases=lambda rng: [(make_run(rng, 6), rng.integers(6, size=N), T) for N, T in ((24, 7), (31, 10), (5, 8))],
    mistakes=(
        Mistake(
            "reset",
            lambda run, ids, T: float(np.concatenate(read(run, ids, T, carry=False)).mean()),
            "every piece started from state None: pass the state at the end of one piece to the next",
        ),
        Mistake(
            "mean of means",
            lambda run, ids, T: float(np.mean([piece.mean() for piece in read(run, ids, T)])),
            "the pieces count equally although the last is shorter: join all losses, then take one mean",
        ),
        Mistake(
            "one target too many",
            lambda run, ids, T: float(np.concatenate(read(run, ids, T)).sum() / len(ids)),
            "the sum was divided by N: there are N − 1 targets, since the first character is not one",
        ),
        Mistake(
            "sum",
            lambda run, ids, T: float(np.concatenate(read(run, ids, T)).sum()),
            "that is the sum of the losses: return their mean",
        ),
        Mistake(
            "rest dropped",
            lambda run, ids, T: float(np.concatenate(read(run, ids, T)[: max(1, (len(ids) - 1) // T)]).mean()),
            "the last, shorter piece is missing: let range(0, N − 1, T) find the starts",
        ),
        Mistake(
            "targets are the inputs",
            lambda run, ids, T: float(np.concatenate(read(lambda x, y, h: run(x, x, h), ids, T)).mean()),
            "the targets are the inputs themselves: they come one character later, ids[1:]",
        ),
    ),
)


def draw(logits, u):
    """For each row the smallest index at which the cumulative probability exceeds u: (B,)."""
    return (cumulative(logits) > u[:, None]).argmax(axis=-1)


def cumulative(logits: np.ndarray) -> np.ndarray:
    """Cumulative probabilities along the last axis."""
    return np.exp(log_softmax(logits)).cumsum(axis=-1)


def make_draws(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Some rows at random, many rows, and u = 0, for which the answer is always 0."""
    cases = [(2 * rng.normal(size=(B, V)), rng.random(B)) for B, V in ((7, 5), (60, 9))]
    return [*cases, (rng.normal(size=(4, 6)), np.zeros(4))]


check_draw = Exercise(
    name="draw",
    solution=draw,
    cases=make_draws,
    axes={"logits": "B V", "u": "B", "result": "B"},
    tolerance=Tolerance(0, 0),
    mistakes=(
        Mistake(
            "likeliest",
            lambda logits, u: logits.argmax(axis=-1),
            "that is the likeliest index for every u: nothing is drawn; compare the cumulative sums with u",
        ),
        Mistake(
            "not cumulative",
            lambda logits, u: (np.exp(log_softmax(logits)) > u[:, None]).argmax(axis=-1),
            "u was compared with the probabilities themselves: compare it with their running sums",
        ),
        Mistake(
            "one too far",
            lambda logits, u: (cumulative(logits) > u[:, None]).argmax(axis=-1) + 1,
            "each index is one too large: the first sum, one probability alone, belongs to index 0",
        ),
        Mistake(
            "one too low",
            lambda logits, u: np.maximum((cumulative(logits) > u[:, None]).argmax(axis=-1) - 1, 0),
            "each index is one too small: take the first sum above u, not the last one below it",
        ),
        Mistake(
            "counted",
            lambda logits, u: (cumulative(logits) > u[:, None]).sum(axis=-1),
            "that counts the sums above u: return the place of the first one, with argmax",
        ),
        Mistake(
            "cumulative over the batch",
            lambda logits, u: (np.exp(log_softmax(logits)).cumsum(axis=0) > u[:, None]).argmax(axis=-1),
            "the running sum went over the batch: let it run along the last axis",
        ),
        Mistake(
            "logits as probabilities",
            lambda logits, u: (logits.cumsum(axis=-1) > u[:, None]).argmax(axis=-1),
            "the running sum is of logits, which are not probabilities: apply softmax first",
        ),
    ),
)

EXERCISES = (check_loss_by_step, check_step_back, check_evaluate, check_draw)
