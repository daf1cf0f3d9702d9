"""Argument checks shared by the package: every message names the argument, what came and what was wanted."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

KINDS = {"float": "fiu", "int": "iu", "bool": "b"}


def check_array(
    name: str, value: Any, shape: Sequence[int | str], *, kind: str = "float", finite: bool = True
) -> np.ndarray:
    """Return `value` as an array after checking its shape, its kind of number and that it is finite.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
        What the caller passed.
    shape : sequence of int or str
        The wanted shape: an int is an exact size, a letter such as ``"T"`` any size from 1 up.
    kind : {"float", "int", "bool"}
        The wanted kind of number; "float" takes whole numbers too.
    finite : bool
        Refuse NaN and infinity, naming the first position.

    Raises
    ------
    TypeError
        When `value` is not numeric, or not of `kind`, or has masked entries.
    ValueError
        When the shape is wrong, rows differ in length, an axis is empty, or an entry is not finite.

    """
    wanted = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    array = _as_array(name, value, wanted)
    may_be_empty = any(isinstance(want, int) and want == 0 for want in shape)
    if array.size == 0 and len(shape) == array.ndim and not may_be_empty:  # then its dtype says nothing
        raise ValueError(f"{name}: got shape {array.shape}, which is empty, wanted {wanted} with no size below 1")
    if array.dtype.kind not in KINDS[kind]:
        raise TypeError(
            f"{name}: got {type(value).__name__} of dtype {array.dtype}, wanted {kind} numbers of shape {wanted}"
        )
    fits = array.ndim == len(shape) and all(
        size > 0 if isinstance(want, str) else size == want for size, want in zip(array.shape, shape)
    )
    if not fits:
        raise ValueError(f"{name}: got shape {array.shape}, wanted {wanted}")
    if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        where = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        raise ValueError(f"{name}: got {array[where]} at position {where}, wanted finite numbers")
    return array


def _as_array(name: str, value: Any, wanted: str) -> np.ndarray:
    """Return `value` as an array, of which NumPy must be able to see every entry."""
    if np.ma.isMaskedArray(value) and np.ma.is_masked(value):  # NumPy would take what lies under the mask for data
        raise TypeError(f"{name}: got masked entries, wanted an array of shape {wanted} without any: fill them first")
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(f"{name}: got rows of different lengths, wanted shape {wanted}") from None
    except (TypeError, RuntimeError) as error:  # as of a tensor that is part of a graph, or lies on another device
        raise TypeError(f"{name}: got {type(value).__name__} ({error}), wanted an array of shape {wanted}") from None


def convert(name: str, array: np.ndarray, dtype: np.dtype, *, strict: bool = True) -> np.ndarray:
    """Return a checked array in `dtype`, itself where it has that dtype already.

    A finite number that `dtype` cannot hold is refused, naming its position; without `strict` it becomes infinite, as
    gradients may be. NaN and infinity stay what they are.
    """
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        result = array.astype(dtype)
    if strict and not np.isfinite(result).all():
        lost = np.isfinite(array) & ~np.isfinite(result)
        if lost.any():
            where = tuple(map(int, np.argwhere(lost)[0]))
            largest = f"{dtype} holds none beyond {np.finfo(dtype).max:.1e}"
            raise ValueError(f"{name}: got {array[where]} at position {where}, wanted smaller numbers: {largest}")
    return result


def check_int(name: str, value: Any, minimum: int = 1) -> int:
    """Return `value` as an int of at least `minimum`; TypeError or ValueError otherwise."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: got {value!r} ({type(value).__name__}), wanted a whole number ≥ {minimum}")
    if value < minimum:
        raise ValueError(f"{name}: got {value}, wanted a whole number ≥ {minimum}")
    return int(value)


def check_rng(value: Any) -> np.random.Generator:
    """Return `value` when it is a NumPy generator; TypeError otherwise (a seed or None is refused)."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(
            f"rng: got {value!r} ({type(value).__name__}), wanted a generator: numpy.random.default_rng(seed)"
        )
    return value


def check_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` when it is one of `choices`; ValueError otherwise."""
    if value not in choices:
        raise ValueError(f"{name}: got {value!r}, wanted one of {', '.join(map(repr, choices))}")
    return value


def check_number(name: str, value: Any, low: float, high: float = np.inf, *, open_ends: bool = False) -> float:
    """Return `value` as a float in [`low`, `high`], or strictly between them; TypeError or ValueError otherwise."""
    wanted = f"a number {'>' if open_ends else '≥'} {low:g}"
    if high != np.inf:
        wanted += f" and {'<' if open_ends else '≤'} {high:g}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: got {value!r} ({type(value).__name__}), wanted {wanted}")
    inside = low < value < high if open_ends else low <= value <= high
    if not inside or not np.isfinite(value):  # NaN compares false with everything, so it is never inside
        raise ValueError(f"{name}: got {value}, wanted {wanted}")
    return float(value)


def check_lengths(lengths: Any, T: int, B: int) -> np.ndarray:
    """Return `lengths` as an array of `B` whole numbers in 1 … `T`; TypeError or ValueError otherwise."""
    lengths = check_array("lengths", lengths, (B,), kind="int")
    wrong = (lengths < 1) | (lengths > T)
    if wrong.any():
        raise ValueError(f"lengths: got {lengths[wrong][0]}, wanted 1 … {T}, the number of steps in x")
    return lengths.astype(np.intp, copy=False)  # unsigned numbers would not survive the subtractions to come


def check_ids(name: str, ids: Any, V: int, ndim: int | None = None) -> np.ndarray:
    """Return `ids` as an array after checking that they are whole numbers from 0 to V − 1."""
    axes = np.ndim(ids) if ndim is None else ndim
    ids = check_array(name, ids, ["TBDN"[axis % 4] for axis in range(axes)], kind="int")
    outside = (ids < 0) | (ids >= V)
    if outside.any():
        where = tuple(map(int, np.argwhere(outside)[0]))
        raise ValueError(f"{name}: got {ids[where]} at position {where}, wanted 0 to {V - 1}")
    return ids


def check_dtype(dtype: DTypeLike) -> np.dtype:
    """Return `dtype` as float32 or float64; ValueError for any other."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        result = None
    if result not in (np.float32, np.float64):
        raise ValueError(f"dtype: got {dtype!r}, wanted float32 or float64")
    return result


def check_path(name: str, value: Any) -> Path:
    """Return `value` as the path of a file that can be written; TypeError or OSError otherwise."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name}: got {value!r} ({type(value).__name__}), wanted the path of a file, such as 'run.npz'")
    path = Path(value)
    if path.is_dir():
        raise IsADirectoryError(f"{name}: got {value}, which is a folder, wanted a file in it: {path / 'run.npz'}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{name}: got {value}, wanted a file in a folder that exists")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"{name}: got {value}, wanted a file in a folder that can be written to")
    return path


def check_none(owner: str, **arguments: Any) -> None:
    """Raise ValueError for an argument that is not None, in the name of what would otherwise ignore it."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{name}: got {type(value).__name__}, wanted None: {owner} has no use for it")


def check_batches(name: str, batches: Any) -> None:
    """Raise TypeError when `batches` cannot be gone through again and again, before a long run rather than in it."""
    wanted = "wanted a batch (a tuple of arrays), a list of batches, or a function that returns either"
    if isinstance(batches, Iterator):
        raise TypeError(f"{name}: got a {type(batches).__name__}, which can be gone through only once, {wanted}")
    if not callable(batches) and not isinstance(batches, Iterable):
        raise TypeError(f"{name}: got {type(batches).__name__}, {wanted}")
