"""Sections laid out when the reader comes near, each counted until then with the height that it will about have.

A chapter is long, and a phone would lay out all of it before the first word can be read. The browser can leave out
what is far from the screen (``content-visibility`` in late-layout.css) but must be told how high that is. With one
height for all, the scrollbar jumps, and a section that is higher than told lies over the next one for whoever asks
where things are.
"""

from typing import Any

from docutils import nodes
from learning.check_yourself import answer
from learning.folded import folded
from learning.interview import card, card_part
from sphinx.application import Sphinx

# Pixels that a node takes on a phone 412 px wide, besides the text in it, rounded up from what was measured there.
HEIGHTS: dict[type[nodes.Node], float] = {
    nodes.title: 65,
    nodes.paragraph: 30,
    nodes.row: 20,
    answer: 10,
    card: 80,
    nodes.literal_block: 30,
    nodes.math_block: 95,
    nodes.image: 390,
    nodes.raw: 400,  # figures to touch
    folded: 60,
    card_part: 60,
}
CLOSED = nodes.math_block | nodes.image | nodes.raw | card_part  # the text in it takes no more
CELL, CODE_LINE, CHARACTER = 60.0, 18.5, 0.6
STEPS = [round(200 * 1.25**step) for step in range(20)]  # as in late-layout.css


def height(node: nodes.Node) -> float:
    """About how many pixels a node takes on a phone, rather more than less; what is folded away does not count."""
    if isinstance(node, nodes.Text):
        return CHARACTER * len(node)
    own = HEIGHTS.get(type(node), 0.0)
    if isinstance(node, folded):
        return own + CHARACTER * len(node[0].astext())
    if isinstance(node, CLOSED):
        return own
    if isinstance(node, nodes.literal_block):
        return own + CODE_LINE * (node.astext().rstrip().count("\n") + 1)
    if isinstance(node, nodes.Element) and "cell" in node.get("classes", []):
        own += CELL
    return own + sum(map(height, node.children))


def mark_sections(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give every section of a page the class of the step that reaches its height, ``about-0`` to ``about-19``."""
    for page in doctree.children:
        for section in filter(lambda child: isinstance(child, nodes.section), page.children):
            reached = (step for step, pixels in enumerate(STEPS) if pixels >= height(section))
            section["classes"].append(f"about-{next(reached, len(STEPS) - 1)}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", mark_sections, priority=900)  # when everything that is collected has its place
    app.add_css_file("late-layout.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
