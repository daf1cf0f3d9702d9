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
            "np.roll wraps round: the first k entries come from the end, from the future; leave them out",
        ),
        Mistake(
            "always one step",
            lambda x, k: x[k - 1 : -1],
            "the value one step before is used for every k, but k steps ahead it is not known yet",
        ),
    ),
)


def autocorrelation_at(x, k):
    """r_k of a sequence x (T,), by its definition: a float."""
    d = x - x.mean()
    return np.sum(d[k:] * d[: len(d) - k]) / np.sum(d**2)


check_autocorrelation_at = Exercise(
    name="autocorrelation_at",
    solution=autocorrelation_at,
    cases=lambda rng: [(2 + rng.normal(size=T).cumsum(), k) for T, k in [(12, 1), (20, 3), (15, 0)]],
    axes={"x": "T"},
    mistakes=(
        Mistake(
            "mean kept",
            lambda x, k: np.sum(x[k:] * x[: len(x) - k]) / np.sum(x**2),
            "the mean is still in it: subtract it before you multiply",
        ),
        Mistake(
            "mean of the products",
            lambda x, k: np.mean((x[k:] - x.mean()) * (x - x.mean())[: len(x) - k]) / x.var(),
            "the sum above was divided by T − k and the one below by T: divide the plain sums",
        ),
        Mistake(
            "correlation of the two pieces",
            lambda x, k: np.corrcoef(x[k:], x[: len(x) - k])[0, 1],
            "each piece was centred on its own mean: the definition uses the mean of all of x for both",
        ),
        Mistake(
            "covariance",
            lambda x, k: np.sum((x[k:] - x.mean()) * (x - x.mean())[: len(x) - k]) / len(x),
            "this is the autocovariance: divide by the sum of squares, so that lag 0 gives 1",
        ),
    ),
)


def windows(x, p):
    """Every run of p values, oldest first, shape (T − p, p), and the value after it, shape (T − p,)."""
    return np.stack([x[i : len(x) - p + i] for i in range(p)], axis=1), x[p:]


check_windows = Exercise(
    name="windows",
    solution=windows,
    cases=lambda rng: [(rng.normal(size=T), p) for T, p in [(9, 3), (11, 4), (8, 1)]],
    returns=("inputs", "targets"),
    axes={"x": "T"},
    mistakes=(
        Mistake(
            "newest first",
            lambda x, p: (windows(x, p)[0][:, ::-1], x[p:]),
            "each window runs from new to old: the oldest value belongs in column 0",
        ),
        Mistake(
            "target in the window",
            lambda x, p: (np.stack([x[i + 1 : len(x) - p + i + 1] for i in range(p)], axis=1), x[p:]),
            "the last column is the target itself: a model would only have to copy it, which is called a leak",
        ),
        Mistake(
            "one window too many",
            lambda x, p: (np.lib.stride_tricks.sliding_window_view(x, p), x[p:]),
            "the last window has no value after it: there are T − p pairs, not T − p + 1",
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
            "one mean for all months",
            lambda train, test: (train - train.mean(), test - train.mean()),
            "one mean was taken off all months: average over the years only (axis 0), one mean for each month",
        ),
    ),
)

EXERCISES = (check_persistence, check_autocorrelation_at, check_windows, check_anomalies)
