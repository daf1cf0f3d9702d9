"""Checks of chapter 15, Sequence to sequence, then attention."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def score(written, target, mark):
    """Shares of lines and of characters (U, B) that are right, up to and with each target's first mark."""
    counts = np.cumsum(target == mark, axis=0) - (target == mark) == 0  # no mark before this one
    same = (written == target) | ~counts
    return same.all(axis=0).mean(), ((written == target) & counts).sum() / counts.sum()


def make_lines(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Targets of different lengths, and what was written: mostly right, and anything after the mark."""
    cases = []
    for U, B in ((5, 6), (7, 9)):
        target = rng.integers(0, 4, size=(U, B))
        ends = rng.integers(1, U, size=B)
        ends[0] = U - 1
        target[ends, np.arange(B)] = 4
        target[np.arange(U)[:, None] > ends] = 4
        written = np.where(rng.random((U, B)) < 0.15, (target + 1) % 5, target)
        written[:, 1:4] = target[:, 1:4]  # some lines are right
        written = np.where(np.arange(U)[:, None] > ends, rng.integers(0, 4, size=(U, B)), written)
        cases.append((written, target, 4))
    return cases


def everything(written: np.ndarray, target: np.ndarray, mark: int) -> tuple[float, float]:
    """Count what was written after the mark, too."""
    return (written == target).all(axis=0).mean(), (written == target).mean()


def without_mark(written: np.ndarray, target: np.ndarray, mark: int) -> tuple[float, float]:
    """Leave the mark itself out."""
    counts = np.cumsum(target == mark, axis=0) == 0
    same = written == target
    return (same | ~counts).all(axis=0).mean(), (same & counts).sum() / counts.sum()


check_score = Exercise(
    name="score",
    solution=score,
    cases=make_lines,
    returns=("lines", "characters"),
    mistakes=(
        Mistake(
            "everything",
            everything,
            "what is written after the mark counts: a line ends with its first mark",
        ),
        Mistake(
            "without mark",
            without_mark,
            "the mark itself does not count: a line that goes on is wrong",
        ),
        Mistake(
            "turned",
            lambda written, target, mark: score(written, target, mark)[::-1],
            "the two have changed places: first the share of lines, then of characters",
        ),
        Mistake(
            "lines by product",
            lambda written, target, mark: (
                score(written, target, mark)[1] ** len(target),
                score(written, target, mark)[1],
            ),
            "count the lines: the share of characters to a power assumes independent mistakes",
        ),
    ),
)


def masked_weights(scores, lengths):
    """Softmax of scores (U, B, T) over the true steps of each sequence: (U, B, T), 0 in the padding."""
    hidden = np.arange(scores.shape[-1]) >= np.asarray(lengths)[:, None]  # (B, T)
    scores = np.where(hidden, -np.inf, scores)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def make_scores(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Scores, some of them in the hundreds and the largest in the padding, and lengths."""
    cases = []
    for U, B, T, scale in ((2, 3, 5, 1.0), (3, 2, 4, 1.0), (1, 3, 6, 400.0)):
        lengths = rng.integers(1, T, size=B)
        lengths[0] = T
        cases.append((rng.normal(size=(U, B, T)) * scale, lengths))
    return cases


check_masked_weights = Exercise(
    name="masked_weights",
    solution=masked_weights,
    cases=make_scores,
    axes={"scores": "U B T", "result": "U B T"},
    mistakes=(
        Mistake(
            "no mask",
            lambda scores, lengths: softmax(scores),
            "the padding has weight: hide it before the softmax",
        ),
        Mistake(
            "after softmax",
            lambda scores, lengths: softmax(scores) * (np.arange(scores.shape[-1]) < np.asarray(lengths)[:, None]),
            "the weights no longer add up to 1: set the scores of the padding to −inf",
        ),
        Mistake(
            "zero scores",
            lambda scores, lengths: softmax(
                np.where(np.arange(scores.shape[-1]) < np.asarray(lengths)[:, None], scores, 0.0)
            ),
            "a score of 0 still has weight, since exp(0) = 1: use −inf",
        ),
        Mistake(
            "one more",
            lambda scores, lengths: masked_weights(scores, np.minimum(np.asarray(lengths) + 1, scores.shape[-1])),
            "one step of padding is seen: with length n, the last true step is n − 1",
        ),
        Mistake(
            "turned",
            lambda scores, lengths: softmax(
                np.where(np.arange(scores.shape[-1]) >= np.asarray(lengths)[:, None], scores, -1e9)
            ),
            "you have hidden the true steps: hide those from lengths on",
        ),
    ),
)


def dscores(weights, dweights):
    """Gradient of the scores from that of the weights = softmax(scores), over the last axis."""
    return weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))


def make_weights(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Weights and the gradients that arrive at them."""
    return [(softmax(rng.normal(size=shape)), rng.normal(size=shape)) for shape in ((4,), (2, 5), (2, 3, 4))]


check_dscores = Exercise(
    name="dscores",
    solution=dscores,
    cases=make_weights,
    mistakes=(
        Mistake(
            "each by itself",
            lambda weights, dweights: weights * dweights,
            "a score moves *all* weights, as they add up to 1: subtract their common part",
        ),
        Mistake(
            "sigmoid",
            lambda weights, dweights: weights * (1 - weights) * dweights,
            "that is the diagonal of the Jacobian alone: a score moves the other weights too",
        ),
        Mistake(
            "plain mean",
            lambda weights, dweights: weights * (dweights - dweights.mean(axis=-1, keepdims=True)),
            "subtract the mean *weighted* by the weights, not the plain one",
        ),
        Mistake(
            "no factor",
            lambda weights, dweights: dweights - (weights * dweights).sum(axis=-1, keepdims=True),
            "a factor is missing: a place with little weight gets little gradient",
        ),
        Mistake(
            "one sum",
            lambda weights, dweights: weights * (dweights - (weights * dweights).sum()),
            "sum over the last axis alone: each query has weights of its own",
        ),
    ),
)


def additive(query, memory, W_q, W_k, v):
    """Weights (T,) of states memory (T, H) for a query (H,): softmax of v · tanh(W_q q + W_k m)."""
    return softmax(np.tanh(W_q @ query + memory @ W_k.T) @ v)


def make_additive(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """A query, states of another size, and the three parameters."""
    cases = []
    for H, T, A in ((3, 5, 4), (4, 2, 6)):
        shapes = ((H,), (T, H), (A, H), (A, H), (A,))
        cases.append(tuple(rng.normal(size=shape) for shape in shapes))
    return cases


check_additive = Exercise(
    name="additive",
    solution=additive,
    cases=make_additive,
    axes={"query": "H", "memory": "T H", "W_q": "A H", "W_k": "A H", "v": "A", "result": "T"},
    mistakes=(
        Mistake(
            "no tanh",
            lambda query, memory, W_q, W_k, v: softmax((W_q @ query + memory @ W_k.T) @ v),
            "without tanh the query adds the same to every score, and softmax removes it",
        ),
        Mistake(
            "scores",
            lambda query, memory, W_q, W_k, v: np.tanh(W_q @ query + memory @ W_k.T) @ v,
            "those are the scores: return their softmax",
        ),
        Mistake(
            "query forgotten",
            lambda query, memory, W_q, W_k, v: softmax(np.tanh(memory @ W_k.T) @ v),
            "the query is missing: these weights are the same for every step of the decoder",
        ),
        Mistake(
            "matrices swapped",
            lambda query, memory, W_q, W_k, v: softmax(np.tanh(W_k @ query + memory @ W_q.T) @ v),
            "W_q belongs to the query, W_k to the states of the encoder",
        ),
        Mistake(
            "tanh outside",
            lambda query, memory, W_q, W_k, v: softmax(np.tanh((W_q @ query + memory @ W_k.T) @ v)),
            "tanh comes before the product with v",
        ),
    ),
)

EXERCISES = (check_score, check_masked_weights, check_dscores, check_additive)
