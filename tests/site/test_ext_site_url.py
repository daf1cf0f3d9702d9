"""What needs the site's address is there when it is known, and absent, not invented, when it is not."""

from pathlib import Path

import pytest
from ext_book import Book, build
from links.site_url import find_site_url

PAGES = {
    "index.md": "# Book\n\nFirst words of the book.\n\n```{toctree}\nother\n```\n",
    "other.md": "# Other\n\nText.\n",
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SITE_URL", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "READTHEDOCS_CANONICAL_URL"):
        monkeypatch.delenv(name, raising=False)


def book(folder: Path) -> Book:
    return build(folder, PAGES, ["sphinx_book_theme", "links.site_url"], theme="sphinx_book_theme")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"SITE_URL": "https://rnn.example.org"}, "https://rnn.example.org/"),
        ({"SITE_URL": "https://rnn.example.org/book/", "GITHUB_REPOSITORY": "a/b"}, "https://rnn.example.org/book/"),
        ({"GITHUB_REPOSITORY": "Ann/rnn-book"}, "https://ann.github.io/rnn-book/"),
        ({"GITHUB_REPOSITORY": "Ann/ann.github.io"}, "https://ann.github.io/"),
        ({"GITHUB_REPOSITORY": "ann/b", "GITHUB_SERVER_URL": "https://git.example.org"}, None),
    ],
)
def test_address(environ: dict[str, str], expected: str | None) -> None:
    assert find_site_url(environ) == expected


@pytest.mark.parametrize("wrong", ["rnn.example.org", "ftp://rnn.example.org", "https://", "https://a.org/?x=1"])
def test_an_address_with_a_typing_error_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="SITE_URL is"):
        find_site_url({"SITE_URL": wrong})


def test_known_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://rnn.example.org/book")
    built = book(tmp_path)
    assert not built.warnings
    page = built.page("other")
    assert '<link rel="canonical" href="https://rnn.example.org/book/other.html" />' in page
    assert '<meta property="og:url" content="https://rnn.example.org/book/other.html" />' in page
    assert '<meta property="og:site_name" content="A book" />' in page
    sitemap = (built.output / "sitemap.xml").read_text()
    assert "<loc>https://rnn.example.org/book/other.html</loc>" in sitemap
    assert "404" not in sitemap
    assert "search" not in sitemap
    assert 'href="/book/other.html"' in built.page("404")


def test_unknown_address(tmp_path: Path) -> None:
    built = book(tmp_path)
    assert not built.warnings
    assert "canonical" not in built.page("other")
    assert "og:" not in built.page("other")
    assert not (built.output / "sitemap.xml").exists()
    assert 'href="/other.html"' in built.page("404")
    assert "Page not found" in built.page("404")
