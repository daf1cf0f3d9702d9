"""Which cells can run in the page, decided when the book is built, and what the page is told of it."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from ext_book import build, notebook
from run_page import CHAPTERS

T, NO = "torch", None
# Cells, with the tags that their writer gave them, and what each needs.
CELLS = [
    ("import numpy as np\nfrom rnn_utils import interop", [], NO),
    ("from torch import nn", [], T),
    ("y = interop.to_torch(1)", [], T),
    ("torchlight = 1", [], NO),
    ("print(y)", ["needs-torch"], T),
    ("rng.normal()", ["hide-input", "needs-draws"], "draws"),
    ("%timeit 1", [], "jupyter"),
    ("7 % 2", [], NO),
]


BOOK = """# A page

%%%
code
x = 1
%%%
code
import torch
y = torch.ones(x)
"""


def test_the_page_marks_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_IN_PAGE", "yes")
    book = build(
        tmp_path, {"index.md": "# Book\n\n```{toctree}\npage\n```\n", "page.ipynb": BOOK}, ["runtime.run_in_page"]
    )
    assert not book.warnings
    page = BeautifulSoup(book.page("page"), "html.parser")
    marks = [[name for name in cell["class"] if "run" in name or "needs" in name] for cell in page.select("div.cell")]
    assert marks == [["can-run"], ["cannot-run", "needs-torch"]]
    assert all(cell.select_one(".cell_input + .run-bar") for cell in page.select("div.cell"))
    assert page.select_one('script[type=module][src*="run/run.js"]')
    assert "run/run" not in book.page("index")


def test_a_cell_that_cannot_run_is_told_by_its_text_or_its_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_IN_PAGE", "yes")
    page = notebook("\n%%%\n".join(["# A page", *(f"code\n{code}" for code, _, _ in CELLS)]))
    for cell, (_, tags, _) in zip(page["cells"][1:], CELLS, strict=True):
        cell["metadata"] = {"tags": tags}
    (tmp_path / "source").mkdir()
    (tmp_path / "source/index.ipynb").write_text(json.dumps(page))
    made = BeautifulSoup(build(tmp_path, {}, ["runtime.run_in_page"]).page(), "html.parser").select("div.cell")
    said = [next((name[6:] for name in cell["class"] if name.startswith("needs-")), None) for cell in made]
    assert said == [need for _, _, need in CELLS]
    assert [("can-run" in cell["class"], "cannot-run" in cell["class"]) for cell in made] == [
        (need is None, need is not None) for need in said
    ]


def test_without_python_for_the_page_nothing_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_IN_PAGE", raising=False)
    book = build(tmp_path, {"index.ipynb": BOOK}, ["runtime.run_in_page"])
    assert not book.warnings
    assert "can-run" not in book.page()
    assert "run/run" not in book.page()


def test_hardly_a_cell_of_the_book_is_left_out() -> None:
    """Chapters of NumPy run whole but for the comparisons with PyTorch."""
    for page in CHAPTERS:
        cells = BeautifulSoup(page.read_text("utf8"), "html.parser").select("div.cell:has(.cell_input)")
        marked = [cell for cell in cells if {"can-run", "cannot-run"} & set(cell["class"])]
        assert len(marked) == len(cells), page.name
