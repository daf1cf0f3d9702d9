"""Cells that run in the page, from the keyboard alone: in order, in sight, with the focus never lost and no trap."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import PHONE, QUIET_CONTEXT, WIDE
from playwright.sync_api import expect
from run_page import Cell, cells
from test_axe import violations
from warm_python import WarmPython

CHAPTER = "book/05_rnn_from_scratch.html"
MARKED = """(button) => { const style = getComputedStyle(button);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1; }"""


@pytest.fixture(scope="module")
def page(python: WarmPython) -> Iterator[Any]:
    """A chapter whose Python is started once."""
    with python.opened(CHAPTER, viewport=WIDE, **QUIET_CONTEXT) as chapter:
        yield chapter


def test_the_buttons_come_after_their_code_in_order_and_in_sight(page: Any, cell: Cell) -> None:
    cell.at.locator(".cell_input pre").evaluate("(code) => { code.tabIndex = 0; code.focus(); }")
    for name in ("Run", "Edit", "Run all above"):
        button = cell.button(name)
        page.keyboard.press("Tab")
        if name == "Run" and "copybtn" in page.evaluate("document.activeElement.className"):
            page.keyboard.press("Tab")  # past the button that copies the code
        expect(button).to_be_focused()
        assert button.evaluate(MARKED), name
        expect(button).to_have_accessible_name(f"{name} cell 2")
    page.keyboard.press("Shift+Tab")
    expect(cell.button("Edit")).to_be_focused()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_run_and_stop_hand_the_focus_to_one_another(page: Any, cell: Cell, key: str) -> None:
    cell.write("while True:\n    pass")
    cell.button("Run").focus()
    page.keyboard.press(key)
    expect(cell.button("Stop")).to_be_focused()
    expect(cell.at.locator(".run-status")).to_have_text("Running …", timeout=120_000)
    page.keyboard.press(key)
    expect(cell.button("Run")).to_be_focused()
    expect(cell.at.locator(".run-status")).to_have_text(re.compile("^Stopped"))
    cell.at.locator("textarea").fill("print('ended')")
    cell.button("Run").focus()
    page.keyboard.press(key)
    assert cell.ended()
    expect(cell.button("Run")).to_be_focused()


def test_reset_gives_the_focus_to_run(page: Any, cell: Cell) -> None:
    cell.write("changed")
    cell.button("Reset").focus()
    page.keyboard.press("Enter")
    expect(cell.at.locator("textarea")).to_have_count(0)
    expect(cell.button("Run")).to_be_focused()


def test_the_editor_is_no_trap(page: Any, cell: Cell) -> None:
    cell.button("Edit").focus()
    page.keyboard.press("Space")
    editor = cell.at.locator("textarea")
    expect(editor).to_be_focused()
    assert editor.evaluate(MARKED)
    page.keyboard.press("Shift+Tab")
    expect(editor).not_to_be_focused()
    page.keyboard.press("Tab")
    expect(editor).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(cell.button("Run")).to_be_focused()
    assert editor.input_value() == cell.at.locator(".cell_input pre").text_content().rstrip("\n"), "Tab wrote nothing"


def test_the_way_out_of_an_error_keeps_the_focus(python: WarmPython) -> None:
    with python.opened(CHAPTER, **QUIET_CONTEXT) as page:
        reader = cells(page)[2]
        reader.write("V")
        assert not reader.run()
        reader.at.get_by_role("button", name="Run all above, then this cell").focus()
        page.keyboard.press("Enter")
        expect(reader.at.locator(".run-status")).to_have_text(re.compile("^Done"), timeout=120_000)
        expect(reader.button("Run")).to_be_focused()


def test_axe_finds_nothing_in_what_running_adds(page: Any, cell: Cell) -> None:
    cell.write("print('a long line ' * 30)\n1 / 0")
    assert not cell.run()
    expect(cell.at.locator(".run-error")).to_be_visible()
    assert violations(page, ".cell:has(.run-error)") == []


def test_axe_finds_nothing_in_what_opens(browser: Any, server: str) -> None:
    page = browser.new_context(viewport=PHONE, **QUIET_CONTEXT).new_page()
    page.goto(server + "book/glossary.html", wait_until="networkidle")
    for opens, shown in (
        (lambda: page.keyboard.press("Control+k"), "#pst-search-dialog"),
        (lambda: page.locator(".primary-toggle:visible").first.press("Enter"), "#pst-primary-sidebar-modal"),
        (lambda: page.locator("details.dropdown > summary").first.press("Enter"), "details.dropdown .dropdown-menu"),
    ):
        opens()
        expect(page.locator(shown).first).to_be_visible()
        assert violations(page, known=set()) == [], shown
        page.set_viewport_size(PHONE)
        page.keyboard.press("Escape")
        expect(page.locator(shown).first).to_be_hidden()
    page.context.close()
