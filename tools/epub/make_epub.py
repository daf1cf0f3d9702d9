"""The whole book as an EPUB beside the built site: `make epub`.

``python -m tools.epub.make_epub FOLDER`` makes it of the site in another folder.
"""

import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import yaml

from rnn_utils.atomic import write_whole
from tools import edition
from tools.epub import formulas
from tools.epub.cover import cover
from tools.epub.documents import NoSuchPictureError, documents
from tools.epub.package import Work, packed
from tools.places import ROOT
from tools.site.take_along import EPUB, NoSiteError, built_site, offer


def described(title: str) -> Work:
    """What is said of the book: by CITATION.cff, where there is one."""
    citation, changed = ROOT / "CITATION.cff", edition.time_of(ROOT)
    says = yaml.safe_load(citation.read_text("utf8")) if citation.exists() else {}
    book = says | says.get("preferred-citation", {})
    authors = [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in book.get("authors", [])]
    year = str(book.get("year", datetime.fromtimestamp(changed, UTC).year))
    return Work(title, authors, " ".join(book.get("abstract", title).split()), year, changed)


def make(site: Path) -> bytes:
    """The EPUB of a site."""
    drawn = formulas.Pictures()
    pages, images = documents(site, drawn)
    work = described(pages[0].title)
    signs = ("".join(math.get_text() for math in page.body.find_all("math")) for page in pages)
    files = {**images, **drawn.files(), formulas.FONT: formulas.font(signs)}
    return packed(work, pages, files, cover(work.title, ", ".join(work.authors)))


def main(folder: str | None = None) -> None:
    """Make the EPUB unless it is there, and offer it on the site."""
    start = time.perf_counter()
    gc.disable()  # as for the PDF: millions of small objects that stay to the end
    try:
        site = built_site(folder)
        if not (site / EPUB).exists():
            print("==> making the EPUB", flush=True)
            write_whole(site / EPUB, make(site))
    except (NoSiteError, formulas.NoPictureError, NoSuchPictureError, edition.BadTimeError) as error:
        sys.exit(str(error))
    offer(site)
    size, seconds = (site / EPUB).stat().st_size / 1e6, time.perf_counter() - start
    print(f"==> {size:.1f} MB at {site / EPUB}  ({seconds:.1f} s); the first page of the site offers it")


if __name__ == "__main__":
    main(*sys.argv[1:2])
