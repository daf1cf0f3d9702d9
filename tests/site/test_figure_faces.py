"""Figures are set in the face of the page: the plots as outlines of it, what can be touched in its own font.

Code and texts that a network reads character by character are monospace. What is written on a control is in the
interface's face, as in the sidebar.
"""

import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from conftest import ONE_PAGE, ROOT
from explained import touched
from matplotlib.figure import Figure
from playwright.sync_api import expect
from test_touch_frame import chapters_with_figures

from rnn_utils.plotting import style

# Matplotlib names the outline of a letter after its font: `STIXGeneral-Regular-2f`.
OUTLINE = re.compile(r'<path id="((?:[A-Z][A-Za-z]*-)+)[0-9a-f]+"')
FACES = re.compile(r"STIX(General|NonUnicode|Size\w+Sym)|DejaVuSansMono")


def foreign(svg: str) -> set[str]:
    """Fonts of a plot that belong to none of the book's faces."""
    return {name.strip("-") for name in OUTLINE.findall(svg) if not FACES.match(name)}


def plotted(text: str, **options: str) -> str:
    with mpl.rc_context(style()):
        figure, written = Figure(figsize=(4, 2)), io.StringIO()
        figure.add_subplot().set_title(text, **options)
        figure.savefig(written, format="svg")
    return written.getvalue()


def test_the_plots_of_the_book_are_set_in_its_faces(site: Path) -> None:
    plots = [path for path in sorted(site.glob("_images/*.svg")) if OUTLINE.search(path.read_text("utf8"))]
    assert ONE_PAGE or len(plots) > 40
    found = {path.name: names for path in plots if (names := foreign(path.read_text("utf8")))}
    assert not found


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ("loss, $W_{hh}$ and $10^{-3}$", {}, False),
        ("code", {"family": "monospace"}, False),
        ("loss", {"family": "DejaVu Sans"}, True),
        ("loss", {"family": "serif"}, True),
        ("字", {}, True),
    ],
)
def test_a_plot_in_another_face_is_noticed(text: str, options: dict[str, str], wanted: bool) -> None:
    assert bool(foreign(plotted(text, **options))) == wanted


# Every text that can be seen, and the first family in which its element is set.
SET = """(root) => { const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const elements = [...root.querySelectorAll("input[type=text], input[type=number], select, textarea")];
    while (walker.nextNode()) if (walker.currentNode.data.trim()) elements.push(walker.currentNode.parentElement);
    for (const element of elements) {
        if (!element.checkVisibility() || element.matches("option")) continue;
        const { fontFamily, fontSizeAdjust } = getComputedStyle(element);
        const control = element.matches("select, input") || element.closest("button:not(.pictured, .link)");
        const typed = element.matches("textarea, input[type=text]");
        const family = fontFamily.startsWith("ui-monospace") ? "mono" : fontFamily.includes("STIX") ? "serif"
            : fontFamily.startsWith("system-ui") ? "sans" : fontFamily;
        const right = typed ? ["mono"] : control ? ["sans", "mono"] : ["serif", "mono"];
        const name = `${element.localName}.${element.className.baseVal ?? element.className}`;
        if (!right.includes(family) || fontSizeAdjust !== "0.52") found.push(`${name}: ${family} ${fontSizeAdjust}`);
    }
    return [found, elements.length]; }"""
ADD = """(rule) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rule);
    document.adoptedStyleSheets = [sheet]; }"""
FAULTS = {
    "p.title: sans": ".touch-frame .title { font-family: var(--book-sans); }",
    "p.title: serif none": ".touch-frame .title { font-size-adjust: none; }",
    "select.: serif": ".touch-frame select { font-family: inherit !important; }",
}


def test_what_can_be_touched_is_set_in_the_face_of_the_page(browser: Any, server: str, site: Path) -> None:
    context = browser.new_context()
    for kind, chapter in chapters_with_figures(site).items():
        page = context.new_page()
        page.goto(f"{server}book/{chapter}", wait_until="networkidle")
        figure = page.locator(f'[data-touch="{kind.replace("_", "-")}"][data-alive]').first
        expect(figure).to_be_attached()
        wrong, seen = figure.evaluate(SET)
        assert (wrong, seen > 8) == ([], True), kind
        if kind == "gradients":
            for fault, rule in FAULTS.items():
                page.evaluate(ADD, rule)
                assert any(one.startswith(fault) for one in figure.evaluate(SET)[0]), fault
        page.close()
    context.close()


def test_the_explainer_is_too(browser: Any, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    wrong, seen = touched(page).evaluate(SET)
    context.close()
    assert (wrong, seen > 100) == ([], True)


def test_the_pages_name_the_face_once() -> None:
    sheets = [path for folder in ("touch", "explainer") for path in (ROOT / "book/_static" / folder).glob("*.css")]
    assert [path.name for path in sheets if "--book-serif" in path.read_text("utf8")] == ["frame.css"]
