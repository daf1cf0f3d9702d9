"""A warning for every picture of a page that has no alternative text.

docutils writes the path of the file in its place, which no accessibility checker notices. With warnings as errors no
such picture gets into the book. What else a chapter's figures must have (words enough, a caption, a name) is asked of
the notebooks themselves, in `tests/notebooks/structure.py`.
"""

from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def check_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Look at every picture of a page."""
    for image in doctree.findall(nodes.image):
        uri, alternative = image["uri"], image.get("alt", "").strip()
        if not alternative or alternative in (uri, PurePosixPath(uri).name):
            said = "figure: %s has no alternative text: say what is seen and what it shows"
            LOGGER.warning(said, uri, location=placed(image), type="figure")


def placed(node: nodes.Node) -> nodes.Node:
    """The nearest node around a picture whose line is known: pictures themselves often have none."""
    around = node
    while not around.line and around.parent:
        around = around.parent
    return around if around.line else node


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", check_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
