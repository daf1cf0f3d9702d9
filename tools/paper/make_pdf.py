"""The whole book as one tagged A4 PDF beside the built site: `make pdf`.

``python -m tools.paper.make_pdf FOLDER`` prints the site in another folder.
"""

import gc
import sys
import tempfile
import time
from pathlib import Path

from pypdf import PdfReader

from rnn_utils.atomic import write_whole
from tools.chromium import NoChromiumError, find
from tools.paper.compose import FIRST, article, authors, compose, headings, with_page_numbers
from tools.paper.finish_pdf import finish
from tools.paper.print_pdf import print_pdf
from tools.site.take_along import PDF, NoSiteError, built_site, offer

MOST_PRINTS = 3  # two, unless filling the numbers in has moved a line


def page_numbers(pdf: Path) -> dict[str, int]:
    """Page, counted from 1, of every place in a PDF that a link leads to."""
    reader = PdfReader(pdf)
    places = reader.named_destinations
    return {name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in places.items()}


def make(site: Path) -> Path:
    """Print the book and put it, complete, beside the site.

    The page numbers in the contents are known once the book has been printed, so it is printed twice.

    Raises
    ------
    NoChromiumError
        When there is nothing to print with.

    """
    find()  # before the work, not after
    target, document = site / PDF, compose(site)
    with tempfile.TemporaryDirectory(prefix="paper-", dir=site.parent) as folder:
        page, printed = Path(folder) / "book.html", Path(folder) / PDF
        numbers: dict[str, int] = {}
        for _ in range(MOST_PRINTS):
            page.write_text(with_page_numbers(document, numbers), "utf8")
            print_pdf(page, printed)
            counted = page_numbers(printed)
            if counted == numbers:
                break
            numbers = counted
        finished = Path(folder) / f"finished-{PDF}"
        finish(printed, finished, authors(article(site, FIRST)), headings(document))
        write_whole(target, finished.read_bytes())
    return target


def main(folder: str | None = None) -> None:
    """Make the PDF unless it is there, and offer it on the site."""
    start = time.perf_counter()
    gc.disable()  # millions of small objects that stay to the end: a third of the time went into searching them
    try:
        site = built_site(folder)
        if not (site / PDF).exists():
            print("==> printing the book", flush=True)
            make(site)
    except NoChromiumError as error:
        sys.exit(f"The PDF cannot be made: {error}")
    except NoSiteError as error:
        sys.exit(str(error))
    offer(site)
    pages, seconds = len(PdfReader(site / PDF).pages), time.perf_counter() - start
    print(f"==> {pages} pages at {site / PDF}  ({seconds:.1f} s); the first page of the site offers it")


if __name__ == "__main__":
    main(*sys.argv[1:2])
