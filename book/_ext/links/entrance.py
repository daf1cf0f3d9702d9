"""A proper page at the site's address.

The book begins at `book/index`, and sphinx-external-toc leaves at the address itself a file that is no HTML document:
no title, no language, no link for browsers that do not follow it. This writes a small page that leads to the beginning.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx


def entrance(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page, unless the book's first page is at the address already."""
    if "index" not in app.env.found_docs:
        yield "index", {"first_page": app.builder.get_target_uri(app.config.root_doc)}, "entrance.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-collect-pages", entrance)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
