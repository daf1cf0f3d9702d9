"""Figures to touch, from the keyboard alone: Tab gets to all of it, in sight, and out again; what changes is said."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import QUIET_CONTEXT, WIDE

PAGES = {
    "tokens": "book/02_raw_sequences_to_tensors.html",
    "unrolled": "book/03_layers_of_an_rnn.html",
    "sampler": "book/07_training_a_character_model.html",
    "gradients": "book/08_vanishing_and_exploding_gradients.html",
    "lstm-cell": "book/09_lstm.html",
    "scan": "book/17_return_of_recurrence.html",
}
# What is worked, by role and name, and the key that works it.
ACTIONS = {
    "tokens": [
        ("button", "Next batch", "Enter"),
        ("button", "Previous batch", "Space"),
        ("spinbutton", "streams B", "ArrowDown"),
        ("spinbutton", "steps T", "ArrowUp"),
        ("radio", "characters", "ArrowRight"),
        ("button", "soft", "Enter"),
        ("textbox", "Your text", "x"),
    ],
    "unrolled": [
        ("button", "Next ›", "Enter"),
        ("button", "‹ Previous", "Space"),
        ("checkbox", "cut the loop", "Space"),
        ("button", "Step 3", "Enter"),
        ("textbox", "Text", "Backspace"),
    ],
    "sampler": [
        ("slider", "Temperature", "ArrowLeft"),
        ("slider", "Draws among", "Home"),
        ("button", "One character", "Enter"),
        ("button", "Write 300", "Space"),
        ("button", "Stop", "Enter"),
        ("button", "Begin again", "Space"),
        ("textbox", "It begins with", "#"),
    ],
    "gradients": [
        ("combobox", "Recurrent matrix", "ArrowDown"),
        ("combobox", "Function", "ArrowDown"),
        ("slider", "Scale", "ArrowLeft"),
        ("slider", "Steps", "PageUp"),
    ],
    "lstm-cell": [
        ("button", "Step →", "Enter"),
        ("button", "← Back", "Space"),
        ("slider", "input gate", "ArrowLeft"),
        ("slider", "forget gate", "Home"),
        ("slider", "candidate", "ArrowRight"),
        ("slider", "output gate", "PageDown"),
    ],
    "scan": [
        ("combobox", "Way", "ArrowDown"),
        ("slider", "Steps", "ArrowRight"),
        ("slider", "Units", "End"),
        ("slider", "Processors", "PageUp"),
    ],
}
WORKED = "button, input, select, textarea, summary, a[href], [tabindex='0']:not(pre)"
# A group of radio buttons is one stop, in which the arrows move; a text is one only while it is too long for its place.
ALL = f"""(figure) => [...figure.querySelectorAll("{WORKED}")]
    .filter((e) => e.checkVisibility() && !(e.type === "radio" && !e.checked))
    .map((e, place) => (e.dataset.place = `${{place}} ${{e.tagName}} ${{e.textContent.slice(0, 20)}}`))"""
FOCUSED = """(figure) => {
    const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    return {inside: figure.contains(at), place: at.dataset.place,
        marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none",
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth && box.right > 0}; }"""
POINTED = f"""(figure) => [...figure.querySelectorAll("*")]
    .filter((e) => e.checkVisibility() && getComputedStyle(e).cursor === "pointer" && !e.closest("{WORKED}, label"))
    .map((e) => e.outerHTML.slice(0, 80))"""
LIVE = "[role=status], [role=alert], [aria-live]"


@pytest.fixture(scope="module", params=PAGES)
def figure(request: Any, browser: Any, server: str) -> Iterator[Any]:
    """A figure, alive, on its page."""
    page = browser.new_context(viewport=WIDE, **QUIET_CONTEXT).new_page()
    page.goto(server + PAGES[request.param], wait_until="networkidle")
    found = page.locator(f"[data-touch='{request.param}']").first
    found.locator(LIVE).first.wait_for(state="attached")
    yield found
    page.context.close()


def test_tab_goes_through_all_of_it_in_order_and_in_sight_and_out(figure: Any) -> None:
    page, stops = figure.page, figure.evaluate(ALL)
    figure.evaluate("(figure) => { figure.tabIndex = -1; figure.focus(); }")
    met = []
    for _ in range(len(stops) + 2):
        page.keyboard.press("Tab")
        if not (stop := figure.evaluate(FOCUSED))["inside"]:
            break
        met.append(stop)
    assert not stop["inside"], "Tab does not leave"
    assert [stop["place"] for stop in met if stop["place"]] == stops
    assert not [stop for stop in met if not (stop["seen"] and stop["marked"])]
    page.keyboard.press("Shift+Tab")
    assert figure.evaluate(FOCUSED)["inside"], "and Shift+Tab comes back"


def test_nothing_can_only_be_pointed_at(figure: Any) -> None:
    assert figure.evaluate(POINTED) == []
    assert figure.evaluate("(figure) => figure.querySelectorAll('[onclick], [draggable=true]').length") == 0


def test_every_control_works_by_key_says_so_and_keeps_the_focus(figure: Any) -> None:
    def said() -> list[str]:
        return figure.locator(LIVE).all_inner_texts()

    for role, name, key in ACTIONS[figure.get_attribute("data-touch")]:
        control = figure.get_by_role(role, name=name).first
        control.focus()
        before = said()
        figure.page.keyboard.press(key)
        assert said() != before, f"{key} on {role} {name!r}: nothing is said"
        assert figure.evaluate(FOCUSED)["inside"], f"{key} on {role} {name!r}: the focus is lost"


def test_no_control_is_left_out_and_each_has_a_label(figure: Any) -> None:
    kinds = {
        "combobox": "select",
        "slider": "[type=range]",
        "spinbutton": "[type=number]",
        "checkbox": "[type=checkbox]",
    }
    worked = [role for role, _, _ in ACTIONS[figure.get_attribute("data-touch")] if role in kinds]
    assert len(worked) == figure.locator(", ".join(kinds.values())).count()
    unnamed = "all => all.filter((e) => !e.labels.length).map((e) => e.outerHTML)"
    assert figure.locator("input, select, textarea").evaluate_all(unnamed) == []
