"""Linear recurrences, h_t = a_t h_{t−1} + b_t: step by step, or all steps together in about log₂ T rounds.

A step is the map h → a h + b. Two steps, one after the other, are again such a map, so that steps can be put together
in pairs before any state is known. The three ways give the same states up to rounding and differ in their cost:

========  ==================  ===========  ==================================================
way       steps in a row      arithmetic   quick
========  ==================  ===========  ==================================================
loop      T                   2 T          when one step has many numbers
doubling  log₂ T              3 T log₂ T   when there is a processor for every step
tree      2 log₂ T            5 T          when one step has few numbers and there are many
========  ==================  ===========  ==================================================
"""

from collections.abc import Callable

import numpy as np

from rnn_utils.checks import check_array, check_choice, convert

__all__ = ["scan", "scan_gradients"]

WAYS = ("loop", "doubling", "tree")
WIDE = 512  # numbers in a step from which on a loop over the steps costs less than the tree, on one core


def loop(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return h_1 … h_T from h_0 = 0, one after the other."""
    h = b.copy()
    for t in range(1, len(b)):
        h[t] += a[t] * h[t - 1]
    return h


def doubling(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return h_1 … h_T from h_0 = 0: every step takes in those before it, twice as many in every round.

    References
    ----------
    Hillis and Steele (1986), Data parallel algorithms.

    """
    a, b = a.copy(), b.copy()
    reach = 1  # how many steps each pair (a, b) stands for
    while reach < len(a):
        b[reach:] += a[reach:] * b[:-reach]
        a[reach:] = a[reach:] * a[:-reach]
        reach *= 2
    return b


def tree(a: np.ndarray, b: np.ndarray, times: Callable[..., np.ndarray] = np.multiply) -> np.ndarray:
    """Return h_1 … h_T from h_0 = 0: join neighbours, solve the half as long recurrence, fill in the other steps.

    With `numpy.matmul` for `times`, a (T, H, H) holds matrices and b (T, H, 1) columns.

    References
    ----------
    Blelloch (1990), Prefix sums and their applications.

    """
    if len(a) == 1:
        return b.copy()
    first, second = slice(0, len(a) // 2 * 2, 2), slice(1, None, 2)
    h = np.empty_like(b)
    joined = times(a[second], a[first]), times(a[second], b[first]) + b[second]
    h[second] = tree(*joined, times)
    h[0] = b[0]
    h[2::2] = times(a[2::2], h[1:-1:2]) + b[2::2]
    return h


def scan(a: np.ndarray, b: np.ndarray, h0: np.ndarray | None = None, *, way: str | None = None) -> np.ndarray:
    """Return all states of h_t = a_t h_{t−1} + b_t, entry by entry.

    Parameters
    ----------
    a : ndarray, shape (T, ...)
        What the state is multiplied by at each step: of any sign, and zero where it is to be forgotten.
    b : ndarray, shape (T, ...)
        What is added.
    h0 : ndarray, shape (...), optional
        The state before the first step; zeros when None.
    way : {"loop", "doubling", "tree"}, optional
        How to compute them. By default the loop where one step has many numbers, and the tree where it has few.

    Returns
    -------
    ndarray, shape (T, ...)
        h_1 … h_T, in float32 if both `a` and `b` are, otherwise in float64.

    Raises
    ------
    TypeError, ValueError
        When a shape or dtype is wrong, or an entry is not finite.

    """
    b = check_array("b", b, "T" + "." * max(np.ndim(b) - 1, 0))
    a = check_array("a", a, b.shape)
    dtype = np.dtype(np.float32 if a.dtype == b.dtype == np.float32 else np.float64)
    a, b = convert("a", a, dtype), convert("b", b, dtype)
    if h0 is not None:
        h0 = convert("h0", check_array("h0", h0, b.shape[1:]), dtype)
        b = np.concatenate([b[:1] + a[:1] * h0, b[1:]])
    if way is None:
        way = "loop" if b[0].size >= WIDE else "tree"
    return {"loop": loop, "doubling": doubling, "tree": tree}[check_choice("way", way, WAYS)](a, b)


def scan_gradients(
    dout: np.ndarray, a: np.ndarray, h: np.ndarray, h0: np.ndarray | None = None, *, way: str | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of what `scan` was given. They are a linear recurrence too, from the last step to the first.

    Parameters
    ----------
    dout : ndarray, shape (T, ...)
        What reaches each h_t other than through h_{t+1}; it may be non-finite.
    a : ndarray, shape (T, ...)
    h : ndarray, shape (T, ...)
        What `scan` returned.
    h0 : ndarray, shape (...), optional
    way : {"loop", "doubling", "tree"}, optional

    Returns
    -------
    da, db : ndarray, shape (T, ...)
    dh0 : ndarray, shape (...)

    Raises
    ------
    TypeError, ValueError
        When a shape is wrong.

    """
    h = check_array("h", h, "T" + "." * max(np.ndim(h) - 1, 0), finite=False)
    a, dout = check_array("a", a, h.shape, finite=False), check_array("dout", dout, h.shape, finite=False)
    later = np.concatenate([np.zeros_like(a[:1]), a[:0:-1]])  # the last step has none after it, then a_T … a_2
    ways = {"loop": loop, "doubling": doubling, "tree": tree}
    if way is None:
        way = "loop" if h[0].size >= WIDE else "tree"
    db = ways[check_choice("way", way, WAYS)](later, dout[::-1])[::-1]
    before = np.zeros_like(h[:1]) if h0 is None else np.asarray(h0, h.dtype)[None]
    return db * np.concatenate([before, h[:-1]]), db, a[0] * db[0]
