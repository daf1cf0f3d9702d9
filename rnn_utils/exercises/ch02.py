"""Checks of chapter 02, From raw sequences to tensors."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def perplexity(p):
    """Perplexity of a model that gave the probabilities p (N,) to the true tokens: a float."""
    return np.exp(-np.mean(np.log(p)))


check_perplexity = Exercise(
    name="perplexity",
    solution=perplexity,
    cases=lambda rng: [(rng.uniform(0.05, 0.9, size=n),) for n in (5, 8, 1)],
    mistakes=(
        Mistake(
            "arithmetic mean",
            lambda p: 1 / np.mean(p),
            "this is the reciprocal of the arithmetic mean: take the geometric one, the mean of the logarithms",
        ),
        Mistake(
            "mean of the reciprocals",
            lambda p: np.mean(1 / p),
            "the reciprocals of the probabilities were averaged: average the logarithms instead",
        ),
        Mistake(
            "no root",
            lambda p: 1 / np.prod(p),
            "this is one over the product: the N-th root is missing, so it grows with the length of the text",
        ),
        Mistake(
            "two bases",
            lambda p: 2 ** -np.mean(np.log(p)),
            "the logarithm is natural but the power is of 2: use e with ln, or 2 with log2",
        ),
        Mistake(
            "the loss",
            lambda p: -np.mean(np.log(p)),
            "this is the cross-entropy in nats: perplexity is e raised to that power",
        ),
    ),
)


def last_step(states, lengths):
    """State of each sequence at its last true step, states (T, B, H) and lengths (B,): shape (B, H)."""
    return states[lengths - 1, np.arange(len(lengths))]


check_last_step = Exercise(
    name="last_step",
    solution=last_step,
    cases=lambda rng: [  # every batch is a little longer than its longest sequence, so that no index runs out
        (rng.normal(size=(6, 3, 4)), np.array([5, 2, 3])),
        (rng.normal(size=(8, 4, 5)), np.array([1, 7, 4, 4])),
        (rng.normal(size=(3, 1, 2)), np.array([2])),
    ],
    axes={"states": "T B H", "lengths": "B", "result": "B H"},
    mistakes=(
        Mistake(
            "end of the batch",
            lambda states, lengths: states[-1],
            "these are the states at the end of the padding: each sequence ends at a step of its own",
        ),
        Mistake(
            "one step too far",
            lambda states, lengths: states[lengths, np.arange(len(lengths))],
            "one step too far: a sequence of length n has its last step at index n − 1",
        ),
        Mistake(
            "longest sequence",
            lambda states, lengths: states[lengths.max() - 1],
            "every sequence was read where the longest one ends: use all of `lengths`, not only the largest",
        ),
    ),
)


def embedding_gradient(ids, dx, V):
    """Gradient of the table E (V, D), given that of the rows looked up, dx (T, B, D): shape (V, D)."""
    dE = np.zeros((V, dx.shape[-1]))
    np.add.at(dE, ids, dx)
    return dE


def _last_occurrence(ids, dx, V):
    dE = np.zeros((V, dx.shape[-1]))
    dE[ids] += dx
    return dE


def _averaged(ids, dx, V):
    return embedding_gradient(ids, dx, V) / np.maximum(np.bincount(ids.ravel(), minlength=V), 1)[:, None]


check_embedding_gradient = Exercise(
    name="embedding_gradient",
    solution=embedding_gradient,
    cases=lambda rng: [
        (rng.integers(V, size=(T, B)), rng.normal(size=(T, B, D)), V) for T, B, D, V in [(6, 3, 2, 5), (4, 7, 3, 8)]
    ],
    axes={"ids": "T B", "dx": "T B D", "result": "V D"},
    mistakes=(
        Mistake(
            "only the last occurrence",
            _last_occurrence,
            "a token that occurs several times got the gradient of one place only: `dE[ids] += dx` adds to a row once",
        ),
        Mistake(
            "mean over the occurrences",
            _averaged,
            "the gradients of a token's occurrences were averaged: each use of a row adds to the loss, so add them up",
        ),
    ),
)


def _merge(symbols, pair, once=False):
    joined: list[str] = []
    for symbol in symbols:
        if joined and (joined[-1], symbol) == pair and not (once and "".join(pair) in joined):
            joined[-1] += symbol
        else:
            joined.append(symbol)
    return joined


def subwords(word, merges):
    """Spell a word with learned merges, a list of pairs in the order in which they were learned: a list of str."""
    symbols = list(word)
    for pair in merges:
        symbols = _merge(symbols, pair)
    return symbols


def _each_once(word, merges):
    symbols = list(word)
    for pair in merges:
        symbols = _merge(symbols, pair, once=True)
    return symbols


def _longest_first(word, merges):
    pieces, symbols = {*word, *map("".join, merges)}, []
    while word:
        symbols.append(next(word[:end] for end in range(len(word), 0, -1) if word[:end] in pieces))
        word = word[len(symbols[-1]) :]
    return symbols


MERGES = [
    ("e", "n"),
    ("h", "e"),
    ("t", "e"),
    ("te", "r"),
    ("t", "h"),
    ("en", "ter"),
    ("a", "i"),
    ("ai", "n"),
    ("th", "e"),
]

check_subwords = Exercise(
    name="subwords",
    solution=subwords,
    cases=lambda rng: [
        ("entertainment", MERGES),
        ("the", MERGES),
        ("aaaaa", [("a", "a"), ("aa", "aa")]),
        ("entente", MERGES[:3]),
    ],
    mistakes=(
        Mistake(
            "each pair once",
            _each_once,
            "a pair was joined at its first place only: join it wherever it occurs in the word",
        ),
        Mistake(
            "longest piece first",
            _longest_first,
            "the longest known piece was cut off first: join the pairs in the order in which they were learned",
        ),
        Mistake(
            "in reverse",
            lambda word, merges: subwords(word, merges[::-1]),
            "the merges were applied from last to first: a long piece can only be joined after its parts have been",
        ),
    ),
)

EXERCISES = (check_perplexity, check_last_step, check_embedding_gradient, check_subwords)
