"""A figure of some chapter on another page: ``{shown-figure} fig-name``, with what one should ask of it as content.

The picture is the chapter's own, executed with it, and leads there; its description comes along, its number and
caption stay in the chapter.
"""

from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)


class shown_figure(nodes.General, nodes.Element):
    """The place of the picture, with the words beside it as children."""


class ShownFigure(SphinxDirective):
    """The place of a figure that stands in a chapter."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Keep the name and the words: the chapters may not have been read yet."""
        words = nodes.container(classes=["words"])
        self.state.nested_parse(self.content, self.content_offset, words)
        place = shown_figure("", words, name=self.arguments[0])
        self.set_source_info(place)
        self.env.note_reread()
        return [place]


def put_figures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each picture, as a link to its figure, before the words."""
    labels = cast(StandardDomain, app.env.get_domain("std")).anonlabels
    for place in list(doctree.findall(shown_figure)):
        page, anchor = labels.get(place["name"], ("", ""))
        chapter = app.env.get_doctree(page) if page else nodes.Element()
        figure = next((node for node in chapter.findall(nodes.figure) if anchor in node["ids"]), None)
        picture = next(figure.findall(nodes.image), None) if figure is not None else None
        if picture is None:
            LOGGER.warning("shown-figure: no chapter has a figure %r", place["name"], location=place, type="front")
            place.replace_self(place.children)
            continue
        picture = picture.deepcopy()
        picture["loading"] = "lazy"  # on a phone it is below the first screen
        address = app.builder.get_relative_uri(docname, page)
        link = nodes.reference("", "", picture, internal=True, refuri=f"{address}#{anchor}")
        place.replace_self(nodes.container("", link, *place.children, classes=["shown-figure"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(shown_figure)
    app.add_directive("shown-figure", ShownFigure)
    app.connect("doctree-resolved", put_figures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
