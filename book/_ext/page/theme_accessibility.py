"""What the theme, docutils, myst-nb and pandas get wrong for assistive technology, put right where each piece is made.

Two of the fixes are templates (`book/_templates`: the search button's name, the sidebar as a landmark); the three that
concern a page's content are here.
"""

from typing import Any, cast

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator


class EmptyTableHeaders(SphinxPostTransform):
    """Make the corner of a pandas table, a header of nothing, an ordinary empty cell."""

    default_priority = 900  # after myst-nb has chosen the form of each output
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so in every HTML output of the page."""
        for node in list(self.document.findall(nodes.raw)):
            if "<th></th>" in node.astext():
                text = node.astext().replace("<th></th>", "<td></td>")
                node.replace_self(nodes.raw(node.rawsource, text, **node.attributes))


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry of the bibliography as an item of its list: docutils gives it a role that was withdrawn."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Close an entry of the bibliography."""
    cast(Any, HTML5Translator).depart_citation(self, node)


def visit_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open a cell that is folded away, named by its own words: myst-nb names it otherwise, with blocks in its title."""
    self.body.append(f'<details class="hide {" ".join(node["classes"])}">\n<summary>')
    for state, words in (("collapsed", node["prompt_show"]), ("expanded", node["prompt_hide"])):
        self.body.append(f'<span class="{state}">{self.encode(words)}</span>')
    self.body.append("</summary>\n")


def depart_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Close a cell that is folded away."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(EmptyTableHeaders)
    citation, hidden_cell = (visit_citation, depart_citation), (visit_hidden_cell, depart_hidden_cell)
    app.add_node(nodes.citation, override=True, html=citation, singlehtml=citation)
    app.add_node(HideCodeCellNode, override=True, html=hidden_cell, singlehtml=hidden_cell)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
