"""What the first page is made of, in small books: the map of the chapters, a figure of one of them, the line."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from ext_book import ROOT, Book, build, write_page
from front import live_line

INDEX = """# Book

*A promise of the book, which is no chapter.*

{line}

```{{toctree}}
:caption: Part
one
two
three
```
"""
ONE = """# One

*See one thing.*

:::{div} info-line
Reading time 61 minutes; 70 with everything unfolded · you need: nothing
:::

A **bold** word. **is it** one? So **what is *one* thing
for?**

**You will learn to see. Or not?**

:::{figure} line.svg
:name: fig-line
:alt: A line that rises, drawn small.

The caption.
:::
"""
TWO = "# Two\n\n*See two things & more.*\n\n:::{div} info-line\nReading time 1 minute · you need: one\n:::\n\nText.\n"
FIGURE = "```{shown-figure} fig-line\nWhy does **it** rise?\n```"
EXTENSIONS = ["learning.folded", "front.book_map", "front.shown_figure", "front.live_line"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"/>'


def made(folder: Path, line: str = FIGURE) -> Book:
    write_page(folder / "source", "line.svg", SVG)
    pages = {"index.md": INDEX.format(line=line), "one.md": ONE, "two.md": TWO, "three.md": "# Three\n\nNo chapter.\n"}
    return build(folder, pages, EXTENSIONS)


@pytest.fixture(scope="module", name="book")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return made(tmp_path_factory.mktemp("book"))


def test_the_map_has_questions_and_minutes_from_the_chapters(book: Book) -> None:
    assert not book.warnings
    page = book.article()
    entries = re.findall(r'<li class="toctree-l1.*?</li>', page, re.DOTALL)
    asks = [re.findall(r'<p class="asks">(.*?)</p>', entry) for entry in entries]
    assert asks == [["What is one thing for?"], ["See two things &amp; more."], []]
    minutes = [re.findall(r'<p class="minutes">(.*?)</p>', entry) for entry in entries]
    assert minutes == [["61 min"], ["1 min"], []]
    assert [re.findall('href="(.*?)"', entry) for entry in entries] == [["one.html"], ["two.html"], ["three.html"]]
    assert "takes 1 hour and 2 minutes." in page
    assert page.index("1 hour and 2 minutes") < page.index('class="toctree-l1')


def test_the_map_follows_a_chapter_that_changes(tmp_path: Path) -> None:
    book = made(tmp_path).rebuild(two=TWO.replace("1 minute ", "9 minutes ").replace("Text.", "**Why two?**"))
    page = book.rebuild(index=INDEX.format(line=FIGURE)).article()
    assert "9 min</p>" in page
    assert "Why two?" in page
    assert "See two" not in page


def test_a_figure_comes_with_its_description_and_leads_to_its_place(book: Book) -> None:
    shown = re.search(r'<div class="shown-figure.*?</a>(.*?)</div>', book.article(), re.DOTALL)
    assert re.search(r'<a class="[^"]*" href="one.html#fig-line"><img alt="A line that rises', shown[0])
    assert "Why does <strong>it</strong> rise?" in shown[1]
    assert "caption" not in shown[0], "it stays in its chapter"


def test_a_figure_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    book = made(tmp_path, FIGURE.replace("fig-line", "fig-lost"))
    assert "shown-figure: no chapter has a figure 'fig-lost'" in book.warnings


@pytest.mark.parametrize(
    ("argument", "text", "said"),
    [("Transformer", "Go", "got 'Transformer', wanted one of RNN, LSTM, GRU"), ("GRU", "Olá", "does not know 'á'")],
)
def test_a_line_that_no_network_can_continue_is_an_error(tmp_path: Path, argument: str, text: str, said: str) -> None:
    assert said in made(tmp_path, f"```{{live-line}} {argument}\n{text}\n```").warnings


def test_the_line_is_whole_without_a_script(tmp_path: Path) -> None:
    book = made(tmp_path, "```{live-line} RNN\nThen sleep, & go\n```".replace("&", "and"))
    line = re.search(r'<div class="live-line"(.*?)><p class="line">(.*?)</p>', book.article(), re.DOTALL)
    words = html.unescape(re.sub("<.*?>", "", line[2]))
    assert words == "Then sleep, and go " + live_line.continuation("RNN", "Then sleep, and go ")
    states = json.loads(html.unescape(re.search('data-states="(.*?)"', line[1])[1]))
    assert len({state for state, _ in states}) == live_line.SEEDS
    assert "front/live-line.js" in book.page()
    assert "front/live-line.js" not in book.page("one")


def test_the_network_has_the_weights_of_the_page_and_writes_by_the_book_s_own_rule() -> None:
    model, tokens = live_line.network("GRU")
    written = live_line.continuation("GRU", "So ", seed=3, length=40)
    rng, ids = np.random.default_rng(3), [tokens.index(c) for c in "So "]
    for character in written:
        logits = model.forward(np.array(ids)[:, None])[0][-1, 0]
        p = np.exp((logits - logits.max()) / live_line.TAU)
        ids.append(int(np.searchsorted(np.cumsum(p) / p.sum(), rng.random(), side="right")))
        assert tokens[ids[-1]] == character
    stored = np.fromfile(ROOT / "book/_static/explainer/gru.f16", "<f2")
    assert np.array_equal(np.concatenate([p.ravel() for p in model.params.values()]), stored.astype(float))
