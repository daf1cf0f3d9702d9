"""axe-core finds nothing on any page, with everything open that unfolds: light and dark, wide and on a phone.

Pages share their frame and their style sheets. On every page the structure is looked at on a phone and, on a wide
screen, the contrast of what no page before it has shown; the rest, on the pages that stand for a kind.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from conftest import ONE_PAGE, PHONE, QUIET_CONTEXT, SITE, TWO_FRAMES, UNFOLD, WIDE, plant
from playwright.sync_api import TimeoutError, expect

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf8")
# The site's entrance leads on at once.
PAGES = sorted(str(page.relative_to(SITE)) for page in [*SITE.glob("*.html"), *SITE.glob("book/*.html")])
PAGES = [page for page in PAGES if page != "index.html" and ONE_PAGE in (None, page)]
KINDS = ("404.html", "search.html", "book/index.html", "book/02_raw_sequences_to_tensors.html", "book/package.html")
# Formulas are drawn for the eye in elements that assistive technology does not meet; their MathML is looked at.
STRUCTURE = """async (within) => (await axe.run({include: [[within]], exclude: [[".katex-html"]]}, {
    resultTypes: ["violations"],
    rules: {"color-contrast": {enabled: false}, "target-size": {enabled: true},
        "label-content-name-mismatch": {enabled: true}}})).violations"""
# As opened, before anything far from the screen is laid out: the rule that asks what scrolls.
SCROLLS = """async () => (await axe.run({
    runOnly: ["scrollable-region-focusable"], resultTypes: ["violations"]})).violations"""
# Contrast is the slow rule: one element of each look (colours, size, weight) stands for the thousands that share it.
# Formulas and lines of code are drawn in half of all elements: these go once one of each look has been chosen, and
# leave their room. `LOOKS` tells them apart in light and in dark, `THIN` takes away, `CONTRAST` looks at those chosen:
# those that have not been looked at before.
LOOKS = """(within) => {
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const { backgroundColor: colour, backgroundImage: image } = getComputedStyle(element);
            if (image !== "none" || !/, 0\\)$/.test(colour)) return colour + image;
        }
    };
    window.looks ??= new Map();
    for (const element of document.querySelectorAll(`${within}, ${within} *`)) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fontSize, fontWeight, opacity } = getComputedStyle(element);
        const look = [color, fontSize, fontWeight, opacity, ground(element)].join();
        looks.set(element, (looks.get(element) ?? "") + look);
    }
}"""
THIN = """(known) => {
    const one = new Map([...looks].map(([element, look]) => [look, element]));
    for (const look of known) one.delete(look);
    window.chosen = new Set(one.values());
    const spared = (part) => [...chosen].some((element) => part.contains(element));
    const bases = [...document.querySelectorAll(".katex-html .base")].filter((base) => !spared(base));
    const widths = bases.map((base) => base.getBoundingClientRect().width);
    bases.forEach((base, at) => {
        base.replaceChildren(base.firstElementChild); // the strut, which is as high as the formula
        base.style.width = `${widths[at]}px`;
    });
    const codes = [...document.querySelectorAll(".highlight pre")].filter((code) => !spared(code));
    for (const code of codes) code.textContent = code.textContent;
    return [...one.keys()];
}"""
CONTRAST = """async () => {
    const one = { resultTypes: ["violations"], runOnly: ["color-contrast"] };
    return (await axe.run([...chosen], one)).violations;
}"""


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """Windows in which nothing moves: with reduced motion a change of colours is over when it has begun."""
    quiet = browser.new_context(viewport=WIDE, **QUIET_CONTEXT)
    yield quiet
    quiet.close()


def violations(page: Any, within: str = "html", known: set[str] | None = None) -> list[str]:
    """What axe-core finds on an open page or a part of it, wide and on a phone.

    With looks that are known by now it is only the structure on a phone, and the colours of further looks wide.
    """
    everything = known is None
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = []
    for viewport in (WIDE, PHONE):
        resize(page, viewport)
        results = {}
        if everything or viewport == WIDE:
            results = contrasts(page, within, set() if known is None else known)
        if everything or viewport == PHONE:
            results[""] = page.evaluate(STRUCTURE, within)
        found += [f"{viewport['width']} px {scheme} {what}" for scheme, all_ in results.items() for what in said(all_)]
    return found


def contrasts(page: Any, within: str, known: set[str]) -> dict[str, list[dict[str, Any]]]:
    """What axe-core says of the colours, light and dark, of looks that are not known; now they are."""
    page.evaluate("() => { delete window.looks; }")
    for scheme in ("light", "dark"):
        paint(page, scheme)
        page.evaluate(LOOKS, within)
    further = page.evaluate(THIN, list(known))
    if not further:
        return {}
    known.update(further)
    found = {"dark": page.evaluate(CONTRAST)}
    paint(page, "light")
    return {"light": page.evaluate(CONTRAST)} | found


def paint(page: Any, scheme: str) -> None:
    """Show a page light or dark."""
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme, timeout=60_000)


def resize(page: Any, viewport: dict[str, int], tries: int = 3) -> None:
    """Give the window a size and wait until it has it: a busy Chromium has been seen to let one go by."""
    if page.viewport_size == viewport:
        return
    page.set_viewport_size(viewport)
    try:
        page.wait_for_function("width => innerWidth === width", arg=viewport["width"], timeout=10_000)
    except TimeoutError:
        if not tries:
            raise
        page.set_viewport_size({name: pixels + 10 for name, pixels in viewport.items()})
        resize(page, viewport, tries - 1)
    page.evaluate(TWO_FRAMES)


def said(found: list[dict[str, Any]]) -> Iterator[str]:
    """What axe-core found, a line each."""
    for one in found:
        for node in one["nodes"]:
            yield f"{one['id']}: {node['target']} {node['failureSummary'].splitlines()[1]}"


def unfolded(context: Any, address: str, known: set[str] | None = None) -> list[str]:
    """What axe-core finds at an address, with everything open that unfolds; what is known leaves less to look for."""
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    page.evaluate(AXE)
    resize(page, PHONE)
    found = [f"as opened {what}" for what in said(page.evaluate(SCROLLS))]
    page.evaluate(UNFOLD)
    found += violations(page, known=known)
    page.close()
    return found


def test_a_page_of_every_kind_is_there() -> None:
    assert ONE_PAGE or set(KINDS) <= set(PAGES)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The looks of texts, light and dark, whose contrast has been found to be enough."""
    return set()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(context: Any, server: str, known: set[str], path: str) -> None:
    assert unfolded(context, server + path, None if path == ONE_PAGE or path in KINDS else known) == []


def test_axe_sees_faults(context: Any, server: str, site: Path) -> None:
    page, address = (site / "book/index.html").read_text("utf8"), server + "book/planted-access.html"
    faults = (
        "<p><font color='#999999'>pale on a light page</font> <font color='#555555'>dark on a dark one</font></p>"
        "<img src='../_static/logo.svg'>"
        f"<div class='cell_output'><div><div class='output'>{'wide' * 99}</div></div></div>"
        "<button aria-label='Sets the input gate'>Output gate</button>"
    )
    plant(context, address, page.replace("</article>", f"{faults}</article>").replace(' lang="en"', ""))
    found = unfolded(context, address)
    wanted = [" image-alt", " html-has-lang", "390 px  label-content-name-mismatch"]
    wanted += [f"{when} scrollable-region-focusable" for when in ("390 px ", "as opened")]
    wanted += [f"{width} px {scheme} color-contrast" for width in (1400, 390) for scheme in ("light", "dark")]
    assert [what for what in wanted if not any(what in one for one in found)] == []
