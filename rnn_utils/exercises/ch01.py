"""Checks of chapter 01, Sequence data."""

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def persistence(x, k):
    """Forecasts of x[k:], each the value k steps before: shape (T − k,)."""
    return x[: len(x) - k]


check_persistence = Exercise(
    name="persistence",
    solution=persistence,
    cases=lambda rng: [(rng.normal(size=T), k) for T, k in [(9, 1), (12, 3), (15, 11)]],
    axes={"x": "T", "result": "T"},
    mistakes=(
        Mistake(
            "the value to be forecast",
            lambda x, k: x[k:],
            "these are the values to be forecast, not the ones known k steps before: count from the other end",
        ),
        Mistake(
            "wraps round",
            lambda x, k: np.roll(x, k),
            "np.roll wraps round: the first k entries come from the end, which is the future; leave them out",
        ),
        Mistake(
            "always one step",
            lambda x, k: x[k - 1 : -1],
            "the value one step before is used for every k, but k steps ahead it is not known yet",
        ),
    ),
)


def shuffle_test(x, score, n, rng):
    """Share of orders, the true one among n shuffled ones, that score at least as high as the true one."""
    true = score(x)
    return (1 + sum(score(rng.permutation(x)) >= true for _ in range(n))) / (1 + n)


def shares(x, score, n, rng, counts):
    """Share of n shuffles whose score `counts` beside the true one's, the true order left out."""
    true = score(x)
    return sum(counts(score(rng.permutation(x)), true) for _ in range(n)) / n


def first_rise(x):
    """A score that depends on order: by how much the second value exceeds the first."""
    return x[1] - x[0]


check_shuffle_test = Exercise(
    name="shuffle_test",
    solution=shuffle_test,
    cases=lambda rng: [
        (np.array(x), first_rise, n, np.random.default_rng(seed))
        for seed, (x, n) in enumerate(
            [([1.0, 3.0, 2.0, 4.0, 2.5], 40), ([2.0, 1.0, 3.0, 3.5], 30), ([0.0, 9.0, 1.0, 2.0], 20)]
        )
    ],
    mistakes=(
        Mistake(
            "true order not counted",
            lambda x, score, n, rng: shares(x, score, n, rng, lambda shuffled, true: shuffled >= true),
            "the true order is one of the orders too: return (1 + k) / (1 + n), otherwise the answer could be 0",
        ),
        Mistake(
            "lower scores counted",
            lambda x, score, n, rng: (
                (1 + n * shares(x, score, n, rng, lambda shuffled, true: shuffled <= true)) / (1 + n)
            ),
            "orders that score at most as high were counted: a small share should mean that the true order stands out",
        ),
        Mistake(
            "a count, not a share",
            lambda x, score, n, rng: 1 + n * shares(x, score, n, rng, lambda shuffled, true: shuffled >= true),
            "this is how many orders score as high: divide by the number of orders, 1 + n",
        ),
        Mistake(
            "ties left out",
            lambda x, score, n, rng: (
                (1 + n * shares(x, score, n, rng, lambda shuffled, true: shuffled > true)) / (1 + n)
            ),
            "only higher scores were counted: a shuffle that scores just as high counts as well (>=)",
        ),
    ),
)


def windows(x, p, split):
    """Windows of p values, oldest first, and the value after each: those with a target before split, and the rest."""
    first = split - p  # the first row whose target is held out
    past, target = np.stack([x[i : len(x) - p + i] for i in range(p)], axis=1), x[p:]
    return past[:first], target[:first], past[first:], target[first:]


def cut_rows(x, p, at):
    """Windows of the whole series, the first `at` rows of them for training."""
    past, target = np.stack([x[i : len(x) - p + i] for i in range(p)], axis=1), x[p:]
    return past[:at], target[:at], past[at:], target[at:]


def shifted(x, p, split):
    """Windows that end with their own target."""
    train_past, train_target, test_past, test_target = windows(x, p, split)
    with_target = [
        np.column_stack([past[:, 1:], target])
        for past, target in ((train_past, train_target), (test_past, test_target))
    ]
    return with_target[0], train_target, with_target[1], test_target


def apart(x, p, split):
    """Windows of the training values, and windows of the held-out values alone."""
    return (*windows(x[:split], p, split)[:2], *windows(x[split:], p, p)[2:])


check_windows = Exercise(
    name="windows",
    solution=windows,
    cases=lambda rng: [(rng.normal(size=T), p, split) for T, p, split in [(15, 3, 10), (17, 4, 11), (9, 1, 6)]],
    returns=("train_past", "train_target", "test_past", "test_target"),
    axes={"x": "T"},
    mistakes=(
        Mistake(
            "rows cut at split",
            cut_rows,
            "row i has the target x[i + p]: your last p training targets are held-out values, a leak",
        ),
        Mistake(
            "rows cut one too late",
            lambda x, p, split: cut_rows(x, p, split - p + 1),
            "the last training target is x[split], the first held-out value: a leak of one row",
        ),
        Mistake(
            "rows cut one too early",
            lambda x, p, split: cut_rows(x, p, split - p - 1),
            "the first test target is x[split - 1], which belongs to the training part",
        ),
        Mistake(
            "test windows from held-out values alone",
            apart,
            "the first p held-out values have no forecast: a window may reach back before split",
        ),
        Mistake(
            "newest first",
            lambda x, p, split: tuple(part[:, ::-1] if part.ndim == 2 else part for part in windows(x, p, split)),
            "each window runs from new to old: the oldest value belongs in column 0",
        ),
        Mistake(
            "target in the window",
            shifted,
            "the last column is the target itself, so a model would only have to copy it: a leak",
        ),
        Mistake(
            "test part first",
            lambda x, p, split: (*windows(x, p, split)[2:], *windows(x, p, split)[:2]),
            "the test part comes first: return the two training arrays, then the two test arrays",
        ),
    ),
)


def anomalies(train, test):
    """Monthly values (years, 12) without their season, the mean of each month in train: two arrays."""
    season = train.mean(axis=0)
    return train - season, test - season


check_anomalies = Exercise(
    name="anomalies",
    solution=anomalies,
    cases=lambda rng: [
        (20 + rng.normal(size=(n, 12)), 21 + rng.normal(size=(m, 12))) for n, m in [(5, 3), (4, 2), (2, 1)]
    ],
    returns=("train anomalies", "test anomalies"),
    mistakes=(
        Mistake(
            "season of the test years",
            lambda train, test: (train - train.mean(axis=0), test - test.mean(axis=0)),
            "the test years were centred on their own season: use the training years' season, or you leak the future",
        ),
        Mistake(
            "season of all years",
            lambda train, test: tuple(part - np.concatenate([train, test]).mean(axis=0) for part in (train, test)),
            "the season was taken from all years, the test years included: that leaks the future",
        ),
        Mistake(
            "mean over the months",
            lambda train, test: (
                train - train.mean(axis=1, keepdims=True),
                test - test.mean(axis=1, keepdims=True),
            ),
            "each year's own mean was subtracted: the season is one mean for each month, over axis 0",
        ),
        Mistake(
            "only the test years",
            lambda train, test: (train, test - train.mean(axis=0)),
            "the season was left in the training years: subtract it from both arrays",
        ),
        Mistake(
            "one mean for all months",
            lambda train, test: (train - train.mean(), test - train.mean()),
            "the same mean was subtracted from all months: average over the years only (axis 0), one mean per month",
        ),
    ),
)

EXERCISES = (check_persistence, check_shuffle_test, check_windows, check_anomalies)
