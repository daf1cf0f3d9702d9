"""Every page for every reader: axe-core finds nothing, light and dark, wide and phone; a keyboard reaches all of it."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from conftest import QUIET_CONTEXT
from playwright.sync_api import expect

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf8")
# Formulas are drawn for the eye in elements that assistive technology does not meet; their MathML is looked at.
STRUCTURE = """async () => (await axe.run({exclude: [[".katex-html"]]}, {resultTypes: ["violations"],
    rules: {"color-contrast": {enabled: false}}})).violations"""
# Contrast is the slow rule: one element of each look (colours, size, weight) stands for the thousands that share it.
CONTRAST = """async () => {
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const { backgroundColor: colour, backgroundImage: image } = getComputedStyle(element);
            if (image !== "none" || !/, 0\\)$/.test(colour)) return colour + image;
        }
    };
    const looks = new Map();
    for (const element of document.body.querySelectorAll("*")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
        const { color, fontSize, fontWeight, opacity } = getComputedStyle(element);
        looks.set([color, fontSize, fontWeight, opacity, ground(element)].join(), element);
    }
    const one = { resultTypes: ["violations"], runOnly: ["color-contrast"] };
    return (await axe.run([...looks.values()], one)).violations;
}"""
SETTLED = 1000  # milliseconds
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


def violations(context: Any, address: str) -> list[str]:
    """What axe-core finds on one page with its folded parts open: wide and on a phone, light and dark."""
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    page.evaluate("for (const folded of document.querySelectorAll('article details')) folded.open = true")
    page.evaluate(AXE)
    found = []
    for viewport in (WIDE, PHONE):
        page.set_viewport_size(viewport)
        page.wait_for_timeout(SETTLED)  # the theme makes what scrolls focusable a moment after a change of size
        results = {"": page.evaluate(STRUCTURE)}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(SETTLED)  # colours pass gradually from one scheme to the other
            results[scheme] = page.evaluate(CONTRAST)
        found += [
            f"{viewport['width']} px {scheme} {one['id']} ({len(one['nodes'])}): {one['nodes'][0]['target']}"
            for scheme, all_ in results.items()
            for one in all_
        ]
    page.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", ["chapters", "others"])
def test_axe_finds_nothing(browser: Any, server: str, pages: list[str], part: str) -> None:
    context = browser.new_context(**QUIET_CONTEXT)
    looked_at = [path for path in pages if path != "index.html" and path[5:7].isdigit() == (part == "chapters")]
    found = {path: violations(context, server + path) for path in looked_at}
    context.close()
    assert not any(found.values()), "\n".join(f"{path}: {what}" for path, all_ in found.items() for what in all_)


def test_axe_sees_a_fault(browser: Any, server: str, site: Path) -> None:
    planted = site / "planted-access.html"
    planted.write_text("<title>x</title><p style='color: #ccc'>pale</p><img src='_static/logo.svg'>", "utf8")
    try:
        context = browser.new_context()
        found = " ".join(violations(context, server + planted.name))
    finally:
        planted.unlink()
    assert all(rule in found for rule in ("color-contrast", "image-alt", "html-has-lang"))


def walk(page: Any, steps: int) -> list[dict[str, Any]]:
    """Press Tab many times; say where the focus is, and whether it can be seen, after each."""
    where = """() => { const at = document.activeElement, style = getComputedStyle(at);
        const box = at.getBoundingClientRect();
        const shown = (s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
        return {tag: at.tagName, name: (at.getAttribute("aria-label") || at.title || at.textContent || "").trim(),
            classes: at.className, seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
            marked: shown(style) || style.textDecorationLine !== "none" || at.className.includes("skip")}; }"""
    seen = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(where))
    return seen


def test_tab_goes_through_menu_page_and_contents_in_sight(browser: Any, server: str, chapter: str) -> None:
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    seen = walk(page, 60)
    page.context.close()
    assert seen[0]["name"] == "Skip to main content"
    names = [stop["name"] for stop in seen]
    for wanted in ("Search", "1. Sequence data", "Download this page", "Color mode"):
        assert any(wanted in name for name in names), wanted
    assert not [stop for stop in seen if not stop["seen"] and stop["tag"] != "BODY"], "focus out of sight"
    assert not [stop for stop in seen if not stop["name"] and stop["tag"] not in ("BODY", "PRE", "DIV")], "no name"


def test_menu_search_and_downloads_by_keyboard(browser: Any, server: str, chapter: str) -> None:
    page = browser.new_context(viewport=PHONE, **QUIET_CONTEXT).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    menu = page.locator(".primary-toggle:visible").first
    menu.press("Enter")
    expect(page.locator("#pst-primary-sidebar-modal")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog')?.id") == "pst-primary-sidebar-modal"
    page.keyboard.press("Escape")
    expect(page.locator("#pst-primary-sidebar-modal")).to_be_hidden()
    assert page.evaluate("document.activeElement.classList.contains('primary-toggle')"), "the focus goes back"

    downloads = page.locator("details.dropdown > summary").first
    downloads.press("Enter")
    expect(page.locator("details.dropdown .dropdown-menu").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('.dropdown-menu')")
    page.keyboard.press("Escape")
    expect(page.locator("details.dropdown .dropdown-menu").first).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"

    page.keyboard.press("Control+k")
    page.keyboard.type("gradient")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=gradient")
    page.locator("#search-results li a").first.wait_for()
    assert page.evaluate("document.activeElement.name") == "q", "the field is there to be typed into"
    page.context.close()


def test_quizzes_and_folded_solutions_by_keyboard(browser: Any, server: str, chapter: str) -> None:
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    for fold in ("details.answer", "details.admonition", ".interview-card details", "details.hide"):
        first = page.locator(fold).first
        if not first.count():
            continue
        first.locator("summary").first.press("Enter")
        expect(first).to_have_attribute("open", "")
        first.locator("summary").first.press("Space")
        expect(first).not_to_have_attribute("open", "")
    page.context.close()


def test_nothing_moves_where_motion_is_reduced(browser: Any, server: str, chapter: str) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter((element) => { const style = getComputedStyle(element);
        return [style.transitionDuration, style.animationDuration].join().split(",").some((t) => parseFloat(t) > 0.001)
            || style.scrollBehavior === "smooth"; }).length"""
    page = browser.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
    page.goto(server + chapter, wait_until="networkidle")
    assert page.evaluate(moving) == 0
    page.context.close()
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    assert page.evaluate(moving) > 0, "the theme moves things, or this test sees nothing"
    page.context.close()
