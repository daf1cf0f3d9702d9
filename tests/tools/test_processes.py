"""A program of the build ends, or is ended with its last words."""

import sys
import time
from pathlib import Path

import pytest

from tools import processes

SECOND = 1 / 60


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_a_program_says_and_how_it_ends(tmp_path: Path) -> None:
    code = "import os, sys; print('œuvre', os.environ['WORD']); print(os.getcwd(), file=sys.stderr); sys.exit(3)"
    ended, said = processes.run(
        python(code), minutes=1, folder=tmp_path, variables={"WORD": "one", "PYTHONIOENCODING": "utf8"}
    )
    assert ended == 3
    assert said.split() == ["œuvre", "one", str(tmp_path)]


def test_a_program_that_does_not_end_is_ended_with_its_last_words() -> None:
    code = "import time; print('\\n'.join(f'line {n}' for n in range(100))); time.sleep(60)"
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"was still running after 0\.05 minutes and was ended") as late:
        processes.run(python(code), minutes=3 * SECOND)
    assert time.monotonic() - start < 30
    assert str(late.value).splitlines()[1:] == [f"line {n}" for n in range(80, 100)]


def test_what_it_has_started_does_not_keep_the_build_waiting() -> None:
    """A child's child holds the output open; a pipe would be read until it ends."""
    code = f"import subprocess, time; subprocess.Popen({python('import time; time.sleep(20)')}); time.sleep(60)"
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        processes.run(python(code), minutes=3 * SECOND)
    assert time.monotonic() - start < 15


def test_a_program_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        processes.run(["no-such-program"], minutes=1)
