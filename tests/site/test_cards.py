"""The flash cards: every question, interview card and term of the book once, with its answer, as Anki takes them."""

import csv
import io
import json
import re
import sqlite3
import zipfile
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from ext_book import notebook
from test_take_notebooks import CHAPTER, NAMES

from tools import edition
from tools.cards.as_html import as_html
from tools.cards.collect import INTERVIEW, QUIZ, TERMS, Card, cards
from tools.cards.write import BOOK, SameCardError, as_csv, as_deck
from tools.site.take_along import DECK, TABLE

GLOSSARY = """# Glossary

:::{glossary}
state
  What a network keeps, $h_t < 1$. See {eq}`eq-loop`.

  It *changes*.

unseen
  A term that no chapter links.
:::
"""
MADE = 1_800_000_000  # seconds
Note = tuple[str, list[str], str, str]  # known as, fields, tags, deck


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> list[Card]:
    """The cards of a book of one chapter and a glossary."""
    book = tmp_path_factory.mktemp("book")
    (book / "04_loops.ipynb").write_text(json.dumps(notebook(CHAPTER)), "utf8")
    (book / "glossary.md").write_text(GLOSSARY, "utf8")
    return cards([book / "04_loops.ipynb"], NAMES, book)


def notes(deck: bytes, folder: Path) -> list[Note]:
    """What is in a deck, read as Anki does: a zip with a database."""
    with zipfile.ZipFile(io.BytesIO(deck)) as package:
        assert package.testzip() is None
        package.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as database:
        [decks] = database.execute("select decks from col").fetchone()
        named = {int(number): one["name"] for number, one in json.loads(decks).items()}
        rows = database.execute("select guid, flds, tags, did from notes join cards on cards.nid = notes.id").fetchall()
    return [(guid, fields.split("\x1f"), tags.strip(), named[deck]) for guid, fields, tags, deck in rows]


def test_a_card_of_each_kind(collected: list[Card]) -> None:
    quiz, interview, *terms = collected
    assert quiz.kind == QUIZ
    assert quiz.front == "What is shared,\nand why?" + '<ol type="A"><li>Nothing</li><li>The weights</li></ol>'
    wrong, right = "<b>Wrong.</b> Look again.", "<b>Right.</b> They are <strong>one</strong>."
    assert quiz.back == f'<b>B</b><ol type="A"><li>{wrong}</li><li>{right}</li></ol>'
    assert (interview.kind, interview.front, interview.back) == (INTERVIEW, "Why?", "Because (Elman, 1990).")
    assert [(term.kind, term.front, term.chapter) for term in terms] == [
        (TERMS, "state", "04_loops"),
        (TERMS, "unseen", ""),
    ]
    assert terms[0].back == r"<p>What a network keeps, \(h_t &lt; 1\). See (4.2).</p>" + "\n<p>It <em>changes</em>.</p>"


def test_formulas_and_code_keep_their_signs() -> None:
    assert as_html("$$\na < b\n$$") == r"\[a &lt; b\]"
    assert as_html("'$x_1 * y_1 *$' and `\\(`") == "‘" + r"\(x_1 * y_1 *\)" + "’ and <code>\\(</code>"


def test_the_same_cards_give_the_same_bytes_and_a_later_edition_the_same_names(
    collected: list[Card], tmp_path: Path
) -> None:
    deck = as_deck(collected, NAMES.titles, MADE)
    assert deck == as_deck(collected, NAMES.titles, MADE)
    with zipfile.ZipFile(io.BytesIO(deck)) as package:
        assert {member.date_time[0] for member in package.infolist()} == {1980}  # or the bytes depend on the clock
    later = [replace(card, back="Mended.") for card in collected]
    before, after = (notes(one, tmp_path) for one in (deck, as_deck(later, NAMES.titles, MADE + 1)))
    assert [note[0] for note in before] == [note[0] for note in after]
    assert {note[1][1] for note in after} == {"Mended."}
    times = []
    for changed in (MADE, MADE + 1):
        notes(as_deck(collected, NAMES.titles, changed), tmp_path)
        with sqlite3.connect(tmp_path / "collection.anki2") as database:
            times.append({row[0] for row in database.execute("select mod from notes")})
    assert times == [{MADE}, {MADE + 1}]  # Anki takes over a note that is newer than its own, and no other


def test_two_cards_that_ask_the_same_are_refused(collected: list[Card]) -> None:
    for written in (lambda made: as_deck(made, {}, MADE), lambda made: as_csv(made, {})):
        with pytest.raises(SameCardError, match=r"'Why\?' \(In an interview\)"):
            written([*collected, replace(collected[1], back="Another answer.")])


@pytest.fixture(scope="module")
def given(site: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Note]:
    """What is in the deck of the site."""
    return notes((site / DECK).read_bytes(), tmp_path_factory.mktemp("deck"))


def words(html: str) -> str:
    """The letters of HTML that holds no formula."""
    return re.sub(r"\W+", "", unescape(re.sub(r"<[^>]*>", "", html)))


def asked_on(page: str) -> list[tuple[str, str]]:
    """Every question of a page's quizzes, with the letter of the right answer."""
    found = []
    for part in re.split(r'<li class="question"[^>]*>', page)[1:]:
        asked = part[: part.index('<details class="answer ')]
        marks = re.findall(r'<details class="answer (right|wrong)', part)
        found.append((asked, "ABCDEFGH"[marks.index("right")]))
    return found


def test_every_question_of_the_book_is_in_it_once_with_its_answer(site: Path, given: list[Note]) -> None:
    pages = {path.stem: path.read_text("utf8") for path in (site / "book").glob("*.html") if path.stem != "interview"}
    asked = [(stem, *one) for stem, page in pages.items() for one in asked_on(page)]
    quiz = [(fields, tags) for _, fields, tags, deck in given if deck == f"{BOOK}::{QUIZ}"]
    assert len(quiz) == len(asked) > 90
    drawn = 'class="math'
    plain = sorted((f"rnn::{stem}", words(html), letter) for stem, html, letter in asked if drawn not in html)
    fronts = [
        (tags, fields[0].partition("<ol")[0], re.sub(r"<b>(\w)</b>.*", r"\1", fields[1])) for fields, tags in quiz
    ]
    assert sorted((tags, words(front), right) for tags, front, right in fronts if r"\(" not in front) == plain
    right = [fields[1] for fields, _ in quiz]
    assert not [back for back in right if back.count("<b>Right.</b>") != 1 or not back.count("<b>Wrong.</b>")]


def test_every_interview_card_and_every_term_is_in_it_once(site: Path, given: list[Note]) -> None:
    pages = {path.stem: path.read_text("utf8") for path in (site / "book").glob("*.html")}
    collected = re.findall(r'<p class="interview-question"[^>]*>(.*?)<a class="headerlink"', pages["interview"])
    terms = re.findall(r"<dt id=\"term-[^>]*>(.*?)<a class=\"headerlink\"", pages["glossary"])
    for kind, shown in ((INTERVIEW, collected), (TERMS, terms)):
        fronts = [fields[0] for _, fields, _, deck in given if deck == f"{BOOK}::{kind}"]
        assert len(fronts) == len(shown) > 50
        assert sorted(words(front) for front in fronts if r"\(" not in front) == sorted(
            words(html) for html in shown if "math" not in html
        )
        assert not [fields for _, fields, _, deck in given if deck == f"{BOOK}::{kind}" and len(fields[1]) < 20]
    assert len(given) == len({guid for guid, *_ in given})


def test_cards_say_their_chapter_and_have_no_raw_markup(given: list[Note]) -> None:
    raw = re.compile(r"\{[a-z:]+\}`|:::|\*\*|\$|<a |<script|class=\"math")
    assert not [
        fields for _, fields, _, _ in given if raw.search(re.sub(r"(?s)<code.*?</code>", "", "".join(fields[:2])))
    ]
    assert {tags for *_, tags, _ in given} >= {"rnn::01_sequence_data", "rnn::09_lstm"}
    assert {fields[2] for _, fields, tags, _ in given if tags == "rnn::01_sequence_data"} == {"Sequence data"}


def test_the_table_has_the_same_cards_and_tells_anki_its_columns(site: Path, given: list[Note]) -> None:
    lines = (site / TABLE).read_text("utf8").splitlines(keepends=True)
    head = [line.strip() for line in lines if line.startswith("#")]
    assert head[:5] == ["#separator:Comma", "#html:true", "#guid column:1", "#deck column:2", "#tags column:6"]
    rows = list(csv.reader(lines[len(head) :]))
    assert [(row[0], row[2:5], row[5], row[1]) for row in rows] == given


def test_first_page_and_interview_page_offer_them(site: Path) -> None:
    for page in ("index", "interview"):
        offered = (site / f"book/{page}.html").read_text("utf8")
        assert f"href='../{DECK}'" in offered and f"href='../{TABLE}'" in offered


def test_the_edition_is_the_last_change_of_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "book").mkdir()
    (tmp_path / "book/page.md").write_text("# Page")
    newest = int((tmp_path / "book/page.md").stat().st_mtime)
    assert edition.time_of(tmp_path) == newest  # no git here
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert edition.time_of(tmp_path) == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(edition.BadTimeError, match="'yesterday': wanted whole seconds"):
        edition.time_of(tmp_path)
