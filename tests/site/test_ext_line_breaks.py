"""Formulas stay whole with what touches them, and numbers with their words; code is left as it is."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from ext_book import Book, build

LONG = r"h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)"
PAGE = f"""# Breaks

The shape is ($B = 1$), then $T$. An $n$-gram, and ${LONG}$, and $x$ alone.

About 13 % of it, see chapter 4, Fig. B.2 and Exercise 1.1, says `13 % of chapter 4`.

```
13 %
```
"""


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> str:
    book: Book = build(tmp_path_factory.mktemp("book"), {"index.md": PAGE}, ["page.katex_math", "page.line_breaks"])
    assert book.warnings == ""
    return book.article()


def test_a_short_formula_keeps_what_touches_it(article: str) -> None:
    page = BeautifulSoup(article, "html.parser")
    for formula in page.select(".math"):
        formula.replace_with(formula.select_one("annotation").get_text())
    assert [part.get_text() for part in page.select(".whole")] == ["(B = 1),", "T.", "n-", "x"]


def test_a_long_formula_may_break_but_not_before_its_comma(article: str) -> None:
    assert article.count('class="whole"') == 4
    page = BeautifulSoup(article, "html.parser")
    assert [part.contents[-1] for part in page.select(".touched")] == [","]


def test_numbers_stay_with_their_words_but_code_is_as_written(article: str) -> None:
    assert "13\u00a0% of it, see chapter\u00a04, Fig.\u00a0B.2 and Exercise\u00a01.1" in article
    code = re.sub(r"<[^>]+>", "", article)
    assert "13 % of chapter 4" in code
    assert "\n13 %" in code


def test_nothing_is_lost(article: str, tmp_path: Path) -> None:
    def words(text: str) -> str:
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))

    assert words(article) == words(build(tmp_path, {"index.md": PAGE}, ["page.katex_math"]).article())
