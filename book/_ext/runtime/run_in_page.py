"""Marks the code cells that run in the page, and gives them the place for their buttons.

No existing extension runs a notebook in a page without asking other hosts for Python. Here the site serves it itself:
`tools/build.py` puts it there and says so in `PYTHON_IN_PAGE`; where that is not set no cell is marked, and no page
loads anything. Each cell gets the class ``can-run``, or ``cannot-run`` with ``needs-torch`` where it needs PyTorch, and
an empty row after its code, so that nothing moves when `run.js` fills it.

A cell that names PyTorch needs it. One that only uses what such a cell has made says so by its tag ``needs-torch``, and
one that draws random numbers after such a cell by ``needs-draws``: they would not be the book's. The test that runs
every other cell in a browser finds a tag that is missing.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

TORCH = re.compile(r"\b(?:torch\b|interop\.)")
COMMAND = re.compile(r"^\s*[%!]", re.MULTILINE)  # of a notebook, not of Python
TAG = "tag_needs-"  # as MyST-NB writes a tag


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


def need(cell: nodes.container) -> str | None:
    """What a cell needs that the page does not have; None for one that can run."""
    if tags := [name.removeprefix(TAG) for name in cell["classes"] if name.startswith(TAG)]:
        return tags[0]
    if COMMAND.search(code(cell) or ""):
        return "jupyter"
    return "torch" if TORCH.search(code(cell) or "") else None


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the cells of a page and put the row for the buttons between code and output."""
    if not os.environ.get("PYTHON_IN_PAGE") or app.builder.name != "html":
        return
    for cell in list(code_cells(doctree)):
        lacking = need(cell)
        cell["classes"] += ["cannot-run", f"needs-{lacking}"] if lacking else ["can-run"]
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
