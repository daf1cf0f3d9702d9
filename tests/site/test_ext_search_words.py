"""The search index with remembered stems is Sphinx's own, and each word is worked out once."""

from pathlib import Path

import ext_book
import pytest
from sphinx.search.en import SearchEnglish

PAGES = {
    "index.md": "# Networks that remember\n\n```{toctree}\nother\n```\n\nForgetting gates forget; they networked.\n",
    "other.md": "# Gates\n\nA network forgets what the gates forgot. Forgetting is networking.\n",
}


def test_the_index_is_the_same_and_no_word_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    stem = SearchEnglish.stem
    monkeypatch.setattr(SearchEnglish, "stem", lambda self, word: asked.append(word) or stem(self, word))
    plain = ext_book.build(tmp_path / "plain", PAGES, [])
    assert len(asked) > len(set(asked)), "Sphinx asks again for words of another page: without this extension"
    asked.clear()
    quick = ext_book.build(tmp_path / "quick", PAGES, ["page.search_words"])
    assert len(asked) == len(set(asked)) > 5
    assert (quick.output / "searchindex.js").read_text("utf8") == (plain.output / "searchindex.js").read_text("utf8")
