"""Solutions and asides that fold, as `<details>` elements.

``:class: dropdown`` is how sphinx-exercise and MyST say "folded", but the folding is done by sphinx-togglebutton's
script: without JavaScript every solution lies open. Here it is plain HTML. The same pass removes the sections that
sphinx-exercise puts around its content, which all carry the same two identifiers on one page, and the brackets that it
puts around titles, which have some of their own.
"""

from typing import Any

from docutils import nodes
from docutils.utils import smartquotes
from sphinx.application import Sphinx
from sphinx.locale import admonitionlabels
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

REPEATED_IDS = {"exercise-content", "solution-content"}


class folded(nodes.General, nodes.Element):
    """Content that is folded away; its first child is a `fold_title`."""


class fold_title(nodes.Part, nodes.TextElement):
    """What is clicked to unfold."""


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
                title = fold_title("", "", *without_links(content.pop(0)))
            else:  # note, tip, warning…: named by their kind
                title = fold_title("", admonitionlabels[node.tagname])
            kind = node.tagname if node.tagname in admonitionlabels else ""
            classes = ["admonition", *([kind] if kind else []), *node["classes"]]
            node.replace_self(folded("", title, *content, ids=node["ids"], classes=list(dict.fromkeys(classes))))


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
    self.body.append('<summary class="admonition-title">')


def depart_fold_title(self: HTML5Translator, node: fold_title) -> None:
    """Close the title."""
    self.body.append("</summary>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    for node, visitors in (
        (folded, (visit_folded, depart_folded)),
        (fold_title, (visit_fold_title, depart_fold_title)),
    ):
        app.add_node(node, html=visitors, singlehtml=visitors)
    app.add_post_transform(Unwrap)
    app.add_post_transform(TitlesWithoutBrackets)
    app.add_post_transform(Fold)
    app.add_css_file("learning.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
