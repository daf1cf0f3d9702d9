"""A chapter as a teacher hands it out: exercises, hints and checks stay; solutions, reasons and answers go.

It works on a chapter as the book has it, before `plain` writes it in plain Markdown.
"""

import copy
import re
from typing import Any

from tools.notebooks.plain import DIRECTIVE
from tools.notebooks.quiz import Question, questions

BEGIN, END = (
    re.compile(r"^:::\{solution-start\}", re.MULTILINE),
    re.compile(r"^:::\{solution-end\}.*\n:::", re.MULTILINE),
)


class OpenSolutionError(ValueError):
    """A solution begins that does not end, so that nobody knows what may be handed out."""


def without_solutions(notebook: dict[str, Any]) -> dict[str, Any]:
    """The chapter without what a student shall find out; the one given stays as it is.

    Raises
    ------
    OpenSolutionError
        When a solution has no end.

    """
    kept, inside = [], False
    for cell in copy.deepcopy(notebook["cells"]):
        if cell["cell_type"] == "code":
            kept += [] if inside else [cell]
            continue
        text, inside = outside("".join(cell["source"]), inside)
        text = DIRECTIVE.sub(unanswered, text).strip()
        if text:
            kept.append(cell | {"source": text})
    if inside:
        raise OpenSolutionError("a solution begins and does not end: {solution-end} is missing")
    return {**notebook, "cells": kept}


def outside(text: str, inside: bool) -> tuple[str, bool]:
    """What of a cell's Markdown lies outside solutions, and whether its end lies inside one."""
    kept = []
    while text:
        mark = (END if inside else BEGIN).search(text)
        if not inside:
            kept.append(text[: mark.start()] if mark else text)
        text, inside = (text[mark.end() :], not inside) if mark else ("", inside)
    return "".join(kept), inside


def unanswered(directive: re.Match[str]) -> str:
    """A question without its answer, a quiz without its reasons and without marks; other directives as they are."""
    if directive["name"] == "interview":
        return directive[0].replace(directive["body"], "")
    if directive["name"] != "check-yourself":
        return directive[0]
    listed = (bare(number, question) for number, question in enumerate(questions(directive["body"]), 1))
    return ":::{check-yourself}\n" + "\n\n".join(listed) + "\n:::\n"


def bare(number: int, question: Question) -> str:
    """A question of a quiz with its choices, none of them marked."""
    choices = "\n".join(f"   - [ ] {choice.words}" for choice in question.choices)
    return f"{number}. {question.words}\n\n{choices}"
