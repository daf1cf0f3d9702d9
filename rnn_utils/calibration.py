"""Are the probabilities of a classifier worth what they say? Reliability, calibration error, one temperature."""

from typing import Any, NamedTuple

import numpy as np

from rnn_utils.checks import check_array, check_int

__all__ = ["Reliability", "calibration_error", "fit_temperature", "log_loss", "reliability", "with_temperature"]


class Reliability(NamedTuple):
    """Answers sorted by how sure the model was of them, in bins of equal width; empty bins are left out."""

    sure: np.ndarray  # (M,) mean probability of the answers in a bin
    right: np.ndarray  # (M,) share of them that is right
    size: np.ndarray  # (M,) how many they are


def log_loss(log_p: Any, targets: Any) -> float:
    """Return the mean of −ln p of the true class, in nats.

    Parameters
    ----------
    log_p : array_like, shape (N, K)
        Log-probabilities.
    targets : array_like of int, shape (N,)
        True classes, 0 … K − 1.

    Returns
    -------
    float
        0 for a model that is always sure and right; ln K for one that gives every class the same.

    Raises
    ------
    TypeError, ValueError
        When shapes differ, a class is out of range, or the probabilities of a row do not add up to 1.

    """
    log_p, targets = _check(log_p, targets)
    return float(-log_p[np.arange(len(targets)), targets].mean())


def reliability(log_p: Any, targets: Any, bins: int = 10) -> Reliability:
    """Sort answers into bins by the probability of the likeliest class, and count how many are right in each.

    Parameters
    ----------
    log_p : array_like, shape (N, K)
        Log-probabilities.
    targets : array_like of int, shape (N,)
        True classes.
    bins : int
        Number of bins of equal width between 0 and 1.

    Returns
    -------
    Reliability
        `sure`, `right` and `size` of every bin that is not empty.

    Raises
    ------
    TypeError, ValueError
        As `log_loss`.

    """
    log_p, targets = _check(log_p, targets)
    check_int("bins", bins)
    sure = np.exp(log_p.max(axis=1))
    right = log_p.argmax(axis=1) == targets
    place = np.minimum((sure * bins).astype(np.intp), bins - 1)
    count = np.bincount(place, minlength=bins)
    kept = count > 0
    means = [np.bincount(place, weights=each, minlength=bins)[kept] / count[kept] for each in (sure, right)]
    return Reliability(means[0], means[1], count[kept])


def calibration_error(log_p: Any, targets: Any, bins: int = 10) -> float:
    """Return the mean distance between how sure the answers are and how many are right, weighted by the bins' counts.

    Parameters
    ----------
    log_p : array_like, shape (N, K)
        Log-probabilities.
    targets : array_like of int, shape (N,)
        True classes.
    bins : int
        Number of bins of equal width between 0 and 1.

    Returns
    -------
    float
        Between 0 and 1. A model that gives every name the shares of the classes has about 0 as well: being calibrated
        is not being informed.

    Notes
    -----
    Known as expected calibration error: Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural
    networks.

    """
    found = reliability(log_p, targets, bins)
    return float((np.abs(found.sure - found.right) * found.size).sum() / found.size.sum())


def with_temperature(log_p: Any, temperature: float) -> np.ndarray:
    """Divide log-probabilities by a temperature and normalise again: above 1 all answers become less sure.

    Parameters
    ----------
    log_p : array_like, shape (N, K)
        Log-probabilities, or logits.
    temperature : float
        Positive. The order of the classes stays as it is.

    Returns
    -------
    ndarray, shape (N, K)
        Log-probabilities.

    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: got {temperature}, wanted a positive number")
    scaled = check_array("log_p", log_p, ("N", "K")) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def fit_temperature(log_p: Any, targets: Any) -> float:
    """Return the temperature with the lowest log loss, by halving the bracket in which the slope changes its sign.

    Fit it on validation examples: on its training examples a model is surer than it has a right to be.

    Parameters
    ----------
    log_p : array_like, shape (N, K)
        Log-probabilities, or logits.
    targets : array_like of int, shape (N,)
        True classes.

    Returns
    -------
    float
        Between 1/100 and 100.

    Notes
    -----
    The loss is convex in b = 1 / temperature. Its slope is the mean, over the examples, of the expected score minus
    the score of the true class.

    """
    log_p, targets = check_array("log_p", log_p, ("N", "K")), check_array("targets", targets, ("N",), kind="int")
    _check(with_temperature(log_p, 1.0), targets)
    own = log_p[np.arange(len(targets)), targets]
    low, high = 0.01, 100.0
    for _ in range(60):
        b = (low * high) ** 0.5
        expected = (np.exp(with_temperature(log_p, 1 / b)) * log_p).sum(axis=1)
        low, high = (low, b) if (expected - own).mean() > 0 else (b, high)
    return float(1 / b)


def _check(log_p: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    log_p = check_array("log_p", log_p, ("N", "K"))
    targets = check_array("targets", targets, (len(log_p),), kind="int")
    if targets.min() < 0 or targets.max() >= log_p.shape[1]:
        worst = int(targets.min() if targets.min() < 0 else targets.max())
        raise ValueError(f"targets: got class {worst}, wanted 0 … {log_p.shape[1] - 1}")
    sums = np.exp(log_p).sum(axis=1)
    if np.abs(sums - 1).max() > 1e-3:
        raise ValueError(f"log_p: got a row of probabilities that add up to {sums[np.abs(sums - 1).argmax()]:.4g}")
    return log_p, targets
