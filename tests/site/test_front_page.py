"""The first page: what its first screen shows, and a map that agrees with the book."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from conftest import PHONE, QUIET_CONTEXT, ROOT, WIDE
from playwright.sync_api import expect

from tools.counts import main_line

FIRST = "book/index.html"


@pytest.fixture(scope="module", name="first")
def first_page(site: Path) -> Tag:
    return BeautifulSoup((site / FIRST).read_text("utf8"), "html.parser").select_one("article.bd-article")


def entries(first: Tag) -> dict[str, Tag]:
    """The entries of the map by the name of their page."""
    found = {item.a["href"].removesuffix(".html"): item for item in first.select(".toctree-wrapper li.toctree-l1")}
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    listed = [Path(one["file"]).name for part in contents["parts"] for one in part["chapters"]]
    assert list(found) == listed
    return found


def test_reading_times_are_those_that_are_counted(first: Tag) -> None:
    minutes = {}
    for name, entry in entries(first).items():
        notebook = ROOT / f"book/{name}.ipynb"
        told = entry.select_one(".minutes")
        assert bool(told) == notebook.exists(), name
        if told:
            minutes[name] = main_line(nbformat.read(notebook, as_version=4)).minutes
            assert told.get_text() == f"{minutes[name]} min", name
    hours, rest = divmod(sum(minutes.values()), 60)
    assert f"takes {hours} hours and {rest} minute" in first.select_one(".map-total").get_text()


def test_every_chapter_says_what_it_answers_in_its_own_words(first: Tag) -> None:
    for name, entry in entries(first).items():
        asks = entry.select_one(".asks")
        if asks is None:
            assert not re.match(r"\d\d_|lab_", name), name
            continue
        opening = nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4).cells[0].source
        words = re.sub(r"[*`$]|\{\w+\}", "", opening).replace("'", "’").casefold()
        assert asks.get_text().replace("'", "’").casefold() in words, name
        assert 20 < len(asks.get_text()) < 180, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_shows_the_line_the_buttons_and_the_figure(browser: Any, server: str, scheme: str) -> None:
    page = browser.new_context(viewport=WIDE, color_scheme=scheme, **QUIET_CONTEXT).new_page()
    page.goto(server + FIRST, wait_until="networkidle")
    for part in (".live-line", ".start-here", ".start-there", ".shown-figure img"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= WIDE["height"], part
    assert page.locator(".shown-figure img").get_attribute("alt").startswith("Six rows")
    assert page.locator(".shown-figure img").bounding_box()["width"] >= 460, "the letters in the figure can be read"
    page.set_viewport_size(PHONE)
    for part in (".live-line", ".start-here", ".start-there"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= PHONE["height"], part
    page.context.close()


@pytest.mark.parametrize(
    ("name", "place"),
    [("Start with chapter 1", "01_"), ("Touch the network", "explainer.html"), ("Six rows", "lab_inside")],
)
def test_what_leads_on_leads_on(browser: Any, server: str, name: str, place: str) -> None:
    page = browser.new_page(viewport=WIDE)
    page.goto(server + FIRST, wait_until="networkidle")
    page.locator("article").get_by_role("link", name=name).click()
    page.wait_for_url(f"**/book/{place}*")
    expect(page.locator("h1")).to_be_visible()
    page.close()
