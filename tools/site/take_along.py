"""What a reader can take along, offered on the first page as soon as it is there.

`make book` makes the flash cards; `make pdf`, `make epub` and `make offline` make what takes longer. All of it lies in
the folder of the site it was made from, so a new build has nothing older than itself, and offers what is there: no link
is ever dead or leads to an older book.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from rnn_utils.atomic import write_whole
from tools.places import SITE

NAME = "recurrent-neural-networks"
PDF, EPUB, ZIP, DECK = (f"{NAME}.{ending}" for ending in ("pdf", "epub", "zip", "apkg"))
TABLE = f"{NAME}-cards.csv"
FIRST = "book/index.html"
# By page, what may be offered there, in order.
OFFERED = {FIRST: (PDF, EPUB, DECK, ZIP), "book/interview.html": (DECK,)}
NOT_ZIPPED = {PDF, EPUB, ZIP}
PLACE = re.compile(r'(<div class="take-along">).*?(</div>)', re.DOTALL)
SAID = {
    PDF: "The whole book <a href='../{0}'>as a PDF</a> for paper or tablet: A4, {1:.1f} MB.",
    EPUB: "The whole book <a href='../{0}'>as an EPUB</a> for e-readers and phones, {1:.1f} MB.",
    DECK: "Flash cards: every quiz question, interview card and term of the book, by chapter, <a href='../{0}'>as a "
    f"deck for Anki</a>, {{1:.1f}} MB, or <a href='../{TABLE}'>as CSV</a> for other programs. Importing a later "
    "edition updates the cards and keeps what you have learned.",
    ZIP: "The whole site <a href='../{0}'>as a zip</a>, {1:.1f} MB: unpack it, run "
    "<code>python -m http.server</code> in its folder, and open <code>http://localhost:8000/</code>; any other "
    "static server does as well. Nothing in it asks the network. Opened as files, its pages "
    "can be read but run no code.",
}


class NoSiteError(Exception):
    """There is no built site to take along."""


class NoPlaceError(ValueError):
    """The first page has no place for what can be taken along."""


def built_site(folder: str | None = None) -> Path:
    """The built site: the folder that is named, else that of `make book`.

    Raises
    ------
    NoSiteError
        When there is none.

    """
    site = Path(folder or SITE).resolve()
    if not (site / FIRST).exists():
        raise NoSiteError(f"There is no built site in {site}: run `make book` first.")
    return site


def without_offers(page: str) -> str:
    """A page as it was built."""
    return PLACE.sub(r"\1\2", page)


def with_offers(page: str, site: Path, names: Iterable[str]) -> str:
    """A page that offers those of the named files that are there."""
    return PLACE.sub(lambda place: place[1] + "".join(offers(site, names)) + place[2], page)


def offer(site: Path) -> None:
    """Offer what is there, on the first page and where else it belongs.

    Raises
    ------
    NoPlaceError
        If the first page has no place for it.

    """
    for name, offered in OFFERED.items():
        page = site / name
        if name != FIRST and not page.exists():
            continue
        old = page.read_text("utf8")
        if name == FIRST and not PLACE.search(old):
            raise NoPlaceError(f'{page} has no <div class="take-along"></div>, the place for what can be taken along')
        new = with_offers(old, site, offered)
        if new != old:
            write_whole(page, new)


def offers(site: Path, names: Iterable[str]) -> list[str]:
    """A sentence for each of the named files that is there, with its size."""
    there = [(name, site / name) for name in names if (site / name).exists()]
    return [f"<p>{SAID[name].format(name, path.stat().st_size / 1e6)}</p>" for name, path in there]
