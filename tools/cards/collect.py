"""Collect the flash cards: questions of quizzes, terms of the glossary, cards for interviews, in the book's order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.cards.as_html import as_html
from tools.notebooks.plain import DIRECTIVE, ROLE, Names, Writer
from tools.notebooks.quiz import LETTERS, Question, questions
from tools.site.take_notebooks import markdown

QUIZ, TERMS, INTERVIEW = "Check yourself", "Glossary", "In an interview"
FOLLOW_UP = re.compile(r"^\*\*Follow-up\.?\*\*", re.MULTILINE)
ENTRY = re.compile(r"^(?P<term>(?! )[^\n]+)\n(?P<says>(?:  [^\n]*\n|\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Card:
    """A card.

    Attributes
    ----------
    kind : str
        Which of the three kinds; each is a deck of its own.
    name : str
        What the card is known by: it stays when the answer is rewritten, so that a new edition replaces the old card.
    front, back : str
        HTML, with formulas between `\\(` and `\\)`.
    chapter : str
        File name of the chapter that the card belongs to, without its ending; empty where it belongs to none.

    """

    kind: str
    name: str
    front: str
    back: str
    chapter: str = ""


class Collector:
    """Writes the words of cards as the pages show them."""

    def __init__(self, names: Names, book: Path) -> None:
        self.words = Writer(names, book)

    def html(self, markdown: str) -> str:
        """The words of a card as HTML."""
        return as_html(self.words.inline(markdown))

    def quiz(self, question: Question, chapter: str) -> Card:
        """A question with its choices in front; which is right, and why, on the back."""
        offered = "".join(f"<li>{self.html(choice.words)}</li>" for choice in question.choices)
        named = list(zip(LETTERS, question.choices, strict=False))
        right = next(letter for letter, choice in named if choice.right)
        reasons = "".join(
            f"<li><b>{'Right' if choice.right else 'Wrong'}.</b> {self.html(choice.reason)}</li>" for _, choice in named
        )
        front = f'{self.html(question.words)}<ol type="A">{offered}</ol>'
        return Card(QUIZ, question.words, front, f'<b>{right}</b><ol type="A">{reasons}</ol>', chapter)

    def interview(self, question: str, body: str, chapter: str) -> Card:
        """A question with the answer and the follow-up."""
        body = re.sub(r"^:[\w-]+:.*\n", "", body, flags=re.MULTILINE)
        return Card(INTERVIEW, question, self.html(question), self.html(FOLLOW_UP.sub("**Follow-up.**", body)), chapter)

    def of_page(self, path: Path) -> Iterator[Card]:
        """The cards of a page."""
        for text in markdown(path):
            for found in DIRECTIVE.finditer(text):
                if found["name"] == "check-yourself":
                    yield from (self.quiz(question, path.stem) for question in questions(found["body"]))
                elif found["name"] == "interview":
                    yield self.interview(found["title"].strip(), found["body"], path.stem)

    def terms(self, glossary: Path, pages: list[Path]) -> Iterator[Card]:
        """A card for each term; it belongs to the first chapter that links the term."""
        first: dict[str, str] = {}
        for path in pages:
            for role in (role for text in markdown(path) for role in ROLE.finditer(text) if role[1] == "term"):
                first.setdefault((role[3] or role[4]).casefold(), path.stem)
        for found in DIRECTIVE.finditer("\n".join(markdown(glossary))):
            for entry in ENTRY.finditer(found["body"] if found["name"] == "glossary" else ""):
                says = re.sub(r"^  ", "", entry["says"], flags=re.MULTILINE)
                chapter = first.get(entry["term"].casefold(), "")
                yield Card(TERMS, entry["term"], self.html(entry["term"]), self.html(says), chapter)


def cards(pages: list[Path], names: Names, book: Path) -> list[Card]:
    """All cards of the book.

    Parameters
    ----------
    pages : list of Path
        The chapters in the order of the contents.
    names : Names
        What references say.
    book : Path
        The folder of the book, with its glossary.

    """
    collector, glossary = Collector(names, book), book / "glossary.md"
    of_chapters = [card for path in pages for card in collector.of_page(path)]
    terms = list(collector.terms(glossary, pages)) if glossary.exists() else []
    return sorted([*of_chapters, *terms], key=lambda card: (QUIZ, INTERVIEW, TERMS).index(card.kind))
