"""The page of the package: complete, with shapes, and with examples that run."""

import doctest
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "book/_ext"))

from page.docstring_shapes import without_shapes  # noqa: E402
from page.package_page import public_names, summary  # noqa: E402

PAGE = (ROOT / "book/package.md").read_text("utf8")
LISTS = re.findall(r"^```\{package\} ([\w.]+)\n(:for-your-own:\n)?(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = re.findall(r"^```pycon\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def listed() -> list[tuple[str, str, str, bool]]:
    """Every name of the page: its module, the name, its chapter, and whether the chapter needs to use it."""
    lines = [(module, line, not own) for module, own, lines in LISTS for line in lines.splitlines()]
    return [(module, *line.split(": "), used) for module, line, used in lines]


def test_every_public_name_stands_on_the_page_once():
    assert sorted((name, module) for module, name, _, _ in listed()) == sorted(public_names("rnn_utils").items())


@pytest.mark.parametrize("name", sorted(public_names("rnn_utils")))
def test_a_public_name_says_what_it_does_and_tells_the_shapes_of_its_arrays(name):
    thing = getattr(importlib.import_module(public_names("rnn_utils")[name]), name)
    assert summary(thing), "no summary"
    assert list(without_shapes(thing)) == []


def test_every_name_has_a_chapter_that_uses_it():
    """Those for the readers' own data need no chapter that uses them, only one that they belong to."""
    for _, name, chapter, used in listed():
        text = (ROOT / f"book/{chapter}.ipynb").read_text("utf8")
        assert not used or re.search(rf"\b{name}\b", text), f"{chapter} does not use {name}"


def test_what_the_chapters_import_is_public():
    """Whole modules, exercises and constants aside."""
    imported = set()
    for path in (ROOT / "book").glob("*.ipynb"):
        for module, names in re.findall(r"\"from (rnn_utils[\w.]*) import ([\w, ]+)", path.read_text("utf8")):
            imported |= {(module, name) for name in names.replace(" ", "").split(",")}
    public = public_names("rnn_utils")
    things = {(module, name) for module, name in imported if callable(getattr(importlib.import_module(module), name))}
    private = {name for module, name in things if name not in public and "exercises" not in module}
    assert private <= {"check_none", "product_gradients"}, "for layers of one's own, in chapter 8"


def test_the_examples_run_and_print_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    names = {}
    for number, text in enumerate(EXAMPLES):
        example = doctest.DocTestParser().get_doctest(text, names, f"example {number}", "package.md", 0)
        runner.run(example, clear_globs=False)
        names = example.globs
    assert runner.summarize(verbose=False).attempted > 20
    assert runner.summarize(verbose=False).failed == 0


def test_every_name_for_the_readers_own_data_is_in_an_example_or_has_one():
    own = {
        name for module, name, _, used in listed() if not used and name.startswith(("load_", "save_", "fill_", "fold_"))
    }
    assert own
    assert all(any(re.search(rf"\b{name}\b", text) for text in EXAMPLES) for name in own)


def test_arrays_without_shapes_are_found():
    def plain(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Do something.

        Parameters
        ----------
        x : ndarray
            No shape.

        Returns
        -------
        ndarray, shape (T, B)

        """

    assert list(without_shapes(plain)) == ["x", "y"]
