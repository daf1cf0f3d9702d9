"""Gives the page's NumPy faster loops for `@` and `tanh`, the two in which training in WebAssembly spends its time.

Pyodide's NumPy has no BLAS. The loops are small libraries, assembled from ``*.wat`` when the book is built; a ufunc
finds its loops in a table, one for each type, and here some entries are replaced. `@` gives the same bits as before.
"""

import ctypes
from pathlib import Path

import numpy as np

LOOPS = {"matmul_f32": (np.matmul, "ff->f"), "matmul_f64": (np.matmul, "dd->d"), "tanh_f32": (np.tanh, "f->f")}
TABLES = 24  # bytes from the beginning of a ufunc to the addresses of its loops and of what they are given


def install(folder: Path = Path(__file__).parent) -> None:
    """Put the loops into NumPy's tables; in a browser without vector instructions NumPy's own stay."""
    for name, (ufunc, types) in LOOPS.items():
        try:
            kernel = ctypes.CDLL(str(folder / f"{name}.so")).kernel
        except OSError:
            return
        loops, given = (ctypes.POINTER(ctypes.c_size_t) * 2).from_address(id(ufunc) + TABLES)
        entry = ufunc.types.index(types)
        given[entry] = loops[entry]  # what is too small for the new loop goes to the old one
        loops[entry] = ctypes.cast(kernel, ctypes.c_void_p).value
