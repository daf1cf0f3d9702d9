"""Write the cards: a deck for Anki, and the same as CSV, which Anki and other programs import."""

import csv
import hashlib
import io
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import genanki

from tools.cards.collect import INTERVIEW, QUIZ, TERMS, Card

BOOK = "Recurrent Neural Networks"
FIELDS = ("Front", "Back", "Chapter")
STYLE = """
.card { max-width: 40em; margin: 1em auto; padding: 0 1em; font: 20px/1.5 system-ui, sans-serif; text-align: left; }
li { margin: .4em 0; }
code, pre { font-size: .9em; }
pre { overflow-x: auto; }
td, th { padding: .1em .6em; }
.chapter { margin-top: 1.5em; font-size: .7em; opacity: .7; }
"""
TEMPLATE = {
    "name": "Card",
    "qfmt": "{{Front}}",
    "afmt": '{{FrontSide}}<hr id="answer">{{Back}}<div class="chapter">{{Chapter}}</div>',
}
NO_TIME = (1980, 1, 1, 0, 0, 0)


class SameCardError(ValueError):
    """Two cards ask the same: an import would keep one of them."""


def known_as(card: Card) -> str:
    """By what Anki knows a card again, so that importing a new edition updates it and keeps what was learned."""
    return hashlib.sha256("\n".join([BOOK, card.kind, card.name]).encode()).hexdigest()[:20]


def number(name: str) -> int:
    """A number by which Anki knows a deck or a kind of card again."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") + 2**31


def tags(card: Card) -> list[str]:
    """The chapter as a tag, below one for the book."""
    return [f"rnn::{card.chapter}"] if card.chapter else ["rnn"]


def check(cards: list[Card]) -> None:
    """See that every card is known by a name of its own.

    Raises
    ------
    SameCardError
        When two are not.

    """
    times = Counter((card.kind, card.name) for card in cards)
    if twice := [f"{name!r} ({kind})" for (kind, name), count in times.items() if count > 1]:
        raise SameCardError(f"two flash cards ask the same: {', '.join(twice)}")


def as_deck(cards: list[Card], titles: dict[str, str], changed: int) -> bytes:
    """The deck as Anki reads it; the same cards give the same bytes.

    Parameters
    ----------
    cards : list of Card
        All cards.
    titles : dict of str to str
        Titles of the chapters by file name.
    changed : int
        When the book was last changed, in seconds since 1970: Anki takes over what is newer than what it has.

    """
    check(cards)
    model = genanki.Model(
        number(BOOK), BOOK, fields=[{"name": name} for name in FIELDS], templates=[TEMPLATE], css=STYLE
    )
    decks = {}
    for kind in (QUIZ, INTERVIEW, TERMS):
        name = f"{BOOK}::{kind}"
        decks[kind] = genanki.Deck(number(name), name)
    for place, card in enumerate(cards):  # new cards come in this order
        fields = [card.front, card.back, titles.get(card.chapter, "")]
        decks[card.kind].add_note(genanki.Note(model, fields, tags=tags(card), guid=known_as(card), due=place))
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "deck.apkg"
        genanki.Package(list(decks.values())).write_to_file(written, timestamp=changed)
        return packed(written)


def packed(package: Path) -> bytes:
    """A package with the time left out that its files were made at, and pressed together."""
    whole = io.BytesIO()
    with zipfile.ZipFile(package) as loose, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as tight:
        for name in loose.namelist():
            member = zipfile.ZipInfo(name, NO_TIME)
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            tight.writestr(member, loose.read(name), compresslevel=9)
    return whole.getvalue()


def as_csv(cards: list[Card], titles: dict[str, str]) -> str:
    """The cards as a table; the first lines tell Anki what the columns are."""
    check(cards)
    columns = ("Known as", "Deck", *FIELDS, "Tags")
    table = io.StringIO()
    table.write("#separator:Comma\n#html:true\n#guid column:1\n#deck column:2\n#tags column:6\n")
    table.write(f"#columns:{','.join(columns)}\n")
    lines = csv.writer(table, lineterminator="\n")
    for card in cards:
        parts = card.front, card.back, titles.get(card.chapter, "")
        lines.writerow([known_as(card), f"{BOOK}::{card.kind}", *parts, " ".join(tags(card))])
    return table.getvalue()
