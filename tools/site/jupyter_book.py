"""Run Jupyter Book over staged pages."""

import sys
from pathlib import Path

from tools import processes
from tools.places import ROOT

# The program `jupyter-book` names its interpreter by a full path, which a moved folder makes wrong, Windows calls it by
# another name, and `python -m jupyter_book` does not exist. A build makes millions of nodes and keeps nearly all until
# it ends: looking for garbage among them takes a third of its time and frees little (410 MB without, 270 MB with it).
START = (
    "import gc, sys, tools; gc.disable(); from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"
)
MINUTES = 20  # it takes two for the whole book on two cores


def run(source: Path, output: Path, *options: str, python_in_page: bool) -> tuple[int, str]:
    """Build the site of the pages in `source` below `output`.

    Parameters
    ----------
    source, output : Path
        Where the pages are, and where ``_build/html`` shall be.
    *options : str
        More options of ``jupyter-book build``.
    python_in_page : bool
        Will Python run in the pages?

    Returns
    -------
    code : int
        Exit status.
    said : str
        Everything that it wrote.

    Raises
    ------
    TimeoutError
        When it was not done after `MINUTES`, and was ended; with its last words.

    """
    command: list[str | Path] = [
        sys.executable,
        "-c",
        START,
        "build",
        source,
        "--path-output",
        output,
        "-n",
        "--keep-going",
        *options,
    ]
    told = {"BOOK_ROOT": str(ROOT), "PYTHONPATH": str(ROOT), "PYTHON_IN_PAGE": "yes" if python_in_page else ""}
    return processes.run(command, minutes=MINUTES, variables=told)
