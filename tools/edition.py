"""When the text of the book was last changed, for what has to carry a time and be the same in every build of it."""

import os
from pathlib import Path

from tools import processes


class BadTimeError(ValueError):
    """The environment gives a time that is none."""


def time_of(root: Path) -> int:
    """Seconds since 1970: SOURCE_DATE_EPOCH if it is set, else the last commit to the book, else its newest file.

    Raises
    ------
    BadTimeError
        If SOURCE_DATE_EPOCH is no whole number.

    """
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        if not given.isdecimal():
            raise BadTimeError(f"SOURCE_DATE_EPOCH is {given!r}: wanted whole seconds since 1970")
        return int(given)
    try:
        code, said = processes.run(["git", "-C", root, "log", "-1", "--format=%ct", "--", "book"], minutes=1)
    except OSError:  # there is no git
        code, said = 1, ""
    if code == 0 and said.strip().isdecimal():
        return int(said)
    return max(int(path.stat().st_mtime) for path in (root / "book").rglob("*") if path.is_file())
