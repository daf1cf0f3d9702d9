"""Solutions, hints and asides fold without a script, and exercises keep their numbers and unique identifiers."""

import re
from collections import Counter
from pathlib import Path

import pytest
from ext_book import Book, build

CHAPTER = """# Chapter
%%%
:::{exercise} Sliding *windows*
:label: ex-windows

How many windows?
:::

:::{exercise} Another's
:label: ex-another

And now?
:::
%%%
:::{admonition} A **small** hint
:class: dropdown tip

Which axis moves?
:::

:::{note}
:class: dropdown

Aside.
:::

:::{note}
Open.
:::
%%%
:::{solution-start} ex-windows
:class: dropdown
:::
%%%
code
print(6 * 7)
%%%
Because of {ref}`ex-another`.
%%%
:::{solution-end}
:::
%%%
:::{solution} ex-another
:class: dropdown

Text alone.
:::
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    pages = {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n", "chapter.ipynb": CHAPTER}
    return build(tmp_path_factory.mktemp("book"), pages, ["sphinx_exercise", "learning.folded"])


def folds(book: Book) -> dict[str, str]:
    page = book.article("chapter")
    found = re.findall(r'<details class="[^"]*"[^>]*>\s*<summary[^>]*>(.*?)</summary>(.*?)</details>', page, re.S)
    return dict(found)


def test_what_is_marked_dropdown_folds(book: Book) -> None:
    assert not book.warnings
    assert list(folds(book)) == [
        "A <strong>small</strong> hint",
        "Note",
        "Solution to Exercise 1 · Sliding <em>windows</em>",
        "Solution to Exercise 2 · Another’s",
    ]
    assert "Open." in book.article("chapter")
    assert not any("Open." in content for content in folds(book).values())


def test_a_solution_holds_its_cells_and_text(book: Book) -> None:
    content = folds(book)["Solution to Exercise 1 · Sliding <em>windows</em>"]
    assert "cell_input" in content
    assert 'href="#ex-another"><span class="std std-numref">Exercise 2' in content


def test_identifiers_are_unique(book: Book) -> None:
    counts = Counter(re.findall(r'\bid="([^"]+)"', book.page("chapter")))
    assert [name for name, count in counts.items() if count > 1] == []
    assert counts["ex-windows"] == 1


def test_no_script_is_needed(book: Book) -> None:
    assert "togglebutton" not in book.page("chapter")


def test_the_kind_of_an_aside_stays_visible_to_styles(book: Book) -> None:
    assert re.search(r'<details class="admonition note dropdown"', book.article("chapter"))
    assert re.search(r'<details class="admonition dropdown tip"', book.article("chapter"))
    assert re.search(r'<details class="admonition solution dropdown"', book.article("chapter"))


def test_exercise_is_a_titled_box(book: Book, tmp_path: Path) -> None:
    exercise = r'<div class="exercise admonition" id="ex-windows">\s*<p class="admonition-title">(.*?)</p>'
    title = re.sub(r"<[^>]+>", "", re.search(exercise, book.article("chapter"), re.S)[1])
    assert re.sub(r"\s+", " ", title) == "Exercise 1 · Sliding windows"
