"""Where the main line of a chapter runs, and where its folds lie.

The main line goes from the title to the end of *Key points*. A heading of level 3 that begins with `Deeper:` opens a
fold; the next heading of level 3 or above, or a paragraph `<!-- main line -->`, closes it. The same rules fold the
section on the page: see `book/_ext/learning/folded.py`.
"""

import re
from dataclasses import dataclass

import nbformat

FOLD = re.compile(r"### +(Deeper:.*?) *#* *$")
HEADING = re.compile(r"(#{1,6}) +(.*?) *#* *$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
END = "<!-- main line -->"
LAST_SECTION = "Key points"


@dataclass(frozen=True)
class Piece:
    """A stretch of Markdown or a code cell, all of it on one side of a fold.

    Attributes
    ----------
    text : str
        Markdown, or the source of the code cell.
    cell : NotebookNode or None
        The code cell, None for Markdown.
    fold : str
        Title of the fold in which the piece lies, empty outside folds.
    after : bool
        Whether it comes after *Key points*.

    """

    text: str
    cell: nbformat.NotebookNode | None = None
    fold: str = ""
    after: bool = False

    @property
    def in_main_line(self) -> bool:
        """Whether a reader who opens no fold and stops after *Key points* reads it."""
        return not self.fold and not self.after


class Reader:
    """Goes through the cells of a notebook and keeps account of where it is."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.fold, self.after, self.last = "", False, False

    def code(self, cell: nbformat.NotebookNode) -> None:
        """Take a code cell."""
        self.pieces.append(Piece(cell.source, cell, self.fold, self.after))

    def markdown(self, source: str) -> None:
        """Take a cell of Markdown, cut where a fold begins or ends."""
        kept: list[str] = []
        fence = ""
        for line in source.splitlines():
            mark = FENCE.match(line)
            if mark and not fence:
                fence = mark[1]
            elif mark and line.strip() == mark[1] and mark[1].startswith(fence):
                fence = ""
            elif not fence and (line.strip() == END or HEADING.match(line)):
                self.flush(kept)
                self.turn(line)
            if line.strip() != END:
                kept.append(line)
        self.flush(kept)

    def turn(self, line: str) -> None:
        """Note what a heading or the end of a fold changes."""
        heading, opening = HEADING.match(line), FOLD.match(line)
        level = len(heading[1]) if heading else 1
        if opening:
            self.fold = opening[1]
        elif level <= 3:
            self.fold = ""
        if heading and level <= 2:
            self.after = self.after or self.last
            self.last = heading[2] == LAST_SECTION

    def flush(self, kept: list[str]) -> None:
        """Close a piece of Markdown."""
        if text := "\n".join(kept).strip():
            self.pieces.append(Piece(text, None, self.fold, self.after))
        kept.clear()


def pieces(notebook: nbformat.NotebookNode) -> list[Piece]:
    """A notebook in pieces, in order; each lies in the main line, in one fold, or after *Key points*."""
    reader = Reader()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            reader.code(cell)
        elif cell.cell_type == "markdown":
            reader.markdown(cell.source)
    return reader.pieces
