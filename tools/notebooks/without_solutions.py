"""A chapter as a teacher hands it out: exercises, hints and checks stay; solutions, reasons and answers go.

It works on a chapter as the book has it, before `plain` writes it in plain Markdown.
"""

import copy
import re
from typing import Any

from tools.notebooks.plain import CHOICE, DIRECTIVE, QUESTION, split

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
    questions = (bare(text) for text in split(QUESTION, directive["body"]))
    return ":::{check-yourself}\n" + "\n\n".join(questions) + "\n:::\n"


def bare(question: str) -> str:
    """A question of a quiz with its choices, none of them marked."""
    asked = CHOICE.split(question, maxsplit=1)[0].strip()
    choices = (CHOICE.sub("", choice).partition("\n\n")[0] for choice in split(CHOICE, question))
    return f"{asked}\n\n" + "\n".join(f"   - [ ] {words.strip()}" for words in choices)
