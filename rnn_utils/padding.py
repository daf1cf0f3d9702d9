"""Sequences of different lengths in one batch.

The steps beyond a sequence's end are computed like any others. No earlier step depends on them, so they change nothing
as long as the final state is taken from the right place, and no gradient is let in after it.
"""

import numpy as np


def mark_padding(lengths: np.ndarray, T: int) -> np.ndarray:
    """Return where a batch is padding: an array of bool (T, B), true at step t of a sequence when t ≥ its length."""
    return np.arange(T)[:, None] >= lengths


def final_state(states: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
    """Return each sequence's state after its last true step, (B, H), from those after 0 … T steps, (T + 1, B, H).

    The states in the padding are set to zero, in place.
    """
    if lengths is None:
        return states[-1].copy()  # not a view, which would keep all the other steps alive
    final = states[lengths, np.arange(len(lengths))]
    states[1:][mark_padding(lengths, len(states) - 1)] = 0
    return final


def outside_gradient(dout: np.ndarray, dfinal: np.ndarray, lengths: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient that reaches every h_t from outside the layer, (T, B, H), and the one to start the loop with.

    Without padding these are `dout` and that of the final state. With padding `dout` counts up to each sequence's last
    true step, where that of its final state is added, and the loop starts from zero.
    """
    if lengths is None:
        return dout, dfinal
    dout = np.where(mark_padding(lengths, len(dout))[..., None], 0, dout)
    dout[lengths - 1, np.arange(len(lengths))] += dfinal
    return dout, np.zeros_like(dfinal)
