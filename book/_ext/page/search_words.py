"""Stems for the search index, looked up once for the whole book: Sphinx works each word out again on every page."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish


class English(SearchEnglish):
    """English as Sphinx has it, with a memory."""

    def init(self, options: dict[str, str]) -> None:
        """Begin without a word."""
        super().init(options)
        self.stems: dict[str, str] = {}

    def stem(self, word: str) -> str:
        """The stem of a word."""
        if word not in self.stems:
            self.stems[word] = super().stem(word)
        return self.stems[word]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_search_language(English)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
