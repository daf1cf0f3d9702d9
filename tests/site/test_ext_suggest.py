"""A heading leads to an issue that is begun, where a repository is known, and nowhere otherwise."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from ext_book import Book, build

PAGES = {
    "index.md": "# Book\n\n```{toctree}\n:numbered:\n03_nets\nlab_more\n```\n\n```{toctree}\nnotes\n```\n",
    "03_nets.md": "# Nets\n\nWords.\n\n## Loops & *cells*\n\nMore.\n\n### A part\n\n## Loops & *cells*\n",
    "lab_more.md": "# More\n\n## Try it\n",
    "notes.md": '# Some "notes"\n\n## One\n',
}


def book(folder: Path, monkeypatch: pytest.MonkeyPatch, repository: str, site: str = "") -> Book:
    for name in ("REPO_BRANCH", "GITHUB_REPOSITORY", "GITHUB_REF_NAME", "GITHUB_HEAD_REF", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REPO_URL", repository)
    monkeypatch.setenv("SITE_URL", site)
    monkeypatch.setenv("BOOK_ROOT", str(folder))
    (folder / "CITATION.cff").write_text("title: Nets\nversion: 3.1.4\nauthors: [{name: The authors}]\n")
    extensions = ["page.chapter_numbers", "links.repo_links", "links.site_url", "links.suggest"]
    return build(folder, PAGES, ["sphinx_book_theme", *extensions], "sphinx_book_theme")


def begun(built: Book, page: str) -> list[tuple[str, str, str]]:
    """Text of the heading, title and body of the issue, for every heading of a page that has a link."""
    found = []
    for link in BeautifulSoup(built.article(page), "html.parser").select("a.suggest"):
        said = parse_qs(urlsplit(link["href"]).query)
        assert link["title"] == "Suggest a change to this section"
        assert link["href"].startswith("https://github.com/ann/nets/issues/new?")
        found.append((link.parent.get_text().rstrip("#"), said["title"][0], said["body"][0]))
    return found


def test_the_issue_names_chapter_section_place_and_edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, monkeypatch, "https://github.com/ann/nets", "https://nets.example.org/")
    assert not built.warnings
    first, part, again = begun(built, "03_nets")
    place = "https://nets.example.org/03_nets.html#loops-cells"
    assert first == ("3.1. Loops & cells", "Chapter 3: Loops & cells", f"{place}\nEdition 3.1.4\n\n")
    assert part[1] == "Chapter 3: A part"
    assert again[2] != first[2], "two sections of one name have two places"
    assert begun(built, "lab_more")[0][1] == "Lab A: Try it"
    assert begun(built, "notes")[0][1].endswith("notes”: One")


def test_without_an_address_the_page_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, monkeypatch, "https://github.com/ann/nets")
    assert begun(built, "03_nets")[1][2].startswith("03_nets.html#a-part\n")


def test_without_a_repository_there_is_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, monkeypatch, "")
    assert "suggest" not in built.page("03_nets")
