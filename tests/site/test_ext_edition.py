"""Every page tells its edition, number and date, and leads to what has changed."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from ext_book import ROOT, Book, build
from links.edition import written_out

CFF = "title: Nets\nversion: 3.1.4\ndate-released: 2027-02-09\nauthors: [{name: The authors}]\n"
PAGES = {"index.md": "# Book\n\n```{toctree}\none\nchanges\n```\n", "one.md": "# One\n", "changes.md": "# Changes\n"}


def book(folder: Path, monkeypatch: pytest.MonkeyPatch, cff: str = CFF, **pages: str) -> Book:
    monkeypatch.setenv("BOOK_ROOT", str(folder))
    (folder / "CITATION.cff").write_text(cff)
    return build(folder, PAGES | pages, ["sphinx_book_theme", "links.edition"], "sphinx_book_theme")


def test_every_page_tells_it_at_its_foot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, monkeypatch)
    assert not built.warnings
    for page in ("index", "one", "genindex"):
        told = re.search(r'<p class="edition">(.*?)</p>', built.page(page), re.S)
        assert told, page
        assert " ".join(told[1].split()) == (
            'Edition 3.1.4, 9 February 2027 · <a href="changes.html">What has changed</a>'
        )


def test_without_a_date_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, monkeypatch, CFF.replace("date-released: 2027-02-09\n", ""))
    assert 'class="edition"' not in built.page("one")


def test_dates_read_the_same_in_every_language_of_a_machine() -> None:
    assert [written_out(date(2026, month, 30)).split()[1][:3] for month in (3, 5, 12)] == ["Mar", "May", "Dec"]


def test_the_newest_edition_is_the_one_that_pages_tell() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    editions = re.findall(r"^## \[(.+?)\](?: - (\S+))?$", (ROOT / "CHANGELOG.md").read_text("utf8"), re.MULTILINE)
    numbered = [(number, day) for number, day in editions if number != "Unreleased"]
    assert numbered[0] == (cited["version"], cited["date-released"].isoformat())
    assert [day for _, day in numbered] == sorted((day for _, day in numbered), reverse=True)
