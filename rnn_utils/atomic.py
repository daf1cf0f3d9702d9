"""Write a file whole or not at all.

The bytes go to another name in the same folder, are forced to the disk, and are then moved into place: whatever
happens, the path holds the old file or the new one, never part of one.
"""

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` when the block ends, and vanishes when the block fails.

    Leftovers of an earlier run that was killed while writing are removed, so one process at a time may write a path.

    Parameters
    ----------
    path : path-like
        The file to be replaced; it need not exist, its folder must.

    Yields
    ------
    file : binary file
        Open for writing.

    """
    path = Path(path)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # the bytes must be on the disk before the name is
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, to `path`, all or nothing."""
    with replacing(path) as file:
        file.write(data.encode("utf8") if isinstance(data, str) else data)
