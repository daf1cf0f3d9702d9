"""Judging forecasts: scores with their scales, the test for leaks, and intervals whose coverage can be trusted."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_int, check_number

__all__ = [
    "adaptive_radii",
    "assert_no_leak",
    "conformal_radius",
    "coverage",
    "interval_score",
    "mase",
    "pinball",
    "rmsse",
    "shift_of",
    "skill_score",
]


def skill_score(error: Any, reference: Any) -> float:
    """Return the share of a reference forecast's squared error that a forecast removes.

    Parameters
    ----------
    error, reference : array_like, of one shape
        Errors of the forecast and of the reference, at the same places.

    Returns
    -------
    float
        1 for a perfect forecast, 0 for one that is as good as the reference, below 0 for a worse one.

    Raises
    ------
    ValueError
        When the shapes differ, or the reference makes no error.

    """
    reference = check_array("reference", reference, np.shape(reference))
    error = check_array("error", error, reference.shape)
    scale = float(np.mean(np.square(reference)))
    if scale == 0:
        raise ValueError("reference: got errors that are all 0, wanted a reference that can be improved on")
    return 1 - float(np.mean(np.square(error))) / scale


def _steps_of(history: Any, season: int) -> np.ndarray:
    """Return the errors of the seasonal naive forecast within the part that was learned from."""
    history = check_array("history", history, ("N",))
    season = check_int("season", season)
    if len(history) <= season:
        raise ValueError(f"history: got {len(history)} values, wanted more than season={season}")
    steps = history[season:] - history[:-season]
    if not steps.any():
        raise ValueError(f"history: got values that repeat every {season} steps, wanted some that change")
    return steps


def mase(error: Any, history: Any, season: int = 1) -> float:
    """Return the mean absolute scaled error (Hyndman and Koehler, 2006).

    Parameters
    ----------
    error : array_like of any shape
        Errors of the forecast.
    history : array_like, shape (N,)
        The values that were learned from. Their mean absolute change from one season to the next is the unit.
    season : int
        Steps in a season; 1 compares with the last value.

    Returns
    -------
    float
        Without a unit, so that series can be averaged.

    Raises
    ------
    ValueError
        When `history` is too short or does not change.

    """
    error = check_array("error", error, np.shape(error))
    return float(np.mean(np.abs(error)) / np.mean(np.abs(_steps_of(history, season))))


def rmsse(error: Any, history: Any, season: int = 1) -> float:
    """Return the root-mean-square scaled error: as `mase`, with squares in place of absolute values.

    Parameters
    ----------
    error, history, season
        As in `mase`.

    Returns
    -------
    float
        Without a unit.

    Raises
    ------
    ValueError
        As in `mase`.

    """
    error = check_array("error", error, np.shape(error))
    return float(np.sqrt(np.mean(np.square(error)) / np.mean(np.square(_steps_of(history, season)))))


def assert_no_leak(forecast: Callable[[np.ndarray, int], Any], values: Any, origins: Iterable[int]) -> None:
    """Raise AssertionError when a forecast changes after noise has taken the place of its future.

    Scaling by the whole series, filling gaps from both sides, a window that is one step off: all of these are caught,
    since the forecast must come out the same but for rounding, whatever follows its origin. What happened outside the
    function, such as the choice of a model by its score on the test part, is not seen.

    Parameters
    ----------
    forecast : callable
        ``forecast(values, origin)``: everything between the raw values and the forecast, the fit included. It may use
        ``values[:origin]``.
    values : array_like, shape (N,)
        The series.
    origins : iterable of int
        Places to try, 1 … N − 1.

    Raises
    ------
    AssertionError
        With the first origin at which the future was used.
    ValueError
        When an origin lies outside the series.

    """
    values = check_array("values", values, ("N",)).astype(np.float64)
    rng, spread = np.random.default_rng(0), 10 * float(values.std()) or 1.0
    for origin in origins:
        if not 1 <= origin < len(values):
            raise ValueError(f"origins: got {origin}, wanted 1 to {len(values) - 1}")
        changed = values.copy()
        changed[origin:] = rng.normal(0, spread, len(values) - origin)
        before, after = (np.asarray(forecast(v.copy(), int(origin))) for v in (values, changed))
        if before.shape != after.shape or not np.allclose(before, after, equal_nan=True):
            raise AssertionError(f"the forecast made at {origin} changes when the values from {origin} on change")


def shift_of(forecast: Any, truth: Any, most: int = 12) -> int:
    """Return by how many steps a forecast lags behind the truth: where their correlation is highest.

    A forecast for one step ahead that repeats the last value lags by 1: it is the series itself, shifted.

    Parameters
    ----------
    forecast, truth : array_like, shape (N,)
        Forecasts, and what came.
    most : int
        The longest lag that is tried.

    Returns
    -------
    int
        0 … `most`.

    Raises
    ------
    ValueError
        When there are fewer than `most` + 2 values, or the forecast or the truth never changes.

    """
    truth = check_array("truth", truth, ("N",))
    forecast = check_array("forecast", forecast, truth.shape)
    if len(truth) < check_int("most", most, 0) + 2:
        raise ValueError(f"truth: got {len(truth)} values, wanted at least most + 2 = {most + 2}")
    for name, values in (("forecast", forecast), ("truth", truth)):
        if values.std() == 0:
            raise ValueError(f"{name}: got {values[0]} everywhere, wanted values that change")
    lags = range(most + 1)
    likeness = [np.corrcoef(forecast[k:], truth[: len(truth) - k])[0, 1] for k in lags]
    return int(np.argmax(likeness))


def pinball(error: Any, level: float) -> float:
    """Return the mean pinball loss, whose minimum is the quantile `level` (Koenker and Bassett, 1978).

    Parameters
    ----------
    error : array_like of any shape
        Truth minus forecast.
    level : float
        In (0, 1): 0.9 for a value that nine in ten do not exceed.

    Returns
    -------
    float
        ``level · error`` where the truth is higher, ``(level − 1) · error`` where it is lower, averaged.

    """
    error = check_array("error", error, np.shape(error))
    level = check_number("level", level, 0, 1, open_ends=True)
    return float(np.mean(np.maximum(level * error, (level - 1) * error)))


def conformal_radius(scores: Any, level: float) -> float:
    """Return the half-width that covers the next score with probability at least `level`, if it is exchangeable.

    Parameters
    ----------
    scores : array_like, shape (n,)
        Absolute errors on calibration data, which nothing was fitted to.
    level : float
        From 0 to 1, both included.

    Returns
    -------
    float
        The ⌈(n + 1) level⌉-th smallest score; infinity where that is more than n, 0 where it is 0.

    """
    scores = check_array("scores", scores, ("n",))
    level = check_number("level", level, 0, 1)
    rank = int(np.ceil((len(scores) + 1) * level - 1e-9))
    if rank > len(scores):
        return float("inf")
    return float(np.sort(scores)[rank - 1]) if rank else 0.0


def adaptive_radii(calibration: Any, scores: Any, level: float, rate: float) -> np.ndarray:
    """Return half-widths that widen after a miss and shrink after a hit (Gibbs and Candès, 2021).

    Each is computed before its score is known; then the score joins the calibration set and the oldest one leaves.

    Parameters
    ----------
    calibration : array_like, shape (n,)
        Absolute errors on calibration data, the oldest first.
    scores : array_like, shape (N,)
        Absolute errors in the order in which they become known.
    level : float
        Wanted coverage.
    rate : float
        How far a single hit or miss moves the level; 0 leaves only the calibration set that moves along.

    Returns
    -------
    ndarray, shape (N,)
        Half-widths, infinite where the level asked for exceeds what the calibration set can give.

    """
    recent = check_array("calibration", calibration, ("n",)).tolist()
    scores = check_array("scores", scores, ("N",))
    check_number("rate", rate, 0)
    asked, radii = check_number("level", level, 0, 1), []
    for score in scores:
        radii.append(conformal_radius(recent, min(max(asked, 0.0), 1.0)))
        missed = score > radii[-1]
        asked += rate * (missed - (1 - level))
        recent = [*recent[1:], float(score)]
    return np.array(radii)


def coverage(truth: Any, low: Any, high: Any) -> float:
    """Return the share of values that lie in their intervals, ends included.

    Parameters
    ----------
    truth, low, high : array_like, of one shape
        Values, and the ends of their intervals, which may be infinite.

    Returns
    -------
    float
        In [0, 1].

    """
    truth = check_array("truth", truth, np.shape(truth))
    low, high = (check_array(name, end, truth.shape, finite=False) for name, end in (("low", low), ("high", high)))
    return float(np.mean((low <= truth) & (truth <= high)))


def interval_score(truth: Any, low: Any, high: Any, level: float) -> float:
    """Return the mean width of intervals plus a fine for each value outside (Winkler, 1972): smaller is better.

    The fine is the distance from the interval times 2 / (1 − level), so that the score is least on average where the
    ends are the quantiles (1 − level) / 2 and (1 + level) / 2.

    Parameters
    ----------
    truth, low, high : array_like, of one shape
        As in `coverage`.
    level : float
        In (0, 1): the coverage that the intervals promise.

    Returns
    -------
    float
        In the unit of the values; infinity where an interval has no end.

    """
    truth = check_array("truth", truth, np.shape(truth))
    low, high = (check_array(name, end, truth.shape, finite=False) for name, end in (("low", low), ("high", high)))
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    fine = 2 / (1 - check_number("level", level, 0, 1, open_ends=True))
    return float(np.mean(high - low + fine * outside))
