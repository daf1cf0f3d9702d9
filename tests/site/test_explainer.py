"""The RNN Explainer as a page: by pointer, by keyboard, on a phone; loaded when touched; its questions; its sources."""

import json
import os
import re
from typing import Any

import numpy as np
import pytest
from conftest import PHONE, ROOT, WIDE, with_fault
from explained import (  # noqa: F401
    EVERY,
    FOLDER,
    KINDS,
    OTHERS,
    PLAY,
    READ,
    TOKENS,
    UNIT,
    expect_step,
    gradient,
    ids,
    named,
    networks,
    opened_page,
    touched,
)
from playwright.sync_api import expect
from test_axe import violations

from experiments._reading import Change, read


def test_nothing_is_loaded_before_the_first_touch_and_then_one_network(page: Any, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(f"{server}_static/explainer/")))
    page.reload(wait_until="networkidle")
    assert [name for name in asked if name.endswith((".f16", ".json"))] == []
    assert page.locator(".explainer table").is_visible(), "there is something to read before"
    root = touched(page)
    assert sorted(name for name in asked if name.endswith((".f16", ".json"))) == ["facts.json", "lstm.f16", "lstm.json"]
    root.get_by_role("button", name="Compare with the tanh RNN").click()
    expect(root.locator(".sources .line.rnn")).to_be_attached()
    assert [name for name in asked if name.endswith(".f16")] == ["lstm.f16", "rnn.f16"]
    root.get_by_role("button", name="‹ Back").click()
    root.get_by_role("button", name="Apply").click()
    assert len([name for name in asked if name.endswith((".f16", ".json"))]) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_shows_numpy_s_numbers(page: Any, models: dict[str, Any], kind: str) -> None:
    root = touched(page, EVERY)
    root.get_by_label("Network", exact=True).select_option(kind)
    for t in (0, 1, 40, len(EVERY) - 1):
        root.get_by_label("Step", exact=True).fill(str(t + 1))
        expect_step(root, models[kind], EVERY, t)
    root.get_by_label("Your text").fill(OTHERS)
    root.get_by_label("Step", exact=True).fill("30")
    expect_step(root, models[kind], READ, 29)


def test_what_the_network_does_not_know_is_said_and_crossed_out(page: Any) -> None:
    root = touched(page, OTHERS)
    said = root.get_by_role("alert").inner_text()
    assert said == (
        "The network does not know 3 😀: left out, and crossed out below. "
        "It reads ’ as ', “ as ', ” as ', – as -, é as e, ã as a, … as .."
    )
    assert root.locator(".whole-text .unknown").all_inner_texts() == ["3", "😀"]
    root.get_by_label("Your text").fill("1234567")
    said = root.get_by_role("alert").inner_text()
    assert "1 2 3 4 5 and 2 more: left out" in said
    assert "Write some letters" in said
    root.get_by_label("Your text").fill("")
    assert root.get_by_role("alert").inner_text().startswith("The box is empty")
    root.get_by_label("Your text").fill("x" * 450)
    assert root.get_by_role("alert").inner_text() == "Only the first 400 characters are read."
    expect(root.locator(".whole-text .unread")).to_have_count(50)


def test_changes_of_the_reader_are_numpy_s(page: Any, models: dict[str, Any]) -> None:
    root = touched(page, PLAY)
    root.get_by_label("Step", exact=True).fill("20")
    root.get_by_role("button", name="Apply").click()
    erased = [Change("c", 0.0, slice(None), 19, 19)]
    expect_step(root, models["LSTM"], PLAY, 19, erased)
    following = ids(PLAY)[1:, None]
    costs = [-read(models["LSTM"], ids(PLAY)[:, None], made).logp[:-1, 0] for made in ([], erased)]
    before, after = (np.take_along_axis(cost, following, axis=1).mean() / np.log(2) for cost in costs)
    assert f"{before:.2f} as trained, {after:.2f} changed" in root.locator(".changes .result").inner_text()
    for name, value in (("Change", "shutf"), ("Which units", "one"), ("When", "ever")):
        root.get_by_label(name, exact=True).select_option(value)
    root.get_by_label(UNIT).fill("7")
    root.get_by_label(UNIT).press("Enter")
    root.get_by_role("button", name="Apply").click()
    expect_step(root, models["LSTM"], PLAY, 19, [*erased, Change("f", 0.0, 7)])
    expect(root.locator(".made li")).to_have_count(2)
    root.get_by_role("button", name="Undo all").click()
    expect_step(root, models["LSTM"], PLAY, 19)


def test_the_gradient_beside_the_other_network_is_numpy_s(page: Any, models: dict[str, Any]) -> None:
    root, t = touched(page, PLAY), len(PLAY) - 1
    root.get_by_label("Step", exact=True).fill(str(t + 1))
    root.get_by_role("button", name="Compare with the tanh RNN").click()
    expect(root.locator(".sources .line.rnn")).to_be_attached()
    root.get_by_label("Log-probability of").select_option(label="p")
    said = root.locator(".sources .result").inner_text()
    assert "After step" not in root.locator(".whole .status").inner_text()
    for kind, name in (("LSTM", "LSTM"), ("RNN", "tanh RNN")):
        lengths = np.linalg.norm(gradient(models[kind], PLAY, t, TOKENS.index("p")), axis=1)[::-1]
        within = int(np.argmax(np.cumsum(lengths) >= 0.9 * lengths.sum())) + 1
        assert f"{name}: 90 % of the gradient lies in the last {within} characters" in said


LATER = re.compile("^([2-9]|[1-9][0-9])$")  # a step that is reached by playing for a while


def test_it_works_from_the_keyboard_alone(page: Any, models: dict[str, Any]) -> None:
    page.locator(".explainer textarea").focus()
    root = page.locator(".explainer")
    expect(root.locator(".live")).to_be_visible()
    root.get_by_label("Your text").fill(PLAY)
    text = root.get_by_label("The text. Arrow keys")
    text.focus()
    for key, t in (
        ("Home", 0),
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("End", len(PLAY) - 1),
        ("ArrowLeft", len(PLAY) - 2),
    ):
        text.press(key)
        expect_step(root, models["LSTM"], PLAY, t)
    field = root.get_by_label("Text and units. Arrow keys")
    unit = root.get_by_label(UNIT)
    first = unit.input_value()
    field.press("ArrowDown")
    second = unit.input_value()
    assert first != second
    assert f"Unit {second} keeps" in root.locator(".whole .status").inner_text()
    field.press("Home")
    expect_step(root, models["LSTM"], PLAY, 0)
    play = root.get_by_role("button", name="▶ Play")
    play.press("Enter")
    expect(root.locator(".whole-text .current")).to_have_attribute("data-t", LATER, timeout=10_000)
    root.get_by_role("button", name="Pause").press("Space")
    at = root.locator(".whole-text .current").get_attribute("data-t")
    page.wait_for_timeout(500)
    assert root.locator(".whole-text .current").get_attribute("data-t") == at
    assert root.locator(".whole .status").inner_text().startswith(f"Step {int(at) + 1} of")


def test_the_button_that_starts_it_hands_the_focus_on(page: Any) -> None:
    page.get_by_role("button", name="Let the network read it").focus()
    page.keyboard.press("Enter")
    root = page.locator(".explainer")
    expect(root.locator(".live")).to_be_visible()
    expect(root.get_by_label("The text. Arrow keys")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert root.locator(".whole .status").inner_text().startswith("Step 2 of")


def test_each_step_is_said_in_one_place(page: Any) -> None:
    root = touched(page, PLAY)
    root.get_by_role("button", name="Apply").click()
    sentence = root.locator(".whole .status").inner_text()
    root.get_by_role("button", name="Compare").click()
    result = root.locator(".sources .result")
    expect(result).to_contain_text("tanh RNN, as trained: 90 %")
    expect(result).to_have_attribute("aria-live", "polite")  # what the reader asked for is said
    assert root.locator(".whole .status").inner_text() == sentence
    live = root.locator("[role=status], [role=alert], [aria-live]")
    before = live.all_inner_texts()
    root.get_by_role("button", name="‹ Back").click()
    said = zip(before, live.all_inner_texts(), live.all(), strict=True)
    changed = [now for was, now, one in said if was != now and one.get_attribute("aria-live") != "off"]
    assert len(changed) == 1
    assert changed[0].startswith(f"Step {len(PLAY) - 1} of")


def test_tab_reaches_every_control_in_sight_and_leaves(page: Any) -> None:
    root = touched(page)
    root.get_by_role("button", name="Erase a name").press("Enter")
    root.locator(".choice").first.wait_for()
    wanted = root.evaluate(STOPS)
    root.get_by_label("Your text").focus()
    met = [page.evaluate(FOCUSED)]
    for _ in range(len(wanted) + 3):
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
    assert [one["place"] for one in met if one["place"]] == wanted
    assert not [one for one in met if one["place"] and not (one["marked"] and one["seen"])]


STOPS = """(root) => [...root.querySelectorAll("button, input, select, textarea, summary, a[href], [tabindex='0']")]
    .filter((e) => e.checkVisibility())
    .map((e, place) => (e.dataset.place = `${place} ${e.tagName} ${e.textContent.slice(0, 20)}`))"""
FOCUSED = """() => {
    const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
    return {place: at.dataset.place,
        marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none",
        seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth && box.right > 0}; }"""


def test_reduced_motion_offers_no_play(browser: Any, server: str) -> None:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    root = touched(page)
    assert not root.get_by_role("button", name="Play").is_visible()
    assert root.get_by_role("button", name="Step ›").is_visible()
    page.emulate_media(reduced_motion="no-preference")
    expect(root.get_by_role("button", name="Play")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 320, 1400])
def test_nothing_is_wider_than_the_screen(browser: Any, server: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=width < 1000)
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    root = touched(page, EVERY + "m" * 200)
    for question in range(6):
        root.locator(".questions > .choices button").nth(question).click()
        root.locator(".choice").first.click()
    expect(root.locator(".sources .line")).to_have_count(2)
    root.locator(".one-step summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = root.bounding_box()
    inner = root.evaluate("(root) => [...root.querySelectorAll('*')].map((e) => e.getBoundingClientRect().right)")
    assert max(inner) <= box["x"] + box["width"] + 1
    context.close()


def test_a_press_on_the_heat_map_chooses_unit_and_step(page: Any, models: dict[str, Any]) -> None:
    root = touched(page, PLAY)
    root.get_by_label("Step", exact=True).fill("1")
    canvas = root.locator(".field canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 74 + 22 * 5 + 11, box["y"] + 184 + 13 * 3 + 6)
    pointed = root.locator(".pointed").inner_text()
    assert "First␣" in pointed
    page.mouse.down()
    page.mouse.up()
    expect_step(root, models["LSTM"], PLAY, 5)
    assert pointed.startswith(f"Unit {root.get_by_label(UNIT).input_value()} after")


def test_the_heat_map_has_the_rows_and_numbers_that_are_chosen(page: Any, models: dict[str, Any]) -> None:
    root, reading = touched(page, PLAY), read(models["LSTM"], ids(PLAY)[:, None])
    units = json.loads((FOLDER / "lstm.json").read_text("utf8"))
    kept = np.tanh(reading.c[:, 0])
    root.get_by_label("Step", exact=True).fill("1")
    order = {
        "number": 0,
        "memory": reading.gates["f"].mean(axis=(0, 1)).argmax(),
        "activity": kept.var(axis=0).argmax(),
    }
    for sort, first in order.items():
        root.get_by_label("Sort by").select_option(sort)
        root.locator(".field").click(position={"x": 74 + 22 * 4 + 11, "y": 184 + 6})
        assert int(root.get_by_label(UNIT).input_value()) == first
        shown = {"c": kept, "h": reading.h[:, 0]} | {gate: values[:, 0] for gate, values in reading.gates.items()}
        for name, values in shown.items():
            root.locator(".strip select").first.select_option(name)
            label = {"c": "tanh(c)"}.get(name, name)
            number = f"{values[4, first]:.2f}".replace("-", "−").replace("−0.00", "0.00")
            assert f": {label} = {number}." in root.locator(".pointed").inner_text()
            itself = f"c itself is {reading.c[4, 0, first]:.2f}.".replace("-", "−")
            assert (itself in root.locator(".pointed").inner_text()) == (name == "c")
        root.locator(".strip select").first.select_option("c")
        high, low, _ = units[first]
        found = root.locator(".pointed code").all_inner_texts()
        assert found == [context.replace("\n", "⏎") for context in f"{high}|{low}".split("|")]
    root.get_by_role("checkbox", name="all units").check()
    assert root.locator(".field canvas").bounding_box()["height"] > 184 + 128 * 4


def test_every_question_has_one_answer_and_shows_it(page: Any) -> None:
    root = touched(page)
    facts = json.loads((FOLDER / "facts.json").read_text("utf8"))["measured"]
    quoted = (facts["names"]["closest"]["cost"], facts["spelling"]["inside"], facts["erasing"]["c"]["late"])
    quoted += (facts["gates"]["full"][1], facts["gates"]["worst"], facts["gradients"]["LSTM"]["within"])
    for k, value in enumerate(quoted):
        root.locator(".questions > .choices button").nth(k).click()
        assert root.locator(".answer").inner_text() == "", "no answer before the reader has committed to one"
        choices = root.locator(".choice")
        count = choices.count()
        assert count >= 3
        for place in range(count):
            choices.nth(place).click()
            assert root.locator(".choice.right").count() == 1
            right = "right" in choices.nth(place).get_attribute("class")
            said = root.locator(".answer").inner_text()
            assert said.startswith("Yes." if right else "Not so: ")
            assert str(value) in root.locator(".question").inner_text()


def test_a_network_that_does_not_come_is_said_and_asked_for_again(browser: Any, server: str) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    page.route("**/lstm.f16", lambda route: route.abort())
    root = page.locator(".explainer")
    root.get_by_label("Your text").click()
    expect(root.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/lstm.f16")
    root.get_by_label("Your text").click()
    expect(root.locator(".live")).to_be_visible()
    expect(root.locator(".complaint")).to_be_empty()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_once_it_is_alive(browser: Any, server: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    root = touched(page)
    root.locator(".questions > .choices button").nth(1).click()
    root.locator(".choice").first.click()
    root.get_by_role("button", name="Compare").click()
    root.locator(".one-step summary").click()
    assert violations(page, ".explainer") == []
    context.close()


def test_without_scripts_a_table_stays(browser: Any, server: str, models: dict[str, Any]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}book/explainer.html")
    rows = [row.split("\t") for row in page.locator(".explainer tbody tr").all_inner_texts()]
    context.close()
    text = "ROMEO:\nThen sleep"
    p = np.exp(read(models["LSTM"], ids(text)[:, None]).logp[:, 0])
    for t, row in enumerate(rows):
        best = ", ".join(f"{quoted(TOKENS[v])} {100 * p[t, v]:.0f} %" for v in np.argsort(-p[t])[:3])
        before = f"{100 * p[t - 1, TOKENS.index(text[t])]:.0f} %" if t else "–"
        assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in row] == [quoted(text[t]), before, best]


def quoted(character: str) -> str:
    """A character as the table has it."""
    return named(character) if character.isspace() else f"“{character}”"


def test_every_picture_names_its_chapter_and_a_line_of_code_that_is_there(page: Any, site: Any) -> None:
    root = touched(page)
    package = (site / "book/package.html").read_text("utf8")
    code = "".join(path.read_text("utf8") for path in (ROOT / "rnn_utils").glob("*.py"))
    for kind in KINDS:
        root.get_by_label("Network", exact=True).select_option(kind)
        parts = root.locator(".whole-text, .strip, .one-step, .changes, .sources")
        for part in parts.all():
            where = part.locator(".where").last
            chapter, entry = (link.get_attribute("href") for link in where.locator("a").all())
            assert (ROOT / "book" / chapter.replace(".html", ".ipynb")).exists()
            assert f'id="{entry.split("#")[1]}"' in package or os.environ.get("BOOK_SITE"), entry
            assert where.locator("code").inner_text() in code


# Faults that are planted, each with the test above that has to see it.
FAULTS = [
    ("explainer.js", "-steps[t - 1].logp[this.ids[t]]", "-steps[t].logp[this.ids[t]]", "step"),
    ("explainer.js", "b.p - a.p", "a.p - b.p", "step"),
    ("explainer.js", "run(this.net, this.ids, this.changes)", "this.plain", "changes"),
    ("explainer.js", "ArrowRight: this.at + 1", "ArrowRight: this.at", "keyboard"),
    ("explainer.js", '["pointerdown", "focusin"]) part', '["x"]) part', "loading"),
    ("sources.js", "sum < 0.9 * total", "sum < 0.5 * total", "gradient"),
    ("changes.js", '"c", 0]', '"c", 1]', "changes"),
    ("strip.js", "(step) => step.gates.f],", "(step) => step.gates.i],", "heat map"),
    ("strip.js", "worth[b] - worth[a]", "worth[a] - worth[b]", "heat map"),
    ("explainer.css", ".explainer canvas {", ".explainer canvas { min-width: 500px;", "phone"),
]


@pytest.mark.parametrize(("name", "was", "planted", "kind"), FAULTS)
def test_a_fault_in_the_page_is_caught(
    browser: Any, server: str, models: dict[str, Any], name: str, was: str, planted: str, kind: str
) -> None:
    address = f"{server}book/explainer.html"
    faulty = with_fault(browser, address, f"explainer/{name}", was, planted, viewport=WIDE)
    with faulty as page, pytest.raises(AssertionError):
        if kind == "step":
            expect_step(touched(page, PLAY), models["LSTM"], PLAY, 0)
            page.get_by_label("Step", exact=True).fill("9")
            expect_step(page.locator(".explainer"), models["LSTM"], PLAY, 8)
        elif kind == "changes":
            test_changes_of_the_reader_are_numpy_s(page, models)
        elif kind == "keyboard":
            test_it_works_from_the_keyboard_alone(page, models)
        elif kind == "loading":
            test_nothing_is_loaded_before_the_first_touch_and_then_one_network(page, server)
        elif kind == "heat map":
            test_the_heat_map_has_the_rows_and_numbers_that_are_chosen(page, models)
        elif kind == "gradient":
            test_the_gradient_beside_the_other_network_is_numpy_s(page, models)
        else:
            page.set_viewport_size(PHONE)
            touched(page, PLAY)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
