"""Every link of the built site leads somewhere: files exist, fragments name an element, pictures have written text."""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from ext_book import EXTENSIONS

LINKING = ("href", "src", "poster", "action", "cite", "xlink:href")
# Hosts that the book may name in a link; anything else has to be looked at and added by hand.
KNOWN_HOSTS_FILE = Path(__file__).with_name("known_hosts.txt")


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf8"), "html.parser")


@pytest.fixture(scope="module")
def parsed(site: Path, pages: list[str]) -> dict[str, BeautifulSoup]:
    return {page: read(site / page) for page in pages}


def addresses(soup: BeautifulSoup) -> Iterator[str]:
    """Everything that a page leads to or asks for."""
    for attribute in LINKING:
        yield from (element[attribute] for element in soup.find_all(attrs={attribute: True}))
    yield from (element["data"] for element in soup.find_all("object", data=True))
    for element in soup.find_all(srcset=True):
        yield from (part.split()[0] for part in element["srcset"].split(","))
    for element in soup.select("meta[http-equiv=refresh]"):
        yield element["content"].partition("url=")[2]


def broken_links(site: Path, parsed: dict[str, BeautifulSoup]) -> list[str]:
    """Links to files or fragments of this site that do not exist."""
    names = {
        page: {tag.get("id") for tag in soup.find_all(id=True)}
        | {a.get("name") for a in soup.find_all("a", attrs={"name": True})}
        for page, soup in parsed.items()
    }
    broken = []
    for page, soup in parsed.items():
        for link in set(addresses(soup)) - {"#", ""}:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            path = unquote(address.path)
            folder = site if path.startswith("/") else (site / page).parent
            target = (folder / path.lstrip("/")).resolve() if path else site / page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                broken.append(f"{page}: {link}: no such file")
            elif address.fragment and target.suffix == ".html":
                known = names.get(str(target.relative_to(site)))
                if known is not None and unquote(address.fragment) not in known:
                    broken.append(f"{page}: {link}: no such fragment")
    return broken


def missing_from_sheets(site: Path, sheets: set[Path]) -> list[str]:
    """What style sheets ask for and the site has not."""
    asked = [(sheet, url) for sheet in sheets for url in re.findall(r"url\(['\"]?([^'\")]+)", sheet.read_text("utf8"))]
    files = [(sheet, url) for sheet, url in asked if not url.startswith(("data:", "#"))]
    return [f"{sheet.name}: {url}" for sheet, url in files if not (sheet.parent / urlsplit(url).path).is_file()]


def test_links_and_fragments_resolve(site: Path, parsed: dict[str, BeautifulSoup]) -> None:
    broken = broken_links(site, parsed)
    assert not broken, "\n".join(sorted(set(broken)))


PLANTED = [
    '<a href="none.html">x</a>',
    '<a href="#none">x</a>',
    '<a href="other.html#none">x</a>',
    '<a href="OTHER.html">x</a>',
    '<a href="/none.html">x</a>',
    '<img src="none.png" alt="">',
    '<img src="there.png" srcset="there.png, none.png 2x" alt="">',
    '<picture><source srcset="none.png"></picture>',
    '<video poster="none.png"></video>',
    '<object data="none.svg"></object>',
    '<form action="none.html"></form>',
    '<svg><use href="#none"/></svg>',
    '<svg><use xlink:href="#none"/></svg>',
    '<script src="none.js"></script>',
    '<noscript><link rel="stylesheet" href="none.css"></noscript>',
    '<meta http-equiv="refresh" content="0; url=none.html">',
]


@pytest.mark.parametrize("planted", PLANTED)
def test_a_broken_link_is_noticed_and_nothing_else(tmp_path: Path, planted: str) -> None:
    for name in ("index.html", "other.html", "there.png"):
        (tmp_path / name).touch()
    sound = (
        '<p id="hé"><a href="#h%C3%A9">x</a><a href="other.html#a">x</a><a href=".">x</a><img src="there.png" alt="">'
    )
    parsed = {"index.html": sound + planted, "other.html": "<p id='a'>"}
    found = broken_links(tmp_path, {page: BeautifulSoup(text, "html.parser") for page, text in parsed.items()})
    assert len(found) == 1, found


def test_style_sheets_ask_for_what_is_there(site: Path, parsed: dict[str, BeautifulSoup], tmp_path: Path) -> None:
    linked = [(page, link["href"]) for page, soup in parsed.items() for link in soup.select("link[rel=stylesheet]")]
    sheets = {(site / page).parent / urlsplit(href).path for page, href in linked if not href.startswith("/")}
    sheets = {sheet.resolve() for sheet in sheets}
    assert sheets
    assert missing_from_sheets(site, sheets) == []
    planted = tmp_path / "planted.css"
    planted.write_text("p { background: url(data:,) } b { background: url('none.png?v=1') }", "utf8")
    assert missing_from_sheets(tmp_path, {planted}) == ["planted.css: none.png?v=1"]


def test_buttons_lead_to_the_repository_of_this_build_or_are_not_there(parsed: dict[str, BeautifulSoup]) -> None:
    assert str(EXTENSIONS) in sys.path
    repository = import_module("links.repository").find_repository(os.environ, ROOT)
    for page, soup in parsed.items():
        away = [a["href"] for a in soup.select(".article-header-buttons a[href^=http]")]
        if repository is None:
            assert away == [], page
        else:
            name = urlsplit(repository.url).path.strip("/")
            assert [link for link in away if name not in unquote(link)] == [], page


def test_links_leave_only_for_known_hosts(parsed: dict[str, BeautifulSoup]) -> None:
    known = set(KNOWN_HOSTS_FILE.read_text("utf8").split())
    met = {
        urlsplit(a["href"]).netloc: page
        for page, soup in parsed.items()
        for a in soup.find_all("a", href=re.compile("^https?:"))
    }
    unknown = {host: page for host, page in met.items() if host not in known}
    assert not unknown, f"look at these links, then add their hosts to {KNOWN_HOSTS_FILE.name}: {unknown}"


def test_every_picture_has_written_alternative_text(parsed: dict[str, BeautifulSoup]) -> None:
    wrong = []
    for page, soup in parsed.items():
        for picture in soup.select("article img"):
            text = picture.get("alt", "")
            if len(text) < 15 or re.search(r"\.(svg|png|jpe?g)$|_images/", text):
                wrong.append(f"{page}: {picture.get('src')}: alt={text!r}")
    assert not wrong, "\n".join(wrong)


def test_no_mathematics_is_left_raw(parsed: dict[str, BeautifulSoup]) -> None:
    raw = []
    for page, soup in parsed.items():
        raw += [f"{page}: {bad.get_text()[:80]}" for bad in soup.select(".katex-error, .math:not(:has(.katex))")]
        for hidden in soup.select("script, style, pre, code, .math"):
            hidden.extract()
        article = soup.select_one("article")
        raw += [
            f"{page}: {tex}"
            for tex in re.findall(r"\\(?:frac|sum|mathrm|begin)\b.{0,40}", article.get_text() if article else "")
        ]
    assert not raw, "\n".join(raw)
