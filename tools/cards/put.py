"""Put the flash cards beside a built site: a part of `make book`."""

from pathlib import Path

from rnn_utils.atomic import write_whole
from tools import edition
from tools.cards.collect import cards
from tools.cards.write import as_csv, as_deck
from tools.site.take_along import DECK, TABLE
from tools.site.take_notebooks import what_references_say


def put(site: Path, root: Path, pages: list[Path]) -> None:
    """Write the deck and the table, unless the book has nothing to ask.

    Parameters
    ----------
    site : Path
        The built site.
    root : Path
        The checkout.
    pages : list of Path
        The chapters in the order of the contents.

    Raises
    ------
    SameCardError
        When two cards are known by one name.

    """
    book = root / "book"
    names = what_references_say(site, book)
    made = cards(pages, names, book)
    if made:
        write_whole(site / DECK, as_deck(made, names.titles, edition.time_of(root)))
        write_whole(site / TABLE, as_csv(made, names.titles).encode())
