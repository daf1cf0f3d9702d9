"""What reference managers, search engines and previews read is there, right, and no script."""

import json
import re
from pathlib import Path

import pytest
from ext_book import Book, build
from PIL import Image

CFF = """title: Nets & more
version: 0.2.0
authors: [{name: The authors}]
preferred-citation:
  title: Nets & more, the book
  year: 2026
  authors: [{name: The authors}, {given-names: Ada, family-names: Byron}]
"""
PAGES = {"index.md": "# Book\n\nWords.\n\n```{toctree}\none\n```\n", "one.md": "# One <b>\n\nText.\n"}


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, address: str = "") -> Book:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.setenv("SITE_URL", address)
    monkeypatch.setenv("BOOK_ROOT", str(folder))
    (folder / "CITATION.cff").write_text(CFF)
    return build(folder, PAGES, ["sphinx_book_theme", "links.site_url", "links.quotable"], "sphinx_book_theme")


def read(page: str, field: str) -> list[str]:
    return re.findall(rf'<meta (?:name|property)="{field}" content="([^"]*)"', page)


def test_a_page_names_title_authors_and_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = made(tmp_path, monkeypatch)
    assert not built.warnings
    page = built.page("one")
    assert read(page, "citation_author") == ["The authors", "Ada Byron"]
    assert read(page, "citation_inbook_title") == ["Nets &amp; more, the book"]
    assert read(page, "citation_publication_date") == ["2026"]
    assert read(built.page(), "citation_title") == ["Nets &amp; more, the book"]
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1])
    assert data["@type"] == "Chapter"
    assert data["isPartOf"]["name"] == "Nets & more, the book"
    assert [author["@type"] for author in data["author"]] == ["Organization", "Person"]
    assert "url" not in data, "no address is known"
    assert "citation_public_url" not in page
    assert "og:image" not in page


def test_an_address_adds_links_and_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = made(tmp_path, monkeypatch, "https://rnn.example.org/book")
    page = built.page("one")
    assert read(page, "citation_public_url") == ["https://rnn.example.org/book/one.html"]
    assert read(page, "og:image") == ["https://rnn.example.org/book/_static/card.png"]
    assert read(page, "twitter:card") == ["summary_large_image"]
    with Image.open(built.output / "_static/card.png") as picture:
        assert picture.size == (1200, 630)
    assert (built.output / "_static/card.png").stat().st_size < 100_000
