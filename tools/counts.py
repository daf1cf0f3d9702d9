"""What a chapter asks of its reader: ``python -m tools.counts [book/01_sequence_data.ipynb …]`` prints a table.

Reading time = words / 180 + lines of code shown × 5 s + (printed output or figure) × 15 s + displayed equation × 20 s.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools.notebooks import prose
from tools.notebooks.main_line import Piece, pieces
from tools.places import ROOT

WORDS_A_MINUTE = 180
SECONDS = {"lines": 5, "shown": 15, "equations": 20}
LIMITS = {"minutes": 30, "words": 2200, "lines": 130, "decimals": 30, "parentheses": 3, "terms": 20, "cells": 20}
NAMES = {
    "minutes": "minutes of reading",
    "words": "words of prose",
    "lines": "lines of code shown",
    "decimals": "decimals and percentages in the prose",
    "parentheses": "parentheses that hold a whole sentence",
    "terms": "terms linked to the glossary",
    "cells": "code cells",
}
HIDDEN_INPUT = {"hide-input", "remove-input", "hide-cell", "remove-cell"}
HIDDEN_OUTPUT = {"remove-output", "remove-cell", "hide-output", "hide-cell"}


@dataclass
class Counts:
    """Counts of some pieces of a chapter."""

    words: int = 0
    lines: int = 0
    shown: int = 0
    equations: int = 0
    cells: int = 0
    decimals: list[str] = field(default_factory=list)
    parentheses: list[str] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)

    @property
    def seconds(self) -> float:
        """Reading time in seconds."""
        return 60 * self.words / WORDS_A_MINUTE + sum(each * getattr(self, name) for name, each in SECONDS.items())

    @property
    def minutes(self) -> int:
        """Reading time as the page tells it."""
        return max(1, int(self.seconds / 60 + 0.5))

    def number(self, name: str) -> int:
        """One of the numbers that have a limit."""
        value = getattr(self, name)
        return value if isinstance(value, int) else len(value)

    def excess(self) -> dict[str, int]:
        """The numbers that are beyond their limits."""
        return {name: self.number(name) for name, limit in LIMITS.items() if self.number(name) > limit}

    def add_markdown(self, text: str) -> None:
        """Count some Markdown."""
        self.words += prose.words(text)
        self.lines += prose.literal_lines(text)
        self.equations += prose.displayed(text)
        self.shown += prose.figures(text)
        self.decimals += prose.decimals(text)
        self.parentheses += prose.parentheses(text)
        self.terms |= prose.terms(text)

    def add_code(self, cell: nbformat.NotebookNode) -> None:
        """Count a code cell: its lines, what it shows, and its caption, which is prose."""
        tags = set(cell.metadata.get("tags", []))
        self.cells += 1
        if not tags & HIDDEN_INPUT:
            self.lines += sum(bool(line.strip()) for line in cell.source.splitlines())
        if not tags & HIDDEN_OUTPUT:
            self.shown += outputs(cell)
        self.add_markdown(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))


def outputs(cell: nbformat.NotebookNode) -> int:
    """Number of things that a cell shows: all its text is one, each picture is one."""
    kept = cell.get("outputs", [])
    text = any(output.output_type == "stream" and output.text.strip() for output in kept)
    drawn = sum(bool({"image/png", "image/svg+xml", "text/html"} & set(output.get("data", {}))) for output in kept)
    value = any(set(output.get("data", {})) == {"text/plain"} for output in kept)
    return int(text or value) + drawn


def count(parts: Iterable[Piece]) -> Counts:
    """Count pieces of a chapter."""
    counts = Counts()
    for piece in parts:
        if piece.cell is None:
            counts.add_markdown(piece.text)
        else:
            counts.add_code(piece.cell)
    return counts


def main_line(notebook: nbformat.NotebookNode) -> Counts:
    """Counts of the main line: from the title to the end of *Key points*, without folds."""
    return count(piece for piece in pieces(notebook) if piece.in_main_line)


def unfolded(notebook: nbformat.NotebookNode) -> Counts:
    """Counts of the same stretch with its folds."""
    return count(piece for piece in pieces(notebook) if not piece.after)


def table(paths: list[Path]) -> str:
    """A line for each chapter, numbers beyond a limit marked with `!`."""
    width = max(len(path.stem) for path in paths)
    heads = [*LIMITS, "unfolded"]
    rows = [f"{'main line':{width}}" + "".join(f"{head:>13}" for head in heads)]
    rows += [f"{'limit':{width}}" + "".join(f"{LIMITS.get(head, ''):>13}" for head in heads)]
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        counts = main_line(notebook)
        over = counts.excess()
        numbers = [f"{counts.number(name)}{' !' if name in over else '  '}" for name in LIMITS]
        rows.append(f"{path.stem:{width}}" + "".join(f"{n:>13}" for n in [*numbers, f"{unfolded(notebook).minutes} "]))
    return "\n".join(rows)


def main(arguments: list[str]) -> None:
    """Print the table for the named notebooks, or for all."""
    book = ROOT / "book"
    every = [*sorted(book.glob("[0-9]*.ipynb")), *sorted(book.glob("lab_*.ipynb"))]
    print(table([Path(argument) for argument in arguments] or every))


if __name__ == "__main__":
    main(sys.argv[1:])
