"""The face of the book: served by the site with its licence, light, complete, and nothing moves when it comes late."""

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import PHONE, WIDE

FACE = "_static/face"
STYLES = ("regular", "italic", "semibold")
SETTLED = "[...document.fonts].some(one => one.family.includes('STIX') && one.status === 'loaded')"
SHIFT = """window.shifted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) shifted += entry.value; })
    .observe({type: "layout-shift", buffered: true});"""
PAGES = ("book/index.html", "book/08_vanishing_and_exploding_gradients.html", "book/glossary.html")


@pytest.mark.parametrize("scripts", [True, False])
def test_it_is_served_by_the_site_with_its_licence(browser: Any, server: str, site: Path, scripts: bool) -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (site / FACE / "LICENSE.txt").read_text("utf8")
    page, asked = browser.new_context(java_script_enabled=scripts).new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server + PAGES[1], wait_until="networkidle")
    page.context.close()
    assert {address for address in asked if "woff2" in address} == {f"{server}{FACE}/{style}.woff2" for style in STYLES}


def test_the_next_page_has_it_from_the_start(browser: Any, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server + PAGES[1], wait_until="networkidle")
    early = "window.early = 'face' in document.documentElement.dataset"
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {early}; }})")
    page.goto(server + PAGES[0], wait_until="networkidle")
    assert page.evaluate("early")
    context.close()


def test_all_of_it_weighs_less_than_sixty_kibibytes(site: Path) -> None:
    weights = {path.stem: path.stat().st_size for path in (site / FACE).glob("*.woff2")}
    assert set(weights) == set(STYLES)
    assert sum(weights.values()) < 60 * 1024, weights


USED = """() => { const seen = new Set();
    const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: at, data } = walker.currentNode;
        if (at.closest("pre, code, .katex, svg, script, [data-touch]")) continue;
        if (getComputedStyle(at).fontFamily.startsWith('"STIX Two Text"')) for (const sign of data) seen.add(sign);
    }
    return [...seen].join(""); }"""
# A sign that the face lacks is as wide as in whatever comes after the face.
LACKING = """async ([style, signs]) => { const pen = new OffscreenCanvas(1, 1).getContext("2d");
    await document.fonts.load(`${style} 40px "STIX Two Text"`);
    const width = (sign, next) => (pen.font = `${style} 40px "STIX Two Text", ${next}`, pen.measureText(sign).width);
    return [...signs].filter((sign) => width(sign, "monospace") !== width(sign, "sans-serif")).join(""); }"""
LETTERS = re.compile(r"[\u0020-\u007e\u00a1-\u017f\u0370-\u03ff\u2013-\u2026\u2212]")


@pytest.mark.parametrize("path", ["book/index.html", "book/02_raw_sequences_to_tensors.html", "book/bibliography.html"])
def test_it_has_the_letters_that_the_pages_set_in_it(browser: Any, server: str, path: str) -> None:
    page = browser.new_page()
    page.goto(server + path, wait_until="networkidle")
    used = "".join(sorted(set(LETTERS.findall(page.evaluate(USED)))))
    assert len(used) > 50
    for style in ("", "italic", "600"):
        assert page.evaluate(LACKING, [style, used]) == "", style
    assert page.evaluate(LACKING, ["", "aж"]) == "ж"
    page.close()


PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0"


def wait_until(page: Any, expression: str) -> None:
    """Ask again and again: the page's policy forbids what Playwright's own waiting does to a string."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def shift(browser: Any, address: str, viewport: dict[str, int], sheet: str | None = None) -> float:
    """How far things move, as browsers count it, when the fonts come after the first screen has been painted."""
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    held: list[Any] = []
    painted: list[bool] = []
    page.add_init_script(SHIFT)
    context.route("**/*.woff2", lambda route: route.continue_() if painted else held.append(route))
    if sheet is not None:
        context.route("**/site.css*", lambda route: route.fulfill(body=sheet, content_type="text/css"))
    page.goto(address, wait_until="domcontentloaded")
    wait_until(page, PAINTED)
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    assert len(held) == len(STYLES), "fonts are asked for after the first screen"
    assert not page.evaluate(SETTLED)
    painted.append(True)
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    wait_until(page, SETTLED)
    page.wait_for_timeout(200)
    moved = page.evaluate("shifted")
    context.close()
    return moved


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_when_it_comes_late(browser: Any, server: str, path: str, viewport: dict[str, int]) -> None:
    assert shift(browser, server + path, viewport) <= 0.01


def test_a_stand_in_of_another_width_is_noticed(browser: Any, server: str, site: Path) -> None:
    sheet = re.sub(r"size-adjust: ?[\d.]+%", "size-adjust:140%", (site / "_static/site.css").read_text("utf8"))
    assert shift(browser, server + PAGES[1], PHONE, sheet) > 0.01


MEASURE = """() => { const lines = [];
    for (const paragraph of document.querySelectorAll("article section > p")) {
        const range = document.createRange(); range.selectNodeContents(paragraph);
        const rows = new Set([...range.getClientRects()].map((box) => Math.round(box.bottom / 12)));
        if (paragraph.querySelector("code") || rows.size < 5) continue;
        lines.push(paragraph.textContent.length / (rows.size - 0.5)); // the last line is half full
    }
    return lines.reduce((a, b) => a + b, 0) / lines.length; }"""


def test_a_line_has_sixty_to_seventy_five_letters(browser: Any, server: str) -> None:
    page = browser.new_page(viewport=WIDE)
    page.goto(server + "book/testing.html", wait_until="networkidle")
    assert 60 <= page.evaluate(MEASURE) <= 75
    page.close()
