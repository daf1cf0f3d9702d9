"""Printing where the terminal lacks some of the book's characters, as one with Windows' code page 1252 does."""

import sys
from typing import Any

PLAIN = {"✓": "+", "○": "o", "✗": "x", "≤": "<=", "≥": ">=", "≠": "!=", "÷": "/", "×": "x", "−": "-", "…": "..."}


def say(text: str, **options: Any) -> None:
    """Print `text` as `print` does, with plain characters in place of those that standard output cannot show."""
    print(showable(text, getattr(sys.stdout, "encoding", None)), **options)


def showable(text: str, encoding: str | None) -> str:
    """Return `text` as it can be shown in `encoding`: nearest plain character, ``?`` where there is none."""
    if encoding is None:
        return text
    shown = []
    for character in text:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            character = PLAIN.get(character, "?")
        shown.append(character)
    return "".join(shown)
