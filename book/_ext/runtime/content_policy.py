"""Nothing inside a page that its policy forbids: no script, style or handler written into the page itself.

Every page says (`_templates/policy.html`) that it loads and runs the site's own files and nothing else. A browser drops
what breaks that without a word to the reader, so it must not get into the book: raw HTML with an inline script, style
or handler is a warning here, which fails the build. What pandas writes is put right.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
PANDAS = ' style="text-align: right;"'  # of a data frame's header row; the style sheet aligns it
EXECUTED = ("", "module", "text/javascript", "importmap")  # other types of scripts are data


class Inline(HTMLParser):
    """Collects what a piece of HTML runs or wears without a file."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the inline parts of an element."""
        given = dict(attrs)
        if tag == "script" and "src" not in given and (given.get("type") or "") in EXECUTED:
            self.found.append("an inline script")
        if tag == "style":
            self.found.append("a style element")
        self.found += [f'{name}="{value}"' for name, value in attrs if name == "style" or name.startswith("on")]


class NothingInline(SphinxPostTransform):
    """Look at every piece of raw HTML of a page."""

    default_priority = 901  # after myst-nb has chosen the form of each output
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Mend what is known, warn of the rest."""
        for node in list(self.document.findall(nodes.raw)):
            if "html" not in node.get("format", ""):
                continue
            html = node.astext().replace(PANDAS, "")
            if html != node.astext():
                node.replace_self(nodes.raw(node.rawsource, html, **node.attributes))
            for what in self.problems(html):
                LOGGER.warning("the page's policy forbids %s: put it in a file", what, location=node, type="policy")

    def problems(self, html: str) -> Iterator[str]:
        """What is wrong, each once."""
        yield from dict.fromkeys(Inline(html).found)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(NothingInline)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
