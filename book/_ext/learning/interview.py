"""Interview questions as cards in the chapters, and all of them on one page by topic.

``{interview}`` writes a card; ``{interview-cards}`` collects the cards of all chapters in the order of the book, with a
link back to each. Like Sphinx's to-do entries, the cards are kept by a domain of their own.

    :::{interview} Why do gradients vanish in a plain RNN?
    :topic: Gradients

    The answer that fits in 60 seconds.

    **Follow-up.** What the interviewer asks next, and what to say.
    :::
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from page.kept_pages import KeptPages
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, new_document
from sphinx.writers.html5 import HTML5Translator

from learning.folded import depart_folded, fold_title, folded, visit_folded

LOGGER = logging.getLogger(__name__)
ANSWER, FOLLOW_UP = "An answer in 60 seconds", "Follow-up"


class card(nodes.General, nodes.Element):
    """A question, its answer and its follow-up."""


class card_question(nodes.Part, nodes.TextElement):
    """The question as it is asked."""


class card_part(folded):
    """The answer or the follow-up, folded, so that the reader can try first."""


class card_list(nodes.General, nodes.Element):
    """The place where all cards go."""


class Cards(KeptPages):
    """The cards of every page as they are when it has been read to its end, with the quotation marks of print."""

    name, label = "interview", "Interview cards"

    def process_doc(self, env: BuildEnvironment, docname: str, document: nodes.document) -> None:
        """Keep the cards of a page; two of one name could not both be linked to."""
        pages = self.data["pages"]
        pages[docname] = []
        for made in document.findall(card):
            for other, cards in pages.items():
                if any(one["ids"][0] == made["ids"][0] for one in cards):
                    said = "interview: the same question is asked in %s"
                    LOGGER.warning(said, other, location=made, type="interview")
            pages[docname].append(made.deepcopy())


class Interview(SphinxDirective):
    """A card: the question as argument, its topic as option, answer and follow-up as content."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"topic": directives.unchanged_required, "name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Make the card."""
        text, messages = self.state.inline_text(self.arguments[0], self.lineno)
        content = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, content)
        identity = f"interview-{nodes.make_id(self.arguments[0])}"
        topic = self.options.get("topic", "")
        label = nodes.paragraph("", f"In an interview: {topic}", classes=["interview-label"])
        question = card_question("", "", *text, ids=[f"{identity}-question"])
        made = card("", label, question, *parts(content), ids=[identity], topic=topic)
        self.set_source_info(made)
        self.add_name(made)
        for problem in problems(made):
            LOGGER.warning("interview: %s", problem, location=made, type="interview")
        return [made, *messages]


class InterviewCards(SphinxDirective):
    """The place where all cards go."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark: the cards are put there when all pages have been read, any of which may have changed them."""
        self.env.note_reread()
        return [card_list()]


def parts(content: nodes.Element) -> Iterator[card_part]:
    """Split a card's content at the paragraph that begins with a bold "Follow-up"."""
    children = list(content)
    cut = next((i for i, child in enumerate(children) if bold_beginning(child)), len(children))
    if children[:cut]:
        yield card_part("", fold_title("", ANSWER), *children[:cut])
    if children[cut:]:
        children[cut].remove(bold_beginning(children[cut]))
        follow_up = (child for child in children[cut:] if child.astext().strip())
        yield card_part("", fold_title("", FOLLOW_UP), *follow_up)


def bold_beginning(child: nodes.Node) -> nodes.strong | None:
    """The bold "Follow-up" that a paragraph begins with, if it does."""
    words = [part for part in child.children if part.astext()] if isinstance(child, nodes.paragraph) else []
    first = words[0] if words else None
    return first if isinstance(first, nodes.strong) and first.astext().lower().startswith("follow-up") else None


def problems(made: card) -> Iterator[str]:
    """What is missing from a card, in words."""
    titles = [part[0].astext() for part in made.findall(card_part)]
    if not made["topic"]:
        yield "a card needs the option :topic:"
    if ANSWER not in titles:
        yield "a card needs an answer"
    if FOLLOW_UP not in titles:
        yield "a card needs a paragraph that begins with **Follow-up.**"


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
            for one in app.env.get_domain("interview").data["pages"].get(page, []):
                by_topic.setdefault(one["topic"] or "Other", []).append(resolved(app, one, page, docname))
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


def resolved(app: Sphinx, one: card, source: str, docname: str) -> card:
    """A copy of a card for page `docname`: what it refers to in its own chapter is there, not on this page."""
    copy = one.deepcopy()
    document = new_document("")
    document += copy
    app.env.resolve_references(document, source, app.builder)
    document.remove(copy)
    chapter = app.builder.get_relative_uri(docname, source)
    for reference in copy.findall(nodes.reference):
        if anchor := reference.attributes.pop("refid", None):
            reference["refuri"] = f"{chapter}#{anchor}"
    title = [child.deepcopy() for child in app.env.titles[source].children]
    link = nodes.reference("", "", *title, internal=True, refuri=f"{chapter}#{copy['ids'][0]}")
    copy.insert(2, nodes.paragraph("", "From the chapter ", link, classes=["interview-source"]))
    return copy


def visit_card(self: HTML5Translator, node: card) -> None:
    """Open a card, which its question names."""
    name = f"{node['ids'][0]}-question"
    self.body.append(self.starttag(node, "div", CLASS="interview-card", role="group", **{"aria-labelledby": name}))


def depart_card(self: HTML5Translator, node: card) -> None:
    """Close a card."""
    self.body.append("</div>\n")


def visit_question(self: HTML5Translator, node: card_question) -> None:
    """Open the question."""
    self.body.append(self.starttag(node, "p", "", CLASS="interview-question"))


def depart_question(self: HTML5Translator, node: card_question) -> None:
    """Close the question, with its permalink."""
    self.add_permalink_ref(node.parent, "Link to this question")
    self.body.append("</p>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.setup_extension("learning.folded")
    app.add_domain(Cards)
    writers: dict[type[nodes.Element], tuple[Any, Any]] = {
        card: (visit_card, depart_card),
        card_question: (visit_question, depart_question),
        card_part: (visit_folded, depart_folded),
    }
    for node, visitors in writers.items():
        app.add_node(node, html=visitors, singlehtml=visitors)
    app.add_node(card_list)
    app.add_directive("interview", Interview)
    app.add_directive("interview-cards", InterviewCards)
    app.connect("doctree-resolved", fill_lists)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
