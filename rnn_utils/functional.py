"""Functions without parameters: activations and losses, each loss with the gradient of its first argument."""

from typing import Any

import numpy as np

from rnn_utils.checks import check_array

__all__ = ["cross_entropy", "log_softmax", "mse", "sigmoid", "softmax"]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function 1 / (1 + e⁻ˣ), exact to the last digits at both ends and free of overflow.

    Parameters
    ----------
    x : ndarray, any shape

    Returns
    -------
    ndarray, the shape of `x`

    Notes
    -----
    Only e^(−|x|) is ever computed, which lies in (0, 1]: for x < 0 use 1 / (1 + e⁻ˣ) = eˣ / (1 + eˣ).

    """
    small = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1, small) / (1 + small)


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return e^logits normalised to sum to one along `axis`.

    Parameters
    ----------
    logits : ndarray, any shape
        Scores; adding one number to all of them changes nothing, so their maximum is subtracted first.
    axis : int

    Returns
    -------
    ndarray, the shape of `logits`
        Probabilities.

    """
    powers = np.exp(logits - np.max(logits, axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return ln(softmax(logits)) along `axis`, finite even where the probability itself rounds to zero.

    Parameters
    ----------
    logits : ndarray, any shape
    axis : int

    Returns
    -------
    ndarray, the shape of `logits`
        Log-probabilities in nats.

    """
    shifted = logits - np.max(logits, axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def cross_entropy(logits: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Return the mean of −ln p(target) over the tokens that count, and its gradient.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
        Unnormalised scores, (T, B, V) for a sequence. They may be non-finite: then so is the loss, which `fit` reports.
    targets : ndarray of int, shape (...)
        The index of the right class, in 0 … V − 1 wherever the mask is true.
    mask : ndarray of bool, shape (...), optional
        True where a token counts. Padding, whatever its target, adds nothing to the loss or the gradient.

    Returns
    -------
    loss : float
        In nats per token.
    dlogits : ndarray, the shape of `logits`
        The gradient: (softmax(logits) − one_hot(targets)) / number of tokens that count.

    Raises
    ------
    TypeError, ValueError
        When a shape or dtype is wrong, a target is out of range, or no token counts.

    """
    logits = check_array("logits", logits, "." * (np.ndim(logits) - 1) + "V", finite=False)
    rows = logits.reshape(-1, logits.shape[-1])  # (N, V): every token of every sequence
    counted, size = _check_mask(mask, logits.shape[:-1])
    labels = _check_targets(targets, counted, logits.shape)
    token = np.arange(len(rows))
    log_p = log_softmax(rows)
    loss = -np.sum(log_p[token, labels] * counted, dtype=np.float64) / size
    dlogits = np.exp(log_p, out=log_p)
    dlogits[token, labels] -= 1
    dlogits *= (counted / size).astype(dlogits.dtype)[:, None]
    return float(loss), dlogits.reshape(logits.shape)


def mse(prediction: np.ndarray, target: np.ndarray, mask: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Return the mean squared error over the entries that count, and its gradient.

    Parameters
    ----------
    prediction : ndarray, any shape, such as (T, B, D)
    target : ndarray, the shape of `prediction`
    mask : ndarray of bool, the shape of `prediction`'s first axes, such as (T, B), optional
        True where a prediction counts.

    Returns
    -------
    loss : float
        The mean over the entries that count, in the target's unit squared.
    dprediction : ndarray, the shape of `prediction`
        The gradient: 2 (prediction − target) / number of entries that count.

    Raises
    ------
    TypeError, ValueError
        When a shape or dtype is wrong, or no entry counts.

    """
    prediction = check_array("prediction", prediction, "." * np.ndim(prediction), finite=False)
    target = check_array("target", target, prediction.shape, finite=False)
    axes = prediction.ndim if mask is None else np.ndim(mask)
    counted, size = _check_mask(mask, prediction.shape[:axes])
    entries = size * prediction.size // len(counted)
    # Chosen with `where`, not multiplied: a padded entry may hold anything.
    error = np.where(counted[:, None], (prediction - target).reshape(len(counted), -1), 0)
    loss = np.sum(error**2, dtype=np.float64) / entries
    return float(loss), (error * (2 / entries)).reshape(prediction.shape)


def _check_mask(mask: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """Return the mask as a flat array of bool (all true when None), and how many entries are true."""
    if mask is None:
        return np.ones(int(np.prod(shape)), bool), int(np.prod(shape))
    counted = check_array("mask", mask, shape, kind="bool").ravel()
    if not counted.any():
        raise ValueError(f"mask: got no true entry among {counted.size}, wanted at least one token that counts")
    return counted, int(counted.sum())


def _check_targets(targets: Any, counted: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the targets as a flat array of class indices, 0 wherever they do not count."""
    labels = check_array("targets", targets, shape[:-1], kind="int").ravel()
    labels = np.where(counted, labels, 0)
    wrong = (labels < 0) | (labels >= shape[-1])
    if wrong.any():
        raise ValueError(f"targets: got {labels[wrong][0]}, wanted class indices in 0 … {shape[-1] - 1}")
    return labels
