"""A copy of the project with a book of one page, and the commands of the Makefile in it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("binder", "book", "rnn_utils", "requirements", "tools", "_config.yml", "pyproject.toml")
TOC = "format: jb-book\nroot: book/index\nparts:\n  - caption: One\n    chapters:\n      - file: book/small\n"
INDEX = """# A small book

With [one page](small.ipynb).

## The page

```{tableofcontents}
```

## To take along

<div class="take-along"></div>
"""
FIGURE = {
    "image": {"alt": "A line that rises from zero to one, drawn to test the build."},
    "figure": {"name": "fig-small", "caption": "A line."},
}


def small_notebook() -> nbformat.NotebookNode:
    """A page with text, mathematics, a number and a figure."""
    cells = [
        nbformat.v4.new_markdown_cell("# A small page\n\nMass and energy: $E = mc^2$.", id="text-01"),
        nbformat.v4.new_code_cell("from rnn_utils import plotting\n\nplotting.use_style()\nprint(6 * 7)", id="code-01"),
        nbformat.v4.new_code_cell(
            "import matplotlib.pyplot as plt\n\nplt.plot([0, 1])\nplt.show()", id="code-02", metadata={"mystnb": FIGURE}
        ),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


class Book:
    """A copy of the project with a small book in it, and the commands of the Makefile under some interpreter."""

    def __init__(self, folder: Path, python: str | Path = sys.executable) -> None:
        self.folder, self.notebook, self.python = folder, folder / "book/small.ipynb", str(python)
        self.site = folder / "_build/html"

    def start(self, command: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("GITHUB_", "REPO_", "SITE_", "PYTHON"))
        }
        told = {"PYTHONPATH": str(self.folder), "PYODIDE_MIRROR": str(ROOT / "_build/pyodide"), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [self.python, "-m", f"tools.{command}", *arguments],
            cwd=self.folder,
            env={**environment, **told, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str = "build", **variables: str) -> tuple[int, str]:
        """Run to the end; a command without one fails the test with what it said, and is ended with all it started."""
        process = self.start(command, **variables)
        try:
            output, _ = process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"tools.{command} does not end; it said:\n{process.communicate()[0]}")
        return process.returncode, output

    def change(self, edit: Callable[[nbformat.NotebookNode], None]) -> None:
        notebook = nbformat.read(self.notebook, as_version=4)
        edit(notebook)
        nbformat.write(notebook, self.notebook)

    def page(self) -> str:
        return (self.site / "book/small.html").read_text("utf8")


def project(folder: Path, *more: str) -> Path:
    """Copy the project, and `more` of it, with the small book in place of its own, into a folder to be made."""
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "[0-9][0-9]_*.ipynb", "*.md")
    for name in (*COPIED, *more):
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copy2(source, target)
    (folder / "_toc.yml").write_text(TOC, "utf8")
    (folder / "book/index.md").write_text(INDEX, "utf8")
    nbformat.write(small_notebook(), folder / "book/small.ipynb")
    return folder
