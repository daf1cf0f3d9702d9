"""What a model's loss means, and its answers: perplexity, bits per character, accuracy, confusion, macro F1."""

import math
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_ids, check_int

__all__ = ["accuracy", "bits_per_character", "confusion", "macro_f1", "perplexity"]

LN2 = math.log(2.0)


def perplexity(nats: Any, mask: Any = None) -> float:
    """Return e to the mean loss: the number of equally likely tokens that would be as hard to guess.

    It is the reciprocal of the geometric mean of the probabilities that the model gave to the true tokens.

    Parameters
    ----------
    nats : float, or array_like of any shape
        Mean loss, or the losses of single tokens, in nats per token.
    mask : array_like of bool, the shape of `nats`, optional
        True where a token counts.

    Returns
    -------
    float
        At least 1; infinity when it is too large for a float.

    """
    mean = _mean_loss(nats, mask)
    return math.exp(mean) if mean < 709 else math.inf


def bits_per_character(nats: Any, mask: Any = None) -> float:
    """Return the mean loss in bits: nats ÷ ln 2.

    Parameters
    ----------
    nats : float, or array_like of any shape
        Mean loss, or the losses of single characters, in nats per character.
    mask : array_like of bool, the shape of `nats`, optional
        True where a character counts.

    Returns
    -------
    float
        In bits per character.

    """
    return _mean_loss(nats, mask) / LN2


def accuracy(scores: Any, targets: Any, mask: Any = None) -> float:
    """Return the fraction of targets to which the highest score was given.

    Parameters
    ----------
    scores : array_like, shape (..., V)
        Logits, log-probabilities or probabilities of V classes.
    targets : array_like of int, shape (...)
        True classes, 0 … V − 1.
    mask : array_like of bool, shape (...), optional
        True where a target counts.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    TypeError, ValueError
        When shapes differ, a class that counts is out of range, or nothing is left to count.

    """
    scores = np.asarray(scores)
    if scores.ndim == 0 or scores.dtype.kind not in "fiu":
        raise TypeError(f"scores: got {scores.dtype} of shape {scores.shape}, wanted numbers of shape (..., V)")
    targets = check_array("targets", targets, scores.shape[:-1], kind="int")
    counts = np.ones(targets.shape, bool) if mask is None else check_array("mask", mask, targets.shape, kind="bool")
    if not counts.any():
        raise ValueError("mask: got no True entry, wanted at least one target to count")
    scores, targets = scores[counts], targets[counts]  # (N, V), (N,)
    if np.isnan(scores).any():
        raise ValueError("scores: got NaN, wanted numbers that can be compared")
    if targets.min() < 0 or targets.max() >= scores.shape[-1]:
        worst = int(targets.min() if targets.min() < 0 else targets.max())
        raise ValueError(f"targets: got class {worst}, wanted 0 … {scores.shape[-1] - 1}")
    return float((scores.argmax(axis=-1) == targets).mean())


def confusion(answers: Any, targets: Any, K: int) -> np.ndarray:
    """Count how often each true class was given each answer.

    Parameters
    ----------
    answers : array_like of int, shape (N,)
        The classes answered, 0 … K − 1.
    targets : array_like of int, shape (N,)
        True classes.
    K : int
        Number of classes.

    Returns
    -------
    ndarray of int, shape (K, K)
        Row: the true class. Column: the answer. The diagonal holds the right answers.

    Raises
    ------
    TypeError, ValueError
        When shapes differ or a class is out of range.

    """
    answers = check_ids("answers", answers, check_int("K", K), ndim=1)
    targets = check_ids("targets", check_array("targets", targets, answers.shape, kind="int"), K)
    return np.bincount(targets * K + answers, minlength=K * K).reshape(K, K)


def macro_f1(answers: Any, targets: Any, K: int) -> float:
    """Return the mean of the classes' F1 scores: every class counts the same, however rare it is.

    F1 of a class is 2 · right / (answered + true): the harmonic mean of the share of its answers that is right and of
    the share of its members that is found.

    Parameters
    ----------
    answers : array_like of int, shape (N,)
        The classes answered, 0 … K − 1.
    targets : array_like of int, shape (N,)
        True classes.
    K : int
        Number of classes.

    Returns
    -------
    float
        In [0, 1]. A class that occurs neither as an answer nor as a target is left out.

    """
    table = confusion(answers, targets, K)
    both = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * table.diagonal()[both > 0] / both[both > 0]).mean())


def _mean_loss(nats: Any, mask: Any) -> float:
    array = check_array("nats", nats, np.shape(nats))
    if mask is not None:
        array = array[check_array("mask", mask, array.shape, kind="bool")]
    if array.size == 0:
        raise ValueError("nats: got no loss to average, wanted at least one")
    mean = float(array.mean(dtype=np.float64))
    if mean < 0:
        raise ValueError(f"nats: got a mean of {mean:.4g}, wanted at least 0: the loss is −log of a probability")
    return mean
