"""Sequences made to order, whose answer is known and whose difficulty can be turned up.

Each function's docstring names the *floor*: the best score of a model that sees the current step only, which a model
with memory must beat.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rnn_utils.checks import check_int, check_number, check_rng

# Copy memory: eight symbols to remember, then the blank and the mark that asks for them.
SYMBOLS, BLANK, RECALL = 8, 8, 9
MEMORISED = 10


def adding_problem(
    T: int, batch_size: int, rng: np.random.Generator, dtype: Any = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Draw sequences of numbers of which two are marked; the target is the sum of those two.

    The first mark falls anywhere in the first half, the second anywhere in the second half: they lie T/2 steps apart
    on average.

    Parameters
    ----------
    T : int
        Steps, at least 2.
    batch_size : int
        B, the number of sequences.
    rng : numpy.random.Generator
        Draws the numbers and the places.
    dtype : dtype
        Kind of number to return.

    Returns
    -------
    x : ndarray, shape (T, B, 2)
        ``x[:, :, 0]`` uniform in [0, 1); ``x[:, :, 1]`` is 1 at the two marked steps and 0 elsewhere.
    y : ndarray, shape (B,)
        The sum of the two marked numbers.

    Notes
    -----
    Floor: mean squared error 1/6, by always answering 1. It is the variance of a sum of two uniform numbers, 2 × 1/12.

    The task is Hochreiter and Schmidhuber's (1997, experiment 4), with numbers from [0, 1] and their plain sum as in
    Le, Jaitly and Hinton (2015), and one mark in each half as in Arjovsky, Shah and Bengio (2016).

    """
    check_int("T", T, minimum=2)
    check_int("batch_size", batch_size)
    x = np.zeros((T, batch_size, 2), dtype=dtype)
    x[:, :, 0] = check_rng(rng).random((T, batch_size))
    b = np.arange(batch_size)
    early, late = rng.integers(0, T // 2, batch_size), rng.integers(T // 2, T, batch_size)
    x[early, b, 1] = x[late, b, 1] = 1
    return x, x[early, b, 0] + x[late, b, 0]


def copy_memory(T: int, batch_size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw ten symbols to be repeated, in order, after a long silence.

    Input: 10 symbols, T − 1 blanks, the mark that asks for them, 10 blanks. Target: T + 10 blanks, the 10 symbols.

    Parameters
    ----------
    T : int
        Length of the silence: each symbol is wanted T + 10 steps after it was shown.
    batch_size : int
        B, the number of sequences.
    rng : numpy.random.Generator
        Draws the symbols.

    Returns
    -------
    x : ndarray of intp, shape (T + 20, B)
        0 to 7 are symbols, 8 is the blank, 9 the mark: V = 10.
    y : ndarray of intp, shape (T + 20, B)
        Targets, 0 to 8.

    Notes
    -----
    Floor: 10 ln 8 / (T + 20) nats per step, by answering "blank" until the mark and any symbol after it. (This answer
    counts steps from the mark, but remembers no symbol.)

    The task is Hochreiter and Schmidhuber's (1997), in the form of Arjovsky, Shah and Bengio (2016).

    """
    check_int("T", T)
    check_int("batch_size", batch_size)
    symbols = check_rng(rng).integers(SYMBOLS, size=(MEMORISED, batch_size))
    x = np.full((T + 2 * MEMORISED, batch_size), BLANK, dtype=np.intp)
    y = x.copy()
    x[:MEMORISED] = symbols
    x[MEMORISED + T - 1] = RECALL
    y[-MEMORISED:] = symbols
    return x, y


def temporal_order(T: int, batch_size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw sequences of noise with two signs in them; which signs, and in which order, is to be told at the end.

    The first symbol is E, the last B; between them stand a, b, c or d at random, but for one X or Y between 10 and
    20 % of the way and another between 50 and 60 %.

    Parameters
    ----------
    T : int
        Steps, at least 10; the paper has 100 to 110.
    batch_size : int
        B, the number of sequences.
    rng : numpy.random.Generator
        Draws the noise, the signs and their places.

    Returns
    -------
    x : ndarray of intp, shape (T, B)
        Symbols: 0 to 3 are a, b, c, d; 4 X, 5 Y, 6 E, 7 B: V = 8.
    y : ndarray of intp, shape (B,)
        0 for X X, 1 for X Y, 2 for Y X, 3 for Y Y.

    Notes
    -----
    Floor: ln 4 nats, one answer in four right; the last symbol is always the same.

    Hochreiter and Schmidhuber (1997), experiment 6a, with the two ranges in per cent of T.

    """
    check_int("T", T, minimum=10)
    check_int("batch_size", batch_size)
    x = check_rng(rng).integers(4, size=(T, batch_size)).astype(np.intp)
    x[0], x[-1] = 6, 7
    b = np.arange(batch_size)
    first, second = rng.integers(2, size=(2, batch_size))  # 0 for X, 1 for Y
    x[rng.integers(T // 10, 2 * T // 10, batch_size), b] = 4 + first
    x[rng.integers(5 * T // 10, 6 * T // 10, batch_size), b] = 4 + second
    return x, (2 * first + second).astype(np.intp)


def counter(
    T: int, batch_size: int, rng: np.random.Generator, dtype: Any = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Draw streams of bits, whose ones are to be counted.

    Parameters
    ----------
    T : int
        Steps.
    batch_size : int
        B, the number of streams.
    rng : numpy.random.Generator
        Draws the bits.
    dtype : dtype
        Kind of number to return.

    Returns
    -------
    x : ndarray, shape (T, B, 1)
        Bits, 0 or 1.
    y : ndarray, shape (T, B, 1)
        ``y[t]``: the ones among ``x[0]`` to ``x[t]``.

    Notes
    -----
    Floor: mean squared error (T − 1)/8 + (T² − 1)/48, by answering x[t] + (T − 1)/4: the ones before step t are
    unknown, and so is t. What is needed is one number that never fades.

    """
    check_int("T", T)
    x = check_rng(rng).integers(2, size=(T, check_int("batch_size", batch_size), 1)).astype(dtype)
    return x, np.cumsum(x, axis=0, dtype=dtype)


def switch(
    T: int, batch_size: int, share: float, rng: np.random.Generator, dtype: Any = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Draw streams of the commands on, off and nothing; the target is whether the switch is on.

    The first step always brings a command. After it, nothing bounds how far back the last command lies.

    Parameters
    ----------
    T : int
        Steps.
    batch_size : int
        B, the number of streams.
    share : float
        Probability of a command at each step after the first, from 0 to 1; on and off are equally likely.
    rng : numpy.random.Generator
        Draws the commands.
    dtype : dtype
        Kind of number to return.

    Returns
    -------
    x : ndarray, shape (T, B, 1)
        1 for on, −1 for off, 0 for nothing.
    y : ndarray, shape (T, B, 1)
        ``y[t]``: the last of ``x[0]`` to ``x[t]`` that is not 0.

    Notes
    -----
    Baseline: a function of the last k inputs has to guess when all of them are 0. From step k on it is right on
    1 − (1 − share)^k / 2 of the steps at most. What is needed is one bit of memory that never fades.

    """
    check_int("T", T)
    check_int("batch_size", batch_size)
    p = check_number("share", share, 0, 1)
    x = check_rng(rng).choice([-1, 0, 1], size=(T, batch_size, 1), p=[p / 2, 1 - p, p / 2]).astype(dtype)
    x[0] = rng.choice([-1, 1], size=(batch_size, 1))
    y = x.copy()
    for t in range(1, T):
        y[t] = np.where(x[t] != 0, x[t], y[t - 1])
    return x, y


def pattern_search(
    T: int,
    batch_size: int,
    rng: np.random.Generator,
    places: Sequence[int] | None = None,
    pattern: Sequence[int] = (1, 1, 0, 1),
    dtype: Any = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows of bits, half of them with a pattern in them; at the end the model says which.

    Parameters
    ----------
    T : int
        Steps, at least as many as the pattern has bits.
    batch_size : int
        B, the number of rows.
    rng : numpy.random.Generator
        Draws the bits and the places.
    places : sequence of int, optional
        Steps, counted from 0, at which the pattern may begin: each as likely as another. Without it, every step at
        which the pattern still fits.
    pattern : sequence of int
        The bits to find.
    dtype : dtype
        Kind of number to return.

    Returns
    -------
    x : ndarray, shape (T, B, 1)
        Bits as −1 and 1.
    y : ndarray of int, shape (B,)
        1 where the pattern occurs, which it does once; 0 where it does not. The ones are the second half.

    Notes
    -----
    Baseline: half of the rows right, by always giving the same answer. What is needed is the bits since the
    beginning of a possible match, and one more for "found", however long the row.

    """
    wanted = np.asarray(pattern)
    size = len(wanted)
    check_int("T", T, minimum=size)
    n = check_int("batch_size", batch_size)
    starts: np.ndarray = np.arange(T - size + 1) if places is None else np.asarray(places)
    if starts.size == 0 or starts.min() < 0 or starts.max() > T - size:
        raise ValueError(f"places: got {starts.tolist()}, wanted some steps between 0 and T − {size} = {T - size}")
    without = _rows_without(wanted, n - n // 2, T, check_rng(rng))
    planted = np.empty((0, T), dtype=int)
    while len(planted) < n // 2:
        rows = _rows_without(wanted, n, T, rng)
        rows[np.arange(n)[:, None], rng.choice(starts, size=n)[:, None] + np.arange(size)] = wanted
        once = (sliding_window_view(rows, size, axis=1) == wanted).all(axis=2).sum(axis=1) == 1
        planted = np.concatenate([planted, rows[once]])  # next to its neighbours the planted one may make a second
    bits = np.concatenate([without, planted[: n // 2]])
    return (2 * bits.T - 1)[:, :, None].astype(dtype), (np.arange(n) >= n - n // 2).astype(np.intp)


def _rows_without(pattern: np.ndarray, n: int, T: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n rows of T bits in which the pattern does not occur: the bit that would complete it is turned over."""
    bits = rng.integers(0, 2, size=(n, T))
    for t in range(len(pattern) - 1, T):
        bits[:, t] ^= (bits[:, t - len(pattern) + 1 : t + 1] == pattern).all(axis=1)
    return bits


def turtle_walk(T: int, batch_size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw walks of a turtle on a grid; at the end the model says in which quadrant the turtle stands.

    It starts at the origin and looks north. Forward takes it one step ahead; left and right turn it where it stands.
    Walks that end on an axis are drawn again.

    Parameters
    ----------
    T : int
        Steps, at least 3: two forward and a turn between them lead off the axes.
    batch_size : int
        B, the number of walks.
    rng : numpy.random.Generator
        Draws the commands.

    Returns
    -------
    ids : ndarray of intp, shape (T, B)
        0 for forward, which is as frequent as both turns together, 1 for left, 2 for right.
    quadrant : ndarray of intp, shape (B,)
        0 north-east, 1 north-west, 2 south-east, 3 south-west.

    Notes
    -----
    Baseline: the commonest quadrant, 33 % for T = 12. What is needed is the direction and both coordinates, carried
    through all steps: what a forward does depends on every turn before it.

    """
    check_int("T", T, minimum=3)
    check_int("batch_size", batch_size)
    walks: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    found = 0
    while found < batch_size:
        ids = check_rng(rng).choice(3, size=(T, 2 * batch_size + 8), p=[0.5, 0.25, 0.25])
        x, y = _turtle_ends(ids)
        off = (x != 0) & (y != 0)
        walks.append(ids[:, off])
        ends.append((2 * (y < 0) + (x < 0))[off])
        found += int(off.sum())
    return np.concatenate(walks, axis=1)[:, :batch_size], np.concatenate(ends)[:batch_size].astype(np.intp)


def _turtle_ends(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far east and how far north walks (T, B) end."""
    heading = np.cumsum(np.where(ids == 2, 1, 0) - np.where(ids == 1, 1, 0), axis=0) % 4  # north, east, south, west
    east, north = np.array([0, 1, 0, -1]), np.array([1, 0, -1, 0])
    forward = ids == 0
    return (east[heading] * forward).sum(axis=0), (north[heading] * forward).sum(axis=0)
