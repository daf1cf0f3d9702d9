"""Interview cards in their chapters and collected: topics, order, links, and changes between builds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ext_book import EXTENSIONS, Book, build, write_page

CARD = """:::{{interview}} {question}
:topic: {topic}

An answer, see {{ref}}`here <place>` and {{eq}}`eq-here`.

**Follow-up.** And then?

That's more.
:::
"""
# Read in alphabetical order, which is not the order of the book.
PAGES = {
    "index.md": "# Book\n\n```{toctree}\nz_first\na_second\ncards\n```\n",
    "z_first.md": "# First *chapter*\n\n(place)=\n\n## Here\n\n$$ a = b $$ (eq-here)\n\n"
    + CARD.format(question="Why $W$?", topic="Gradients")
    + CARD.format(question="What shape?", topic="Data & shapes"),
    "a_second.md": "# Second\n\n" + CARD.format(question="How long?", topic="Gradients"),
    "cards.md": "# Cards\n\n```{interview-cards}\n```\n",
}


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return build(tmp_path, PAGES, ["page.katex_math", "learning.interview"])


def questions(page: str) -> list[str]:
    plain = re.sub(r"<(math|a) .*?</\1>", "", page, flags=re.S)
    found = re.findall(r'<p class="interview-question"[^>]*>(.*?)</p>', plain)
    return [re.sub(r"<[^>]+>", "", question) for question in found]


def test_card_has_its_parts_and_an_anchor(book: Book) -> None:
    page = book.article("a_second")
    assert not book.warnings
    assert 'id="interview-how-long"' in page
    answer, follow_up = re.findall(r"<details>\s*<summary>(.*?)</details>", page, re.S)
    assert answer.startswith("An answer in 60 seconds")
    assert "An answer, see" in answer
    assert "And then?" in follow_up
    assert "That’s more." in follow_up
    assert "Follow-up." not in follow_up, "the title says it"


def test_cards_are_collected_by_topic_in_the_order_of_the_book(book: Book) -> None:
    page = book.article("cards")
    assert questions(page) == ["Why W?", "How long?", "What shape?"]
    assert re.findall(r"<h2>([^<]*)", page) == ["Gradients", "Data &amp; shapes"]
    assert 'href="#topic-data-shapes"' in page
    assert page.count("That’s more.") == 3, "with the quotation marks of print"
    assert 'id="topic-data-shapes"' in page


def test_a_collected_card_leads_back(book: Book) -> None:
    page = book.article("cards")
    assert 'href="a_second.html#interview-how-long">Second</a>' in page
    assert 'href="z_first.html#interview-why-w">First <em>chapter</em></a>' in page


def test_references_lead_to_the_right_page_from_both_places(book: Book) -> None:
    assert 'href="#place"' in book.article("z_first")
    assert 'href="#equation-eq-here"' in book.article("z_first")
    for page in ("cards", "a_second"):
        assert 'href="#place"' not in book.article(page)
        assert 'href="#equation-eq-here"' not in book.article(page)
        assert 'href="z_first.html#equation-eq-here">(1)</a>' in book.article(page)


def test_a_changed_chapter_changes_the_collected_page(book: Book) -> None:
    changed = book.rebuild(a_second="# Second\n\n" + CARD.format(question="How wide?", topic="Shapes"))
    assert questions(changed.article("cards")) == ["Why W?", "What shape?", "How wide?"]
    emptied = book.rebuild(a_second="# Second\n\nNo card any more.\n")
    assert questions(emptied.article("cards")) == ["Why W?", "What shape?"]


def test_reading_in_parallel_loses_no_card(tmp_path: Path) -> None:
    many = {f"page_{n}.md": f"# Page\n\n{CARD.format(question=f'Question {n}?', topic='T')}" for n in range(8)}
    pages = {**PAGES, **many, "index.md": "# Book\n\n```{toctree}\n:glob:\n*\n```\n"}
    settings = (
        "extensions = ['myst_nb', 'learning.interview']\nmyst_enable_extensions = ['colon_fence', 'dollarmath']\n"
    )
    for name, text in {**pages, "conf.py": settings}.items():
        write_page(tmp_path / "source", name, text)
    # In a process of its own: this one has threads (a browser's, V8's), and a fork of it may hang.
    command = [sys.executable, "-m", "sphinx", "-q", "-j", "2", str(tmp_path / "source"), str(tmp_path / "html")]
    environment = {**os.environ, "PYTHONPATH": str(EXTENSIONS)}
    subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True)
    assert len(questions((tmp_path / "html/cards.html").read_text("utf8"))) == 11


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":topic: T\n", "", "a card needs the option :topic:"),
        ("**Follow-up.** And then?\n\nThat's more.", "", "a card needs a paragraph that begins with **Follow-up.**"),
        ("An answer, see {ref}`here <place>` and {eq}`eq-here`.", "", "a card needs an answer"),
        ("How so?", "Why $W$?", "the same question is asked in"),
    ],
)
def test_an_unfinished_card_is_a_warning_with_its_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    card = CARD.format(question="How so?", topic="T")
    assert old in card
    built = build(
        tmp_path,
        {**PAGES, "a_second.md": "# Second\n\n" + card.replace(old, new)},
        ["page.katex_math", "learning.interview"],
    )
    assert re.search(r"(a_second\.md:3|z_first\.md:9): WARNING: interview: " + re.escape(said), built.warnings)
