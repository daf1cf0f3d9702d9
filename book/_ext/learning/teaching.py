"""The teacher's page: what each chapter promises and where it keeps it, and what the checks of its exercises say.

``{to-teach}`` makes a section for every notebook in the contents: its reading time, a table with a row for each
objective, and under a fold the messages of its exercises' checks. All of it is read from the notebooks and from the
modules of the checks. ``tools/site/for_teachers.py`` adds the files that can be taken along, once they are there.
"""

import functools
import importlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from page.chapter_numbers import numbers
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from learning.ledger import without_links
from tools.notebooks import reading_time
from tools.notebooks.objectives import Task, Taught, taught

LOGGER = logging.getLogger(__name__)
HEADS = ("You will learn to", "Sections", "Questions", "Exercises")
NOTHING = "–"


class taught_link(nodes.Inline, nodes.TextElement):
    """A link to a chapter, or to a section, question or exercise of it: `kind` and `key` say which."""


class OutOfSight(SphinxTransform):
    """Take the comments that tie objectives to sections off the page."""

    default_priority = 215

    def apply(self, **kwargs: Any) -> None:
        """Do so in every list."""
        for comment in list(self.document.findall(nodes.raw)):
            if isinstance(comment.parent, nodes.list_item) and re.fullmatch(r"<!--.*?-->\s*", comment.astext()):
                comment.parent.remove(comment)


def notebooks(env: BuildEnvironment) -> list[str]:
    """The notebooks among the pages, in the order of the contents."""
    contents = getattr(env, "external_site_map", None)
    parts = contents.root.subtrees if contents else []
    pages = [str(page) for part in parts for page in part.files()] or sorted(env.found_docs)
    return [page for page in pages if Path(env.doc2path(page)).suffix == ".ipynb"]


@functools.cache
def read(notebook: Path, _changed: int) -> tuple[Taught, tuple[int, int]]:
    """What a notebook teaches, and the minutes that it takes: once for all the directives that ask."""
    found = nbformat.read(notebook, as_version=4)
    return taught(found), reading_time.computed(found)


class Teaching(SphinxDirective):
    """What the directives of the teacher's page have in common."""

    def chapters(self) -> Iterator[tuple[str, Taught, tuple[int, int]]]:
        """Every notebook: its page, what it teaches, and the minutes that it takes folded and unfolded."""
        for page in notebooks(self.env):
            path = self.env.doc2path(page)
            self.env.note_dependency(path)
            yield page, *read(Path(path), Path(path).stat().st_mtime_ns)

    def inline(self, text: str) -> list[nodes.Node]:
        """A piece of MyST as it stands in a line, without links."""
        content, messages = self.parse_inline(text, lineno=self.lineno)
        return [*without_links(content), *messages]

    def link(self, words: str, page: str, kind: str = "page", key: str | int = "") -> taught_link:
        """A link to a page or a place on it."""
        return taught_link("", "", *self.inline(words), page=page, kind=kind, key=key)


class ToTeach(Teaching):
    """A section for every notebook."""

    def run(self) -> list[nodes.Node]:
        """Make them."""
        found = list(self.chapters())
        called = numbers([page for page, _, _ in found])
        return [self.section(page, called.get(page), told, minutes) for page, told, minutes in found]

    def section(self, page: str, number: int | str | None, told: Taught, minutes: tuple[int, int]) -> nodes.section:
        """All about one chapter."""
        stem = page.rpartition("/")[2]
        title = nodes.title("", f"{number} · " if number else "", *self.inline(told.title))
        made = nodes.section("", title, ids=[nodes.make_id(f"teach-{stem}")])
        made += nodes.paragraph("", "", nodes.emphasis("", "", *self.inline(told.promise)))
        facts = nodes.paragraph("", "", self.link("The chapter" if isinstance(number, int) else "The lab", page))
        facts += nodes.Text(f": {minutes[0]} minutes of reading, {minutes[1]} with everything unfolded")
        facts += [nodes.Text("; your students need: "), *self.inline(told.needs)] if told.needs else []
        made += [facts, nodes.raw("", f'<div class="to-take" data-stem="{stem}"></div>', format="html")]
        made += table(HEADS, [self.row(page, told, number) for number in range(len(told.objectives))], (34, 34, 10, 22))
        if diagnosed := [part for task in told.tasks for part in self.diagnosis(page, task)]:
            name = nodes.title("", "What the checks of its exercises say")
            made += nodes.admonition("", name, *diagnosed, classes=["dropdown", "diagnoses"])
        return made

    def row(self, page: str, told: Taught, number: int) -> list[list[nodes.Node]]:
        """An objective, and links to what belongs to it."""
        objective, titles = told.objectives[number], {task.label: task.title for task in told.tasks}
        headings = {name: place for place, name in enumerate(told.headings)}
        sections = [self.link(name, page, "section", headings.get(name, -1)) for name in objective.sections]
        asked = [self.link(str(question), page, "question", question) for question in objective.questions]
        set_ = [self.link(titles.get(label, label), page, "exercise", label) for label in objective.exercises]
        return [self.inline(objective.text), lines(sections), with_commas(asked), lines(set_)]

    def diagnosis(self, page: str, task: Task) -> Iterator[nodes.Node]:
        """An exercise, and what its check says of the wrong answers that it knows."""
        if not task.check:
            return
        try:
            module = importlib.import_module(f"rnn_utils.exercises.{task.module}")
            mistakes = getattr(module, task.check).mistakes
        except (ImportError, AttributeError) as error:
            LOGGER.warning("to-teach: %s has no check: %s", task.label, error, location=self.get_location())
            return
        self.env.note_dependency(str(module.__file__))
        yield nodes.paragraph("", "", self.link(task.title, page, "exercise", task.label), classes=["diagnosed"])
        yield nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", m.message)) for m in mistakes))


def with_commas(links: Sequence[nodes.Node]) -> list[nodes.Node]:
    """Links in a line."""
    return [part for link in links for part in (nodes.Text(", "), link)][1:] or [nodes.Text(NOTHING)]


def lines(links: Sequence[nodes.Node]) -> list[nodes.Node]:
    """Links below one another."""
    return [nodes.line_block("", *(nodes.line("", "", link) for link in links))] if links else [nodes.Text(NOTHING)]


def table(heads: Sequence[str], rows: Sequence[Sequence[list[nodes.Node]]], widths: Sequence[int]) -> nodes.table:
    """A table; a cell is text and links, or one block of lines."""

    def row(cells: Sequence[list[nodes.Node]]) -> nodes.row:
        blocks = [cell if isinstance(cell[0], nodes.line_block) else [nodes.paragraph("", "", *cell)] for cell in cells]
        return nodes.row("", *(nodes.entry("", *block) for block in blocks))

    columns = (nodes.colspec(colwidth=width) for width in widths)
    head = nodes.thead("", row([[nodes.Text(text)] for text in heads]))
    group = nodes.tgroup("", *columns, head, nodes.tbody("", *map(row, rows)), cols=len(heads))
    return nodes.table("", group, classes=["taught"])


def lead(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the links into such that lead where they say, now that every page has its numbers and anchors."""
    for link in list(doctree.findall(taught_link)):
        anchor, number = place(app.env, link["page"], link["kind"], link["key"])
        address = app.builder.get_relative_uri(docname, link["page"])
        words = [nodes.Text(f"{number} " if number and link.children else number), *link.children]
        link.replace_self(nodes.reference("", "", *words, internal=True, refuri=f"{address}{anchor}"))


def place(env: BuildEnvironment, page: str, kind: str, key: Any) -> tuple[str, str]:
    """The anchor of a place on a page, with its ``#``, and its number where it has one."""
    if kind == "numbered":
        return "", str(numbers(list(env.toc_secnumbers)).get(page, ""))
    if kind == "question":
        return f"#question-{key}", ""
    if kind == "exercise":
        number = env.toc_fignumbers.get(page, {}).get("exercise", {}).get(key, ())
        return f"#{key}", ".".join(map(str, number))
    if kind == "section" and key >= 0:
        [below] = [child for child in env.tocs[page][0].children if isinstance(child, nodes.bullet_list)]
        return str(next(below[key].findall(nodes.reference))["anchorname"]), ""
    return "", ""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_node(taught_link)
    app.add_transform(OutOfSight)
    app.add_directive("to-teach", ToTeach)
    app.connect("doctree-resolved", lead)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
