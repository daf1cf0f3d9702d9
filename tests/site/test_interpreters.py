"""Every tool of the build comes to its end under the other interpreters that the README names, if they are there."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from small_book import ROOT, Book, project

from tools import processes
from tools.chromium import NoChromiumError, find
from tools.setup_env import SERVED, interpreters

KEPT = ROOT / "_build/interpreters"


def environment(version: tuple[int, int]) -> Path:
    """The interpreter of an environment with the book's locked packages, kept between runs; skips if there is none."""
    name = ".".join(map(str, version))
    found = interpreters().get(version)
    if found is None:
        pytest.skip(f"no Python {name} on this machine")
    lock, folder = ROOT / "requirements/book.txt", KEPT / name
    python, stamp = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), folder / "installed.txt"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        processes.run([*found, "-m", "venv", "--clear", "--without-pip", folder], minutes=5)
        uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python, "-r", lock]
        code, said = processes.run([*uv, "--offline"], minutes=15)  # what uv keeps; else the network is asked
        if code:
            code, said = processes.run(uv, minutes=15, variables={"UV_HTTP_RETRIES": "0"})
        if code and "CI" not in os.environ:
            pytest.skip(f"the book's packages for Python {name} cannot be installed here: {said[-300:]}")
        assert code == 0, said
        stamp.write_bytes(lock.read_bytes())
    return python


# Under the interpreter that the tests run in, test_commands.py takes the same tools to their end, by `make`.
OTHERS = [version for version in SERVED if version != sys.version_info[:2]]


@pytest.mark.parametrize("version", OTHERS, ids=lambda version: ".".join(map(str, version)))
def test_every_tool_comes_to_its_end(version: tuple[int, int], tmp_path: Path) -> None:
    book = Book(project(tmp_path / "project"), environment(version))
    commands = ["build", "refresh", "site.pack_offline"]
    try:
        find()
        commands.append("paper.make_pdf")
    except NoChromiumError:
        assert "CI" not in os.environ, "no Chromium: the PDF cannot be made"
    for command in commands:
        code, said = book.run(command)
        assert code == 0, said
    serve_and_stop(book)


def serve_and_stop(book: Book) -> None:
    """Start the server as `make serve` does, and press Ctrl+C once it has said where the book is."""
    with book.start("site.serve", "0", BROWSER="true") as process:
        assert process.stdout
        assert "http://127.0.0.1:" in process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def latin_locale(folder: Path) -> dict[str, str]:
    """Settings of a system whose language settings are not UTF-8; a locale is made where there is none."""
    if shutil.which("localedef") is None:
        pytest.skip("no localedef on this machine: a locale that is not UTF-8 cannot be made")
    made, _ = processes.run(["localedef", "-i", "de_DE", "-f", "ISO-8859-1", folder / "de_DE.ISO-8859-1"], minutes=1)
    if made not in (0, 1):  # 1: made, with warnings
        pytest.skip("localedef has not the files to make a locale from")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.ISO-8859-1"}


def test_odd_places_and_settings(tmp_path: Path) -> None:
    """A folder with a blank and an accent, a long path for temporary files, and an encoding from before Unicode."""
    long = tmp_path / "temporary" / "-".join(["long"] * 25)
    locales = tmp_path / "locales"
    long.mkdir(parents=True)
    locales.mkdir()
    assert len(str(long)) > 120
    odd = {"TMPDIR": str(long)} | latin_locale(locales)
    book = Book(project(tmp_path / "Bücher, é à ñ/my book"))
    book.change(lambda notebook: notebook.cells[1].update(source=notebook.cells[1].source + "\nprint('α → ω')"))
    for command in ("build", "refresh", "site.pack_offline"):
        code, said = book.run(command, **odd)
        assert code == 0, said
    assert "α → ω\n" in book.page()
    assert '"α → ω\\n"' in book.notebook.read_text("utf8")
    book.change(lambda notebook: notebook.cells[1].update(source="raise ValueError('β → ω')"))
    code, said = book.run(**odd)
    assert code == 1
    assert "ValueError: \\u03b2 \\u2192" in said, "the terminal has no such letters, and the message arrives"
