"""Every cell that can run in the page runs there, in every chapter, and writes what stands in the book.

The book's output comes from native Python with another NumPy; the page's from WebAssembly. Cells with the tag
``nbval-ignore-output`` must run; what they write may differ, as it may between two computers.
"""

import pytest
from run_page import CHAPTERS, cells
from warm_python import WarmPython


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
