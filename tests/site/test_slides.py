"""Slides, made of two chapters and opened in a browser: all is there, it fits, and nothing is asked of others."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT
from PIL import Image

from tools.notebooks.objectives import Taught, read
from tools.site.serve import serving
from tools.slides.deck import deck, in_groups
from tools.slides.make_slides import chapters, make

CHAPTERS = ("09_lstm", "12_pytorch_recurrent_layers")
SIZE = {"width": 1280, "height": 720}
# The lower and the right end of what a slide shows, in its own measure; pictures that did not come.
MEASURE = """() => Reveal.getSlides().map((slide, number) => {
    Reveal.slide(number);
    const box = slide.getBoundingClientRect(), scale = Reveal.getScale();
    const shown = [...slide.querySelectorAll(":scope > :not(aside), .katex-html, img, li, figcaption")]
        .filter(e => !e.closest("aside")).map(e => e.getBoundingClientRect());
    return {
        title: slide.querySelector("h1, h2").textContent,
        low: Math.max(...shown.map(r => r.bottom - box.top)) / scale,
        right: Math.max(...shown.map(r => r.right - box.left)) / scale,
        missing: [...slide.querySelectorAll("img")].filter(i => !i.naturalWidth).length,
    };
})"""


@pytest.fixture(scope="module")
def slides(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site with two notebooks, and their slides."""
    folder = tmp_path_factory.mktemp("slides") / "site"
    (folder / "notebooks").mkdir(parents=True)
    for name in ("book", "_static", "_images"):
        (folder / name).symlink_to((site / name).resolve())
    for name in CHAPTERS:
        (folder / f"notebooks/{name}.ipynb").touch()
    assert make(folder) == len(CHAPTERS)
    return folder


@pytest.fixture(scope="module")
def address(slides: Path) -> Iterator[str]:
    with serving(slides) as served:
        yield served


@pytest.fixture(scope="module", params=CHAPTERS)
def opened(request: Any, browser: Any, address: str) -> Iterator[tuple[Any, Taught, list[str]]]:
    """A deck in a browser that prefers dark, what its chapter teaches, and what went wrong or left the site."""
    wrong: list[str] = []
    context = browser.new_context(viewport=SIZE, color_scheme="dark")
    page = context.new_page()
    page.on("console", lambda said: said.type in ("error", "warning") and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda one: one.status >= 400 and wrong.append(one.url))
    page.on("request", lambda one: urlsplit(one.url).netloc != urlsplit(address).netloc and wrong.append(one.url))
    page.goto(f"{address}slides/{request.param}.html", wait_until="networkidle")
    yield page, read(ROOT / f"book/{request.param}.ipynb"), wrong
    context.close()


def test_everything_fits_and_comes_from_the_site(opened: Any) -> None:
    page, _, wrong = opened
    rows = page.evaluate(MEASURE)
    assert len(rows) > 15
    assert [row for row in rows if row["low"] > SIZE["height"] or row["right"] > SIZE["width"] + 1] == []
    assert [row for row in rows if row["missing"]] == []
    assert wrong == []
    page.evaluate("document.querySelector('.slides section').insertAdjacentHTML('beforeend', '<p>more</p>'.repeat(40))")
    assert page.evaluate(MEASURE)[0]["low"] > SIZE["height"], "what does not fit is noticed"
    page.reload(wait_until="networkidle")


def test_sections_questions_and_exercises_are_all_there(opened: Any) -> None:
    page, told, _ = opened
    titles = [" ".join(row["title"].split()) for row in page.evaluate(MEASURE)]
    assert [name for name in told.sections if name not in titles] == []
    assert [f"Question {number}" for number in told.questions] == [t for t in titles if t.startswith("Question")]
    assert titles.count("Key points") >= 2
    listed = page.locator("section:has(> h2:text-is('Exercises')) li").all_text_contents()
    assert [task.title for task in told.tasks] == [re.sub(r"^Exercise \S+ · ", "", one) for one in listed]


def test_answers_are_in_the_notes_alone(slides: Path) -> None:
    text = BeautifulSoup((slides / f"slides/{CHAPTERS[0]}.html").read_text("utf8"), "html.parser")
    for asked in text.select("section.asked"):
        note = asked.select_one("aside.notes").extract()
        assert re.match(r"[A-E]\. \w", note.get_text())
        assert "Not quite" not in asked.get_text() + note.get_text()
        assert not asked.select(".feedback, .verdict, details")


def test_figures_are_light_where_a_reader_prefers_dark(opened: Any) -> None:
    page, _, _ = opened
    number = page.evaluate("Reveal.getSlides().findIndex(s => s.querySelector('img'))")
    page.evaluate(f"Reveal.slide({number})")
    page.wait_for_timeout(100)
    with Image.open(BytesIO(page.locator("section.present img").screenshot())) as picture:
        colours = picture.convert("L").getcolors()
    most = max(colours)[1]
    assert most > 240, f"most of the figure has the grey {most}"


def test_the_speaker_s_view_opens_and_has_the_notes(opened: Any) -> None:
    page, _, wrong = opened
    page.evaluate("Reveal.slide(2)")
    note = page.locator("section.present aside.notes p").first.text_content()
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    view = popup.value
    view.wait_for_function("words => document.body.textContent.includes(words)", arg=note[:40])
    view.close()
    assert wrong == []


def test_page_is_complete_or_not_there(slides: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted((slides / "slides").iterdir())

    def fails(site: Path, page: str) -> str:
        raise RuntimeError("planted")

    monkeypatch.setattr("tools.slides.make_slides.deck", fails)
    with pytest.raises(RuntimeError, match="planted"):
        make(slides)
    assert sorted((slides / "slides").iterdir()) == before
    assert not list(slides.parent.glob("slides-*"))


def test_decks_are_the_same_each_time(slides: Path) -> None:
    page = chapters(slides)[1]
    assert deck(slides, page) == (slides / f"slides/{CHAPTERS[1]}.html").read_text("utf8")


def test_points_are_shared_out_evenly() -> None:
    parts = list("abcdefg")
    assert [len(group) for group in in_groups(parts, 3)] == [2, 2, 3]  # type: ignore[arg-type]
    assert [one for group in in_groups(parts, 3) for one in group] == parts  # type: ignore[arg-type]
