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

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)


class quiz(nodes.General, nodes.Element):
    """All questions of one directive."""


class answers(nodes.General, nodes.Element):
    """The answers to one question."""


class answer(nodes.General, nodes.Element):
    """One answer with its feedback; the attribute `right` says which it is."""


class answer_text(nodes.Part, nodes.TextElement):
    """What is offered for choice."""


class feedback(nodes.General, nodes.Element):
    """What is said to a reader who chose the answer."""


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
        except MalformedQuizError as error:
            LOGGER.warning("check-yourself: %s", error, location=error.node, type="check-yourself")
            return []
        questions["classes"].append("questions")
        return [quiz("", questions)]


def read_question(question: nodes.Element) -> None:
    """Turn the task list at the end of a question into `answers`."""
    choices = question[-1] if len(question) else question
    if len(question) < 2 or not isinstance(choices, nodes.bullet_list):
        raise MalformedQuizError(question, "a question is text followed by a list of answers")
    if len(choices) < 2:
        raise MalformedQuizError(choices, "a question needs at least 2 answers, this one has 1")
    read = [read_answer(choice) for choice in choices]
    right = sum(one["right"] for one in read)
    if right != 1:
        raise MalformedQuizError(choices, f"exactly one answer must be marked [x], here {right} are")
    question["classes"].append("question")
    question.replace(choices, answers("", *read))


def read_answer(item: nodes.Element) -> answer:
    """Turn an item of the task list into an `answer`."""
    first = item[0] if len(item) else item
    box = first[0] if isinstance(first, nodes.paragraph) and len(first) else None
    if not isinstance(box, nodes.raw) or "task-list-item-checkbox" not in box.astext():
        raise MalformedQuizError(item, "an answer begins with [x] (right) or [ ] (wrong)")
    first.remove(box)
    text = answer_text("", "", *first.children)
    if isinstance(text[0], nodes.Text):
        text[0] = nodes.Text(text[0].lstrip())
    if len(item) < 2:
        raise MalformedQuizError(item, f"the answer {text.astext()!r} has no feedback: add an indented paragraph to it")
    return answer("", text, feedback("", *item[1:]), right="checked" in box.astext().replace("checkbox", ""))


def visit_quiz(self: HTML5Translator, node: quiz) -> None:
    """Open the group of questions."""
    self.body.append('<div class="check-yourself" role="group" aria-label="Check yourself">\n')


def visit_answers(self: HTML5Translator, node: answers) -> None:
    """Open the group of answers."""
    self.body.append('<div class="answers" role="group" aria-label="Answers">\n')


def visit_answer(self: HTML5Translator, node: answer) -> None:
    """Open one answer."""
    self.body.append(f'<details class="answer {"right" if node["right"] else "wrong"}">\n')


def depart_answer(self: HTML5Translator, node: answer) -> None:
    """Close one answer."""
    self.body.append("</details>\n")


def visit_answer_text(self: HTML5Translator, node: answer_text) -> None:
    """Open what is clicked, named in words too: an answer that is a formula alone would have no name."""
    number = node.parent.parent.index(node.parent) + 1
    self.body.append(f'<summary><span class="visually-hidden">Answer {number}: </span>')


def depart_answer_text(self: HTML5Translator, node: answer_text) -> None:
    """Close what is clicked."""
    self.body.append("</summary>\n")


def visit_feedback(self: HTML5Translator, node: feedback) -> None:
    """Open the feedback with the verdict in words: colour alone would not reach everyone."""
    verdict = "Right" if node.parent["right"] else "Not quite"
    self.body.append(f'<div class="feedback"><p class="verdict">{verdict}</p>\n')


def depart_div(self: HTML5Translator, node: nodes.Element) -> None:
    """Close a div."""
    self.body.append("</div>\n")


def quizzes(doctree: nodes.document | None) -> Iterator[quiz]:
    """The quizzes of a page."""
    yield from doctree.findall(quiz) if doctree else ()


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script on pages with a quiz."""
    if any(quizzes(doctree)):
        app.add_js_file("check-yourself.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    writers: dict[type[nodes.Element], tuple[Any, Any]] = {
        quiz: (visit_quiz, depart_div),
        answers: (visit_answers, depart_div),
        answer: (visit_answer, depart_answer),
        answer_text: (visit_answer_text, depart_answer_text),
        feedback: (visit_feedback, depart_div),
    }
    for node, visitors in writers.items():
        app.add_node(node, html=visitors, singlehtml=visitors)
    app.add_directive("check-yourself", CheckYourself)
    app.add_css_file("learning.css")
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
