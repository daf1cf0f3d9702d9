"""A chapter as the rules see it: the notebook on disk, and the list of rules that each of them joins."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from tools.notebooks.main_line import Piece, pieces

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTERS, LABS = (sorted((ROOT / "book").glob(f"{kind}.ipynb")) for kind in ("[0-9]*", "lab_*"))
NOTEBOOKS = [*CHAPTERS, *LABS]
NOT_COMPARED = ("nbval-ignore-output", "nbval-skip", "nbval_ignore_output", "nbval_skip")


@dataclass(frozen=True)
class Chapter:
    """A notebook as it stands on disk."""

    path: Path

    @property
    def is_lab(self) -> bool:
        return self.path.stem.startswith("lab_")

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.path, as_version=4)

    @cached_property
    def code(self) -> list[nbformat.NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def pieces(self) -> list[Piece]:
        return pieces(self.notebook)

    @cached_property
    def prose(self) -> str:
        return "\n\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")

    @cached_property
    def headings(self) -> list[str]:
        return re.findall(r"^## +(.+?) *$", self.prose, re.MULTILINE)

    def section(self, title: str) -> str:
        """The prose under a second-level heading."""
        found = re.search(rf"^## +{re.escape(title)} *$(.*?)(?=^## |\Z)", self.prose, re.MULTILINE | re.DOTALL)
        return found[1] if found else ""


def printed(cell: nbformat.NotebookNode) -> str:
    """Text that a cell shows: what it prints and the text form of its value."""
    texts = [output.text for output in cell.outputs if output.output_type == "stream"]
    return "".join(texts + [o.data.get("text/plain", "") for o in cell.outputs if o.output_type == "execute_result"])


def pictures(cell: nbformat.NotebookNode) -> list[str]:
    """Picture formats among a cell's outputs."""
    return [kind for output in cell.outputs for kind in output.get("data", {}) if kind.startswith("image/")]


def is_compared(cell: nbformat.NotebookNode) -> bool:
    """Whether nbval looks at the cell's output."""
    marks = [*cell.metadata.get("tags", []), *re.findall(r"# *(\S+)", cell.source.splitlines()[0].lower())]
    return not set(marks) & set(NOT_COMPARED)


RULES: list[Callable[[Chapter], Iterator[str]]] = []


def rule(check: Callable[[Chapter], Iterator[str]]) -> Callable[[Chapter], Iterator[str]]:
    """Add a check to those that every chapter must pass."""
    RULES.append(check)
    return check
