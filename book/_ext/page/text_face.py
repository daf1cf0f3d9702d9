"""The face in which the book is set, served by the site.

What is shown until it comes, and why nothing moves then, is in `_vendor/stix-two-text/static/face/face.css`. Pages do
not ask for it ahead of their style sheet: on a slow line the sheet would wait, and with it the first screen.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

FILES = Path(__file__).resolve().parents[2] / "_vendor/stix-two-text/static"


def configure(app: Sphinx, config: Config) -> None:
    """Have the files copied to the site, the licence with them."""
    config.html_static_path = [*config.html_static_path, str(FILES)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_css_file("face/face.css")
    app.connect("config-inited", configure)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
