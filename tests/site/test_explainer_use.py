"""The RNN Explainer in use: what plays is told, what is drawn is true, texts come back, and units can be found."""

import re
from typing import Any

import numpy as np
import pytest
from conftest import PHONE, WIDE, with_fault
from explained import FOLDER, PLAY, UNIT, expect_step, ids, networks, opened_page, touched  # noqa: F401
from playwright.sync_api import expect

from experiments._reading import read
from experiments.character_units import properties

FULL, THIN = 6.0, 0.3  # units of the drawing: the memory's line where the gate is open, and where it is shut


def at(root: Any) -> int:
    """The step that is marked in the text."""
    return int(root.locator(".whole-text .current").get_attribute("data-t"))


def sentence(root: Any) -> Any:
    """What is said of the step."""
    return root.locator(".whole .status")


def test_the_sentence_follows_while_it_plays_and_is_not_read_aloud(page: Any) -> None:
    root = touched(page, PLAY)
    root.get_by_label("Step", exact=True).fill("5")
    root.get_by_role("button", name="▶ Play").click()
    expect(sentence(root)).to_contain_text(re.compile("Step [1-9][0-9] of"), timeout=10_000)
    assert sentence(root).get_attribute("aria-live") == "off"
    parts = "['.whole-text .current', '.whole .status']"
    both = f"() => {parts}.map((one) => document.querySelector(one)).map((e) => e.dataset.t ?? e.textContent)"
    step, said = page.evaluate(both)
    assert said.startswith(f"Step {int(step) + 1} of")
    root.get_by_role("button", name="Pause").click()
    assert sentence(root).get_attribute("aria-live") == "polite"


def thickness(root: Any) -> float:
    """How thick the line behind the × is, in units of the drawing."""
    style = "(path) => parseFloat(getComputedStyle(path).strokeWidth)"
    return root.locator(".cell-view path.memory").nth(1).evaluate(style)


def test_the_line_of_the_memory_is_as_thick_as_the_gate_is_open(page: Any, models: dict[str, Any]) -> None:
    root, reading = touched(page, PLAY), read(models["LSTM"], ids(PLAY)[:, None])
    found = []
    for t in (3, 14, 30, 60):
        root.get_by_label("Step", exact=True).fill(str(t + 1))
        gate = reading.gates["f"][t, 0, int(root.get_by_label(UNIT).input_value())]
        assert thickness(root) == pytest.approx(THIN + (FULL - THIN) * gate, abs=1e-3)
        found.append(thickness(root))
    assert max(found) - min(found) > 1, "the steps differ enough to be seen"
    for kind, thick in (("shutf", THIN), ("openf", FULL)):
        root.get_by_label("Change", exact=True).select_option(kind)
        root.get_by_role("button", name="Apply").click()
        assert thickness(root) == pytest.approx(thick)
    root.get_by_label("Network", exact=True).select_option("GRU")
    expect(root.locator(".cell-view path.memory")).to_have_count(2)
    line = root.locator(".cell-view path.memory").first
    keeps = read(models["GRU"], ids(PLAY)[:, None]).gates["z"][at(root), 0, int(root.get_by_label(UNIT).input_value())]
    wide = line.evaluate("(path) => parseFloat(getComputedStyle(path).strokeWidth)")
    assert wide == pytest.approx(THIN + (FULL - THIN) * keeps, abs=1e-3)


def test_the_step_is_where_the_reader_writes(page: Any, models: dict[str, Any]) -> None:
    root = touched(page, PLAY)
    expect_step(root, models["LSTM"], PLAY, len(PLAY) - 1)
    box = root.get_by_label("Your text")
    box.press("ControlOrMeta+Home")
    for _ in range(5):
        box.press("ArrowRight")
    box.press_sequentially("!")
    expect_step(root, models["LSTM"], PLAY[:5] + "!" + PLAY[5:], 5)


def test_the_reader_s_text_comes_back_and_a_new_one_ends_the_question(page: Any, models: dict[str, Any]) -> None:
    mine = "Good morrow, cousin."
    root = touched(page, mine)
    back = root.get_by_role("button", name="Back to your text")
    assert not back.is_visible()
    for question in (2, 4):
        root.locator(".questions > .choices button").nth(question).click()
        root.locator(".choice").first.click()
        expect(root.locator(".answer")).not_to_be_empty()
    back.click()
    expect_step(root, models["LSTM"], mine, len(mine) - 1)
    assert root.get_by_label("Your text").input_value() == mine
    assert not root.locator(".question").is_visible()
    root.locator(".questions > .choices button").nth(2).click()
    root.locator(".choice").first.click()
    expect(root.locator(".made li")).to_have_count(1)
    root.get_by_label("Network", exact=True).select_option("GRU")
    expect(root.locator(".question")).not_to_be_visible()
    root.locator(".questions > .choices button").nth(0).click()
    expect(root.get_by_label("Network", exact=True)).to_have_value("LSTM")
    root.get_by_label("Your text").fill("Well met.")
    assert not root.locator(".question").is_visible()
    assert root.locator("[aria-pressed=true]").count() == 0
    expect_step(root, models["LSTM"], "Well met.", len("Well met.") - 1)
    back.click()
    assert root.get_by_label("Your text").input_value() == mine, "the one that was there before the questions"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_answer_and_evidence_are_on_the_screen(browser: Any, server: str, size: dict[str, int]) -> None:
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    root = touched(page)
    for question in range(6):
        root.locator(".questions > .choices button").nth(question).click()
        card = root.locator(".question")
        expect(card.locator("p").first).to_be_in_viewport(ratio=1)
        assert sentence(root).get_attribute("aria-live") == "off", "the question is said, and not the step"
        card.locator(".choice").first.click()
        expect(card.locator(".answer")).to_be_in_viewport(ratio=1)
        expect(card.locator(".proof > *").first).to_be_in_viewport(ratio=1)
        if size is WIDE:
            expect(card).to_be_in_viewport(ratio=0.99)
    context.close()


def test_choices_of_a_change_stay_and_say_what_is_applied(page: Any) -> None:
    root = touched(page, PLAY)
    chosen = [root.get_by_label(name, exact=True) for name in ("Change", "Which units", "When")]
    chosen[1].select_option("all")
    chosen[2].select_option("on")
    chosen[0].select_option("shutf")
    assert [one.input_value() for one in chosen] == ["shutf", "all", "on"]
    for question, applied in (
        (2, ["blank", "all", "here"]),
        (3, ["openf", "all", "ever"]),
        (4, ["shutf", "one", "ever"]),
    ):
        root.locator(".questions > .choices button").nth(question).click()
        root.locator(".choice").first.click()
        assert [one.input_value() for one in chosen] == applied
        words = chosen[0].locator("option:checked").inner_text()
        assert root.locator(".made li").inner_text().startswith(words)


def test_the_text_has_the_colours_of_the_heat_map(page: Any, models: dict[str, Any]) -> None:
    root, reading = touched(page, PLAY), read(models["LSTM"], ids(PLAY)[:, None])
    root.get_by_label("Colour shows").select_option("unit")
    unit = int(root.get_by_label(UNIT).input_value())
    for quantity, values in (("c", np.tanh(reading.c)), ("f", reading.gates["f"])):
        root.locator(".strip select").first.select_option(quantity)
        spans = root.locator(".whole-text [data-t]")
        tints = spans.evaluate_all("(all) => all.map((one) => parseFloat(one.style.getPropertyValue('--tint')))")
        np.testing.assert_allclose(tints, 100 * np.abs(values[:, 0, unit]), atol=0.06)
        negative = spans.evaluate_all("(all) => all.map((one) => one.classList.contains('negative'))")
        np.testing.assert_array_equal(negative, values[:, 0, unit] < 0)
        assert ("shut" in root.locator(".scale").inner_text()) == (quantity == "f")


def test_units_are_found_by_what_they_follow(page: Any, models: dict[str, Any]) -> None:
    text = "\n\n" + PLAY  # as `properties` wants it: a blank line before every name
    root, kept = touched(page, text), np.tanh(read(models["LSTM"], ids(text)[:, None]).c[:, 0])
    known = properties(text)
    wanted = {
        "name": known["inside a name"],
        "line": known["place in the line"],
        "signs": np.isin(list(text), list("aeiou")),
    }
    root.get_by_label("Step", exact=True).fill("1")
    for sort, values in wanted.items():
        root.get_by_label("Sort by").select_option(sort)
        if sort == "signs":
            root.get_by_label("Characters to follow").fill("aeiou")
        r = [np.corrcoef(kept[:, unit], values)[0, 1] for unit in range(kept.shape[1])]
        best = int(np.argmax(np.abs(r)))
        root.locator(".field").click(position={"x": 74 + 22 * 4 + 11, "y": 184 + 6})
        assert int(root.get_by_label(UNIT).input_value()) == best
        assert f"is {r[best]:.2f} in this text".replace("-", "−") in root.locator(".pointed").inner_text()
    root.get_by_label("Characters to follow").fill("Q")
    assert "is 0.00 in this text" in root.locator(".pointed").inner_text()


def test_a_network_keeps_its_unit_and_what_is_shown(page: Any) -> None:
    root = touched(page, PLAY)
    unit, show = root.get_by_label(UNIT), root.locator(".strip select").first
    for typed, wanted in (("200", "127"), ("-3", "0"), ("41", "41"), ("", "41")):
        unit.fill(typed)
        unit.press("Tab")
        assert unit.input_value() == wanted
    show.select_option("f")
    for kind in ("RNN", "GRU", "LSTM"):
        root.get_by_label("Network", exact=True).select_option(kind)
        expect(root.locator(".cell-view svg")).to_have_count(1)
        expect(root.get_by_label("Change", exact=True).locator("option[value=shutf]")).to_have_count(
            int(kind == "LSTM")
        )
    assert unit.input_value() == "41"
    assert show.input_value() == "f"


def test_parts_are_headings_and_lines_can_be_walked(page: Any) -> None:
    root = touched(page, "one two\nthree four\nfive")
    headings = root.get_by_role("heading").all_inner_texts()
    for title in ("Six questions", "The whole text", "Character by character", "Change the network", "Where did this"):
        assert [one for one in headings if one.startswith(title)], title
    text = root.get_by_label("The text. Arrow keys")
    text.press("Home")
    for key, wanted in (("ArrowDown", 8), ("ArrowDown", 19), ("ArrowDown", 19), ("ArrowUp", 8), ("ArrowUp", 0)):
        text.press(key)
        assert at(root) == wanted


# Faults that are planted, each with the test above that has to see it.
FAULTS = [
    ("explainer.js", "this.say(aloud && !this.playing)", "if (!this.playing) this.say(aloud)", "plays"),
    ("explainer.css", "stroke: var(--accent); }", "stroke: var(--accent); stroke-width: 5; }", "thick"),
    ("explainer.js", "this.questions.close();", "", "own text"),
    ("strip.js", "f(a[t] - from, b[t] - to)", "f(a[t], b[t])", "found"),
    ("text.js", "app.strip.values(step)[app.unit]", "step.h[app.unit]", "colours"),
]


@pytest.mark.parametrize(("name", "was", "planted", "kind"), FAULTS)
def test_a_fault_in_use_is_caught(
    browser: Any, server: str, models: dict[str, Any], name: str, was: str, planted: str, kind: str
) -> None:
    address = f"{server}book/explainer.html"
    faulty = with_fault(browser, address, f"explainer/{name}", was, planted, viewport=WIDE)
    with faulty as page, pytest.raises(AssertionError):
        if kind == "plays":
            test_the_sentence_follows_while_it_plays_and_is_not_read_aloud(page)
        elif kind == "thick":
            test_the_line_of_the_memory_is_as_thick_as_the_gate_is_open(page, models)
        elif kind == "own text":
            test_the_reader_s_text_comes_back_and_a_new_one_ends_the_question(page, models)
        elif kind == "found":
            test_units_are_found_by_what_they_follow(page, models)
        else:
            test_the_text_has_the_colours_of_the_heat_map(page, models)
