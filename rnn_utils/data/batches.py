"""From one long sequence to batches: split, streams, windows, padding and masks. Time is the first axis throughout."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_int, check_rng


def split(sequence: Any, fractions: Sequence[float] = (0.8, 0.1, 0.1)) -> list[Any]:
    """Cut a sequence into consecutive parts, in order: the future stays out of the past.

    Nothing is shuffled. With shuffled time, each test value has its neighbours in the training set, and a model
    looks better than it will be on days to come.

    Parameters
    ----------
    sequence : str, list or ndarray, shape (T, …)
        Anything that can be sliced along its first axis, which is time.
    fractions : sequence of float
        The share of each part; they add up to 1.

    Returns
    -------
    parts : list
        As many as `fractions`; laid end to end they are `sequence`.

    Raises
    ------
    ValueError
        When the fractions are not positive or do not add up to 1, or when a part would be empty.

    Examples
    --------
    >>> split("abcdefghij", (0.8, 0.1, 0.1))
    ['abcdefgh', 'i', 'j']

    """
    shares = check_array("fractions", fractions, ("parts",))
    if (shares <= 0).any() or abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"fractions: got {tuple(fractions)}, wanted positive numbers that add up to 1")
    cuts = [0, *np.rint(np.cumsum(shares) * len(sequence)).astype(int).tolist()]
    if 0 in np.diff(cuts):
        raise ValueError(f"sequence: got length {len(sequence)}, too short for parts of {tuple(fractions)}")
    return [sequence[start:stop] for start, stop in pairwise(cuts)]


def grouped_split(
    groups: Any, rng: np.random.Generator, fractions: Sequence[float] = (0.7, 0.1, 0.2)
) -> list[np.ndarray]:
    """Draw parts at random such that all examples of a group fall into the same part.

    A name that is listed under two languages, two sentences of one speaker, two windows of one patient: if one half of
    a group is learned and the other half is tested, the test is partly a test of memory.

    Parameters
    ----------
    groups : array_like, shape (N,)
        The group of each example: names, numbers or anything that can be sorted.
    rng : numpy.random.Generator
        Draws the order of the groups.
    fractions : sequence of float
        The share of the groups in each part; they add up to 1.

    Returns
    -------
    parts : list of ndarray of intp, shape (n,) each
        The places of the examples of each part, in random order.

    Raises
    ------
    ValueError
        When the fractions are wrong or a part would be empty.

    Examples
    --------
    >>> parts = grouped_split(["a", "b", "a", "c"], np.random.default_rng(0), (0.5, 0.5))
    >>> [sorted(part.tolist()) for part in parts]
    [[0, 2], [1, 3]]

    """
    labels = np.asarray(groups)
    if labels.ndim != 1:
        raise ValueError(f"groups: got shape {labels.shape}, wanted (N,)")
    kinds, group = np.unique(labels, return_inverse=True)
    drawn = check_rng(rng).permutation(len(kinds))
    order = rng.permutation(len(labels))
    parts = []
    for chosen in split(drawn, fractions):
        inside = np.zeros(len(kinds), bool)
        inside[chosen] = True
        parts.append(order[inside[group[order]]])
    return parts


def length_batches(lengths: Any, batch_size: int, rng: np.random.Generator, pool: int = 20) -> list[np.ndarray]:
    """Draw one pass of batches of about equal lengths, so that little padding is needed (bucketing).

    All examples are shuffled and cut into pools of `pool` batches. Inside a pool they are sorted by length and cut into
    batches, and then all batches are shuffled.

    Parameters
    ----------
    lengths : array_like of int, shape (N,)
        The number of steps of each example.
    batch_size : int
        B; the last batch of the last pool may be smaller.
    rng : numpy.random.Generator
        Shuffles.
    pool : int
        Batches a pool. With 1 nothing is sorted beyond a batch; with as many as there are, examples of equal length
        meet again and again.

    Returns
    -------
    batches : list of ndarray of intp, shape (B,) each
        The places of the examples of each batch; every example occurs once.

    Raises
    ------
    TypeError, ValueError
        When `lengths` are not whole numbers or a size is below 1.

    """
    counts = check_array("lengths", lengths, ("N",), kind="int")
    size = check_int("batch_size", batch_size) * check_int("pool", pool)
    order = check_rng(rng).permutation(len(counts))
    batches = []
    for start in range(0, len(order), size):
        inside = order[start : start + size]
        inside = inside[np.argsort(counts[inside], kind="stable")]
        batches += [inside[at : at + batch_size] for at in range(0, len(inside), batch_size)]
    return [batches[place] for place in rng.permutation(len(batches))]


def contiguous_streams(
    ids: Any, batch_size: int, T: int, *, drop_last: bool = True
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Read one long sequence as `batch_size` streams side by side, T steps at a time.

    The sequence is cut into B equal streams. Column b of a batch goes on exactly where column b of the batch before
    ended, so the hidden state may be carried from one batch to the next (truncated backpropagation through time).

    Parameters
    ----------
    ids : array_like, shape (N,)
        Token numbers, or the values of a series.
    batch_size : int
        B, the number of streams.
    T : int
        Number of steps in a batch.
    drop_last : bool
        Leave out the last batch when fewer than T steps are left for it. For an evaluation keep it.

    Yields
    ------
    x : ndarray, shape (T, B)
        Inputs.
    y : ndarray, shape (T, B)
        Targets: what comes one step later. Up to B − 1 tokens at the end of `ids` belong to no stream.

    Raises
    ------
    ValueError
        When `ids` is too short for one batch.

    """
    ids = check_array("ids", ids, ("N",))
    B, T = check_int("batch_size", batch_size), check_int("T", T)
    length = (len(ids) - 1) // B  # of each stream; the −1 leaves a target for the very last input
    if length < (T if drop_last else 1):
        raise ValueError(f"ids: got {len(ids)}, wanted at least {B * T + 1} for batch_size={B} and T={T}")
    inputs = ids[: B * length].reshape(B, length).T  # (length, B)
    targets = ids[1 : B * length + 1].reshape(B, length).T
    starts = range(0, length - T + 1 if drop_last else length, T)
    return ((inputs[t : t + T].copy(), targets[t : t + T].copy()) for t in starts)


def random_windows(ids: Any, batch_size: int, T: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one batch of windows, each beginning anywhere in a long sequence.

    Batches are independent of each other, so every window starts from a fresh hidden state: nothing can be carried.

    Parameters
    ----------
    ids : array_like, shape (N,)
        Token numbers, or the values of a series; N > T.
    batch_size : int
        B, the number of windows.
    T : int
        The length of each.
    rng : numpy.random.Generator
        Where the windows begin.

    Returns
    -------
    x : ndarray, shape (T, B)
        Inputs.
    y : ndarray, shape (T, B)
        Targets: what comes one step later.

    Raises
    ------
    ValueError
        When `ids` has no more than T entries.

    """
    ids = check_array("ids", ids, ("N",))
    B, T = check_int("batch_size", batch_size), check_int("T", T)
    if len(ids) <= T:
        raise ValueError(f"ids: got {len(ids)}, wanted more than T={T}")
    starts = check_rng(rng).integers(len(ids) - T, size=B)
    where = np.arange(T)[:, None] + starts  # (T, 1) + (B,) → (T, B)
    return ids[where], ids[where + 1]


def pad(sequences: Sequence[Any], value: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Lay sequences of different lengths side by side, filling up the shorter ones at their end.

    Parameters
    ----------
    sequences : sequence of array_like, each of shape (T_b,) or (T_b, D)
        B sequences, none empty.
    value : number
        What to fill up with: the number of a padding token, or 0.

    Returns
    -------
    padded : ndarray, shape (T, B) or (T, B, D)
        T is the longest T_b; of the sequences' own dtype.
    lengths : ndarray of intp, shape (B,)
        The true lengths T_b, without which padding cannot be told from data.

    Raises
    ------
    ValueError
        When there are no sequences, one is empty or differs in D, or `value` does not fit their dtype.

    """
    if len(sequences) == 0:
        raise ValueError("sequences: got none, wanted at least one")
    shape = ("T", *np.shape(sequences[0])[1:2])  # (T,) or (T, D)
    arrays = [check_array(f"sequences[{b}]", sequence, shape, finite=False) for b, sequence in enumerate(sequences)]
    lengths = np.array([len(a) for a in arrays], dtype=np.intp)
    dtype = np.result_type(*arrays)
    check_array("value", value, (), finite=False)
    if dtype.kind in "iu" and not (float(value).is_integer() and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max):
        raise ValueError(f"value: got {value}, which sequences of {dtype} cannot hold")
    padded = np.full((lengths.max(), len(arrays), *arrays[0].shape[1:]), value, dtype=dtype)
    for b, a in enumerate(arrays):
        padded[: len(a), b] = a
    return padded, lengths


def length_mask(lengths: Any, T: int | None = None) -> np.ndarray:
    """Return where a padded batch holds data: True there, False in the padding.

    Parameters
    ----------
    lengths : array_like of int, shape (B,)
        The true lengths, from 0 to T.
    T : int, optional
        Steps in the padded batch; the greatest of `lengths` if not given.

    Returns
    -------
    mask : ndarray of bool, shape (T, B)
        ``mask[t, b]`` is ``t < lengths[b]``.

    Raises
    ------
    ValueError
        When a length is negative or exceeds T.

    """
    lengths = check_array("lengths", lengths, ("B",), kind="int")
    T = int(lengths.max()) if T is None else check_int("T", T)
    if lengths.min() < 0 or lengths.max() > T:
        raise ValueError(f"lengths: got {lengths.min()} to {lengths.max()}, wanted 0 to T={T}")
    return np.arange(T)[:, None] < lengths  # (T, 1) < (B,) → (T, B)


def windows(values: Any, p: int, horizon: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return every run of p values and the value that follows it: the table an autoregressive model AR(p) is fitted to.

    Parameters
    ----------
    values : array_like, shape (N,)
        A series without gaps.
    p : int
        Values in a window.
    horizon : int
        How many steps after the window's last value the target lies: 1 is the next value.

    Returns
    -------
    x : ndarray, shape (N − p − horizon + 1, p)
        Windows; the oldest value comes first, ``x[:, -1]`` is the latest.
    y : ndarray, shape (N − p − horizon + 1,)
        ``y[i]`` is ``values[i + p - 1 + horizon]``.

    Raises
    ------
    ValueError
        When the series is too short, or a value is not finite: its position is named.

    """
    values = check_array("values", values, ("N",))
    count = len(values) - check_int("p", p) - check_int("horizon", horizon) + 1
    if count < 1:
        raise ValueError(f"values: got {len(values)}, wanted at least p + horizon = {p + horizon}")
    where = np.arange(count)[:, None] + np.arange(p)  # (count, 1) + (p,) → (count, p)
    return values[where], values[p + horizon - 1 :]


def windows_ahead(values: Any, p: int, horizons: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every run of p values and the several values that follow it: the table for forecasts many steps ahead.

    Parameters
    ----------
    values : array_like, shape (N,)
        A series without gaps.
    p : int
        Values in a window.
    horizons : int
        How many values after the window are targets.

    Returns
    -------
    x : ndarray, shape (N − p − horizons + 1, p)
        Windows; the oldest value comes first.
    y : ndarray, shape (N − p − horizons + 1, horizons)
        ``y[i, k]`` is ``values[i + p + k]``.

    Raises
    ------
    ValueError
        When the series is too short, or a value is not finite: its position is named.

    """
    x, _ = windows(values, p, check_int("horizons", horizons))
    values = np.asarray(values)
    return x, values[p + np.arange(len(x))[:, None] + np.arange(horizons)]


def last_inputs(x: Any, k: int) -> np.ndarray:
    """Return the last k inputs at every step, side by side: what a network on a fixed window sees.

    Parameters
    ----------
    x : array_like, shape (T, B, D)
        Inputs.
    k : int
        Steps in the window, the present one included.

    Returns
    -------
    seen : ndarray, shape (T, B, k D)
        The oldest input comes first; zeros stand for steps before the first.

    """
    x = check_array("x", x, ("T", "B", "D"))
    padded = np.concatenate([np.zeros((check_int("k", k) - 1, *x.shape[1:]), x.dtype), x])
    return np.concatenate([padded[i : i + len(x)] for i in range(k)], axis=-1)
