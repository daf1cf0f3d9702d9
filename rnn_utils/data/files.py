"""Where the data lie: files inside installed packages, found without importing them, and the reader's own."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

LONGEST_NAME, LONGEST_PATH = 255, 4096  # bytes that the usual file systems allow
PATH_START = re.compile(r"[/~\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]")
FILE_ENDING = re.compile(r"[\w)\]]\.(?=\w*[A-Za-z])\w{1,5}$")  # ".txt" and ".mp3", not the ".14" of "3.14"

# The first bytes of files that are no text, and what to do about them.
NO_TEXT = {
    b"\x1f\x8b": "is compressed with gzip: unpack it first",
    b"BZh": "is compressed with bzip2: unpack it first",
    b"\xfd7zXZ\x00": "is compressed with xz: unpack it first",
    b"PK\x03\x04": "is a zip archive, as Excel workbooks are: unpack it, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is an old Excel or Word file: save it as CSV or as plain text",
    b"%PDF": "is a PDF: save its text as plain text",
    b"PAR1": "is a Parquet file: save it as CSV",
}


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


def looks_like_path(source: str) -> bool:
    r"""Say whether a string has the form of a file's path rather than of a text.

    It has when it is one line that begins like a path (``/``, ``~``, ``./``, ``C:\``), ends like a file
    (``my poems.txt``), or is a single word without a blank. What lies on the disk makes no difference.

    Parameters
    ----------
    source : str
        What may be a path or a text.

    Examples
    --------
    >>> looks_like_path("poems.txt"), looks_like_path("data/poems"), looks_like_path("To be, or not to be")
    (True, True, False)

    """
    if not source.strip() or "\n" in source or "\r" in source:
        return False
    if max(map(len, re.split(r"[/\\]", source))) > LONGEST_NAME or len(source) > LONGEST_PATH:
        return False
    return bool(PATH_START.match(source) or FILE_ENDING.search(source) or len(source.split()) == 1)


def is_path(source: Any) -> bool:
    """Say whether `source` means a file: a `Path`, or a string that looks like one.

    Raises
    ------
    ValueError
        When a string reads like a text and yet there is a file of that name.

    """
    if isinstance(source, os.PathLike):
        return True
    if not isinstance(source, str):
        return False
    if looks_like_path(source):
        return True
    if "\n" not in source and len(source) <= LONGEST_NAME and "\0" not in source and os.path.isfile(source):
        raise ValueError(
            f"source: got {source!r}, which reads like a text and is the name of a file: "
            "pass pathlib.Path(…) for the file, or end the text with a line end"
        )
    return False


def read_text(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    r"""Return the text of a file, line ends as ``\n``.

    Parameters
    ----------
    path : path or str
        The file.
    encoding : str
        How its characters are stored. A byte-order mark at its beginning counts more: some editors write one.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    LookupError
        When Python does not know the encoding.
    ValueError
        When it is a folder or empty, or no text in that encoding (compressed files, workbooks and the like are named).

    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise ValueError(f"source: {str(path)!r} is a folder, wanted a file")
    if not path.exists():
        raise FileNotFoundError(f"source: no file {str(path)!r} (looked in {str(Path.cwd())!r})")
    text = _decode(path.read_bytes(), str(path), encoding).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError(f"source: {str(path)!r} is empty")
    return text


def _decode(data: bytes, path: str, encoding: str) -> str:
    """Return the bytes of a file as text, or say what they are instead."""
    for start, complaint in NO_TEXT.items():
        if data.startswith(start):
            raise ValueError(f"source: {path!r} {complaint}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # -sig: without the byte-order mark
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        near = data[max(0, error.start - 12) : error.start].decode("ascii", "replace").splitlines()[-1:]
        raise ValueError(
            f"source: {path!r} is not {encoding.removesuffix('-sig').upper()} text: byte 0x{data[error.start]:02x} in "
            f"line {line}, after {''.join(near)!r}; save it as UTF-8, or name its encoding: encoding='cp1252' is "
            "what Windows and Excel write"
        ) from error
    if "\0" in text:
        raise ValueError(f"source: {path!r} has zero bytes: it is no text, or UTF-16: try encoding='utf-16-le'")
    return text
