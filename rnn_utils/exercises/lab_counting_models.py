"""Checks of the lab Counting models."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def interpolated(run, context, shorter, kappa):
    """Mix counts run (N,) of runs and context (N,) of their contexts with the shorter model's shorter (N,): (N,)."""
    return (run + kappa * shorter) / (context + kappa)


def _counted(rng):
    context = rng.integers(1, 60, size=7)
    context[0] = 0  # a context that was never seen
    run = np.minimum(rng.integers(0, 30, size=7), context)
    return run, context, rng.uniform(0.01, 0.6, size=7)


check_interpolated = Exercise(
    name="interpolated",
    solution=interpolated,
    cases=lambda rng: [(*_counted(rng), kappa) for kappa in (20.0, 3.0)],
    axes={"run": "N", "context": "N", "shorter": "N", "result": "N"},
    mistakes=(
        Mistake(
            "imagined tokens not counted below the line",
            lambda run, context, shorter, kappa: (run + kappa * shorter) / np.maximum(context, 1),
            "the κ imagined tokens followed the context as well: they belong in the denominator too",
        ),
        Mistake(
            "one token of each kind",
            lambda run, context, shorter, kappa: (run + kappa) / (context + kappa / shorter),
            "every kind of token got κ imagined ones: spread κ in all, in proportion to `shorter`",
        ),
        Mistake(
            "half and half",
            lambda run, context, shorter, kappa: (run / np.maximum(context, 1) + shorter) / 2,
            "this mixes half and half: how much a context says should depend on how often it was seen",
        ),
        Mistake(
            "the weight turned round",
            lambda run, context, shorter, kappa: (
                (kappa * run / np.maximum(context, 1) + context * shorter) / (context + kappa)
            ),
            "the weights are the wrong way round: a context that was seen often should trust its own counts",
        ),
    ),
)


def different_before(counts):
    """Share of each token c in the numbers of different tokens seen before it, counts (V, V) of pairs: (V,)."""
    before = (counts > 0).sum(axis=0)
    return before / before.sum()


check_different_before = Exercise(
    name="different_before",
    solution=different_before,
    cases=lambda rng: [(rng.poisson(0.8, size=(V, V)),) for V in (6, 9)],
    axes={"counts": "V V", "result": "V"},
    mistakes=(
        Mistake(
            "frequencies",
            lambda counts: counts.sum(axis=0) / counts.sum(),
            "these are the tokens' frequencies: a token before c counts once, however often it stands there",
        ),
        Mistake(
            "tokens after",
            lambda counts: (counts > 0).sum(axis=1) / (counts > 0).sum(),
            "this counts the different tokens after c: rows are the tokens before, so count down each column",
        ),
        Mistake(
            "not normalised",
            lambda counts: (counts > 0).sum(axis=0).astype(float),
            "these are the numbers themselves: divide by their sum, so that the shares add up to 1",
        ),
        Mistake(
            "divided by the number of tokens",
            lambda counts: (counts > 0).mean(axis=0),
            "divide by the sum of all these numbers, not by V: the shares have to add up to 1",
        ),
    ),
)


def message_length(p):
    """Bits of the shortest binary number that is sure to lie in an interval of length prod(p), p (N,): an int."""
    return int(np.ceil(-np.log2(p).sum()))


check_message_length = Exercise(
    name="message_length",
    solution=message_length,
    cases=lambda rng: [(rng.uniform(0.02, 0.9, size=n),) for n in (9, 40, 3000)],
    mistakes=(
        Mistake(
            "the product",
            lambda p: int(np.ceil(-np.log2(max(float(np.prod(p)), 5e-324)))),
            "the product of thousands of probabilities is too small for a float: add up logarithms",
        ),
        Mistake(
            "a whole number for each token",
            lambda p: int(np.ceil(-np.log2(p)).sum()),
            "each token was rounded up by itself: round once, at the end of the message",
        ),
        Mistake(
            "rounded down",
            lambda p: int(np.floor(-np.log2(p).sum())),
            "this is rounded down, so there are too few digits: the numbers that have so few may all miss the interval",
        ),
        Mistake(
            "nats",
            lambda p: int(np.ceil(-np.log(p).sum())),
            "this is the loss in nats: binary digits need the logarithm to the base 2",
        ),
    ),
)


def three_discounts(counts):
    """Chen and Goodman's discounts for counts of 1, 2 and more, from counts (G,) of all different runs: (3,)."""
    n = [np.sum(counts == k) for k in (1, 2, 3, 4)]
    share = n[0] / (n[0] + 2 * n[1])
    return np.array([k - (k + 1) * share * n[k] / n[k - 1] for k in (1, 2, 3)])


def _without_factor(counts):
    n = [np.sum(counts == k) for k in (1, 2, 3, 4)]
    share = n[0] / (n[0] + 2 * n[1])
    return np.array([k - share * n[k] / n[k - 1] for k in (1, 2, 3)])


def _share_without_two(counts):
    n = [np.sum(counts == k) for k in (1, 2, 3, 4)]
    share = n[0] / (n[0] + n[1])
    return np.array([k - (k + 1) * share * n[k] / n[k - 1] for k in (1, 2, 3)])


def _tokens_not_runs(counts):
    n = [np.sum(counts[counts == k]) for k in (1, 2, 3, 4)]
    share = n[0] / (n[0] + 2 * n[1])
    return np.array([k - (k + 1) * share * n[k] / n[k - 1] for k in (1, 2, 3)])


check_three_discounts = Exercise(
    name="three_discounts",
    solution=three_discounts,
    cases=lambda rng: [(rng.geometric(share, size=400),) for share in (0.5, 0.6)],
    axes={"counts": "G"},
    mistakes=(
        Mistake(
            "without the factor",
            _without_factor,
            "the factor k + 1 is missing: any of a run's k + 1 occurrences may be the new one, after k seen before",
        ),
        Mistake(
            "the two left out",
            _share_without_two,
            "in Y the runs seen twice count double: n₁ / (n₁ + 2 n₂)",
        ),
        Mistake(
            "occurrences",
            _tokens_not_runs,
            "n₂ is how many different runs were seen twice, not how many times they were seen in total",
        ),
    ),
)

EXERCISES = (check_interpolated, check_different_before, check_message_length, check_three_discounts)
