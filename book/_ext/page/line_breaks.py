"""Lines that do not break where a reader would stumble.

A browser may break a line after every part of a formula and before the full stop that follows it, between "13" and
"%", and between "Fig." and its number. Authors write plain spaces; here, when the page is made, formulas stay with
the punctuation that touches them, short ones in one piece, and the spaces in question no longer break.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SHORT = 30  # characters of TeX: narrower than a phone
BEFORE, AFTER = re.compile(r"[(\[“‘]+$"), re.compile(r"^(?:[.,;:!?)\]”’%]{1,3}|-(?=\w))")
SPACES = re.compile(
    r"(?<=\d) (?=%)|(?:(?<=\bFig\.)|(?<=\bExercise)) (?=\d|[A-Z]\.\d)|(?<=\b[Cc]hapter) (?=\d)|(?<=\bSee) (?=$)"
)
AS_WRITTEN = nodes.literal | nodes.FixedTextElement | nodes.math | nodes.raw


class LineBreaks(SphinxPostTransform):
    """Keep together what belongs together."""

    default_priority = 100  # when references have their texts
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        for formula in list(self.document.findall(nodes.math)):
            glue(formula)
        for text in list(self.document.findall(nodes.Text)):
            if SPACES.search(text) and not isinstance(text.parent, AS_WRITTEN):
                text.parent.replace(text, nodes.Text(SPACES.sub("\u00a0", text)))


def glue(formula: nodes.math) -> None:
    """Put a formula and the punctuation that touches it into one element: math.css says where that may break."""
    parent, place = formula.parent, formula.parent.index(formula)
    kept = nodes.inline("", "", classes=["whole" if len(formula.astext()) <= SHORT else "touched"])
    parts: list[nodes.Node] = [formula]
    following = parent[place + 1] if place + 1 < len(parent) else None
    if isinstance(following, nodes.Text) and (found := AFTER.search(following)):
        parent[place + 1] = nodes.Text(following[found.end() :])
        parts.append(nodes.Text(found[0]))
    leading = parent[place - 1] if place else None
    if isinstance(leading, nodes.Text) and (found := BEFORE.search(leading)):
        parent[place - 1] = nodes.Text(leading[: found.start()])
        parts.insert(0, nodes.Text(found[0]))
    parent[place] = kept
    kept += parts


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_post_transform(LineBreaks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
