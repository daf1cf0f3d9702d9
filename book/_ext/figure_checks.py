"""Warnings for pictures that not everyone can read: no alternative text, no caption, no name to refer to.

docutils writes the path of the file where alternative text is missing, which no accessibility checker notices, and
myst-nb writes a figure without caption as a bare picture. With warnings as errors neither gets into the book.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
RAW_IMAGE = re.compile(r"<img\b[^>]*>")
WRITTEN_ALT = re.compile(r"""\balt\s*=\s*["'][^"']*\w""")


def check_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn about every picture of a page with something missing."""
    for image in doctree.findall(nodes.image):
        for problem in problems(image):
            LOGGER.warning("figure: %s", problem, location=placed(image), type="figure")
    for raw in doctree.findall(nodes.raw):
        for tag in RAW_IMAGE.findall(raw.astext()):
            if not WRITTEN_ALT.search(tag):
                LOGGER.warning("figure: no alternative text in %s", tag[:80], location=placed(raw), type="figure")


def placed(node: nodes.Node) -> nodes.Node:
    """The nearest node around a picture whose line is known: pictures themselves often have none."""
    around = node
    while not around.line and around.parent:
        around = around.parent
    return around if around.line else node


def problems(image: nodes.image) -> Iterator[str]:
    """What is missing from a picture, in words."""
    uri, alternative = image["uri"], image.get("alt", "").strip()
    if not alternative or alternative in (uri, PurePosixPath(uri).name):
        yield f"{uri} has no alternative text: say what is seen and what it shows"
    if in_output(image):
        figure = image.parent
        while figure and not isinstance(figure, nodes.figure):
            figure = figure.parent
        caption = next(figure.findall(nodes.caption), None) if figure else None
        if not (caption and caption.astext().strip()):
            yield f"{uri} of a code cell has no caption: give the cell's metadata mystnb.figure.caption"
        if not (figure and figure["names"]):
            yield f"{uri} of a code cell has no name: give the cell's metadata mystnb.figure.name"


def in_output(node: nodes.Node) -> bool:
    """Is the node part of what a code cell has put out?"""
    while node.parent:
        node = node.parent
        if isinstance(node, nodes.container) and "cell_output" in node["classes"]:
            return True
    return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", check_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
