"""The reading time in a chapter's info line: computed, and written by `tools.refresh` and by the build."""

import re

import nbformat

from tools.counts import main_line, unfolded

TOLD = re.compile(r"Reading time (\d+) minutes?(?:; (\d+) with everything unfolded)?")


def computed(notebook: nbformat.NotebookNode) -> tuple[int, int]:
    """Minutes for the main line, and for the same with everything unfolded."""
    return main_line(notebook).minutes, unfolded(notebook).minutes


def told(notebook: nbformat.NotebookNode) -> tuple[int, int] | None:
    """The same two numbers as the info line tells them, None where there is none."""
    found = TOLD.search(notebook.cells[0].source) if notebook.cells else None
    return (int(found[1]), int(found[2] or found[1])) if found else None


def write(notebook: nbformat.NotebookNode) -> None:
    """Write the computed numbers into the info line; a chapter without folds has one number."""
    if told(notebook) is None:
        return
    short, long = computed(notebook)
    text = f"Reading time {short} minute{'s' if short != 1 else ''}"
    if long > short:
        text += f"; {long} with everything unfolded"
    notebook.cells[0].source = TOLD.sub(text, notebook.cells[0].source, count=1)
