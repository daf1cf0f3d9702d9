"""The memory cell of chapter 09: its numbers are NumPy's; it works by pointer and keyboard; a table without scripts."""

import html
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils.touch import GatedCell

NOTEBOOK = ROOT / "book/09_lstm.ipynb"
RUN = """async (gates) => (await import("/touch/gated_cell.js")).run(gates)"""
SCRIPT = "lstm_cell.js"


def stored() -> dict[str, Any]:
    """The model that the notebook's stored output carries."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.outputs)
    (model,) = re.findall("data-touch=\"lstm-cell\" data-model='([^']*)'", shown)
    return json.loads(html.unescape(model))


def drawn(T: int, seed: int) -> dict[str, np.ndarray]:
    """Random gates of T steps."""
    rng = np.random.default_rng(seed)
    i, f, o = rng.uniform(0, 1, (3, T)).round(2)
    return {"i": i, "f": f, "g": rng.uniform(-1, 1, T).round(2), "o": o}


def small() -> GatedCell:
    """Four steps, one of them special in HTML, with two settings."""
    return GatedCell(["a", "b's", "<c>", "d"], {"one": drawn(4, 0), "two & more": drawn(4, 1)}, title="Try 'it'")


def number(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def factor(value: float) -> str:
    """A number as it stands in a product: a negative one in brackets."""
    return f"({number(value)})" if number(value).startswith("−") else number(value)


def set_range(page: Any, label: str, value: float) -> None:
    page.get_by_label(label).evaluate(
        "(knob, value) => { knob.value = value; knob.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


def expect(page: Any, cell: GatedCell, gates: dict[str, Any], at: int) -> None:
    """Every number on the page is that of `gates`, and step `at` is the chosen one."""
    c, h, path = cell.run(gates)
    values = page.locator(".strip .line .value").all_inner_texts()
    assert values == [number(v[t]) for t in range(len(c)) for v in (c, h, path)]
    assert page.locator(".strip button[aria-current=step]").count() == 1
    heading = page.locator("#lstm-cell-step").inner_text()
    assert heading == f"Step {at + 1} of {len(c)}: “{cell.tokens[at]}”"
    before = factor(c[at - 1] if at else 0)
    products = f"{factor(gates['f'][at])} · {before} + {factor(gates['i'][at])} · {factor(gates['g'][at])}"
    assert f"i · g = {products} = {number(c[at])}, h" in page.get_by_role("status").inner_text()
    for name in "ifgo":
        knob = page.get_by_role("slider").nth("ifgo".index(name))
        assert float(knob.input_value()) == pytest.approx(gates[name][at])


@pytest.mark.parametrize("which", ["page", "small"])
def test_the_module_computes_what_numpy_computes(show: Show, which: str) -> None:
    model = stored() if which == "page" else small().model()
    cell, page = GatedCell(model["tokens"], model["settings"], model["title"]), show(small(), SCRIPT)
    settings = {**model["settings"], "drawn": {k: v.tolist() for k, v in drawn(len(model["tokens"]), 2).items()}}
    for gates in settings.values():
        got = page.evaluate(RUN, gates)
        for name, wanted in zip(("c", "h", "path"), cell.run(gates), strict=True):
            np.testing.assert_allclose(got[name], wanted, rtol=0, atol=1e-12)


def test_the_path_is_what_differences_measure() -> None:
    cell, gates, eps = small(), drawn(4, 5), 1e-6
    c, _, path = cell.run(gates)
    for t in range(4):
        above, below = ({**gates, "g": gates["g"].copy()} for _ in range(2))
        above["g"][t] += eps / gates["i"][t]
        below["g"][t] -= eps / gates["i"][t]  # moves c_t by eps
        assert path[t] == pytest.approx((cell.run(above)[0][-1] - cell.run(below)[0][-1]) / (2 * eps), abs=1e-8)
    assert c[0] == pytest.approx(gates["i"][0] * gates["g"][0])


@pytest.mark.parametrize("width", [360, 1200])
def test_settings_steps_and_sliders_by_pointer_and_keyboard(show: Show, width: int) -> None:
    cell = small()
    page = show(cell, SCRIPT, viewport={"width": width, "height": 844})
    expect(page, cell, cell.settings["two & more"], 0)  # the last one is shown first
    page.get_by_role("button", name="one", exact=True).click()
    gates = {name: values.copy() for name, values in cell.settings["one"].items()}
    expect(page, cell, gates, 0)
    page.get_by_role("button", name="Step →").press("Enter")
    expect(page, cell, gates, 1)
    page.locator(".strip button").nth(1).focus()
    page.keyboard.press("ArrowRight")
    expect(page, cell, gates, 2)
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "step"
    values = zip(("cell c", "shown h", "reaches the end"), cell.run(gates), strict=True)
    heard = r"\s*,\s*".join(rf"{words}\s*{number(value[2])}" for words, value in values)
    assert page.get_by_role("button", name=re.compile(rf"Step 3,\s*<c>\s*:\s*{heard}")).count() == 1
    for label, name, value in (("forget gate", "f", 0.0), ("candidate", "g", -0.5), ("input gate", "i", 1.0)):
        set_range(page, label, value)
        gates[name][2] = value
        expect(page, cell, gates, 2)
    assert page.locator("[aria-pressed=true]").count() == 0  # no setting any more: the reader's own
    page.get_by_label("output gate").press("End")
    gates["o"][2] = 1.0
    expect(page, cell, gates, 2)
    page.locator(".strip button").nth(2).focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # there is no step after the last
    expect(page, cell, gates, 3)
    page.get_by_role("button", name="one", exact=True).click()  # as it was
    expect(page, cell, cell.settings["one"], 3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_table_has_the_numbers(show: Show) -> None:
    cell = small()
    page = show(cell, SCRIPT, java_script_enabled=False)
    assert page.get_by_role("button").count() == 0
    assert page.locator("caption").inner_text() == "Try 'it': two & more"
    gates = cell.settings["two & more"]
    rows = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    columns = [*(gates[name] for name in "ifgo"), *cell.run(gates)]
    assert rows == [[token, *(number(v[t]) for v in columns)] for t, token in enumerate(cell.tokens)]


def test_impossible_gates_are_refused() -> None:
    good = drawn(3, 0)
    for bad, words in (
        ({**good, "f": [0.5, 1.2, 0.5]}, r"\['f'\]: got 0\.5 … 1\.2"),
        ({**good, "o": [0.5, 0.5]}, r"\['o'\]"),
        ({name: good[name] for name in "ifo"}, "wanted 'g' too"),
    ):
        with pytest.raises(ValueError, match=words):
            GatedCell(["a", "b", "c"], {"x": bad}, title="")
    with pytest.raises(ValueError, match="0 settings"):
        GatedCell(["a"], {}, title="")
