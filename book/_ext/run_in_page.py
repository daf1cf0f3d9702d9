"""Marks the code cells that run in the page, and gives them the place for their buttons.

No existing extension runs a notebook in a page without asking other hosts for Python. Here the site serves it itself:
`tools/build.py` puts it there and says so in `PYTHON_IN_PAGE`; where that is not set no cell is marked, and no page
loads anything. Each cell gets the class ``can-run``, or ``cannot-run`` with ``needs-torch`` where it needs PyTorch
(`cell_needs` decides), and an empty row after its code, so that nothing moves when `run.js` fills it.
"""

import os
from collections.abc import Iterator
from typing import Any

from cell_needs import needs
from docutils import nodes
from sphinx.application import Sphinx


def code_cells(doctree: nodes.document | None) -> Iterator[nodes.container]:
    """The code cells of a page that show their code."""
    for cell in doctree.findall(nodes.container) if doctree else ():
        if "cell" in cell["classes"] and code(cell) is not None:
            yield cell


def code(cell: nodes.container) -> str | None:
    """What stands in a cell; None for one whose code is not on the page."""
    for part in cell.findall(nodes.container):
        if "cell_input" in part["classes"]:
            return next((block.astext() for block in part.findall(nodes.literal_block)), None)
    return None


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the cells of a page and put the row for the buttons between code and output."""
    if not os.environ.get("PYTHON_IN_PAGE") or app.builder.name != "html":
        return
    cells = list(code_cells(doctree))
    for cell, need in zip(cells, needs(code(cell) or "" for cell in cells)):
        cell["classes"] += ["cannot-run", f"needs-{need}"] if need else ["can-run"]
        output = (i for i, part in enumerate(cell) if "cell_output" in part.get("classes", []))
        cell.insert(next(output, len(cell)), nodes.container(classes=["run-bar"]))


def add_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load script and style on pages with cells that are marked."""
    if any({"can-run", "cannot-run"} & set(cell["classes"]) for cell in code_cells(doctree)):
        app.add_js_file("run/run.js", type="module")
        app.add_css_file("run/run.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", mark)
    app.connect("html-page-context", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
