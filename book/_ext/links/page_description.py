"""A description for every page: what search engines and previews show under its title.

The theme works one out and uses it nowhere; the extension that writes one (opengraph) needs the site's address, which
a local build does not have. The first paragraph of a chapter is its promise in one line, so that is the description,
unless a page says otherwise in `html_meta`.
"""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 160  # characters that search engines show


def description(doctree: nodes.document) -> str:
    """The first paragraph of a page in plain words, cut at the end of a word."""
    first = next(doctree.findall(nodes.paragraph), None)
    words = " ".join(first.astext().split()) if first else ""
    if len(words) <= LONGEST:
        return words
    return words[:LONGEST].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def add_description(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write the description into the page's head."""
    if doctree and 'name="description"' not in context["metatags"] and (words := description(doctree)):
        context["metatags"] += f'\n    <meta name="description" content="{escape(words)}" />'


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", add_description, priority=400)  # before opengraph looks for one
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
