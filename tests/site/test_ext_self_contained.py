"""Pages ask nobody but the site, load each script once and deferred, and leave the theme's dead weight out."""

import re
from pathlib import Path

import pytest
from ext_book import Book, build

FRAME = ["sphinx_copybutton", "sphinx_book_theme", "weight.self_contained"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    pages = {"index.md": "# Book\n\n## A part\n\nText.\n"}
    return build(tmp_path_factory.mktemp("book"), pages, FRAME, theme="sphinx_book_theme")


def scripts(page: str) -> list[str]:
    return re.findall(r"<script[^>]*>", page)


@pytest.mark.parametrize("name", ["index", "search", "genindex"])
def test_every_script_is_the_sites_own_deferred_and_loaded_once(book: Book, name: str) -> None:
    sources = [re.search(r'src="([^"?]*)', tag)[1] for tag in scripts(book.page(name)) if "src=" in tag]
    assert len(sources) == len(set(sources)) > 5
    for tag in scripts(book.page(name)):
        assert "src=" in tag, "inline, which the page's policy forbids"
        assert "defer" in tag or "module" in tag or "colours.js" in tag, tag
    for source in sources:
        assert (book.output / source).is_file(), source


@pytest.mark.parametrize("name", ["index", "search", "genindex"])
def test_nothing_is_asked_of_another_host(book: Book, name: str) -> None:
    asked = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:)?//[^"]*"', book.page(name))
    assert not asked
    assert not book.warnings


def test_dead_weight_is_left_out(book: Book) -> None:
    page = book.page()
    assert "fontawesome.js" not in page
    assert "searchindex.js" not in page
    assert "DOCUMENTATION_OPTIONS" not in page
    assert "bootstrap.js" not in page
    assert not [*book.output.rglob("fontawesome.js*"), *book.output.rglob("bootstrap.js*")]
    assert not list(book.output.rglob("*.map"))


def test_the_search_page_has_its_index_after_the_scripts_that_it_needs(book: Book) -> None:
    order = [book.page("search").index(name) for name in ("doctools.js", "searchtools.js", "searchindex.js")]
    assert order == sorted(order)


def test_page_is_light_without_javascript_and_follows_the_reader_with_it(book: Book) -> None:
    assert 'data-theme="light"' in book.page()
    page = book.page()
    assert page.index("_static/colours.js") < page.index('rel="stylesheet"'), "chosen before anything is painted"
    assert "prefers-color-scheme: dark" in (book.output / "_static/colours.js").read_text("utf8")
    assert '<noscript><link rel="stylesheet" href="_static/no-script.css"' in book.page()


def test_a_style_sheet_of_another_host_is_a_warning(tmp_path: Path) -> None:
    pages = {"index.md": "# Book\n"}
    foreign = [("https://cdn.example.org/x.css", {})]
    built = build(tmp_path, pages, ["weight.self_contained"], html_css_files=foreign)
    assert "index asks another host for https://cdn.example.org/x.css" in built.warnings
