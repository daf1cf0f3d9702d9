"""The questions of a `{check-yourself}` in parts: what is asked, the choices, and a reason for each."""

import re
from dataclasses import dataclass

QUESTION = re.compile(r"^\d+\. +", re.MULTILINE)
CHOICE = re.compile(r"^ *- \[([ x])\] +", re.MULTILINE)
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Choice:
    """One answer to choose, with what is to say of it; the reason may be empty."""

    words: str
    right: bool
    reason: str


@dataclass(frozen=True)
class Question:
    """A question and its choices."""

    words: str
    choices: tuple[Choice, ...]


def questions(body: str) -> list[Question]:
    """Read what stands inside the directive."""
    return [read(text) for text in split(QUESTION, body)]


def read(text: str) -> Question:
    """Read one question with its choices."""
    asked = QUESTION.sub("", CHOICE.split(text, maxsplit=1)[0], count=1)
    choices = []
    for mark, part in zip(CHOICE.findall(text), split(CHOICE, text), strict=True):
        words, _, reason = CHOICE.sub("", part).partition("\n\n")
        choices.append(Choice(flat(words), mark == "x", flat(reason)))
    return Question(flat(asked), tuple(choices))


def split(beginning: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text, each with its beginning."""
    starts = [found.start() for found in beginning.finditer(text)]
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def flat(text: str) -> str:
    """A text of a list without its indentation, in paragraphs that a list can hold."""
    return re.sub(r"\n\s*\n", "\n\n  ", re.sub(r"\n[ \t]+(?=\S)", "\n  ", text.strip()))
