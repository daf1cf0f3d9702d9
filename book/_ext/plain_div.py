"""A block with a class: the directive ``{div} class``.

The line of facts under a chapter's title needs one, and Markdown has none. sphinx-design has this directive among its
cards, tabs and grids, and puts their 55 KB of style and script on every page.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator


class div(nodes.General, nodes.Element):
    """The block."""


class Div(SphinxDirective):
    """Content in a block whose classes are given as arguments."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Read the content."""
        block = div(classes=(self.arguments or [""])[0].split())
        self.set_source_info(block)
        self.state.nested_parse(self.content, self.content_offset, block)
        return [block]


def visit_div(self: HTML5Translator, node: div) -> None:
    """Open the block."""
    self.body.append(self.starttag(node, "div"))


def depart_div(self: HTML5Translator, node: div) -> None:
    """Close the block."""
    self.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(div, html=(visit_div, depart_div), singlehtml=(visit_div, depart_div))
    app.add_directive("div", Div)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
