"""Pictures with their size written on the page, loaded when they come near.

Without a size the text under a picture jumps when the picture arrives; docutils writes one only where the author did.
All pictures but a page's first wait until the reader is close to them (not in the one long page that is printed).
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.images import get_image_size
from sphinx.writers.html5 import HTML5Translator


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write the picture with its natural size, unless the author gave one."""
    source = Path(self.builder.srcdir, node["uri"])
    given = any(name in node for name in ("width", "height", "scale"))
    size = get_image_size(source) if source.is_file() and not given else None
    more = f'width="{round(size[0])}" height="{round(size[1])}" ' if size else ""
    if self.builder.name == "html" and node is not next(self.document.findall(nodes.image)):
        more += 'loading="lazy" decoding="async" '
    written = len(self.body)
    HTML5Translator.visit_image(self, node)
    self.body[written:] = [piece.replace("<img ", f"<img {more}", 1) for piece in self.body[written:]]


def depart_image(self: HTML5Translator, node: nodes.image) -> None:
    """Finish the picture as Sphinx does."""
    HTML5Translator.depart_image(self, node)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    writers = visit_image, depart_image
    app.add_node(nodes.image, override=True, html=writers, singlehtml=writers)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
