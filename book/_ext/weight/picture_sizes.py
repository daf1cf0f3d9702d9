"""Pictures with their size written on the page, loaded when they come near.

Without a size the text under a picture jumps when the picture arrives; docutils writes one only where the author did.
All pictures but a page's first wait until the reader is close to them (not in the one long page that is printed).
"""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.images import get_image_size
from sphinx.writers.html5 import HTML5Translator


def natural_size(source: Path) -> tuple[float, float] | None:
    """Width and height of a picture in pixels. A drawing may give one of them or none: its view box says the rest."""
    root = next(ElementTree.iterparse(source, events=["start"]))[1] if source.suffix == ".svg" else {}
    if not root.get("viewBox"):
        return get_image_size(str(source))
    _, _, across, down = map(float, root.get("viewBox", "").split())
    width = pixels(root.get("width")) or across * (pixels(root.get("height")) or down) / down
    return width, width * down / across


def pixels(length: str | None) -> float | None:
    """A length as it is written in a drawing, in pixels."""
    found = re.fullmatch(r"([\d.]+)(pt|px)?", length or "")
    return float(found[1]) * (4 / 3 if found[2] == "pt" else 1) or None if found else None


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write the picture with its natural size, unless the author gave one."""
    source = Path(self.builder.srcdir, node["uri"])
    given = any(name in node for name in ("width", "height", "scale"))
    size = natural_size(source) if source.is_file() and not given else None
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
