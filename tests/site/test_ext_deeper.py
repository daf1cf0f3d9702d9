"""Headings that begin with "Deeper:" fold, numbers and links inside hold, and the main line goes on where it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PHONE
from ext_book import Book, build
from playwright.sync_api import expect

from tools.site.serve import serving

CHAPTER = """# Chapter

*A promise.*

:::{div} info-line
Reading time 3 minutes
:::
%%%
## One

The result in a line. See {ref}`deeper-seed` and {eq}`eq-inside`.

(deeper-seed)=
### Deeper: is it the *seed*? Sixty runs

First in the fold.

$$
x = 1
$$ (eq-inside)
%%%
code
inside = 1
%%%
(a-part)=
#### A part of the fold

Last in the fold.

<!-- main line -->

The main line goes on.

$$
y = 2
$$ (eq-after)
%%%
code
after = 2
%%%
### An ordinary section

Ordinary.

### Deeper: the proof

The proof.

## Two

The end.
"""
OTHER = "# Other\n\nTo {ref}`the seed <deeper-seed>`, {ref}`a part <a-part>` and {eq}`eq-inside`.\n"
INDEX = "# Book\n\n```{toctree}\nchapter\nother\n```\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    pages = {"index.md": INDEX, "chapter.ipynb": CHAPTER, "other.md": OTHER}
    return build(tmp_path_factory.mktemp("book"), pages, ["learning.folded", "page.katex_math"])


def folds(book: Book) -> list[str]:
    return re.findall(r'<details class="admonition deeper">.*?</details>', book.article("chapter"), re.DOTALL)


def test_what_belongs_to_a_fold_is_in_it(book: Book) -> None:
    assert not book.warnings
    first, second = folds(book)
    title = '<summary class="admonition-title">Deeper: is it the <em>seed</em>? Sixty runs</summary>'
    assert title in first
    for inside in ("First in the fold", "inside", "A part of the fold", "Last in the fold"):
        assert inside in first
    assert "The proof." in second
    outside = re.sub(r"<details.*?</details>", "", book.article("chapter"), flags=re.DOTALL)
    for text in ("The result in a line", "The main line goes on", "after", "Ordinary.", "The end."):
        assert text in outside
        assert text not in first + second


def test_the_order_of_the_page_is_kept(book: Book) -> None:
    text = book.article("chapter")
    places = [
        *("The result", "First in", "Last in", "The main line goes", "An ordinary", "Deeper: the proof", "The end"),
    ]
    assert sorted(places, key=text.index) == places


def test_the_mark_leaves_nothing(book: Book) -> None:
    assert "main line -->" not in book.page("chapter")


def test_numbers_and_links_inside_hold(book: Book) -> None:
    first, _ = folds(book)
    assert '<span class="eqno">(1)' in first
    assert '<span class="eqno">(2)' in book.article("chapter").partition("The main line goes on")[2]
    for name in ("deeper-seed", "a-part", "equation-eq-inside"):
        assert f'id="{name}"' in first
        assert f'href="chapter.html#{name}"' in book.article("other")


def test_headings_inside_are_not_numbered(tmp_path: Path) -> None:
    index = INDEX.replace("{toctree}", "{toctree}\n:numbered: 1")
    made = build(tmp_path, {"index.md": index, "chapter.ipynb": CHAPTER, "other.md": OTHER}, ["learning.folded"])
    assert re.search(r"<h1><span class=\"section-number\">1. </span>Chapter", made.article("chapter"))
    assert re.search(r"<h3>A part of the fold", made.article("chapter"))


def test_identifiers_are_unique(book: Book) -> None:
    names = re.findall(r'\bid="([^"]+)"', book.article("chapter"))
    assert sorted(names) == sorted(set(names))


def test_one_button_for_all_after_the_info_line(book: Book) -> None:
    assert book.article("chapter").count('<p class="unfold-all">') == 1
    assert re.search(r'info-line.*?</div>\s*<p class="unfold-all"><button', book.article("chapter"), re.DOTALL)
    assert "folds.js" in book.page("chapter")
    assert "folds.js" not in book.page("other")
    assert "unfold-all" not in book.article("other")


def test_the_contents_list_what_is_not_folded(tmp_path: Path) -> None:
    made = build(tmp_path, {"index.ipynb": CHAPTER}, ["learning.folded", "page.katex_math"])
    contents = re.search(r'<div class="sphinxsidebar".*', made.page(), re.DOTALL)[0]
    assert "An ordinary section" in contents
    assert ">Two<" in contents
    assert "Deeper" not in contents
    assert "A part of" not in contents


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("## Deeper: too high\n\nText.", "'Deeper:' has level 2, wanted 3"),
        ("## One\n\n### Two\n\n#### Deeper: too low\n\nText.", "'Deeper:' has level 4, wanted 3"),
        ("## One\n\n<!-- main line -->\n\nText.", "<!-- main line --> ends no fold"),
        ("## One\n\n### Deeper: x\n\nText.\n\n### Two\n\n<!-- main line -->", "<!-- main line --> ends no fold"),
        ("## One\n\n### Deeper: x\n\nText. <!-- main line --> More.", "as a paragraph of its own"),
        ("## One\n\n### Deeper: x\n\nText.\n\n<!-- Main-Line -->", "write <!-- main line -->"),
    ],
)
def test_what_folds_nothing_is_warned_of(tmp_path: Path, written: str, said: str) -> None:
    made = build(tmp_path, {"index.md": f"# Book\n\n{written}\n"}, ["learning.folded"])
    assert said in made.warnings
    assert "main line -->" not in made.page().lower()


# In a browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A small book in the real theme and styles."""
    long = CHAPTER.replace("*A promise.*", "*A promise.*\n\n" + "Text.\n\n" * 60) + "\n\nText." * 60
    pages = {"index.md": INDEX, "chapter.ipynb": long, "other.md": OTHER}
    made = build(
        tmp_path_factory.mktemp("book"),
        pages,
        ["learning.folded", "page.katex_math"],
        "sphinx_book_theme",
        html_css_files=["book.css"],
    )
    assert not made.warnings
    with serving(made.output) as served:
        yield served


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    opened = browser.new_context(viewport=PHONE).new_page()
    opened.wrong = []
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    yield opened
    opened.context.close()
    assert opened.wrong == []


def opened(page: Any) -> list[bool]:
    return page.evaluate("[...document.querySelectorAll('details.deeper')].map((fold) => fold.open)")


def test_everything_is_folded_at_first_and_one_button_opens_all(page: Any, address: str) -> None:
    page.goto(f"{address}chapter.html")
    assert opened(page) == [False, False]
    button = page.get_by_role("button", name="Unfold all 2 deeper parts")
    button.focus()
    page.keyboard.press("Enter")
    assert opened(page) == [True, True]
    folding = page.get_by_role("button", name="Fold all 2 deeper parts")
    expect(folding).to_be_focused()
    page.locator("details.deeper > summary").first.click()
    expect(button).to_be_visible()  # one is folded again, so there is something to unfold
    button.click()
    folding.click()
    assert opened(page) == [False, False]


@pytest.mark.parametrize("name", ["deeper-seed", "a-part", "equation-eq-inside"])
def test_a_link_from_another_page_opens_the_fold(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}other.html")
    page.locator(f"article a[href$='#{name}']").first.click()
    page.wait_for_url(f"**#{name}")
    expect(page.locator(f"[id='{name}']")).to_be_attached()
    page.wait_for_function("document.querySelector('details.deeper').open")
    assert opened(page) == [True, False]
    shown = page.locator("details.deeper > summary").first if name == "deeper-seed" else page.locator(f"[id='{name}']")
    expect(shown).to_be_in_viewport()


def test_a_link_on_the_page_opens_the_fold_as_often_as_it_is_clicked(page: Any, address: str) -> None:
    page.goto(f"{address}chapter.html")
    link, summary = page.locator("article a[href='#deeper-seed']"), page.locator("details.deeper > summary").first
    for _ in range(2):
        link.click()
        expect(summary).to_be_in_viewport()
        page.wait_for_function("document.querySelector('details.deeper').open")
        summary.click()
        assert opened(page) == [False, False]


def test_an_address_typed_by_hand_opens_the_fold(page: Any, address: str) -> None:
    page.goto(f"{address}chapter.html#deeper-the-proof")
    page.wait_for_function("document.querySelectorAll('details.deeper')[1].open")
    expect(page.get_by_text("Deeper: the proof", exact=True)).to_be_in_viewport()


def test_without_javascript_folds_fold_and_the_button_is_not_there(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapter.html")
    page.locator("details.deeper > summary").first.click()
    expect(page.get_by_text("First in the fold.")).to_be_visible()
    context.close()


def test_on_paper_everything_is_open(page: Any, address: str) -> None:
    page.goto(f"{address}chapter.html")
    page.emulate_media(media="print")
    expect(page.get_by_text("First in the fold.")).to_be_visible()
    expect(page.locator(".unfold-all")).to_be_hidden()
