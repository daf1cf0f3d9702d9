"""What is wrong with a result, in words: find what was done to the right answer to get the learner's.

Each hypothesis is a change (a flipped sign, a step too late, a mean for a sum) that must explain *every* case of an
exercise before it is named, so a coincidence on one case misleads nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

AXES = {"T": "time", "B": "batch", "D": "input", "H": "hidden", "V": "vocabulary"}
KINDS = {"i": "whole numbers", "u": "whole numbers", "b": "True or False", "f": "real numbers"}
Arrays = Sequence[np.ndarray]
Shape = tuple[int, ...]
Lengths = Sequence[Mapping[str, int]]
Change = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Tolerance:
    """How close is right: ``|got − want| ≤ atol + rtol |want|``, as in `numpy.isclose`."""

    rtol: float = 1e-6
    atol: float = 1e-9

    def near(self, got: np.ndarray, want: np.ndarray) -> np.ndarray:
        """Return entry by entry whether `got` is right; a NaN is right where a NaN is wanted."""
        return np.isclose(got, want, self.rtol, self.atol, equal_nan=True)

    def agree(self, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> bool:
        """Return whether in every pair the shapes are equal and the entries near."""
        return all(g.shape == w.shape and bool(self.near(g, w).all()) for g, w in pairs)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a predicate ("has its sign flipped") and the case that shows it, None for every case."""

    text: str
    case: int | None = None


# The words are true of the learner's g and the right w when the two expressions agree.
ENTRIES: tuple[tuple[str, Change], ...] = (
    ("has its sign flipped", lambda g, w: (g, -w)),
    ("is cut off to whole numbers: look at its dtype", lambda g, w: (g, np.trunc(w))),
    ("is in nats, wanted in bits: divide by ln 2", lambda g, w: (g, w * np.log(2))),
    ("is in bits, wanted in nats: multiply by ln 2", lambda g, w: (g * np.log(2), w)),
    ("is the square of what is wanted: did you forget the root?", lambda g, w: (g, w**2)),
    ("is the root of what is wanted: did you forget the square?", lambda g, w: (g**2, w)),
)
STEPS: tuple[tuple[str, Change], ...] = (
    ("is transposed", lambda g, w: (g.T, w)),
    ("has its first two axes swapped: time comes first, then the batch", lambda g, w: (g.swapaxes(0, -w.ndim + 1), w)),
    ("runs backwards in time", lambda g, w: (g[::-1], w)),
    ("is right except at the first step", lambda g, w: (g[1:], w[1:])),
    ("is right except at the last step", lambda g, w: (g[:-1], w[:-1])),
    ("is off by one step in time: everything comes a step late", lambda g, w: (g[1:], w[:-1])),
    ("is off by one step in time: everything comes a step early", lambda g, w: (g[:-1], w[1:])),
)


def compare(
    given: Sequence[Any], wanted: Sequence[Any], lengths: Lengths, axes: str, tolerance: Tolerance
) -> Finding | None:
    """Say what is wrong with the results of all cases, or None when all are right.

    Parameters
    ----------
    given, wanted : sequence
        The learner's result and the right one, case by case.
    lengths : sequence of mapping
        For each case the lengths of the arguments' axes, by letter: ``{"T": 4, "B": 3}``.
    axes : str
        Letters of the result's axes, e.g. ``"T B H"``; empty when unknown.
    tolerance : Tolerance
        How close is right.

    """
    for case, (got, want) in enumerate(zip(given, wanted)):
        text = wrong_type(got, want)
        if text is None and not isinstance(want, np.ndarray | Number) and got != want:
            text = difference(got, want)
        if text is not None:
            return Finding(text, case)
    if not isinstance(wanted[0], np.ndarray | Number):
        return None
    got, want = [np.asarray(value) for value in given], [np.asarray(value) for value in wanted]
    for case, (g, w) in enumerate(zip(got, want)):
        text = wrong_shape(g.shape, w.shape, axes.split(), lengths[case]) or wrong_number(g, w)
        if text is not None:
            return Finding(text, case)
    if tolerance.agree(zip(got, want)):
        return None
    with np.errstate(all="ignore"):
        text = explain(got, want, lengths, tolerance)
    return Finding(text) if text else first_fault(got, want, tolerance)


def wrong_type(got: Any, want: Any) -> str | None:
    """Say what is wrong with the type or the kind of number of one result."""
    numeric = isinstance(want, np.ndarray | Number)
    if got is None:
        return "is None"
    if hasattr(got, "detach"):
        return "is a torch tensor, wanted NumPy: convert it with `.detach().numpy()`"
    if isinstance(want, np.ndarray) and want.ndim and not isinstance(got, np.ndarray):
        return f"has type {type(got).__name__}, wanted an array: use np.array or np.stack"
    if not isinstance(got, np.ndarray | Number if numeric else type(want)):
        return f"has type {type(got).__name__}, wanted {'a number' if numeric else type(want).__name__}"
    if not numeric:
        return None
    kind, wanted = np.asarray(got).dtype.kind, np.asarray(want).dtype.kind
    if kind not in KINDS or (wanted in "iub" and KINDS[kind] != KINDS[wanted]):
        return f"has dtype {np.asarray(got).dtype}, wanted {KINDS[wanted]}"
    return None


def difference(got: Any, want: Any) -> str:
    """Say where two lists, strings or other objects part; the right value is not given away."""
    if not isinstance(want, Sequence):
        return f"is {got!r}: not what is wanted"
    if len(got) != len(want):
        return f"has length {len(got)}, wanted {len(want)}"
    first = next(i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1])
    return f"is wrong at position {first}: got {got[first]!r}"


def wrong_shape(got: Shape, want: Shape, letters: Sequence[str], lengths: Mapping[str, int]) -> str | None:
    """Say how one result's shape differs from the wanted one, and what that usually means."""
    if got == want:
        return None
    axes = [AXES.get(letter, letter) + " axis" for letter in letters] or [f"axis {i}" for i in range(len(want))]
    missing = [axes[i] for i in range(len(want)) if got == want[:i] + want[i + 1 :]]
    extra = [got[i] for i in range(len(got)) if want == got[:i] + got[i + 1 :]]
    hint = ""
    if sorted(got) == sorted(want):
        hint = f": the {axes[0]} should come first" if letters and got[0] != want[0] else ": other order of axes"
    elif missing:
        hint = f": the {missing[0]} is missing" if letters else f": {missing[0]} is missing"
    elif extra:
        summed = [AXES.get(letter, letter) for letter, length in lengths.items() if length == extra[0]]
        hint = f": did you sum over {summed[0]}?" if summed else ": one axis too many"
    elif got[1:] == want[1:] and abs(got[0] - want[0]) == 1:
        hint = ": one step too many" if got[0] > want[0] else ": one step is missing"
    named = f"({', '.join(letters)}) = " if letters else ""
    return f"has shape {got}, wanted {named}{want or 'a single number'}{hint}"


def wrong_number(got: np.ndarray, want: np.ndarray) -> str | None:
    """Say where the first NaN or infinity stands that should not be there."""
    faults = np.argwhere(~np.isfinite(got) & np.isfinite(want))
    if not len(faults):
        return None
    where = tuple(map(int, faults[0]))
    return f"is {'NaN' if np.isnan(got[where]) else 'infinite'}{at(where)}"


def explain(got: Arrays, want: Arrays, lengths: Lengths, tolerance: Tolerance) -> str | None:
    """Find the one change that turns every right result into the learner's, if there is one."""
    coarse = got[0].dtype.kind == "f" and got[0].dtype.itemsize < want[0].dtype.itemsize
    if coarse and Tolerance(1e-3, 1e-5).agree(zip(got, want)):
        return f"has dtype {got[0].dtype} and only its few digits: wanted {want[0].dtype}"
    got, want = ([a.astype(float) for a in arrays] for arrays in (got, want))
    in_time = all(w.ndim > 0 and len(w) > 2 for w in want)
    for words, change in (*(STEPS if in_time else ()), *ENTRIES):
        if tolerance.agree(change(g, w) for g, w in zip(got, want)):
            return words
    for letter in lengths[0]:
        n, axis = [length[letter] for length in lengths], AXES.get(letter, letter)
        if tolerance.agree((g * k, w) for g, w, k in zip(got, want, n)):
            return f"is {n[0]}× too small: did you sum over {axis}?"
        if tolerance.agree((g, w * k) for g, w, k in zip(got, want, n)):
            return f"is {n[0]}× too large: did you take the mean over {axis}?"
    g, w = (np.concatenate([a.ravel() for a in arrays]) for arrays in (got, want))
    if np.unique(w).size < 2:  # any number is a constant factor away from any other
        return None
    factor, offset = float(g @ w / (w @ w)), float(np.mean(g - w))
    if not g.any():
        return "is all zeros"
    if tolerance.agree([(g, w * factor)]):
        size = f"{abs(factor):.3g}× too large" if abs(factor) > 1 else f"{1 / abs(factor):.3g}× too small"
        return f"has its sign flipped and is {size}" if factor < 0 else f"is {size}"
    if tolerance.agree([(g, w + offset)]):
        return f"is too {'large' if offset > 0 else 'small'} by {abs(offset):.3g} everywhere"
    return None


def first_fault(got: Arrays, want: Arrays, tolerance: Tolerance) -> Finding:
    """Name the first wrong entry of the first wrong case; the right value is not given away."""
    case = next(i for i, pair in enumerate(zip(got, want)) if not tolerance.agree([pair]))
    wrong = ~tolerance.near(got[case], want[case])
    where = tuple(map(int, np.argwhere(wrong)[0]))
    g, w = got[case][where], want[case][where]
    count = f" in {wrong.sum()} of {wrong.size} entries, the first" if wrong.size > 1 else ""
    return Finding(f"is wrong{count}{at(where)}: got {g:.4g}, too {'large' if g > w else 'small'}", case)


def at(where: tuple[int, ...]) -> str:
    """Write a position: nothing for a single number, else `` at 3`` or `` at (3, 1)``."""
    return f" at {where[0] if len(where) == 1 else where}" if where else ""
