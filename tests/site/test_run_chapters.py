"""Every cell that can run in the page runs there, in every chapter, and writes what stands in the book.

The book's output comes from native Python with another NumPy; the page's from WebAssembly. Cells with the tag
``nbval-ignore-output`` must run; what they write may differ, as it may between two computers.
"""

import re

import nbformat
import pytest
from run_page import CHAPTERS, cells
from warm_python import WarmPython

from tools.places import ROOT

WORKER = (ROOT / "book/_static/run/worker.js").read_text("utf8")
DRAWS = re.compile(re.search(r"const DRAWS = /(.*?)/;", WORKER)[1])


@pytest.mark.parametrize("chapter", [page.stem for page in CHAPTERS])
def test_a_chapter_names_matplotlib_before_it_draws(chapter: str) -> None:
    """The page loads Matplotlib when code names it. Below it is loaded already, for pages share their Python."""
    for cell in nbformat.read(ROOT / f"book/{chapter}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            if DRAWS.search(cell.source):
                return
            assert not any("image/png" in output.get("data", ()) for output in cell.outputs), cell.source


@pytest.mark.slow
@pytest.mark.parametrize("chapter", [page.stem for page in CHAPTERS])
def test_every_cell_runs_and_writes_what_the_book_says(python: WarmPython, chapter: str) -> None:
    with python.opened(f"book/{chapter}.html") as page:
        runnable = cells(page)
        different = []
        for cell in runnable:
            # A cell that measures time, and asserts what it measured, may fail on a busy machine.
            well = cell.run() or (not cell.compared and cell.run())
            assert well, f"{cell.name}\n{cell.status}\n{cell.error}"
            if cell.compared and cell.output != cell.stored:
                different.append(f"{cell.name}\n--- book\n{cell.stored}\n--- page\n{cell.output}")
            figures = cell.at.locator(".cell_output img").all()
            hidden = [image for image in figures if not image.get_attribute("src").startswith("data:image/svg")]
            if hidden:
                different.append(f"{cell.name}: {len(hidden)} of {len(figures)} figures were not drawn as SVG")
        assert not different, "\n\n".join(different)
