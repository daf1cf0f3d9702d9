"""A keyboard reaches all of a page, in an order and in sight; nothing moves for readers who do not want that."""

from typing import Any

from conftest import PHONE, QUIET_CONTEXT, WIDE
from playwright.sync_api import expect


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


def test_the_download_menu_opens_at_its_button_and_says_what_one_gets(browser: Any, server: str, chapter: str) -> None:
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    page.locator("details.dropdown > summary[title^='Download']").click()
    menu, button = (page.locator(f"details.dropdown[open] > {part}") for part in (".dropdown-menu", "summary"))
    assert menu.inner_text().split("\n") == ["Notebook (.ipynb)", "Python program (.py)", "Print, or save as PDF"]
    for width in (WIDE["width"], 800, PHONE["width"], 320):
        page.set_viewport_size({"width": width, "height": 700})
        opened, pressed = menu.bounding_box(), button.bounding_box()
        left, right = opened["x"], opened["x"] + opened["width"]
        assert left >= 0 and right <= width, (width, "off the screen", opened)
        assert left <= pressed["x"] and pressed["x"] + pressed["width"] <= right + 1, (width, opened, pressed)
        assert 0 <= opened["y"] - pressed["y"] - pressed["height"] < 12, (width, opened, pressed)
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
        return [style.transitionDuration, style.animationDuration].join().split(",").some((t) => parseFloat(t) > 0)
            || style.scrollBehavior === "smooth"; }).length"""
    page = browser.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
    page.goto(server + chapter, wait_until="networkidle")
    assert page.evaluate(moving) == 0
    page.context.close()
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    assert page.evaluate(moving) > 0, "the theme moves things, or this test sees nothing"
    page.context.close()


def test_what_was_folded_away_scrolls_by_keyboard(browser: Any, server: str, chapter: str) -> None:
    page = browser.new_context(viewport=PHONE, **QUIET_CONTEXT).new_page()
    page.goto(server + chapter, wait_until="networkidle")
    # Not every browser gives what is folded away a size; there the theme finds nothing that scrolls.
    page.evaluate("for (const code of document.querySelectorAll('details pre')) code.tabIndex = -1")
    for title in page.locator("details:is(.admonition, .hide):has(pre) > summary").all():
        title.press("Enter")
    wide = [code for code in page.locator("details pre").all() if code.evaluate("e => e.scrollWidth > e.clientWidth")]
    assert wide, "no code of this chapter is wider than a phone, so this test sees nothing"
    for code in wide:
        expect(code).to_have_attribute("tabindex", "0")
    wide[0].focus()
    page.keyboard.press("ArrowRight")
    expect(wide[0]).not_to_have_js_property("scrollLeft", 0)
    page.context.close()
