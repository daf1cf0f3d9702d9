"""A chapter as a notebook for anywhere: plain Markdown that JupyterLab, Colab and VS Code show as it is meant.

The chapters are written in MyST, of which those programs show the fences and roles. Here an exercise becomes a heading,
a hint or an answer a `<details>`, a reference its words, a figure an attachment. Folds and solutions lie under headings
that JupyterLab opens on a click. VS Code shows them open, so the solutions stand at the end, out of sight of their
exercises. Formulas are written so that MathJax and KaTeX read them. The code stays.
"""

import base64
import copy
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.notebooks.main_line import END, FENCE, FOLD, HEADING
from tools.notebooks.quiz import LETTERS, Question, questions

PLACEHOLDER = "git+REPOSITORY_URL"  # in every set-up cell; a site that knows its repository has put it there
INSTALLS = re.compile(rf"^( +)package = .*{re.escape(PLACEHOLDER)}.*\n.*run_line_magic.*", re.MULTILINE)
NOT_INSTALLED = (
    "{0}raise ModuleNotFoundError(\n"
    '{0}    "This notebook needs the package rnn_utils of its book. Get a copy of the book, "\n'
    '{0}    "run `make lab` in it, and open this notebook in the JupyterLab that starts."\n'
    "{0})"
)
ON_COLAB = "  # true on Colab only"  # of the set-up cell, in the book
BACK = "### Back to the main line"
SOLUTION = "### Solution to exercise"
DIRECTIVE = re.compile(
    r"^:::\{(?P<name>[\w-]+)\} *(?P<title>[^\n]*)\n(?P<options>(?::[\w-]+:[^\n]*\n)*)(?P<body>.*?)^::: *$", re.M | re.S
)
SCRIPT = re.compile(r"^<script\b[^>]*></script> *\n?", re.MULTILINE)  # what makes a figure move on the site
ALIGNED = re.compile(r"^\\begin\{align\}(.*?)\\end\{align\}", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r" *\\label\{([\w-]+)\}")
DISPLAYED = re.compile(r"\$\$(.*?)\$\$(?: *\(([\w-]+)\))?", re.DOTALL)
ROLE = re.compile(r"\{(doc|ref|numref|eq|term|cite:[tp])\}`(?:([^`<]+?)\s*<([^`>]+)>|([^`]+))`")
LABEL = re.compile(r"^\([\w-]+\)= *\n", re.MULTILINE)
OF_EXERCISE = re.compile(r"^:label: *([\w-]+)", re.MULTILINE)
TIED = re.compile(r"\n {2}<!--.*?-->(?=\n|\Z)")  # what belongs to an objective: tools/notebooks/objectives.py
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:)[^)]*\)")
DRAWING = re.compile(rb"<svg\b[^>]*(?<!/)>")
# A drawing follows the system's choice of light or dark, and the program around it may have made another.
GROUND = b"<style>:root{background:#fdfdfe}@media(prefers-color-scheme:dark){:root{background:#14181e}}</style>"
PICTURE = re.compile(r"!\[([^\]]*)\]\((?!\w+:)([^)]+)\)")


class UnknownDirectiveError(ValueError):
    """A chapter uses a directive that has no plain form here."""


@dataclass(frozen=True)
class Names:
    """What references say: numbers and titles by label, sources by key.

    Attributes
    ----------
    numbers : dict of str to str
        Of figures and equations: `{"fig-unrolled": "4.1"}`.
    titles : dict of str to str
        Of pages, by file name, and of headings, by label.
    sources : dict of str to tuple
        Authors, year and the whole entry, by key of the bibliography.

    """

    numbers: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    sources: dict[str, tuple[str, str, str]] = field(default_factory=dict)


class Writer:
    """Writes the plain form of one chapter, cell after cell."""

    def __init__(self, names: Names, folder: Path) -> None:
        self.names, self.folder = names, folder
        self.cells: list[dict[str, Any]] = []
        self.solutions: list[dict[str, Any]] = []
        self.cited: set[str] = set()
        self.exercises: dict[str, str] = {}  # number and title by label
        self.in_solution = self.closing = False

    # Cells -----------------------------------------------------------------------------------------------------------

    def code(self, cell: dict[str, Any]) -> None:
        """Take a code cell as it is; fold what the site folds, and put a figure's caption under it."""
        self.close_fold(level=9)
        first = not any(one["cell_type"] == "code" for one in self.cells)
        set_up = INSTALLS.sub(lambda at: NOT_INSTALLED.format(at[1]), cell["source"])
        cell["source"] = set_up.replace(ON_COLAB, "")
        folded = "hide-input" in cell["metadata"].get("tags", []) and not first  # the first one says what is needed
        if folded or self.in_solution:
            cell["metadata"]["jupyter"] = {"source_hidden": True}
        self.add(cell)
        figure = cell["metadata"].get("mystnb", {}).get("figure", {})
        if "caption" in figure:
            caption = self.caption(figure.get("name", ""), figure["caption"])
            self.markdown({"id": f"{cell['id']}-caption", "source": caption})

    def markdown(self, cell: dict[str, Any]) -> None:
        """Write a cell of Markdown in plain form, with a cell of its own for each heading that opens a fold."""
        text = DIRECTIVE.sub(self.directive, TIED.sub("", cell["source"]))
        if left := re.search(r"^:::.*|^`{3,}\{.*", text, re.MULTILINE):
            raise UnknownDirectiveError(f"{left[0]!r} has no plain form: see tools/notebooks/plain.py")
        text = self.inline(LABEL.sub("", SCRIPT.sub("", text)))
        for number, piece in enumerate(pieces(text)):
            self.piece(f"{cell['id']}-{number}"[-64:], piece)

    def piece(self, name: str, text: str) -> None:
        """Add a cell, or note that a fold ends here."""
        if text == END:
            self.closing = not self.in_solution
            self.in_solution = False
            return
        heading = HEADING.match(text.splitlines()[0])
        self.close_fold(len(heading[1]) if heading else 9)
        metadata = {"jp-MarkdownHeadingCollapsed": True} if opens_fold(text) else {}
        self.in_solution = text.startswith(SOLUTION) or (self.in_solution and not heading)
        made = {"cell_type": "markdown", "id": name, "metadata": metadata}
        text, attached = self.attach(text)
        self.add(made | ({"attachments": attached} if attached else {}) | {"source": text})

    def add(self, cell: dict[str, Any]) -> None:
        """Add a cell where it belongs: a solution waits for the end."""
        (self.solutions if self.in_solution else self.cells).append(cell)

    def close_fold(self, level: int) -> None:
        """After the end of a fold, see that a heading stands: a collapsed one hides all up to the next."""
        if self.closing and level > 3:
            made = {"cell_type": "markdown", "id": f"back-{len(self.cells)}", "metadata": {}, "source": BACK}
            self.cells.append(made)
        self.closing = False

    def attach(self, text: str) -> tuple[str, dict[str, dict[str, str]]]:
        """Put the pictures into the notebook, on a ground of their own: nothing lies beside a downloaded one."""
        attached = {}

        def take(picture: re.Match[str]) -> str:
            path = self.folder / picture[2]
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            drawn = DRAWING.sub(lambda at: at[0] + GROUND, path.read_bytes(), count=1)
            attached[path.name] = {kind: base64.b64encode(drawn).decode()}
            return f"![{picture[1]}](attachment:{path.name})"

        return PICTURE.sub(take, text), attached

    # Directives ------------------------------------------------------------------------------------------------------

    def directive(self, found: re.Match[str]) -> str:
        """The plain form of a directive."""
        name, title, body = found["name"], found["title"].strip(), found["body"].strip()
        if name == "exercise":
            label = OF_EXERCISE.search(found["options"])
            named = f"{len(self.exercises) + 1}: {title}"
            self.exercises[label[1] if label else named] = named
            return f"### Exercise {named}\n\n{body}"
        if name == "admonition":
            return details(title, body) if "dropdown" in found["options"] else quoted(title, body)
        if name == "figure-md":
            picture, _, caption = body.partition("\n\n")
            return f"{picture}\n\n{self.caption(title, caption)}"
        if name == "interview":
            return f"### {title}\n\n{details('Answer', body)}" if body else f"### {title}"
        if name == "solution-start":
            return f"{SOLUTION} {self.exercises[title]}"
        plain = {"div": body, "solution-end": END}
        if name == "check-yourself":
            return "\n\n".join(asked(number, one) for number, one in enumerate(questions(body), 1))
        if name not in plain:
            raise UnknownDirectiveError(f"{{{name}}} has no plain form: see tools/notebooks/plain.py")
        return plain[name]

    def caption(self, name: str, words: str) -> str:
        """A caption with the figure's number."""
        number = self.names.numbers.get(name)
        return f"**Figure {number}.** {words}" if number else words

    # Words -----------------------------------------------------------------------------------------------------------

    def inline(self, text: str) -> str:
        """Write the words of roles and links, and number the equations."""
        text = ALIGNED.sub(self.aligned, DISPLAYED.sub(self.numbered, text))
        return LINK.sub(r"\1", ROLE.sub(self.role, text))

    def numbered(self, formula: re.Match[str]) -> str:
        """A displayed formula, with the number that it has on the site."""
        number = self.names.numbers.get(formula[2] or "")
        return f"$${formula[1].rstrip()} \\tag{{{number}}}\n$$" if number else f"$${formula[1]}$$"

    def aligned(self, formula: re.Match[str]) -> str:
        """Several lines under one number, in the form that KaTeX takes too: it knows neither labels nor bare lines."""
        label = NAMED.search(formula[1])
        number = self.names.numbers.get(label[1] if label else "")
        tag = f" \\tag{{{number}}}" if number else ""
        return f"$$\n\\begin{{aligned}}{NAMED.sub('', formula[1])}\\end{{aligned}}{tag}\n$$"

    def role(self, found: re.Match[str]) -> str:
        """What a reference says."""
        kind, words, target = found[1], found[2], found[3] or found[4]
        if kind.startswith("cite"):
            return self.cite(target.split(","), in_text=kind == "cite:t")
        if words or kind == "term":
            return words or target
        if kind in ("numref", "eq"):
            number = self.names.numbers[target]
            return f"Figure {number}" if kind == "numref" else f"({number})"
        return f"*{self.names.titles[Path(target).name]}*"

    def cite(self, keys: list[str], *, in_text: bool) -> str:
        """Authors and years."""
        keys = [key.strip() for key in keys]
        self.cited |= set(keys)
        known = [self.names.sources[key][:2] for key in keys]
        if in_text:
            return ", ".join(f"{authors} ({year})" for authors, year in known)
        return f"({'; '.join(f'{authors}, {year}' for authors, year in known)})"

    def end(self) -> None:
        """End with the solutions, and with the sources that were cited."""
        if self.solutions:
            heading = {"cell_type": "markdown", "id": "solutions", "metadata": {}, "source": "## Solutions"}
            self.cells += [heading, *self.solutions]
        entries = sorted(self.names.sources[key][2] for key in self.cited)
        if entries:
            text = "## Sources\n\n" + "\n".join(f"- {entry}" for entry in entries)
            self.cells.append({"cell_type": "markdown", "id": "sources", "metadata": {}, "source": text})


def as_plain(notebook: dict[str, Any], names: Names, folder: Path) -> dict[str, Any]:
    """The plain form of a chapter; the chapter stays as it is.

    Parameters
    ----------
    notebook : dict
        The chapter, as JSON has it.
    names : Names
        What references say.
    folder : Path
        Where the pictures of the chapter lie.

    """
    writer = Writer(names, folder)
    for cell in copy.deepcopy(notebook["cells"]):
        cell["source"] = "".join(cell["source"])
        (writer.code if cell["cell_type"] == "code" else writer.markdown)(cell)
    writer.end()
    return {**notebook, "cells": writer.cells}


def opens_fold(text: str) -> bool:
    """Is this the heading of a fold or of a solution?"""
    return bool(FOLD.match(text)) or text.startswith(SOLUTION)


def pieces(text: str) -> Iterator[str]:
    """Cut Markdown before headings up to level 4, after those that open a fold, and around the ends of folds."""
    kept: list[str] = []
    fence = ""
    for line in text.splitlines():
        mark = FENCE.match(line)
        fence = ("" if mark[1].startswith(fence) else fence) if mark and fence else mark[1] if mark else fence
        heading = None if fence else HEADING.match(line)
        alone = not fence and (line.strip() == END or opens_fold(line))
        if alone or (heading and len(heading[1]) <= 4):
            yield from filter(None, ["\n".join(kept).strip()])
            kept.clear()
        if alone:
            yield line.strip()
        else:
            kept.append(line)
    yield from filter(None, ["\n".join(kept).strip()])


def details(title: str, body: str) -> str:
    """A text that unfolds in any notebook."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def quoted(title: str, body: str) -> str:
    """A box, as plain Markdown has it."""
    lines = [f"**{title}**", "", *body.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def asked(number: int, question: Question) -> str:
    """A question with its choices by letter, and what is to say of each under a fold."""
    named = list(zip(LETTERS, question.choices, strict=False))
    offered = "\n".join(f"- **{letter}.** {choice.words}" for letter, choice in named)
    reasons = [
        f"- **{letter}, {'right' if choice.right else 'wrong'}.** {choice.reason}"
        for letter, choice in named
        if choice.reason
    ]
    parts = [f"**{number}.** {question.words}", offered]
    return "\n\n".join([*parts, details("Answer", "\n".join(reasons))] if reasons else parts)
