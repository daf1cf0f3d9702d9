"""The RNN Explainer tells the truth: about what a change sets, about gradients, and about who is looked at."""

import json
import re
from typing import Any

import numpy as np
from conftest import PHONE
from explained import FOLDER, PLAY, UNIT, gradient, ids, networks, opened_page, touched  # noqa: F401
from playwright.sync_api import expect
from test_explainer_use import at, sentence

from experiments._reading import Change, read

# In one go: the page may be writing its table again.
ROWS = "(root) => [...root.querySelectorAll('.one-step tbody tr')].map((row) => row.innerText)"


def number(value: float, digits: int = 2) -> str:
    """A number as the page writes it."""
    return f"{value:.{digits}f}".replace("-", "−").replace("−0.00", "0.00")


def apply(root: Any, kind: str, units: str, when: str) -> None:
    """Make a change of the network."""
    for name, value in (("Change", kind), ("Which units", units), ("When", when)):
        root.get_by_label(name, exact=True).select_option(value)
    root.get_by_role("button", name="Apply").click()


def test_what_a_change_sets_is_marked_and_goes_with_another_network(page: Any, models: dict[str, Any]) -> None:
    root, t, unit = touched(page, PLAY), 40, 103
    mean = json.loads((FOLDER / "lstm.json").read_text("utf8"))[unit][2]
    root.get_by_label("Step", exact=True).fill(str(t + 1))
    root.get_by_label(UNIT).fill(str(unit))
    root.get_by_label(UNIT).press("Enter")
    assert "held" not in sentence(root).inner_text()
    apply(root, "held", "one", "ever")
    reading = read(models["LSTM"], ids(PLAY)[:, None], [Change("held", mean, unit)])
    i, f, g, _ = (reading.gates[gate][t, 0, unit] for gate in "ifgo")
    before, c = reading.c[t - 1, 0, unit], reading.c[t, 0, unit]
    made = number(f * before + i * g)
    assert made != number(c), "it is held at another value than it would have"
    said = sentence(root).inner_text()
    assert f"of {number(before)} and adds {number(i * g)}, which would make {made}; it is held at {number(c)}." in said
    assert f"= {made}, held at {number(c)};" in root.locator(".formula").inner_text()
    drawn = root.locator(".cell-view text").all_text_contents()
    assert made in drawn
    assert [one for one in drawn if one.endswith(" set")] == ["ct set"]
    apply(root, "openf", "all", "ever")
    assert [one for one in root.locator(".cell-view text").all_text_contents() if one.endswith(" set")] == [
        "ct set",
        "ft set",
    ]
    root.locator(".one-step summary").click()
    rows = [row.split("\t") for row in root.evaluate(ROWS)]
    assert "".join(row[0] for row in rows) == "figo", "the order of the drawing"
    assert [row[3].startswith("set to ") for row in rows] == [True, False, False, False]
    inside, elsewhere = verdict(models["LSTM"], [Change("held", mean, unit), Change("f", 1.0)])
    assert (
        f"{inside} bits more inside speakers' names, and {elsewhere} elsewhere"
        in root.locator(".changes .result").inner_text()
    )
    was = read(models["LSTM"], ids(PLAY)[:, None]).logp[t, 0]
    shown = root.locator(".next .was").all_inner_texts()
    assert f"was {100 * np.exp(was.max()):.1f} %" in shown, "what had been expected stands beside it"
    root.get_by_label("Network", exact=True).select_option("RNN")
    expect(root.locator(".made li")).to_have_count(0)
    assert "change is undone" in root.locator(".changes .result").inner_text()
    assert "The network is changed" not in sentence(root).inner_text()


def verdict(model: Any, changes: list[Change]) -> list[str]:
    """What a character costs more inside the names of PLAY, and elsewhere."""
    following = ids(PLAY)[1:, None]
    changed, plain = (read(model, ids(PLAY)[:, None], made).logp[:-1, 0] for made in (changes, []))
    more = np.take_along_axis(plain - changed, following, axis=1)[:, 0] / np.log(2)
    names = [match.span(1) for match in re.finditer(r"(?:^|\n\n)([^\n:]+):", PLAY)]
    inside = np.array([any(start <= t < end for start, end in names) for t in range(1, len(PLAY))])
    return [number(more[inside].mean()), number(more[~inside].mean())]


LONG = (PLAY + ", and dream of better days.\n\n") * 4


def test_gradients_are_shares_of_the_last_and_end_where_the_axis_does(page: Any, models: dict[str, Any]) -> None:
    root, t = touched(page, LONG), len(LONG) - 1
    assert t < 400
    root.get_by_role("button", name="Compare with the tanh").click()
    expect(root.locator(".sources .line.rnn")).to_be_attached()
    v = int(root.get_by_label("Log-probability of").input_value())
    said = root.locator(".sources .result").inner_text()
    for kind, name in (("LSTM", "LSTM"), ("RNN", "tanh RNN")):
        lengths = np.linalg.norm(gradient(models[kind], LONG, t, v), axis=1)
        share = lengths / lengths[-1]
        first, power = f"{share[0]:.0e}".split("e-")
        small = f"{first}\u00a0·\u00a010−{power.lstrip('0')}"
        factor = share[0] ** (1 / t)
        assert re.search(
            f"{name}: 90 % .*?; {t} steps back it is {small} of what .*?, a factor of {factor:.2f} a", said
        )
        line = root.locator(f".sources .line.{kind.lower()}").get_attribute("d")
        assert len(re.findall("[ML]", line)) == (share >= 1e-16).sum(), "no point of the line is below the axis"
    assert share[0] < 1e-16
    assert root.locator(".sources .name.rnn").text_content() == "RNN < 10−16"
    assert "look alike" not in said
    apply(root, "blank", "all", "here")
    said = root.locator(".sources .result").inner_text()
    assert "LSTM, changed: " in said
    assert "tanh RNN, as trained: " in said
    root.get_by_label("Step", exact=True).fill("9")
    assert "mostly look alike" in root.locator(".sources .result").inner_text()
    root.get_by_role("button", name="Leave out the tanh RNN").click()
    expect(root.locator(".sources .line")).to_have_count(1)


def test_the_third_question_draws_both_and_escape_brings_the_place_back(page: Any, models: dict[str, Any]) -> None:
    root = touched(page, PLAY)
    root.get_by_label("Step", exact=True).fill("30")
    root.get_by_label(UNIT).fill("41")
    root.get_by_label(UNIT).press("Enter")
    root.get_by_role("button", name="c or h?").press("Enter")
    expect(root.locator(".question p").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(root.locator(".choice").first).to_be_focused()
    page.keyboard.press("Enter")
    text, proof = root.get_by_label("Your text").input_value(), root.locator(".proof")
    place, following = text.index("married, but") + len("married, b"), ids(text)[1:, None]
    expect(proof.locator("svg")).to_have_count(2)
    expect(proof.locator(".edge")).to_have_count(2)
    for what, paragraph in zip("hc", proof.locator("p").all_inner_texts(), strict=True):
        made = [Change(what, 0.0, slice(None), place, place)]
        plain, erased = (read(models["LSTM"], ids(text)[:, None], one).logp[:-1, 0] for one in ([], made))
        more = np.take_along_axis(plain - erased, following, axis=1)[:, 0] / np.log(2)
        numbers = (
            f"{more[place]:.1f} bits more at the next character, {more[place + 10 : place + 100].sum():.1f} in all"
        )
        assert paragraph.startswith(f"Without {what}: {numbers}")
    page.keyboard.press("Escape")
    expect(root.locator(".question")).not_to_be_visible()
    assert root.get_by_label("Your text").input_value() == PLAY
    assert at(root) == 29
    assert root.get_by_label(UNIT).input_value() == "41"


def test_a_finger_scrolls_over_the_heat_map_and_chooses_with_a_tap(browser: Any, server: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server}book/explainer.html", wait_until="networkidle")
    root = touched(page, PLAY)
    box, line = root.get_by_label("Your text").bounding_box(), sentence(root).bounding_box()
    assert 0 < line["y"] - box["y"] - box["height"] < 30, "what the network expects stands under what is typed"
    canvas = root.locator(".field canvas")
    canvas.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
    unit, step, field = root.get_by_label(UNIT).input_value(), at(root), canvas.bounding_box()
    x, y = field["x"] + 74 + 22 * 3 + 11, field["y"] + 184 + 24 * 5 + 12
    touch = context.new_cdp_session(page)
    for kind, down in (("Start", 0), ("Move", 30), ("Move", 90), ("End", None)):
        points = [] if down is None else [{"x": x, "y": y - down}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert (root.get_by_label(UNIT).input_value(), at(root)) == (unit, step)
    canvas.tap(position={"x": 74 + 22 * 3 + 11, "y": 184 + 24 * 5 + 12})
    assert root.get_by_label(UNIT).input_value() != unit
    assert at(root) < step
    context.close()


RECORD = """(() => {
    const fill = CanvasRenderingContext2D.prototype.fillText;
    window.written = [];
    CanvasRenderingContext2D.prototype.fillText = function (words, x, y) {
        window.written.push([words, y]);
        return fill.call(this, words, x, y);
    };
})()"""


def test_every_row_has_what_it_is_sorted_by_and_the_unit_looked_at_stands_apart(
    page: Any, models: dict[str, Any]
) -> None:
    page.evaluate(RECORD)
    root, reading = touched(page, PLAY), read(models["LSTM"], ids(PLAY)[:, None])
    names = np.zeros(len(PLAY))
    for match in re.finditer(r"(?:^|\n\n)([^\n:]+):", PLAY):
        names[slice(*match.span(1))] = 1
    r = np.array([np.corrcoef(kept, names)[0, 1] for kept in np.tanh(reading.c[:, 0]).T])
    keeps = reading.gates["f"].mean(axis=(0, 1))
    last = int(np.abs(r).argmin())
    root.get_by_label(UNIT).fill(str(last))
    root.get_by_label(UNIT).press("Enter")
    for sort, worth, order in (
        ("name", [number(value) for value in r], np.argsort(-np.abs(r), kind="stable")),
        ("memory", [f"{100 * value:.1f} %" for value in keeps], np.argsort(-keeps, kind="stable")),
    ):
        page.evaluate("window.written.length = 0")
        root.get_by_label("Sort by").select_option(sort)
        written = dict(page.evaluate("window.written"))
        rows = [f"{unit} {worth[unit]}" for unit in [*order[:19], last]]
        places = np.diff([written[row] for row in rows])
        assert places[-1] > places[0], "a gap before the last"
        np.testing.assert_allclose(places[:-1], places[0])
    half = round(np.log(0.5) / np.log(keeps[last]))
    assert f"half is left after {half} step" in root.locator(".pointed").inner_text()
    root.get_by_role("button", name="Show it in the whole text").click()
    assert root.get_by_label("Colour shows").input_value() == "unit"


def test_the_sentence_of_the_first_page_comes_along(page: Any, server: str) -> None:
    page.goto(f"{server}book/explainer.html#text=To+be,+or+not%3F+3%25", wait_until="networkidle")
    page.reload(wait_until="networkidle")
    root = page.locator(".explainer")
    expect(root.locator(".live")).to_be_visible()
    assert root.get_by_label("Your text").input_value() == "To be, or not? 3%"
    assert "does not know 3 %: left out" in root.get_by_role("alert").inner_text()
    page.goto(f"{server}book/explainer.html#text=" + "x" * 450)
    page.reload(wait_until="networkidle")
    expect(root.get_by_role("alert")).to_have_text("Only the first 400 characters are read.")
