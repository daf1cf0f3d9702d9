"""Run a program to its end, and not for ever: each program that the build starts has a limit."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

LAST_WORDS = 20  # lines


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    minutes: float,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a program without input.

    Parameters
    ----------
    command : sequence of str or path-like
        The program and its arguments.
    minutes : float
        The limit: a program that is still running then is ended.
    folder : Path, optional
        Where it runs; the current folder unless given.
    variables : mapping of str to str, optional
        Added to the environment.

    Returns
    -------
    code : int
        Its exit status.
    said : str
        What it wrote, standard output and errors in one.

    Raises
    ------
    TimeoutError
        When the limit is exceeded; the message has the program's last words.
    OSError
        When the program cannot be started.

    """
    # A file, not a pipe: what the program itself has started may keep a pipe open after the program was ended.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [os.fspath(word) for word in command],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(variables or {})},  # or its last words are never written
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            code: int | None = process.wait(60 * minutes)
        except subprocess.TimeoutExpired:
            code = None
        finally:  # also when the build itself is stopped
            process.kill()
            process.wait()
        output.seek(0)
        said = output.read().decode("utf8", "replace")
    if code is None:
        words = "\n".join(said.splitlines()[-LAST_WORDS:]) or "(none)"
        late = f"{Path(command[0]).name} was still running after {minutes:.2g} minutes and was ended."
        raise TimeoutError(f"{late} Its last words:\n{words}")
    return code, said
