"""Places that have moved: an address that somebody has quoted leads to where the text is now.

`redirects.yml` beside the first page says what has moved, old address to new, as they stand behind the site's own:

    book/04_recurrence.html#the-loop: book/04_recurrence.html#the-loop-unrolled
    book/17_scans.html: book/17_return_of_recurrence.html

An old anchor on a page that is there becomes an anchor at the new place, or a line at the page's end that leads to
another page. An old page becomes one that leads on. `tools/site/permalinks.py` keeps the list of what must not be lost.
"""

import posixpath
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FILE = "redirects.yml"
ADDRESS = re.compile(r"([\w./-]+)\.html(?:#(\S+))?")


def told(app: Sphinx) -> Any:
    """What `redirects.yml` says; nothing where there is no such file."""
    path = Path(app.env.doc2path(app.config.root_doc)).with_name(FILE)
    return (yaml.safe_load(path.read_text("utf8")) or {}) if path.exists() else {}


def is_pair(old: Any, new: Any) -> bool:
    """Whether both are addresses."""
    return all(ADDRESS.fullmatch(str(address)) for address in (old, new))


def moved(app: Sphinx) -> dict[str, str]:
    """Old address to new, without what is no pair of addresses."""
    said = told(app)
    pairs = said.items() if isinstance(said, dict) else ()
    return {str(old): str(new) for old, new in pairs if is_pair(old, new)}


def problems(app: Sphinx) -> Iterator[str]:
    """What is wrong with the file, in words; whether a place is on its page is seen when that is written."""
    said = told(app)
    if not isinstance(said, dict):
        yield f"it holds a {type(said).__name__}, wanted lines `old address: new address`"
        return
    for old, new in said.items():
        if not is_pair(old, new):
            yield f"{old}: {new} is no pair of addresses like book/page.html#place"
    there, pairs = app.env.found_docs, moved(app)
    for old, new in pairs.items():
        page, anchor = split(old)
        if split(new)[0] not in there:
            yield f"{old} leads to {new}, a page that is not there"
        if not anchor and page in there:
            yield f"{old} is there: it cannot lead elsewhere"
        if anchor and page not in there and f"{page}.html" not in pairs:
            yield f"{page}.html is gone: say where the page itself leads"


def split(address: str) -> tuple[str, str]:
    """The page of an address, without its ending, and the anchor."""
    page, _, anchor = address.partition("#")
    return page.removesuffix(".html"), anchor


def relative(new: str, docname: str) -> str:
    """A new address as a link on another page."""
    page, hash_, anchor = new.partition("#")
    return posixpath.relpath(page, posixpath.dirname(docname) or ".") + hash_ + anchor


def keep_anchors(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the old anchors of a page where their text is now, or a line that leads there at its end."""
    if doctree is None:
        return
    for old, new in moved(app).items():
        (page, anchor), (target, place) = split(old), split(new)
        if page != pagename or not anchor:
            continue
        if target == page and place:
            opening = re.compile(rf'<\w+[^>]*\bid="{re.escape(place)}"[^>]*>')
            found = opening.search(context["body"])
            if not found:
                LOGGER.warning("%s: %s leads to %s, which is not there", FILE, old, new)
                continue
            before, after = context["body"][: found.end()], context["body"][found.end() :]
            context["body"] = f'{before}<span id="{escape(anchor)}"></span>{after}'
        else:
            link = f'<a href="{escape(relative(new, pagename))}">{escape(title_of(app, target))}</a>'
            context["body"] += f'<p id="{escape(anchor)}" class="moved">What stood here has moved to {link}.</p>'


def title_of(app: Sphinx, page: str) -> str:
    """The title of a page, for its link."""
    return app.env.titles[page].astext() if page in app.env.titles else page


def old_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each that is gone, which leads on."""
    gone: dict[str, dict[str, str]] = {}
    for old, new in moved(app).items():
        page, anchor = split(old)
        if page not in app.env.found_docs:
            gone.setdefault(page, {})[anchor] = relative(new, page)
    for page, places in gone.items():
        yield page, {"goal": places.pop("", ""), "places": places}, "moved.html"


def look_through(app: Sphinx, *rest: Any) -> None:
    """Warn of what is wrong with the file."""
    for problem in problems(app):
        LOGGER.warning("%s: %s", FILE, problem)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("env-updated", look_through)
    app.connect("html-page-context", keep_anchors, priority=460)
    app.connect("html-collect-pages", old_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
