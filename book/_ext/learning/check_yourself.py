"""Multiple-choice questions with feedback for every answer: the directive ``{check-yourself}``.

What exists needs a running kernel or scripts and puts random identifiers into a notebook's outputs. Here a question is
plain Markdown, so it reads well in Jupyter too; on the site each answer is a `<details>` element, which works without
JavaScript, from the keyboard and with a screen reader. `check-yourself.js` adds the score.

    :::{check-yourself}
    1. What does the first axis of `x` with shape `(T, B, D)` count?

       - [x] Time steps

         The book is time-major.
       - [ ] Examples

         That is the second axis.
    :::
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from learning.folded import depart_folded, fold_title, folded, visit_folded

LOGGER = logging.getLogger(__name__)
QUIZ = "check-yourself"


class group(nodes.General, nodes.Element):
    """All questions of one directive, or the answers to one of them; the attribute `label` names it."""


class answer(folded):
    """One answer with its feedback; the attribute `right` says which it is."""


class MalformedQuizError(Exception):
    """The Markdown inside the directive is not a quiz; carries the node at fault."""

    def __init__(self, node: nodes.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


class CheckYourself(SphinxDirective):
    """A numbered list of questions, each ending in a task list of answers."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Read the list; a warning that names page and line says what is wrong with it."""
        parsed = nodes.container()
        self.set_source_info(parsed)
        self.state.nested_parse(self.content, self.content_offset, parsed)
        try:
            if len(parsed) != 1 or not isinstance(parsed[0], nodes.enumerated_list):
                raise MalformedQuizError(parsed, "wanted one numbered list of questions and nothing else")
            questions = parsed[0]
            for question in questions:
                read_question(question)
                question["ids"].append(f"question-{self.env.new_serialno('question') + 1}")
        except MalformedQuizError as error:
            LOGGER.warning("check-yourself: %s", error, location=error.node, type="check-yourself")
            return []
        questions["classes"].append("questions")
        return [group("", questions, classes=[QUIZ], label="Check yourself")]


def read_question(question: nodes.Element) -> None:
    """Turn the task list at the end of a question into a group of answers."""
    choices = question[-1] if len(question) else question
    if len(question) < 2 or not isinstance(choices, nodes.bullet_list):
        raise MalformedQuizError(question, "a question is text followed by a list of answers")
    if len(choices) < 2:
        raise MalformedQuizError(choices, "a question needs at least 2 answers, this one has 1")
    read = [read_answer(choice, number) for number, choice in enumerate(choices, 1)]
    right = sum(one["right"] for one in read)
    if right != 1:
        raise MalformedQuizError(choices, f"exactly one answer must be marked [x], here {right} are")
    question["classes"].append("question")
    question.replace(choices, group("", *read, classes=["answers"], label="Answers"))


def read_answer(item: nodes.Element, number: int) -> answer:
    """Turn an item of the task list into an `answer`, its verdict in words: colour alone would not reach everyone."""
    first = item[0] if len(item) else item
    box = first[0] if isinstance(first, nodes.paragraph) and len(first) else None
    if not isinstance(box, nodes.raw) or "task-list-item-checkbox" not in box.astext():
        raise MalformedQuizError(item, "an answer begins with [x] (right) or [ ] (wrong)")
    first.remove(box)
    if isinstance(first[0], nodes.Text):
        first[0] = nodes.Text(first[0].lstrip())
    if len(item) < 2:
        raise MalformedQuizError(
            item, f"the answer {first.astext()!r} has no feedback: add an indented paragraph to it"
        )
    right = "checked" in box.astext().replace("checkbox", "")
    # Named in words, too: an answer that is a formula alone would have no name.
    name = nodes.inline("", f"Answer {number}: ", classes=["visually-hidden"])
    verdict = nodes.paragraph("", "Right" if right else "Not quite", classes=["verdict"])
    feedback = nodes.container("", verdict, *item[1:], classes=["feedback"])
    classes = ["answer", "right" if right else "wrong"]
    return answer("", fold_title("", "", name, *first.children), feedback, right=right, classes=classes)


def visit_group(self: HTML5Translator, node: group) -> None:
    """Open a group."""
    self.body.append(self.starttag(node, "div", role="group", **{"aria-label": node["label"]}))


def depart_group(self: HTML5Translator, node: group) -> None:
    """Close a group."""
    self.body.append("</div>\n")


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script on pages with a quiz."""
    if doctree and any(QUIZ in node["classes"] for node in doctree.findall(group)):
        app.add_js_file("check-yourself.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.setup_extension("learning.folded")
    for node, writers in ((group, (visit_group, depart_group)), (answer, (visit_folded, depart_folded))):
        app.add_node(node, html=writers, singlehtml=writers)
    app.add_directive("check-yourself", CheckYourself)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
