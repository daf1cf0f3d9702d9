"""What a reader has read, passed and bookmarked, kept on their own device: the script on every page, the list on one.

A book on paper remembers where its reader was. Sites that do so keep it on a server; here it stays in the browser's own
storage (`_static/progress.js`). ``{your-progress}`` is the place of the list, empty until there is something to show.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class YourProgress(SphinxDirective):
    """The place where the script puts the list."""

    def run(self) -> list[nodes.Node]:
        """Leave the place, for HTML alone."""
        return [nodes.raw("", '<div class="your-progress"></div>', format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("your-progress", YourProgress)
    app.add_js_file("progress.js", type="module")
    app.add_css_file("progress.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
