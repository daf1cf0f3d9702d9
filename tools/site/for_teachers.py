"""What a teacher can take along, offered chapter by chapter as soon as it is there: notebooks and slides.

The teacher's page has a place for each chapter (`book/_ext/learning/teaching.py`). `make book` fills it with the
notebooks, with and without solutions, and `make slides` again, with the slides: no link is ever dead.
"""

import re
from html import escape
from pathlib import Path

from rnn_utils.atomic import write_whole

PAGE, SLIDES = "book/teaching.html", "slides"
PLACE = re.compile(r'(<div class="to-take" data-stem="([\w-]+)">).*?(</div>)', re.DOTALL)
OFFERED = {
    "notebooks/{}.ipynb": "Notebook",
    "notebooks/without_solutions/{}.ipynb": "Notebook without solutions",
    "slides/{}.html": "Slides",
}


def links(site: Path, stem: str) -> str:
    """Links to what there is of a chapter."""
    there = [(name.format(stem), words) for name, words in OFFERED.items() if (site / name.format(stem)).exists()]
    return " · ".join(
        f'<a href="../{escape(name)}"{" download" if name.endswith(".ipynb") else ""}>{words}</a>'
        for name, words in there
    )


def fill(site: Path) -> bool:
    """Offer what there is on the teacher's page, and say whether the site has one."""
    page = site / PAGE
    if not page.exists():
        return False
    old = page.read_text("utf8")
    new = PLACE.sub(lambda place: place[1] + links(site, place[2]) + place[3], old)
    if new != old:
        write_whole(page, new)
    return True
