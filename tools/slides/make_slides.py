"""Slides of every chapter, offered on the teacher's page: `make slides`.

``python -m tools.slides.make_slides FOLDER`` makes them for the site in another folder.
"""

import gc
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tools.places import ROOT
from tools.site.for_teachers import SLIDES, fill
from tools.site.take_along import NoSiteError, built_site
from tools.slides.deck import deck

HERE, REVEAL = Path(__file__).parent, ROOT / "book/_vendor/reveal"
OWN = ("slides.css", "slides.js")


def chapters(site: Path) -> list[str]:
    """The pages that are notebooks."""
    return [f"book/{path.stem}.html" for path in sorted((site / "notebooks").glob("*.ipynb"))]


def make(site: Path) -> int:
    """Make the slides of all chapters, and put them, complete, into the site; return how many decks there are."""
    pages = chapters(site)
    with tempfile.TemporaryDirectory(prefix="slides-", dir=site.parent) as folder:
        made = Path(folder) / SLIDES
        shutil.copytree(REVEAL, made / "reveal", ignore=shutil.ignore_patterns("README.md"))
        for name in OWN:
            shutil.copy(HERE / name, made / name)
        for page in pages:
            (made / Path(page).name).write_text(deck(site, page), "utf8")
        shutil.rmtree(site / SLIDES, ignore_errors=True)
        made.rename(site / SLIDES)
    return len(pages)


def main(folder: str | None = None) -> None:
    """Make them, and offer them."""
    start = time.perf_counter()
    gc.disable()  # as for the PDF: millions of small objects that stay to the end
    try:
        site = built_site(folder)
    except NoSiteError as error:
        sys.exit(str(error))
    count = make(site)
    offered = fill(site)
    seconds = time.perf_counter() - start
    where = "; the teacher's page offers them" if offered else ""
    print(f"==> slides of {count} chapters in {site / SLIDES}  ({seconds:.1f} s){where}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
