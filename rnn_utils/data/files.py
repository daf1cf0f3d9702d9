"""Where the data lie: files inside installed packages, found without importing them, and the reader's own."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any


def package_file(package: str, *parts: str) -> Path:
    """Return the path of a data file inside an installed package, without importing that package.

    Importing statsmodels or faker takes up to a second and is not possible in a browser; finding their folder is
    instant, and works as well where only the data file was put at its place.

    Parameters
    ----------
    package : str
        The top-level package's name.
    *parts : str
        The folders inside the package, then the file's name.

    Raises
    ------
    ModuleNotFoundError
        When no such package is installed, or it holds no such file.

    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(
            f"these data come from the package {package}, which is not installed: pip install {package}"
        )
    for folder in spec.submodule_search_locations:
        path = Path(folder, *parts)
        if path.is_file():
            return path
    raise ModuleNotFoundError(f"{'/'.join(parts)} is missing from the installed {package}")


def is_path(source: Any) -> bool:
    r"""Say whether `source` means a file: a `Path`, or a one-line string that exists or ends like one (``.txt``).

    Examples
    --------
    >>> is_path("poems.txt"), is_path("To be, or not to be")
    (True, False)

    """
    if isinstance(source, os.PathLike):
        return True
    if not isinstance(source, str) or "\n" in source or len(source) > 1000:
        return False
    return Path(source).is_file() or re.search(r"\w\.\w{1,5}$", source) is not None


def read_text(path: str | os.PathLike[str]) -> str:
    r"""Return the text of a UTF-8 file, line ends as ``\n``.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is a folder, is empty, or is not UTF-8 (the first bad byte's position is named).

    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"source: {str(path)!r} is a folder, wanted a file")
    if not path.exists():
        raise FileNotFoundError(f"source: no file {str(path)!r} (looked in {str(Path.cwd())!r})")
    try:
        text = path.read_text(encoding="utf-8-sig")  # -sig: some editors put a byte-order mark first
    except UnicodeDecodeError as error:
        raise ValueError(f"source: {str(path)!r} is not UTF-8 text: bad byte at position {error.start}") from error
    if not text.strip():
        raise ValueError(f"source: {str(path)!r} is empty")
    return text
