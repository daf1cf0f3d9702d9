"""Attention by dot products: a step of the decoder looks back at all states of the encoder and mixes them.

`rnn_utils.transformer` has the attention of a Transformer, in PyTorch.
"""

from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_lengths
from rnn_utils.functional import softmax
from rnn_utils.padding import mark_padding

__all__ = ["look_back", "look_back_grads"]


def look_back(queries: np.ndarray, memory: np.ndarray, lengths: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Mix the states in `memory` for every query: the better a state fits, the greater its weight.

    Parameters
    ----------
    queries : ndarray, shape (U, B, H)
        States of the decoder, a query each.
    memory : ndarray, shape (T, B, H)
        States of the encoder, which are both keys and values.
    lengths : array_like of int, shape (B,), optional
        How many states of each sequence are true, 1 … T; the padding after them gets the weight 0.

    Returns
    -------
    context : ndarray, shape (U, B, H)
        Σₛ αₛ mₛ, with α = softmax of the scores q · mₛ.
    weights : ndarray, shape (U, B, T)
        α: they add up to 1 over the last axis.

    Raises
    ------
    TypeError, ValueError
        When a shape or dtype is wrong, or a length is out of range.

    References
    ----------
    Luong, Pham and Manning (2015), Effective approaches to attention-based neural machine translation, with the score
    that they call dot. Bahdanau, Cho and Bengio (2015) came first, with an additive score.

    """
    queries = check_array("queries", queries, ("U", "B", "H"), finite=False)
    memory = check_array("memory", memory, ("T", *queries.shape[1:]), finite=False)
    scores = np.einsum("ubh,tbh->ubt", queries, memory, optimize=True)
    if lengths is not None:
        lengths = check_lengths(lengths, *memory.shape[:2])
        scores[:, mark_padding(lengths, len(memory)).T] = -np.inf
    weights = softmax(scores)
    return np.einsum("ubt,tbh->ubh", weights, memory, optimize=True), weights


def look_back_grads(
    dcontext: np.ndarray, weights: np.ndarray, queries: np.ndarray, memory: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of queries and memory from that of the context.

    Parameters
    ----------
    dcontext : ndarray, shape (U, B, H)
    weights : ndarray, shape (U, B, T)
        From `look_back`.
    queries : ndarray, shape (U, B, H)
    memory : ndarray, shape (T, B, H)
        What `look_back` was given.

    Returns
    -------
    dqueries : ndarray, shape (U, B, H)
    dmemory : ndarray, shape (T, B, H)

    Raises
    ------
    TypeError, ValueError
        When a shape or dtype is wrong.

    """
    dcontext = check_array("dcontext", dcontext, queries.shape, finite=False)
    weights = check_array("weights", weights, (*queries.shape[:2], len(memory)), finite=False)
    dweights = np.einsum("ubh,tbh->ubt", dcontext, memory, optimize=True)
    dscores = weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))
    dqueries = np.einsum("ubt,tbh->ubh", dscores, memory, optimize=True)
    dmemory = np.einsum("ubt,ubh->tbh", dscores, queries, optimize=True)
    dmemory += np.einsum("ubt,ubh->tbh", weights, dcontext, optimize=True)
    return dqueries, dmemory
