"""The addresses that a reader may have quoted: ``python -m tools.site.permalinks [FOLDER]`` adds the new ones.

`permalinks.txt`, beside this file, lists every page of the book and every place on it that has a name of its own:
headings, figures, equations, exercises, terms, sources, interview cards, claims, entries of the package. A test fails
when one of them leads nowhere; `book/redirects.yml` says where it leads from then on. Nothing is ever taken off the
list.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bs4 import BeautifulSoup

from rnn_utils.atomic import write_whole
from tools.places import ROOT
from tools.site.take_along import NoSiteError, built_site

LIST = Path(__file__).with_name("permalinks.txt")
HEAD = "# What must lead somewhere for ever: `make permalinks` adds what is new, and nothing takes a line away.\n"
# Counted by Sphinx, by sphinx-exercise or by us, and so another one tomorrow.
NO_NAMES = re.compile(r"id\d+|question-\d+|.*-question|.*/.*")


def places(pages: Iterable[Path], site: Path) -> Iterator[tuple[str, bool]]:
    """Every address on some pages, and whether it is a name that lasts; stubs of what has moved are there, too."""
    for page in pages:
        path = page.relative_to(site).as_posix()
        text = BeautifulSoup(page.read_text("utf8"), "html.parser")
        article = text.select_one("article.bd-article")
        yield path, article is not None
        for element in (article or text).select("[id]"):
            yield f"{path}#{element['id']}", article is not None and not NO_NAMES.fullmatch(element["id"])


def of(site: Path) -> dict[str, bool]:
    """Every address of a built site's book, and whether it is a name that lasts."""
    return dict(places(sorted(site.glob("book/**/*.html")), site))


def listed(path: Path = LIST) -> list[str]:
    """The addresses of the list."""
    lines = path.read_text("utf8").splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def lost(site: Path, path: Path = LIST) -> list[str]:
    """The addresses of the list that lead nowhere."""
    there = of(site)
    return [address for address in listed(path) if address not in there]


def add(site: Path, path: Path = LIST) -> int:
    """Add what is new to the list, and say how much."""
    before = set(listed(path))
    after = before | {address for address, lasting in of(site).items() if lasting}
    if after != before:
        write_whole(path, HEAD + "".join(f"{address}\n" for address in sorted(after)))
    return len(after - before)


def main(folder: str | None = None) -> None:
    """Bring the list up to date."""
    try:
        site = built_site(folder)
    except NoSiteError as error:
        sys.exit(str(error))
    count = add(site)
    print(f"==> {count} new addresses in {LIST.relative_to(ROOT)}")
    for address in lost(site):
        print(f"    lost: {address} (say in book/redirects.yml where it leads)")


if __name__ == "__main__":
    main(*sys.argv[1:2])
