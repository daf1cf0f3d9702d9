"""The map of the book: each chapter with the question that it answers and the time that it takes.

It is made of the contents on the first page. Nothing in it is written by hand: the question is the one in bold in the
opening of the chapter, or else the promise under its title; the minutes are those of its info line, which
`tools.notebooks.reading_time` has computed.
"""

import re
from typing import Any

from docutils import nodes
from page.kept_pages import KeptPages
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

MINUTES = re.compile(r"Reading time (\d+) minutes?\b")
LEARNED = "You will learn"
COUNTED = "Minutes are computed from the words, code, formulas and figures of each chapter, without its folds."


class Openings(KeptPages):
    """What the opening of each page says: `{page: {"asks": str, "minutes": int}}`, pages without info line left out."""

    name, label = "openings", "Openings of chapters"

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:
        """Keep the question and the minutes of a chapter."""
        if minutes := next((int(found[1]) for line in info_lines(document) if (found := MINUTES.search(line))), None):
            self.data["pages"][docname] = {"asks": question(document), "minutes": minutes}


def info_lines(document: nodes.document) -> list[str]:
    """The lines of facts under titles."""
    return [node.astext() for node in document.findall(nodes.container) if "info-line" in node["classes"]]


def question(document: nodes.document) -> str:
    """The question in bold in the opening, or the promise under the title; empty where there is neither."""
    title = next(document.findall(nodes.title), None)
    asked = promised = ""
    for paragraph in title.parent.children if title is not None else []:
        if not isinstance(paragraph, nodes.paragraph):
            continue
        if paragraph.astext().startswith(LEARNED):
            break
        bold = [strong.astext() for strong in paragraph.findall(nodes.strong)]
        asked = next((words for words in reversed(bold) if words.endswith("?")), asked)
        if not promised and [type(child) for child in paragraph.children] == [nodes.emphasis]:
            promised = paragraph.astext()
    words = " ".join((asked or promised).split())
    return words[:1].upper() + words[1:]


def hours(minutes: int) -> str:
    """A time as one says it."""
    whole, rest = divmod(minutes, 60)
    parts = [
        f"{count} {name}{'s' if count > 1 else ''}" for count, name in ((whole, "hour"), (rest, "minute")) if count
    ]
    return " and ".join(parts)


def draw_map(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put question and minutes under each chapter in the contents, and before them how long all of it takes."""
    if docname != app.config.root_doc:
        return
    pages, listed = app.env.get_domain(Openings.name).data["pages"], []
    contents = list(doctree.findall(addnodes.toctree))
    for toctree in contents:
        resolved = app.env.resolve_toctree(docname, app.builder, toctree)  # Sphinx would do so after this event
        for entry in resolved.findall(nodes.list_item) if resolved else []:
            if (page := page_of(app, entry, docname)) in pages:
                listed.append(pages[page]["minutes"])
                entry += nodes.paragraph("", f"{listed[-1]} min", classes=["minutes"])
                entry += nodes.paragraph("", pages[page]["asks"], classes=["asks"])
                entry["classes"].append("chapter")
        toctree.parent.replace(toctree, [resolved] if resolved else [])
    if listed:
        words = f"Reading all of it takes {hours(sum(listed))}. {COUNTED}"
        place = next(node for node in doctree.findall(nodes.compound) if "toctree-wrapper" in node["classes"])
        place.parent.insert(place.parent.index(place), nodes.paragraph("", words, classes=["map-total"]))


def page_of(app: Sphinx, entry: nodes.list_item, docname: str) -> str | None:
    """The page that an entry of the contents leads to."""
    link = next(entry.findall(nodes.reference), None)
    address = link.get("refuri", "").partition("#")[0] if link else ""
    return next((page for page in app.env.found_docs if app.builder.get_relative_uri(docname, page) == address), None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_domain(Openings)
    app.connect("doctree-resolved", draw_map)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
