"""The tokens view of chapter 02: its numbers are the package's, and it works by pointer and by keyboard."""

import html
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils.data import Vocabulary, contiguous_streams, shakespeare, split, words
from rnn_utils.touch import TokenView

NOTEBOOK = ROOT / "book/02_raw_sequences_to_tensors.ipynb"
LINE = "But, soft! what light through yonder window breaks?"
TEXTS = [
    LINE,
    "We know't, O'er THERE -- no?\nXiX, 3 men_of",
    "a",
    "Naïve ÉTÉ and 中文 words",
    "  two  spaces ",
    "We know\N{RIGHT SINGLE QUOTATION MARK}t, \N{LEFT SINGLE QUOTATION MARK}tis \N{RIGHT SINGLE QUOTATION MARK}twas",
    "Cafe\N{COMBINING ACUTE ACCENT}, E\N{COMBINING ACUTE ACCENT}TE\N{COMBINING ACUTE ACCENT}'s",
    "हिन्दी में लिखो।",
    "می\N{ZERO WIDTH NON-JOINER}خواهم क्\N{ZERO WIDTH JOINER}ष",
]
CALL = """async ([name, ...given]) => (await import("/touch/batches.js"))[name](...given)"""


@pytest.fixture(scope="module")
def view() -> TokenView:
    """The view as the notebook makes it."""
    train, _ = split(shakespeare(), (0.9, 0.1))
    frequent = Vocabulary(words(train), unknown="<unk>", min_count=20)
    return TokenView({"characters": Vocabulary(train), "words": frequent}, LINE, batch_size=3, T=4)


def table(page: Any, selector: str) -> np.ndarray:
    rows = page.locator(f"{selector} tbody tr").all()
    return np.array([[int(text) for text in row.locator("td").all_inner_texts()] for row in rows])


def test_the_page_carries_the_vocabularies_of_the_training_split(view: TokenView) -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.outputs)
    models = re.findall("data-touch=\"tokens\" data-model='([^']*)'", shown)
    assert [json.loads(html.unescape(model)) for model in models] == [view.model()]


@pytest.mark.parametrize("text", TEXTS)
def test_the_module_computes_what_the_package_computes(browser: Any, figures: str, view: TokenView, text: str) -> None:
    page = browser.new_page()
    page.goto(f"{figures}touch/batches.js")
    assert page.evaluate(CALL, ["words", text]) == words(text)
    characters, known = view.vocabularies["characters"], view.vocabularies["words"]
    ids = page.evaluate(CALL, ["encode", list(text), list(characters.tokens)])
    assert ids == [int(characters.encode(c)[0]) if c in characters else None for c in text]
    ids = page.evaluate(CALL, ["encode", words(text), list(known.tokens)])
    np.testing.assert_array_equal(ids, known.encode(words(text)))
    page.close()


@pytest.mark.parametrize(
    ("N", "B", "T"), [(51, 3, 4), (10, 3, 3), (9, 2, 4), (7, 1, 2), (5, 4, 1), (3, 4, 2), (0, 1, 1)]
)
def test_the_module_cuts_as_the_package_cuts(browser: Any, figures: str, N: int, B: int, T: int) -> None:
    page, ids = browser.new_page(), np.random.default_rng(N).integers(64, size=N)
    page.goto(f"{figures}touch/batches.js")
    cut = page.evaluate(CALL, ["contiguousStreams", ids.tolist(), B, T])
    wanted = list(contiguous_streams(ids, B, T)) if (N - 1) // B >= T else []
    assert len(cut["batches"]) == len(wanted)
    for batch, (x, y) in zip(cut["batches"], wanted, strict=True):
        np.testing.assert_array_equal(batch["x"], x)
        np.testing.assert_array_equal(batch["y"], y)
    page.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_view_shows_the_numbers_of_the_package(show: Show, view: TokenView, width: int) -> None:
    page = show(view, "tokens.js", viewport={"width": width, "height": 844})
    vocabulary = view.vocabularies["characters"]
    batches = list(contiguous_streams(vocabulary.encode(LINE), 3, 4))

    def expect(k: int) -> None:
        assert page.get_by_role("status").inner_text().startswith(f"Batch {k} of 0 to {len(batches) - 1};")
        np.testing.assert_array_equal(table(page, ".batch .scroll:first-child"), batches[k][0])
        np.testing.assert_array_equal(table(page, ".batch .scroll:last-child"), batches[k][1])
        marked = "".join(page.locator(".streams td.now").all_inner_texts())
        assert marked == vocabulary.decode(batches[k][0].T.ravel()).replace(" ", "␣")

    expect(0)
    page.get_by_role("button", name="Next batch").click()
    expect(1)
    page.keyboard.press("Enter")  # the button keeps the focus
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(3)
    box, now = (page.locator(f".streams {part}").first.bounding_box() for part in (".scroll", "td.now"))
    assert box["x"] <= now["x"] and now["x"] + now["width"] <= box["x"] + box["width"]  # in sight on a phone too
    page.get_by_role("button", name="Previous batch").click()
    expect(2)
    ids = [int(text.split("\n")[-1]) for text in page.locator(".tokens button").all_inner_texts()]
    np.testing.assert_array_equal(ids, vocabulary.encode(LINE))
    page.locator(".tokens button").nth(5).press("Enter")
    assert f"Row 5, “s”: 64 numbers, all 0 but a 1 in place {vocabulary.ids['s']}." in page.inner_text(".vectors")
    assert page.evaluate("document.activeElement.innerText.trim()") == f"s\n{vocabulary.ids['s']}"
    now = page.locator("svg .now")
    assert float(now.get_attribute("x")) == pytest.approx(vocabulary.ids["s"] / 64 * 640)
    assert float(now.get_attribute("y")) == 30
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_other_texts_words_and_sizes(show: Show, view: TokenView) -> None:
    page = show(view, "tokens.js")
    page.get_by_role("textbox").fill("My lord é the qwertz of York")
    assert "Left out, for this vocabulary lacks them: é" in page.inner_text(".tokens")
    page.get_by_role("radio", name="words").check()
    assert "Read as <unk>: é qwertz" in page.inner_text(".tokens")
    page.get_by_label("streams B").fill("2")
    page.get_by_label("steps T").fill("3")
    ids = view.vocabularies["words"].encode(words("My lord é the qwertz of York"))
    ((x, y),) = contiguous_streams(ids, 2, 3)
    np.testing.assert_array_equal(table(page, ".batch .scroll:first-child"), x)
    np.testing.assert_array_equal(table(page, ".batch .scroll:last-child"), y)
    page.get_by_label("steps T").fill("9")
    assert page.get_by_role("status").inner_text() == "No batch: the text is too short for B streams of T steps."
    page.get_by_role("textbox").fill("")
    assert page.inner_text(".vectors") == "Write something."
    page.get_by_role("button", name="Next batch").press("Enter")


def test_without_scripts_the_table_stays(show: Show, view: TokenView) -> None:
    page = show(view, "tokens.js", java_script_enabled=False)
    assert page.locator("tbody tr").count() == 3
    assert page.get_by_role("button").count() == 0
