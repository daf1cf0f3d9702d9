"""The quiz: HTML that works by itself, and warnings for questions that are not finished."""

import re
from pathlib import Path

import pytest
from ext_book import Book, build

QUESTION = """1. What does $T$ count in `x`?

   - [ ] Examples of [a batch](https://example.org/)

     That is $B$:

     ```python
     T, B, D = x.shape
     ```
   - [x] Time **steps**

     Time comes first.
"""


def book(folder: Path, quiz: str) -> Book:
    text = f"# Chapter\n\n:::{{check-yourself}}\n{quiz}:::\n"
    pages = {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n", "chapter.ipynb": f"# First cell\n%%%\n{text}"}
    return build(folder, pages, ["page.katex_math", "learning.check_yourself"])


def test_every_answer_unfolds_without_a_script(tmp_path: Path) -> None:
    built = book(tmp_path, QUESTION)
    assert not built.warnings
    page = built.article("chapter")
    answers = re.findall(
        r'<details class="answer (right|wrong)">\s*<summary>(.*?)</summary>(.*?)</details>', page, re.S
    )
    assert [kind for kind, _, _ in answers] == ["wrong", "right"]
    assert answers[1][1] == '<span class="visually-hidden">Answer 2: </span>Time <strong>steps</strong>'
    assert "Time comes first." in answers[1][2]
    assert '<p class="verdict">Right</p>' in answers[1][2]
    assert '<p class="verdict">Not quite</p>' in answers[0][2]
    assert "checkbox" not in page


def test_mathematics_code_and_links_work_inside(tmp_path: Path) -> None:
    page = book(tmp_path, QUESTION).article("chapter")
    assert page.count("katex-html") == 2
    assert 'href="https://example.org/"' in page
    assert "highlight-python" in page


def test_script_is_loaded_where_there_is_a_quiz(tmp_path: Path) -> None:
    built = book(tmp_path, QUESTION)
    assert re.search(r'<script type="module" src="_static/check-yourself\.js', built.page("chapter"))
    assert "check-yourself.js" not in built.page("index")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[x]", "[ ]", "exactly one answer must be marked [x], here 0 are"),
        ("[ ] Ex", "[x] Ex", "exactly one answer must be marked [x], here 2 are"),
        ("\n\n     Time comes first.", "", "the answer 'Time steps' has no feedback"),
        ("- [x] Time", "- Time", "an answer begins with [x] (right) or [ ] (wrong)"),
        (
            "   - [x] Time **steps**\n\n     Time comes first.\n",
            "",
            "a question needs at least 2 answers, this one has 1",
        ),
        (QUESTION, "1. What?\n", "a question is text followed by a list of answers"),
        (QUESTION, "Some words.\n", "wanted one numbered list of questions and nothing else"),
    ],
)
def test_an_unfinished_question_is_a_warning_with_page_and_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in QUESTION
    built = book(tmp_path, QUESTION.replace(old, new))
    found = re.search(r"chapter\.ipynb:(\d+): WARNING: check-yourself: (.*)", built.warnings)
    assert found, built.warnings
    assert said in found[2]
    assert found[1].startswith("2"), "the second cell: 20000 + line"
