"""The face in which the book is set, served by the site and asked for early.

A browser asks for a font when it has read the sheet that names it and the text that wants it: two journeys late. The
two styles that every first screen shows are asked for in the page's head. What is shown until they come, and why
nothing moves then, is in `_vendor/stix-two-text/static/face/face.css`.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

FILES = Path(__file__).resolve().parents[2] / "_vendor/stix-two-text/static"
EARLY = ("_static/face/regular.woff2", "_static/face/semibold.woff2")


def configure(app: Sphinx, config: Config) -> None:
    """Have the files copied to the site, the licence with them."""
    config.html_static_path = [*config.html_static_path, str(FILES)]


def ask_early(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Name the fonts that `layout.html` asks for in the head of the page."""
    context["early_fonts"] = EARLY


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_css_file("face/face.css")
    app.connect("config-inited", configure)
    app.connect("html-page-context", ask_early)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
