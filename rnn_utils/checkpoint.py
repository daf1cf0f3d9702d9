"""Files that hold a model or a whole training run: complete or absent, and safe to read from strangers.

A file is an ordinary ``.npz``: arrays under names such as ``params/rnn.weight_hh``, and one JSON text, ``meta``. It is
written whole or not at all, and read without pickle: loading runs no code.
"""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnn_utils.atomic import replacing
from rnn_utils.checks import check_path

__all__ = ["load_params", "save_params"]

FORMAT = "rnn_utils checkpoint 1"

# What NumPy and zipfile raise when bytes are missing, altered, or were never an .npz.
DAMAGE = (
    ValueError,
    KeyError,
    EOFError,
    OSError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


def save_params(path: str | os.PathLike[str], params: Mapping[str, np.ndarray]) -> None:
    """Write parameters to a file, atomically.

    Parameters
    ----------
    path : path-like
        Where to; a file already there is replaced.
    params : mapping of str to ndarray
        For example ``model.params``.

    """
    write(path, under("params", params), {})


def load_params(path: str | os.PathLike[str], params: Mapping[str, np.ndarray]) -> None:
    """Fill parameters in place from a file of `save_params`, or from a checkpoint that `fit` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    params : mapping of str to ndarray
        For example ``model.params``: names, shapes and dtypes must be those of the file.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is damaged, is no file of this package, or holds other parameters; then nothing has been changed.

    """
    arrays, _ = read(path)
    fill(path, params, within("params", arrays))


def write(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write named arrays and JSON-able facts to `path`, all or nothing; one run at a time may use a path."""
    path = check_path("path", path)
    text = json.dumps({"format": FORMAT, **meta}, default=np.ndarray.tolist)  # a generator's state may hold arrays
    with replacing(path) as file:
        np.savez(file, meta=np.array(text), **arrays)  # type: ignore[arg-type]  # no name is that of an option


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the facts that `write` put into a file; errors as in `load_params`."""
    if Path(path).is_dir():
        raise IsADirectoryError(f"{path}: got a folder, wanted a file of rnn_utils")
    with open(path, "rb") as file:
        try:
            loaded = np.load(file, allow_pickle=False)
            arrays = dict(loaded) if isinstance(loaded, np.lib.npyio.NpzFile) else {}
            meta = json.loads(arrays.pop("meta").item()) if "meta" in arrays else None
        except DAMAGE as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f"{path}: got a truncated, damaged or foreign file ({reason}), wanted a checkpoint of rnn_utils"
            ) from error
    if not isinstance(meta, dict) or not str(meta.get("format", "")).startswith("rnn_utils checkpoint"):
        raise ValueError(f"{path}: got a file that rnn_utils did not write, wanted a checkpoint of rnn_utils")
    if meta["format"] != FORMAT:
        raise ValueError(f"{path}: got format {meta['format']!r}, wanted {FORMAT!r}")
    return arrays, meta


def under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Put ``prefix/`` before every name."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def within(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with ``prefix/``, without it: the inverse of `under`."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def fill(path: str | os.PathLike[str], targets: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]) -> None:
    """Copy arrays from a file into `targets` once all are known to fit; ValueError names the first that does not."""
    if arrays.keys() != targets.keys():
        raise ValueError(f"{path}: got parameters {sorted(arrays)}, wanted {sorted(targets)}")
    for name, target in targets.items():
        if (arrays[name].shape, arrays[name].dtype) != (target.shape, target.dtype):
            got = f"{arrays[name].dtype} of shape {arrays[name].shape}"
            raise ValueError(f"{path}: {name}: got {got}, wanted {target.dtype} of shape {target.shape}")
    for name, target in targets.items():
        target[...] = arrays[name]


def pack(tree: Any, arrays: dict[str, np.ndarray], prefix: str) -> Any:
    """Move the arrays of nested tuples into `arrays`, and return the nesting with each array's name in its place."""
    if tree is None:
        return None
    if isinstance(tree, tuple | list):
        return [pack(part, arrays, f"{prefix}/{number}") for number, part in enumerate(tree)]
    arrays[prefix] = np.asarray(tree)
    return prefix


def unpack(skeleton: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Put the arrays back where `pack` found them."""
    if isinstance(skeleton, list):
        return tuple(unpack(part, arrays) for part in skeleton)
    return None if skeleton is None else arrays[skeleton]
