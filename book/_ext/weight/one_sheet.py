"""One style sheet for the whole site instead of fifteen.

A browser paints nothing before it has every sheet of a page, and on a slow line each costs a share of a journey. All
sheets that pages ask for are joined, in their order, into `_static/site.css`: one request, and none on the next page.
"""

import hashlib
import posixpath
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SHEET = "site.css"
# The theme has the first of these imported by a file of its own, which a browser finds out one journey later.
FIRST = ("_static/basic.css", "_static/styles/pydata-sphinx-theme.css")
NOT_FOR_BROWSERS = re.compile(r"/\*.*?\*/\s*|(?<=\n)\s+", re.DOTALL)  # comments, and blanks where lines begin
ADDRESS = re.compile(r"""url\((["']?)(?!data:|#)([^)"']+)\1\)""")


def join_links(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Note the sheets of the first page, and ask for the joined one in their place; `layout.html` writes the link."""
    asked = [str(sheet.filename) for sheet in context["css_files"] if "://" not in str(sheet.filename)]
    kept = vars(app)
    if "joined_sheets" not in kept:
        kept["joined_sheets"] = list(dict.fromkeys([*FIRST, *asked]))
        files = [Path(app.outdir, name) for name in kept["joined_sheets"]]
        written = b"".join(file.read_bytes() for file in files if file.exists())
        kept["joined_digest"] = hashlib.sha256(written).hexdigest()[:8]
    context["css_files"] = [sheet for sheet in context["css_files"] if sheet.filename not in kept["joined_sheets"]]
    context["site_sheet"] = f"_static/{SHEET}?v={kept['joined_digest']}"


def join(site: Path, names: list[str]) -> str:
    """The sheets as one, without comments, and with addresses relative to `_static/`."""
    parts = []
    for name in names:
        folder = posixpath.dirname(name.removeprefix("_static/"))

        def moved(address: re.Match[str], folder: str = folder) -> str:
            return f'url("{posixpath.normpath(posixpath.join(folder, address[2]))}")'

        parts.append(ADDRESS.sub(moved, (site / name).read_text("utf8")))
    return NOT_FOR_BROWSERS.sub("", "\n".join(parts))


def write_sheet(app: Sphinx, error: Exception | None) -> None:
    """Write the joined sheet."""
    if not error and hasattr(app, "joined_sheets"):
        Path(app.outdir, "_static", SHEET).write_text(join(Path(app.outdir), app.joined_sheets), "utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", join_links, priority=950)  # after everyone has added theirs
    app.connect("build-finished", write_sheet, priority=950)  # after they have been cut
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}  # pages share one list
