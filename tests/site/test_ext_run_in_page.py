"""Which cells can run in the page, decided when the book is built, and what the page is told of it."""

from importlib import import_module
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from ext_book import build
from run_page import CHAPTERS

cell_needs = import_module("cell_needs")  # its folder is on the path since ext_book was imported
T, NO = "torch", None
# The cells of a notebook, and what each needs.
CASES = {
    "imports": {"import numpy as np": NO, "import torch": T, "from torch import nn": T, "import torch.nn as nn": T},
    "inside a function": {"def f():\n    import torch\n    return torch.ones(1)": T},
    "a name flows on": {"import torch\nw = torch.ones(3)": T, "v = w.numpy()": T, "print(v)": T, "print(1)": NO},
    "a name is bound again": {"import torch\nw = 1": T, "w = 2": NO, "print(w)": NO},
    "bound again from itself": {"import torch\nw = 1": T, "w = w + 1": T, "w += 1": T},
    "read in a function": {"import torch\nw = 1": T, "def f():\n    return w": T, "def g(w):\n    return w": NO},
    "a function made before": {
        "def f():\n    return w": NO,
        "import torch\nw = 1": T,
        "f()": T,
        "w = 2": NO,
        "f( )": NO,
    },
    "two functions": {"def f():\n    return w\ndef g():\n    return f()": NO, "import torch\nw = 1": T, "g()": T},
    "an element is put in": {"r = {}": NO, "import torch\nr['x'] = 1": T, "print(r)": T},
    "its own in a comprehension": {"import torch\nname = 1": T, "[name for name in 'ab']": NO},
    "bound in a loop, then read": {"import torch\na = 1": T, "for i in range(3):\n    a = i\n    print(a)": NO},
    "gone through in a loop": {"import torch\na = [1]": T, "for a in a:\n    pass": T},
    "with": {"import torch\nf = 1": T, "with open('x') as f:\n    print(f)": NO},
    "a module of the package": {"from rnn_utils import data, interop": NO, "data.x": NO, "interop.to_torch(1)": T},
    "a function of it": {"from rnn_utils.interop import to_torch": NO, "def f():\n    return to_torch(1)": T, "f()": T},
    "imported under another name": {"import rnn_utils.interop as other": NO, "other.to_torch(1)": T},
    "by its place": {"import rnn_utils": NO, "rnn_utils.interop.to_torch(1)": T, "rnn_utils.cells": NO},
    "other packages": {
        "import pandas": "pandas",
        "import scipy.signal": "scipy",
        "import babel": NO,
        "import json": NO,
    },
    "random numbers that come after others": {
        "import numpy as np\nrng = np.random.default_rng(0)\nother = np.random.default_rng(1)": NO,
        "def draw():\n    return rng.normal()": NO,
        "import torch\nx = draw()": T,
        "y = rng.normal()": "draws",
        "print(y)": "draws",
        "other.normal()": NO,
        "rng = np.random.default_rng(0)": NO,
        "rng.normal()": NO,
    },
    "no subprocesses": {"import subprocess": "subprocess"},
    "a notebook's own language": {"%timeit 1": "jupyter", "!ls": "jupyter", "1": NO},
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_cell_needs(case: str) -> None:
    assert cell_needs.needs(CASES[case]) == list(CASES[case].values())


def test_modules_of_the_package_that_call_for_torch_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "rnn_utils"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.py").write_text("import numpy\nfrom .b import x\n", "utf8")
    (folder / "sub/__init__.py").write_text("def f():\n    import torch.nn\n", "utf8")
    assert cell_needs.lacking_modules(folder) == {"rnn_utils.sub": "torch"}
    assert cell_needs.lacking_modules()["rnn_utils.interop"] == "torch"


BOOK = """# A page

%%%
code
x = 1
%%%
code
import torch
y = torch.ones(x)
%%%
code
print(y)
"""


def test_the_page_marks_its_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_IN_PAGE", "yes")
    book = build(tmp_path, {"index.md": "# Book\n\n```{toctree}\npage\n```\n", "page.ipynb": BOOK}, ["run_in_page"])
    assert not book.warnings
    page = BeautifulSoup(book.page("page"), "html.parser")
    marks = [[name for name in cell["class"] if "run" in name or "needs" in name] for cell in page.select("div.cell")]
    assert marks == [["can-run"], ["cannot-run", "needs-torch"], ["cannot-run", "needs-torch"]]
    assert all(cell.select_one(".cell_input + .run-bar") for cell in page.select("div.cell"))
    assert page.select_one('script[type=module][src*="run/run.js"]')
    assert "run/run" not in book.page("index")


def test_without_python_for_the_page_nothing_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_IN_PAGE", raising=False)
    book = build(tmp_path, {"index.ipynb": BOOK}, ["run_in_page"])
    assert not book.warnings
    assert "can-run" not in book.page()
    assert "run/run" not in book.page()


def test_hardly_a_cell_of_the_book_is_left_out() -> None:
    """Chapters of NumPy run whole but for the comparisons with PyTorch."""
    for page in CHAPTERS:
        cells = BeautifulSoup(page.read_text("utf8"), "html.parser").select("div.cell:has(.cell_input)")
        marked = [cell for cell in cells if {"can-run", "cannot-run"} & set(cell["class"])]
        assert len(marked) == len(cells), page.name
