"""Checks of chapter 13, Forecasting: how far ahead, and how sure?"""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def seasonal_naive(history, season, steps):
    """Forecasts 1 … steps ahead: the last whole season, again and again."""
    return np.resize(history[-season:], steps)


def make_seasons(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Series, seasons, and horizons below and beyond one season."""
    return [(rng.normal(size=n), season, steps) for n, season, steps in ((24, 12, 7), (30, 4, 9), (9, 3, 3), (5, 1, 4))]


check_seasonal_naive = Exercise(
    name="seasonal_naive",
    solution=seasonal_naive,
    cases=make_seasons,
    mistakes=(
        Mistake(
            "the last value",
            lambda history, season, steps: np.full(steps, history[-1]),
            "this is persistence: repeat the last season, not the last value",
        ),
        Mistake(
            "the first season",
            lambda history, season, steps: np.resize(history[:season], steps),
            "this is the first season of the history: take the last one",
        ),
        Mistake(
            "runs on",
            lambda history, season, steps: np.resize(history[-season - 1 :], steps),
            "the season is one value too long: it begins season values before the end",
        ),
        Mistake(
            "the last steps values",
            lambda history, season, steps: history[-min(steps, len(history)) :],
            "these are the last values before the forecast: go back by whole seasons",
        ),
    ),
)


def mase(error, history, season):
    """Mean absolute error, in units of the mean change from one season to the next in the history."""
    return np.mean(np.abs(error)) / np.mean(np.abs(history[season:] - history[:-season]))


def make_errors(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Errors, a history that wanders, and a season."""
    return [(rng.normal(size=k), rng.normal(size=n).cumsum(), s) for k, n, s in ((12, 40, 1), (5, 36, 12), (7, 20, 4))]


check_mase = Exercise(
    name="mase",
    solution=mase,
    cases=make_errors,
    mistakes=(
        Mistake(
            "signs kept",
            lambda error, history, season: np.mean(error) / np.mean(np.abs(history[season:] - history[:-season])),
            "errors of both signs cancel: take absolute values before the mean",
        ),
        Mistake(
            "squares",
            lambda error, history, season: np.sqrt(
                np.mean(np.square(error)) / np.mean(np.square(history[season:] - history[:-season]))
            ),
            "this is RMSSE: MASE takes absolute values, not squares",
        ),
        Mistake(
            "steps of one",
            lambda error, history, season: np.mean(np.abs(error)) / np.mean(np.abs(np.diff(history))),
            "the scale is the change over one season, not over one step",
        ),
        Mistake(
            "spread as scale",
            lambda error, history, season: np.mean(np.abs(error)) / np.std(history),
            "the scale is a naive forecast's error, not the standard deviation of the history",
        ),
        Mistake(
            "upside down",
            lambda error, history, season: (
                np.mean(np.abs(history[season:] - history[:-season])) / np.mean(np.abs(error))
            ),
            "the fraction is upside down: the forecast's own error belongs on top",
        ),
    ),
)


def radius(scores, level):
    """The ⌈(n + 1) level⌉-th smallest score, infinity beyond the largest, 0 below the smallest."""
    rank = int(np.ceil((len(scores) + 1) * level - 1e-9))
    if rank < 1:
        return 0.0
    return np.inf if rank > len(scores) else np.sort(scores)[rank - 1]


def make_scores(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Calibration sets of several sizes, one of them too small for its level, and one level of 0."""
    sizes = ((40, 0.9), (9, 0.9), (25, 0.8), (8, 0.9), (60, 0.95), (12, 0.0))
    return [(np.abs(rng.normal(size=n)), level) for n, level in sizes]


check_radius = Exercise(
    name="radius",
    solution=radius,
    cases=make_scores,
    mistakes=(
        Mistake(
            "np.quantile",
            lambda scores, level: np.quantile(scores, level),
            "np.quantile interpolates among n scores: the next one counts too, so take rank ⌈(n + 1) level⌉",
        ),
        Mistake(
            "n, not n + 1",
            lambda scores, level: np.sort(scores)[max(int(np.ceil(len(scores) * level - 1e-9)), 1) - 1],
            "the rank is ⌈(n + 1) level⌉: the next score is one of the n + 1",
        ),
        Mistake(
            "largest instead of infinity",
            lambda scores, level: np.sort(scores)[min(int(np.ceil((len(scores) + 1) * level - 1e-9)), len(scores)) - 1],
            "where the rank is more than n, no score is large enough: return np.inf",
        ),
        Mistake(
            "index −1",
            lambda scores, level: (
                np.inf
                if (rank := int(np.ceil((len(scores) + 1) * level - 1e-9))) > len(scores)
                else np.sort(scores)[rank - 1]
            ),
            "at a level of 0 the rank is 0, and index −1 is the largest score: return 0 there",
        ),
        Mistake(
            "smallest first",
            lambda scores, level: np.sort(scores)[::-1][
                min(int(np.ceil((len(scores) + 1) * level - 1e-9)), len(scores)) - 1
            ],
            "the scores were sorted from the largest down: the rank counts from the smallest",
        ),
    ),
)


def levels(scores, radii, level, rate):
    """The level asked for before each score, and after the last: up after a miss, down after a hit."""
    asked = [level]
    for score, r in zip(scores, radii):
        asked.append(asked[-1] + rate * ((score > r) - (1 - level)))
    return np.array(asked)


def make_misses(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Scores, half-widths, a level and a rate."""
    shapes = ((12, 0.9, 0.05), (30, 0.8, 0.02), (5, 0.95, 0.1))
    return [(np.abs(rng.normal(size=n)), np.full(n, 0.8), level, rate) for n, level, rate in shapes]


check_levels = Exercise(
    name="levels",
    solution=levels,
    cases=make_misses,
    mistakes=(
        Mistake(
            "sign",
            lambda scores, radii, level, rate: 2 * level - levels(scores, radii, level, rate),
            "the level falls after a miss: it must rise, so that the next interval is wider",
        ),
        Mistake(
            "drifts upwards",
            lambda scores, radii, level, rate: np.append(level, level + rate * np.cumsum(scores > radii)),
            "nothing brings the level down again: subtract 1 − level at every step",
        ),
        Mistake(
            "level instead of its complement",
            lambda scores, radii, level, rate: np.append(level, level + rate * np.cumsum((scores > radii) - level)),
            "the wanted share of misses is 1 − level, and level was subtracted",
        ),
        Mistake(
            "from the first level",
            lambda scores, radii, level, rate: np.append(level, level + rate * ((scores > radii) - (1 - level))),
            "each step starts from the level before it, not from the first one",
        ),
    ),
)

EXERCISES = (check_seasonal_naive, check_mase, check_radius, check_levels)
