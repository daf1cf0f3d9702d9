"""Checks of chapter 11, RNN, LSTM, GRU: a fair comparison."""

import math
from itertools import combinations
from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def copy_baseline(T, symbols=8, memorised=10):
    """Loss of copy memory in nats per step without any memory: right about every blank, guessing every symbol."""
    return memorised * np.log(symbols) / (T + 2 * memorised)


check_copy_baseline = Exercise(
    name="copy_baseline",
    solution=copy_baseline,
    cases=lambda rng: [(10, 8, 10), (100, 8, 10), (1, 8, 10), (50, 4, 6), (7, 16, 3)],
    mistakes=(
        Mistake(
            "silence alone",
            lambda T, symbols, memorised: memorised * np.log(symbols) / T,
            "the mean was taken over the silence: showing and repeating the symbols takes steps too",
        ),
        Mistake(
            "shown but not asked for",
            lambda T, symbols, memorised: memorised * np.log(symbols) / (T + memorised),
            "the sequence is longer: the symbols take steps when shown and again when asked for",
        ),
        Mistake(
            "a sequence's loss",
            lambda T, symbols, memorised: memorised * np.log(symbols),
            "this is the loss of a whole sequence: divide it by the number of steps",
        ),
        Mistake(
            "one symbol",
            lambda T, symbols, memorised: np.log(symbols) / (T + 2 * memorised),
            "one symbol was guessed, but every memorised one has to be",
        ),
        Mistake(
            "asked steps alone",
            lambda T, symbols, memorised: np.log(symbols),
            "this is the loss at a step that wants a symbol; blanks, which cost 0, count in the mean",
        ),
        Mistake(
            "blank among the guesses",
            lambda T, symbols, memorised: memorised * np.log(symbols + 1) / (T + 2 * memorised),
            "the blank was counted as a possible answer, but after the mark only symbols are wanted",
        ),
    ),
)


def parameters(k, D, H, outputs):
    """Numbers in a layer with k weighted sums a unit, and in the linear layer that reads it."""
    return k * (H * H + H * D + 2 * H) + outputs * (H + 1)


def largest(budget, count):
    """The largest H of which `count` is at most `budget`."""
    H = 1
    while count(H + 1) <= budget:
        H += 1
    return H


def hidden_size(budget, k, D, outputs):
    """The largest hidden size whose network has at most `budget` parameters."""
    return largest(budget, lambda H: parameters(k, D, H, outputs))


check_hidden_size = Exercise(
    name="hidden_size",
    solution=hidden_size,
    cases=lambda rng: [(20_000, 4, 12, 9), (20_000, 3, 12, 9), (20_000, 1, 12, 9), (900, 4, 64, 2), (5508, 4, 8, 4)],
    mistakes=(
        Mistake(
            "one bias",
            lambda budget, k, D, outputs: largest(budget, lambda H: k * (H * H + H * D + H) + outputs * (H + 1)),
            "a bias is missing: every weighted sum has bias_ih and bias_hh",
        ),
        Mistake(
            "no output layer",
            lambda budget, k, D, outputs: largest(budget, lambda H: k * (H * H + H * D + 2 * H)),
            "the output layer has parameters too: for each output H weights and a bias",
        ),
        Mistake(
            "gates share W_hh",
            lambda budget, k, D, outputs: largest(budget, lambda H: H * H + k * (H * D + 2 * H) + outputs * (H + 1)),
            "every gate has a recurrent matrix of its own: k times H × H",
        ),
        Mistake(
            "over budget",
            lambda budget, k, D, outputs: hidden_size(budget, k, D, outputs) + 1,
            "this size is over the budget: take the largest one that is not",
        ),
    ),
)


def select(valid, test):
    """The setting with the lowest mean validation loss, and its mean test loss."""
    best = int(np.argmin(valid.mean(axis=1)))
    return best, test[best].mean()


def make_grids(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Grids of settings and seeds in which the luckiest run, and the best test, belong to other settings."""
    cases = []
    for settings, seeds in ((6, 3), (4, 5), (3, 2)):
        valid = rng.uniform(1.0, 1.1, (settings, seeds))
        valid[1] = 0.8 + 0.01 * rng.random(seeds)
        valid[2] = 1.5
        valid[2, 0] = 0.5  # one lucky seed
        test = valid + 0.02 * rng.random(valid.shape)
        test[0] = 0.7 + 0.01 * rng.random(seeds)  # best in the test, by luck
        cases.append((valid, test))
    return cases


check_select = Exercise(
    name="select",
    solution=select,
    cases=make_grids,
    returns=("best", "loss"),
    mistakes=(
        Mistake(
            "chosen on the test",
            lambda valid, test: (int(np.argmin(test.mean(axis=1))), test.mean(axis=1).min()),
            "the test data made the choice, and so can no longer judge it: choose by valid",
        ),
        Mistake(
            "luckiest run",
            lambda valid, test: (int(np.argmin(valid.min(axis=1))), test[np.argmin(valid.min(axis=1))].mean()),
            "the setting with the luckiest single run was chosen: compare means over seeds",
        ),
        Mistake(
            "best seed reported",
            lambda valid, test: (int(np.argmin(valid.mean(axis=1))), test[np.argmin(valid.mean(axis=1))].min()),
            "the choice is right, but its best seed was reported: report the mean over seeds",
        ),
        Mistake(
            "validation reported",
            lambda valid, test: (int(np.argmin(valid.mean(axis=1))), valid.mean(axis=1).min()),
            "the choice is right, but its validation loss was reported, which is too good: use test",
        ),
    ),
)


def shuffled_differences(a, b):
    """|mean difference| for every way to split the pooled scores into groups of the sizes of a and b."""
    pooled = np.concatenate([a, b])
    total, differences = pooled.sum(), []
    for chosen in combinations(range(len(pooled)), len(a)):
        part = pooled[list(chosen)].sum()
        differences.append(abs(part / len(a) - (total - part) / len(b)))
    return np.array(differences)


def permutation(a, b):
    """Share of the splits whose mean difference is at least as large as the one observed."""
    observed = abs(np.mean(a) - np.mean(b))
    return np.mean(shuffled_differences(a, b) >= observed - 1e-12)


def make_scores(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Scores far apart, overlapping, and of unequal numbers of seeds."""
    far = (np.array([2.61, 2.63, 2.60]), np.array([2.52, 2.50, 2.55]))
    return [far, (rng.normal(size=4), rng.normal(0.8, 1, size=4)), (rng.normal(size=5), rng.normal(1.0, 1, size=3))]


check_permutation = Exercise(
    name="permutation",
    solution=permutation,
    cases=make_scores,
    mistakes=(
        Mistake(
            "observed split left out",
            lambda a, b: np.mean(shuffled_differences(a, b) > abs(np.mean(a) - np.mean(b)) + 1e-12),
            "at least as large includes equal: the split that was observed is one of them",
        ),
        Mistake(
            "one side",
            lambda a, b: np.mean(shuffled_differences(a, b) >= abs(np.mean(a) - np.mean(b)) - 1e-12) / 2,
            "only one direction was counted: take the absolute value of the difference",
        ),
        Mistake(
            "orders counted",
            lambda a, b: (
                np.mean(shuffled_differences(a, b) >= abs(np.mean(a) - np.mean(b)) - 1e-12)
                / (math.factorial(len(a)) * math.factorial(len(b)))
            ),
            "orders within a group change no mean: divide by the splits, not by all orders",
        ),
        Mistake(
            "other share",
            lambda a, b: np.mean(shuffled_differences(a, b) < abs(np.mean(a) - np.mean(b)) - 1e-12),
            "the splits with a smaller difference were counted: count those at least as large",
        ),
    ),
)

EXERCISES = (check_copy_baseline, check_hidden_size, check_select, check_permutation)
