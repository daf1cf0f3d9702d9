"""What has moved is found at its old address: anchors, and whole pages; a line that leads nowhere is a warning."""

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ext_book import ROOT, Book, build

from tools.site.permalinks import add, listed, lost
from tools.site.serve import serving

PAGES = {
    "index.md": "# Book\n\n```{toctree}\nnew\nother\n```\n",
    "new.md": "# New\n\n(eq)=\n## A section\n\nWords.\n",
    "other.md": "# Other\n\n```{glossary}\nLoop\n  It goes on.\n```\n",
}
MOVED = """new.html#old: new.html#a-section
new.html#gone: other.html#term-Loop
other.html#circle: other.html#term-Loop
old.html: new.html
old.html#part: other.html#term-Loop
"""


def book(folder: Path, moved: str = MOVED, **pages: str) -> Book:
    (folder / "source").mkdir(parents=True, exist_ok=True)
    (folder / "source/redirects.yml").write_text(moved)
    return build(folder, PAGES | pages, ["sphinx_book_theme", "links.redirects"], "sphinx_book_theme")


def element(built: Book, page: str, name: str) -> Any:
    return BeautifulSoup(built.page(page), "html.parser").select_one(f"[id='{name}']")


def test_old_anchors_are_where_their_text_is_now(tmp_path: Path) -> None:
    built = book(tmp_path)
    assert not built.warnings
    assert element(built, "new", "old").parent["id"] == "a-section"
    assert element(built, "other", "circle").parent["id"] == "term-Loop"
    moved = element(built, "new", "gone")
    assert moved.get_text() == "What stood here has moved to Other."
    assert moved.a["href"] == "other.html#term-Loop"


def test_an_old_page_leads_on_also_to_a_place(tmp_path: Path, browser: Any) -> None:
    built = book(tmp_path)
    assert 'url=new.html"' in built.page("old")
    with serving(built.output) as address:
        page = browser.new_page()
        for old, new in (
            ("old.html", "new.html"),
            ("old.html#part", "other.html#term-Loop"),
            ("old.html#x", "new.html"),
        ):
            page.goto("about:blank")
            page.goto(address + old)
            page.wait_for_url(address + new)
        page.close()
        without = browser.new_context(java_script_enabled=False)
        page = without.new_page()
        page.goto(address + "old.html")
        page.wait_for_url(address + "new.html")
        without.close()


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ("- new.html", "it holds a list"),
        ("new.html#old: https://example.org", "is no pair of addresses"),
        ("new.html#old: none.html", "a page that is not there"),
        ("new.html#old: new.html#none", "new.html#none, which is not there"),
        ("new.html: other.html", "is there: it cannot lead elsewhere"),
        ("old.html#part: new.html", "old.html is gone: say where the page itself leads"),
    ],
)
def test_a_line_that_leads_nowhere_is_a_warning(tmp_path: Path, moved: str, said: str) -> None:
    assert said in book(tmp_path, moved).warnings


def site_of(built: Book, folder: Path) -> Path:
    """The built pages, where the book has them."""
    (folder / "site").mkdir()
    (folder / "site/book").symlink_to(built.output)
    return folder / "site"


def test_a_lost_address_is_noticed_until_it_is_redirected(tmp_path: Path) -> None:
    known = tmp_path / "permalinks.txt"
    site = site_of(book(tmp_path / "before", ""), tmp_path / "before")
    assert add(site, known) > 5
    assert {"book/new.html", "book/new.html#a-section", "book/new.html#eq", "book/other.html#term-Loop"} <= set(
        listed(known)
    )
    assert add(site, known) == 0
    assert lost(site, known) == []

    pages = {"new.md": PAGES["new.md"].replace("A section", "Another"), "index.md": PAGES["index.md"]}
    planted = book(tmp_path / "planted", "", **pages)
    assert lost(site_of(planted, tmp_path / "planted"), known) == ["book/new.html#a-section"]
    mended = book(tmp_path / "mended", "new.html#a-section: new.html#another", **pages)
    site = site_of(mended, tmp_path / "mended")
    assert lost(site, known) == []
    assert add(site, known) == 1
    assert "book/new.html#a-section" in listed(known), "nothing is taken off"


def test_every_address_of_the_book_that_was_given_leads_somewhere(site: Path) -> None:
    assert len(listed()) > 1000
    assert lost(site) == [], "say in book/redirects.yml where these lead now"


def test_every_chapter_has_its_addresses_on_the_list() -> None:
    pages = {line.partition("#")[0] for line in listed()}
    there = {f"book/{path.stem}.html" for path in (ROOT / "book").glob("[0-9]*.ipynb")}
    assert there <= pages, "`make permalinks` adds what is new"
