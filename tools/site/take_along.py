"""What a reader can take along, offered on the first page as soon as it is there: `make pdf` and `make offline`.

Both lie in the folder of the site they were made from, so a new build has neither, and offers neither, until they are
made again: no link is ever dead or leads to an older book.
"""

import re
from pathlib import Path

from rnn_utils.atomic import write_whole
from tools.places import SITE

NAME = "recurrent-neural-networks"
PDF, ZIP = f"{NAME}.pdf", f"{NAME}.zip"
FIRST = "book/index.html"
PLACE = re.compile(r'(<div class="take-along">).*?(</div>)', re.DOTALL)


class NoSiteError(Exception):
    """There is no built site to take along."""


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
    """The first page as it was built."""
    return PLACE.sub(r"\1\2", page)


def offer(site: Path) -> None:
    """Offer on the first page what is there."""
    page = site / FIRST
    old = page.read_text("utf8")
    new = PLACE.sub(lambda place: place[1] + "".join(offers(site)) + place[2], old)
    if not PLACE.search(old):
        raise ValueError(f'{page} has no <div class="take-along"></div>, the place for what can be taken along')
    if new != old:
        write_whole(page, new)


def offers(site: Path) -> list[str]:
    """A sentence for each thing that is there, with its size."""
    said = {
        PDF: "The whole book <a href='../{0}'>as a PDF</a> for paper or tablet: A4, {1:.1f} MB.",
        ZIP: "The whole site <a href='../{0}'>as a zip</a>, {1:.1f} MB: unpack it, run "
        "<code>python -m http.server</code> in its folder, and open <code>http://localhost:8000/</code>; any other "
        "static server does as well. Nothing in it asks the network. Opened as files, its pages "
        "can be read but run no code.",
    }
    there = [(name, site / name) for name in said if (site / name).exists()]
    return [f"<p>{said[name].format(name, path.stat().st_size / 1e6)}</p>" for name, path in there]
