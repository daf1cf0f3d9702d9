"""The frame around a page: landmarks, icons, description, citation and the page at the site's address."""

import json
import re
from pathlib import Path

import pytest
from ext_book import Book, build, notebook
from fontTools.ttLib import TTFont

TABLE = "<table class='dataframe'><tr><th></th><th>a</th></tr><tr><th>0</th><td>1</td></tr></table>"
CFF = """title: Nets
version: 0.2.0
authors: [{name: The authors}]
preferred-citation:
  title: Nets, the book
  year: 2026
  authors: [{name: The authors}, {given-names: Ada, family-names: Byron}]
"""
THEME = "sphinx_book_theme"
LOCAL = [
    "page.katex_math",
    "weight.self_contained",
    "page.theme_accessibility",
    "links.page_description",
    "links.entrance",
    "links.quotable",
    "weight.style_subset",
    "weight.font_subset",
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("book")
    source = folder / "source"
    (source / "book").mkdir(parents=True)
    chapter = notebook("# Chapter\n\n*What it shows, in <one> line.*\n\nMore $\\sum_t x_t$.\n%%%\ncode\ndf")
    chapter["cells"][1]["outputs"] = [
        {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": TABLE}}
    ]
    chapter["cells"][1]["metadata"] = {"tags": ["hide-input"]}
    (source / "book/chapter.ipynb").write_text(json.dumps(chapter))
    (source / "CITATION.cff").write_text(CFF)
    (source / "refs.bib").write_text("@book{a, author={A. B.}, title={C}, publisher={D}, year=1990}")
    pages = {
        "book/start.md": "# Start\n\n" + "Long words " * 30 + "\n\n```{toctree}\nchapter\n```\n\n"
        "```{cite-this}\n```\n\n{cite:p}`a`\n\n```{bibliography}\n```\n",
    }
    extensions = ["sphinxcontrib.bibtex", "page.bibliography_codec", "sphinx_book_theme", *LOCAL]
    return build(folder, pages, extensions, THEME, root_doc="book/start", bibtex_bibfiles=["refs.bib"])


def test_sidebar_is_a_landmark(book: Book) -> None:
    assert not book.warnings
    page = book.page("book/chapter")
    menu = page[
        page.index('<aside class="book-menu" aria-label="Book">') : page.index("</aside>", page.index("book-menu"))
    ]
    assert "navbar-brand" in menu
    assert "search-button" in menu


def test_search_button_is_named_by_what_it_shows(book: Book) -> None:
    button = re.search(r"<button[^>]*search-button-field[^>]*>.*?</button>", book.page("book/start"), re.S)[0]
    assert "aria-label" not in button
    assert "title=" not in button
    assert re.sub(r"<[^>]+>|\s+", " ", button).split() == ["Search", "Ctrl", "+", "K"]


def test_corner_of_a_table_is_no_header(book: Book) -> None:
    page = book.article("book/chapter")
    assert "<td></td><th>a</th>" in page
    assert "<th></th>" not in page


def test_folded_cell_is_named_by_its_own_words(book: Book) -> None:
    title = re.search(r'<details class="hide above-input">\s*<summary>(.*?)</summary>', book.article("book/chapter"))[1]
    assert re.findall(r"<span class=\"(\w+)\">([^<]*)", title) == [
        ("collapsed", "Show code cell source"),
        ("expanded", "Hide code cell source"),
    ]


def test_entries_of_the_bibliography_are_items_of_a_list(book: Book) -> None:
    page = book.article("book/start")
    assert re.search(
        r'<div role="list" class="citation-list">\s*<div class="citation" id="[^"]+" role="listitem">', page
    )
    assert "doc-biblioentry" not in page


def test_description_is_the_first_paragraph(book: Book) -> None:
    assert '<meta name="description" content="What it shows, in &lt;one&gt; line." />' in book.page("book/chapter")
    long = re.search(r'name="description" content="([^"]*)"', book.page("book/start"))[1]
    assert long.endswith(("words…", "Long…")), "cut at the end of a word"
    assert len(long) <= 160


def test_the_address_itself_has_a_page(book: Book) -> None:
    page = book.page("index")
    assert page.startswith("<!DOCTYPE html>")
    assert '<a href="book/start.html">' in page
    assert 'content="0; url=book/start.html"' in page
    assert "<title>A book</title>" in page


def test_citation_is_made_from_the_file(book: Book) -> None:
    page = re.sub(r"<[^>]+>", "", book.article("book/start"))
    assert "The authors, Ada Byron (2026). Nets, the book, version 0.2.0." in page
    assert "author = {{The authors} and Ada Byron}" in page
    assert "url =" not in page, "no address is known"


def test_citation_names_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://rnn.example.org")
    (tmp_path / "CITATION.cff").write_text(CFF)
    monkeypatch.setenv("BOOK_ROOT", str(tmp_path))
    built = build(tmp_path, {"index.md": "# Book\n\n```{cite-this}\n```\n"}, ["links.site_url", "links.quotable"])
    assert "url = {https://rnn.example.org/}" in re.sub(r"<[^>]+>", "", built.article())


def test_icons_that_pages_show_are_kept_and_no_others(book: Book) -> None:
    styles = (book.output / "_static/styles/pydata-sphinx-theme.css").read_text("utf8")
    for shown in ("fa-magnifying-glass", "fa-bars", "fa-circle-half-stroke", "fa-download"):
        assert re.search(rf"\.{shown}:{{1,2}}before", styles), shown
    assert "fa-hippo" not in styles
    fonts = sorted((book.output / "_static/vendor/fontawesome/webfonts").iterdir())
    assert [font.name for font in fonts] == [f"fa-{name}.woff" for name in ("brands-400", "regular-400", "solid-900")]
    assert sum(font.stat().st_size for font in fonts) < 12_000
    assert 0xF002 in TTFont(fonts[-1]).getBestCmap(), "the magnifying glass"
    assert set(re.findall(r"webfonts/(fa-[\w.-]+)", styles)) == {font.name for font in fonts}


def test_fonts_of_formulas_keep_the_characters_that_are_shown(book: Book) -> None:
    fonts = book.output / "_static/katex/fonts"
    assert max(font.stat().st_size for font in fonts.iterdir()) < 4_000
    letters = TTFont(fonts / "KaTeX_Math-Italic.woff").getBestCmap()
    assert set("xt") <= set(map(chr, letters)), "the letters of the formula"
    assert ord("q") not in letters, "a letter that is in the text alone"
    assert ord("∑") in TTFont(fonts / "KaTeX_Size1-Regular.woff").getBestCmap()


def test_building_again_over_a_cut_site_says_nothing(book: Book) -> None:
    again = book.rebuild(**{"book/start": "# Start\n\nShort.\n\n```{toctree}\nchapter\n```\n"})
    assert not again.warnings
    assert len(list((again.output / "_static/vendor/fontawesome/webfonts").iterdir())) == 3
