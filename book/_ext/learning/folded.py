"""Solutions, asides and the second layer of a chapter, folded as `<details>` elements: the book's only fold.

Quizzes and interview cards make theirs from the same node, `folded`.

``:class: dropdown`` is how sphinx-exercise and MyST say "folded", but the folding is done by sphinx-togglebutton's
script: without JavaScript every solution lies open. Here it is plain HTML. The same pass removes the sections that
sphinx-exercise puts around its content, which all carry the same two identifiers on one page, and the brackets that it
puts around titles, which have some of their own.

A heading of level 3 that begins with ``Deeper:`` opens a fold, too. The next heading of level 3 or above closes it, or
a paragraph ``<!-- main line -->``, which leaves nothing on the page. Until the page is written the fold is a section
like others, so cells, figures, equations and links in it are numbered and found as everywhere; `folds.js` opens it for
a link that leads into it. (`tools/notebooks/main_line.py` reads the same signs to count what is not folded.)
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from docutils import nodes
from docutils.parsers.rst.directives.body import Container
from docutils.utils import smartquotes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import document_toc
from sphinx.locale import admonitionlabels
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
REPEATED_IDS = {"exercise-content", "solution-content"}
DEEPER, LEVEL = "Deeper:", 3
END = "<!-- main line -->"
TITLED = ["admonition-title"]
LIKE_END = re.compile(r"<!--\s*main[\s-]*line\s*-->", re.IGNORECASE)


class folded(nodes.General, nodes.Element):
    """Content that is folded away; its first child is a `fold_title`."""


class fold_title(nodes.Part, nodes.TextElement):
    """What is clicked to unfold."""


class unfold_all(nodes.General, nodes.Element):
    """The button that opens and closes the second layer of a page."""


class Deeper(SphinxTransform):
    """Mark the sections that fold, and end them where the main line goes on."""

    default_priority = 210  # while headings, labels and comments are as they were written

    def apply(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        for section in self.document.findall(nodes.section):
            if not section[0].astext().startswith(DEEPER):
                continue
            if level(section) == LEVEL:
                section["classes"].append("deeper")
            else:
                said = "a heading that begins with %r has level %d, wanted %d"
                LOGGER.warning(said, DEEPER, level(section), LEVEL, location=section[0], type="folded")
        for comment in list(self.document.findall(nodes.raw)):
            if LIKE_END.search(comment.astext()):
                self.end(comment)

    def end(self, comment: nodes.raw) -> None:
        """Move what follows the mark out of the fold, and the mark off the page."""
        fold = next((node for node in ancestors(comment) if "deeper" in node["classes"]), None)
        if comment.astext().strip() != END or not isinstance(comment.parent, nodes.section | nodes.document):
            LOGGER.warning("write %s as a paragraph of its own", END, location=comment, type="folded")
        elif fold is None:
            LOGGER.warning("%s ends no fold", END, location=comment, type="folded")
        else:
            rest: list[nodes.Node] = []
            at: nodes.Element = comment
            while at is not fold:
                after = at.parent[at.parent.index(at) + 1 :]
                for node in after:
                    at.parent.remove(node)
                rest, at = rest + after, at.parent
            place = fold.parent.index(fold) + 1
            fold.parent[place:place] = rest
        comment.parent.remove(comment)


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """The elements around a node, the nearest first."""
    while node.parent is not None:
        node = node.parent
        yield node


def level(section: nodes.section) -> int:
    """Level of a section's heading: 1 for the title of the page."""
    return 1 + sum(isinstance(node, nodes.section) for node in ancestors(section))


class Unwrap(SphinxPostTransform):
    """Lift the content of exercises and solutions out of its section."""

    default_priority = 30  # after sphinx-exercise has written its titles (20 to 22)
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        for section in list(self.document.findall(nodes.section)):
            if REPEATED_IDS & set(section["ids"]):
                section["ids"] = []  # or the first paragraph would inherit them
                section.replace_self(section.children)


class TitlesWithoutBrackets(SphinxPostTransform):
    """Write ``Exercise 1.1 · Two steps (warm-up)``, not ``Exercise 1.1 (Two steps (warm-up))``."""

    default_priority = 30
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        for title in self.document.findall(nodes.title):
            for part in (title, *title.findall(nodes.reference)):
                opening = next((child for child in part.children if child == " ("), None)
                if opening is not None and part.children[-1] == ")":
                    part.replace(opening, nodes.Text("· " if part.children[0] is opening else " · "))
                    part.pop()
                for text in [child for child in part.children if isinstance(child, nodes.Text)]:
                    part.replace(
                        text, nodes.Text(smartquotes.smartyPants(text, "q"))
                    )  # copied before the page had them


class Fold(SphinxPostTransform):
    """Turn every admonition with the class ``dropdown`` into `folded`."""

    default_priority = 31
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        for node in list(self.document.findall(nodes.Admonition)):
            if "dropdown" not in node["classes"]:
                continue
            content = list(node.children)
            if content and isinstance(content[0], nodes.title):
                title = fold_title("", "", *without_links(content.pop(0)), classes=TITLED)
            else:  # note, tip, warning…: named by their kind
                title = fold_title("", admonitionlabels[node.tagname], classes=TITLED)
            kind = node.tagname if node.tagname in admonitionlabels else ""
            classes = ["admonition", *([kind] if kind else []), *node["classes"]]
            node.replace_self(folded("", title, *content, ids=node["ids"], classes=list(dict.fromkeys(classes))))


class FoldDeeper(SphinxPostTransform):
    """Turn the sections of the second layer into `folded`, and put the button that unfolds all of them."""

    default_priority = 32
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Do so on the whole page."""
        sections = [node for node in self.document.findall(nodes.section) if "deeper" in node["classes"]]
        for section in sections:
            title = fold_title("", "", *without_links(section[0]), classes=TITLED)
            # Where a link leads is inside: a browser opens what is folded around the place that it goes to.
            places = [nodes.inline(ids=[name], classes=["fold-place"]) for name in section["ids"]]
            anchors = nodes.container("", *places, classes=["fold-places"])
            fold = folded("", title, anchors, *section[1:], classes=["admonition", "deeper"])
            section.parent.replace(section, fold)  # `replace_self` would give it the identifiers, too
        if sections:
            page = next(self.document.findall(nodes.section))
            lines = (i for i, node in enumerate(page) if "info-line" in node.get("classes", []))
            page.insert(next(lines, 0) + 1, unfold_all(count=len(sections)))


def without_links(title: nodes.Element) -> list[nodes.Node]:
    """A title's content with links replaced by their text: a click on the title must unfold, not leave."""
    plain: list[nodes.Node] = []
    for child in title.children:
        plain += child.children if isinstance(child, nodes.reference) else [child]
    return plain


def visit_folded(self: HTML5Translator, node: folded) -> None:
    """Open the element."""
    self.body.append(self.starttag(node, "details"))


def depart_folded(self: HTML5Translator, node: folded) -> None:
    """Close the element."""
    self.body.append("</details>\n")


def visit_fold_title(self: HTML5Translator, node: fold_title) -> None:
    """Open the title."""
    self.body.append(self.starttag(node, "summary", ""))


def depart_fold_title(self: HTML5Translator, node: fold_title) -> None:
    """Close the title."""
    self.body.append("</summary>\n")


def visit_unfold_all(self: HTML5Translator, node: unfold_all) -> None:
    """Write the button; without JavaScript it is hidden, for it would do nothing."""
    what = f"all {node['count']} deeper parts" if node["count"] > 1 else "the deeper part"
    self.body.append(f'<p class="unfold-all"><button type="button" data-what="{what}">Unfold {what}</button></p>\n')
    raise nodes.SkipNode


def finish_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """On pages with a second layer: load the script, and leave that layer out of the contents beside the page."""
    folds = [node for node in doctree.findall(folded) if "deeper" in node["classes"]] if doctree else []
    if not folds:
        return
    app.add_js_file("folds.js", type="module")
    places = {f"#{name}" for fold in folds for place in fold[1] for name in place["ids"]}
    contents = document_toc(app.env, pagename, app.tags)
    for entry in list(contents.findall(nodes.list_item)):
        if next(entry.findall(nodes.reference)).get("anchorname") in places:
            listing = entry.parent
            listing.remove(entry)
            if not listing.children:
                listing.parent.remove(listing)
    context["toc"] = cast(StandaloneHTMLBuilder, app.builder).render_partial(contents)["fragment"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("div", Container)  # as the line of facts under a chapter's title is written
    for node, visitors in (
        (folded, (visit_folded, depart_folded)),
        (fold_title, (visit_fold_title, depart_fold_title)),
        (unfold_all, (visit_unfold_all, None)),
    ):
        app.add_node(node, html=visitors, singlehtml=visitors)
    app.add_transform(Deeper)
    app.connect("html-page-context", finish_page, priority=400)  # before the theme reads the contents
    app.add_post_transform(Unwrap)
    app.add_post_transform(TitlesWithoutBrackets)
    app.add_post_transform(Fold)
    app.add_post_transform(FoldDeeper)
    app.add_css_file("learning.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
