"""Sequences of different lengths in one batch."""

import numpy as np


def mark_padding(lengths: np.ndarray, steps: int) -> np.ndarray:
    """Return where a batch is padding: an array of bool (T, B), true at step t of a sequence when t ≥ its length."""
    return np.arange(steps)[:, None] >= lengths
