"""Interview questions as cards in the chapters, and all of them on one page by topic.

``{interview}`` writes a card; ``{interview-cards}`` collects the cards of all chapters in the order of the book, with a
link back to each. A collected page must follow its sources through incremental builds, which no directive for boxes
(admonitions, sphinx-design's cards) does.

    :::{interview} Why do gradients vanish in a plain RNN?
    :topic: Gradients

    The answer that fits in 60 seconds.

    **Follow-up.** What the interviewer asks next, and what to say.
    :::
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, new_document
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)


class card(nodes.General, nodes.Element):
    """A question, its answer and its follow-up."""


class card_question(nodes.Part, nodes.TextElement):
    """The question as it is asked."""


class card_source(nodes.Part, nodes.TextElement):
    """On the collected page: the chapter that the card is from."""


class card_part(nodes.General, nodes.Element):
    """The answer or the follow-up, folded; the attribute `title` is what is clicked."""


class card_list(nodes.General, nodes.Element):
    """The place where all cards go."""


@dataclass
class Collected:
    """A card as it was read, with where it stands."""

    docname: str
    topic: str
    node: card


def collected(env: BuildEnvironment) -> dict[str, list[Collected]]:
    """The cards of every page, kept in Sphinx's environment from build to build."""
    kept: dict[str, list[Collected]] = vars(env).setdefault("interview_cards", {})
    return kept


class Interview(SphinxDirective):
    """A card: the question as argument, its topic as option, answer and follow-up as content."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"topic": directives.unchanged_required, "name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Make the card and keep it for the page that collects."""
        text, messages = self.state.inline_text(self.arguments[0], self.lineno)
        content = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, content)
        identity = f"interview-{nodes.make_id(self.arguments[0])}"
        made = card("", card_question("", "", *text), *parts(content), ids=[identity], topic=self.options.get("topic"))
        self.set_source_info(made)
        self.add_name(made)
        for problem in [*problems(made), *asked_before(self.env, identity)]:
            LOGGER.warning("interview: %s", problem, location=made, type="interview")
        page = collected(self.env).setdefault(self.env.docname, [])
        page.append(Collected(self.env.docname, made["topic"] or "Other", made.deepcopy()))
        return [made, *messages]


class InterviewCards(SphinxDirective):
    """The place where all cards go."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark; the cards are put there when all pages have been read."""
        return [card_list()]


def parts(content: nodes.Element) -> Iterator[card_part]:
    """Split a card's content at the paragraph that begins with a bold "Follow-up"."""
    children = list(content)
    cut = next((i for i, child in enumerate(children) if bold_beginning(child)), len(children))
    if children[:cut]:
        yield card_part("", *children[:cut], title="An answer in 60 seconds")
    if children[cut:]:
        children[cut].remove(bold_beginning(children[cut]))
        yield card_part("", *(child for child in children[cut:] if child.astext().strip()), title="Follow-up")


def bold_beginning(child: nodes.Node) -> nodes.strong | None:
    """The bold "Follow-up" that a paragraph begins with, if it does."""
    words = [part for part in child.children if part.astext()] if isinstance(child, nodes.paragraph) else []
    first = words[0] if words else None
    return first if isinstance(first, nodes.strong) and first.astext().lower().startswith("follow-up") else None


def problems(made: card) -> Iterator[str]:
    """What is missing from a card, in words."""
    titles = [part["title"] for part in made.findall(card_part)]
    if not made["topic"]:
        yield "a card needs the option :topic:"
    if "An answer in 60 seconds" not in titles:
        yield "a card needs an answer"
    if "Follow-up" not in titles:
        yield "a card needs a paragraph that begins with **Follow-up.**"


def asked_before(env: BuildEnvironment, identity: str) -> Iterator[str]:
    """Where the same question stands already: two cards of one name could not both be linked to."""
    for page in collected(env).values():
        for one in page:
            if one.node["ids"][0] == identity:
                yield f"the same question is asked in {one.docname}"


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the cards of a page that is read again or gone."""
    collected(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    """Take over the cards that another process has read."""
    found = collected(other)
    collected(env).update({docname: found[docname] for docname in docnames if docname in found})


def keep_as_read(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the page's cards as they are when it has been read to its end, with the quotation marks of print."""
    for kept, made in zip(collected(app.env).get(app.env.docname, []), doctree.findall(card), strict=True):
        kept.node = made.deepcopy()


def mark_list(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which pages collect."""
    if next(doctree.findall(card_list), None):
        app.env.metadata[app.env.docname]["interview_cards"] = True


def rewrite_lists(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the collecting pages written again: any page may have changed its cards."""
    return [docname for docname in env.found_docs if env.metadata[docname].get("interview_cards")]


def book_order(env: BuildEnvironment) -> list[str]:
    """Pages in the order of the table of contents."""
    order: list[str] = []

    def walk(docname: str) -> None:
        if docname not in order:
            order.append(docname)
            for below in env.toctree_includes.get(docname, []):
                walk(below)

    walk(env.config.root_doc)
    return order


def fill_lists(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put all cards, by topic and in the order of the book, where they are wanted."""
    for place in list(doctree.findall(card_list)):
        by_topic: dict[str, list[nodes.Node]] = {}
        for page in book_order(app.env):
            for one in collected(app.env).get(page, []):
                by_topic.setdefault(one.topic, []).append(resolved(app, one, docname))
        place.replace_self([topic_links(by_topic), *(topic_section(*item) for item in by_topic.items())])


def topic_links(by_topic: dict[str, list[nodes.Node]]) -> nodes.Element:
    """Links to the topics, with the number of cards of each."""
    line = nodes.paragraph(classes=["interview-topics"])
    for topic, cards in by_topic.items():
        link = nodes.reference("", topic, internal=True, refid=topic_id(topic))
        line += [nodes.Text(" · " if line.children else ""), link, nodes.Text(f"\u00a0({len(cards)})")]
    return line


def topic_id(topic: str) -> str:
    """Anchor of a topic on the collected page."""
    return nodes.make_id(f"topic-{topic}")


def topic_section(topic: str, cards: list[nodes.Node]) -> nodes.section:
    """A heading and its cards."""
    return nodes.section("", nodes.title("", topic), *cards, ids=[topic_id(topic)])


def resolved(app: Sphinx, one: Collected, docname: str) -> card:
    """A copy of a card for page `docname`: what it refers to in its own chapter is there, not on this page."""
    copy = one.node.deepcopy()
    document = new_document("")
    document += copy
    app.env.resolve_references(document, one.docname, app.builder)
    document.remove(copy)
    chapter = app.builder.get_relative_uri(docname, one.docname)
    for reference in copy.findall(nodes.reference):
        if anchor := reference.attributes.pop("refid", None):
            reference["refuri"] = f"{chapter}#{anchor}"
    title = [child.deepcopy() for child in app.env.titles[one.docname].children]
    link = nodes.reference("", "", *title, internal=True, refuri=f"{chapter}#{copy['ids'][0]}")
    copy.insert(1, card_source("", "From the chapter ", link))
    return copy


def visit_card(self: HTML5Translator, node: card) -> None:
    """Open a card."""
    name = f"{node['ids'][0]}-question"
    self.body.append(self.starttag(node, "div", CLASS="interview-card", role="group", **{"aria-labelledby": name}))
    self.body.append(f'<p class="interview-label">In an interview: {self.encode(node["topic"] or "")}</p>\n')


def depart_card(self: HTML5Translator, node: card) -> None:
    """Close a card."""
    self.body.append("</div>\n")


def visit_question(self: HTML5Translator, node: card_question) -> None:
    """Open the question."""
    self.body.append(f'<p class="interview-question" id="{node.parent["ids"][0]}-question">')


def depart_question(self: HTML5Translator, node: card_question) -> None:
    """Close the question, with its permalink."""
    self.add_permalink_ref(node.parent, "Link to this question")
    self.body.append("</p>\n")


def visit_source(self: HTML5Translator, node: card_source) -> None:
    """Open the link back."""
    self.body.append('<p class="interview-source">')


def depart_paragraph(self: HTML5Translator, node: nodes.Element) -> None:
    """Close a paragraph."""
    self.body.append("</p>\n")


def visit_part(self: HTML5Translator, node: card_part) -> None:
    """Open the answer or the follow-up: folded, so that the reader can try first."""
    self.body.append(f"<details><summary>{node['title']}</summary>\n")


def depart_part(self: HTML5Translator, node: card_part) -> None:
    """Close the answer or the follow-up."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    writers: dict[type[nodes.Element], tuple[Any, Any]] = {
        card: (visit_card, depart_card),
        card_question: (visit_question, depart_question),
        card_source: (visit_source, depart_paragraph),
        card_part: (visit_part, depart_part),
    }
    for node, visitors in writers.items():
        app.add_node(node, html=visitors, singlehtml=visitors)
    app.add_node(card_list)
    app.add_directive("interview", Interview)
    app.add_directive("interview-cards", InterviewCards)
    app.add_css_file("learning.css")
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("doctree-read", keep_as_read)
    app.connect("doctree-read", mark_list)
    app.connect("env-updated", rewrite_lists)
    app.connect("doctree-resolved", fill_lists)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
