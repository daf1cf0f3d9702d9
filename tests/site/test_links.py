"""Every link of the built site leads somewhere: files exist, fragments name an element, pictures have written text."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

LINKED = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src"}
# Hosts that the book may name in a link; anything else has to be looked at and added by hand.
KNOWN_HOSTS_FILE = Path(__file__).with_name("known_hosts.txt")


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf8"), "html.parser")


@pytest.fixture(scope="module")
def parsed(site: Path, pages: list[str]) -> dict[str, BeautifulSoup]:
    return {page: read(site / page) for page in pages}


def broken_links(site: Path, parsed: dict[str, BeautifulSoup]) -> list[str]:
    """Links to files or fragments of this site that do not exist."""
    names = {
        page: {tag.get("id") for tag in soup.find_all(id=True)}
        | {a.get("name") for a in soup.find_all("a", attrs={"name": True})}
        for page, soup in parsed.items()
    }
    broken = []
    for page, soup in parsed.items():
        for tag, attribute in LINKED.items():
            for element in soup.find_all(tag, attrs={attribute: True}):
                address = urlsplit(element[attribute])
                if address.scheme or address.netloc or element[attribute] in ("#", ""):
                    continue
                path = unquote(address.path)
                target = (
                    (site / path[1:] if path.startswith("/") else (site / page).parent / path).resolve()
                    if path
                    else site / page
                )
                target = target / "index.html" if target.is_dir() else target
                if not target.is_file():
                    broken.append(f"{page}: {element[attribute]}: no such file")
                elif address.fragment and target.suffix == ".html":
                    known = names.get(str(target.relative_to(site)))
                    if known is not None and unquote(address.fragment) not in known:
                        broken.append(f"{page}: {element[attribute]}: no such fragment")
    return broken


def test_links_and_fragments_resolve(site: Path, parsed: dict[str, BeautifulSoup]) -> None:
    broken = broken_links(site, parsed)
    assert not broken, "\n".join(sorted(set(broken)))


def test_broken_links_are_noticed(site: Path) -> None:
    soup = BeautifulSoup(
        "<a href='nowhere.html'>x</a><a href='#nothing'>y</a><p id='here'><a href='#here'>z</a>", "html.parser"
    )
    assert len(broken_links(site, {"index.html": soup})) == 2


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
