"""The edition at the foot of every page: its number and its date, as `CITATION.cff` has them.

The date is the edition's, not the build's: two builds of one edition give the same pages. It leads to the page that
says what has changed, where the book has one (`changes.md`, which takes in `CHANGELOG.md`).
"""

from datetime import date
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from links.quotable import cited_work

CHANGES = "changes"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FOOT = "author.html, copyright.html, edition.html"


def written_out(day: date) -> str:
    """A date in words, the same in every locale of the machine: 30 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def tell(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the template what it says."""
    cited = cited_work(app.srcdir)
    if cited is None or not isinstance(cited.get("date-released"), date):
        return
    page = next((page for page in sorted(app.env.found_docs) if page.rpartition("/")[2] == CHANGES), None)
    context["edition"] = {"number": cited["version"], "date": written_out(cited["date-released"]), "page": page}


def configure(app: Sphinx, config: Config) -> None:
    """Put it at the foot, after the theme's own."""
    config.html_theme_options["footer_content_items"] = FOOT


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", configure)
    app.connect("html-page-context", tell)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
