"""The unrolled network that readers step through: its numbers are NumPy's, and it works by pointer, key and touch."""

import html
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils.touch import Unrolled

RUN = """async ({model, text, cut}) => {
    const {encode, run} = await import("/touch/network.js");
    const {ids, unknown} = encode(model, text);
    return {ids, unknown, steps: run(model, ids, cut)};
}"""


def on_pages() -> list[Any]:
    """The models of all notebooks, as they stand in the stored outputs."""
    found = []
    for path in sorted([*(ROOT / "book").glob("[0-9]*.ipynb"), *(ROOT / "book").glob("lab_*.ipynb")]):
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        pages = [output.get("data", {}).get("text/html", "") for cell in cells for output in cell.outputs]
        models = re.findall("data-touch=\"unrolled\" data-model='([^']*)'", "".join(map("".join, pages)))
        found += [pytest.param(json.loads(html.unescape(m)), id=f"{path.stem} {i}") for i, m in enumerate(models)]
    return found


def made(H: int = 5, answers: int = 4, **options: Any) -> Unrolled:
    """A network with random weights that reads the characters a, b, c and space."""
    rng = np.random.default_rng(H)
    D = np.shape(options.get("inputs", np.eye(4)))[1]
    shapes = {"W_ih": (H, D), "W_hh": (H, H), "b": (H,), "W_hy": (answers, H), "b_y": (answers,)}
    weights = {name: rng.normal(size=shape).round(2) for name, shape in shapes.items()}
    return Unrolled(["a", "b", "c", " "], weights, ["cab ab", "bc"], unit="character", **options)


def rebuilt(model: dict[str, Any]) -> Unrolled:
    """The Python side of a model that a page carries."""
    options = {name: model[name] for name in ("texts", "unit", "nonlinearity", "output", "outputs", "title")}
    inputs = None if model["inputs"] is None else np.array(model["inputs"])
    weights = {name: np.array(weight) for name, weight in model["weights"].items()}
    return Unrolled(model["tokens"], weights, inputs=inputs, **options)


def status(page: Any) -> str:
    return page.locator(".status").inner_text()


@pytest.mark.parametrize("cut", [False, True], ids=["loop", "cut"])
@pytest.mark.parametrize(
    "model",
    [
        *on_pages(),
        pytest.param(made().model(), id="small"),
        pytest.param(made(H=64).model(), id="large"),
        pytest.param(
            made(nonlinearity="relu", output="sigmoid", answers=1, outputs=["yes"]).model(), id="relu, sigmoid"
        ),
        pytest.param(
            made(
                nonlinearity="identity",
                output="linear",
                answers=2,
                outputs=["p", "q"],
                inputs=np.arange(8.0).reshape(4, 2),
            ).model(),
            id="own inputs, linear",
        ),
    ],
)
def test_the_module_computes_what_numpy_computes(browser: Any, figures: str, model: dict, cut: bool) -> None:
    page, figure = browser.new_page(), rebuilt(model)
    page.goto(f"{figures}touch/network.js")
    glue = " " if model["unit"] == "word" else ""
    drawn = np.random.default_rng(0).choice(model["tokens"], size=12)
    for text in [*model["texts"], glue.join(drawn)]:
        got = page.evaluate(RUN, {"model": model, "text": text, "cut": cut})
        h, y = figure.forward(text, cut=cut)
        assert got["ids"] == figure.encode(text)
        assert got["unknown"] == []
        scale = max(1, np.abs(h).max())
        np.testing.assert_allclose([step["h"] for step in got["steps"]], h, rtol=0, atol=1e-12 * scale)
        np.testing.assert_allclose([step["y"] for step in got["steps"]], y, rtol=1e-12, atol=1e-12 * scale)
    page.close()


def test_buttons_keys_and_swipes_move_and_show_the_numbers(show: Show) -> None:
    figure = made()
    page = show(figure, "unrolled.js", has_touch=True, viewport={"width": 390, "height": 844})
    h, y = figure.forward("cab ab")
    names = ["a", "b", "c", "space"]

    def expect(step: int) -> None:
        best = int(y[step].argmax())
        said = f"Step {step + 1} of 6: reads “{'cab ab'[step]}”".replace("“ ”", "“space”")
        assert status(page) == f"{said}, answers “{names[best]}” {y[step, best]:.2f}."
        cells = page.locator(".detail tbody td:last-child").all_inner_texts()
        assert cells == [f"{value:.2f}".replace("-", "−") for value in h[step]]
        assert page.locator(".strip .later").count() == 5 - step

    expect(0)
    page.get_by_role("button", name="Next").click()
    expect(1)
    page.keyboard.press("ArrowRight")
    expect(2)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(5)
    page.keyboard.press("Home")
    expect(0)
    page.get_by_role("button", name="Step 5 is not read yet: a").click()
    page.keyboard.press("ArrowLeft")
    expect(3)
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "step"
    page.evaluate(
        """() => { const at = document.querySelector(".detail");
        for (const [type, clientX] of [["touchstart", 300], ["touchend", 200]])
            at.dispatchEvent(new TouchEvent(type, {bubbles: true,
                changedTouches: [new Touch({identifier: 0, target: at, clientX, clientY: 400})]})); }"""
    )
    expect(4)
    page.get_by_role("button", name="Previous").click()
    expect(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_cutting_the_loop_changes_the_answer_and_tying_it_restores_it(show: Show) -> None:
    figure = made()
    page = show(figure, "unrolled.js")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Step 6 is not read yet: b").click()
    with_loop = status(page)
    page.get_by_role("checkbox").check()
    _, y = figure.forward("cab ab", cut=True)
    assert f" {y[5].max():.2f}; the loop is cut." in status(page)
    page.get_by_role("checkbox").uncheck()
    assert status(page) == with_loop


def test_a_text_of_ones_own(show: Show) -> None:
    figure = made()
    page = show(figure, "unrolled.js")
    field = page.get_by_role("textbox")
    field.fill("ba?b")
    assert page.get_by_role("alert").inner_text() == "The network does not know “?”: it is left out."
    assert page.locator(".strip li").count() == 3
    field.press("ArrowLeft")
    assert status(page).startswith("Step 1 of 3")
    field.fill("")
    assert page.get_by_role("alert").inner_text() == "Write something that the network knows."
    page.get_by_role("button", name="Next").dispatch_event("click")
    field.fill("c" * 70)
    assert page.locator(".strip li").count() == 60
    page.get_by_role("button", name="bc", exact=True).click()
    page.locator(".choices summary").click()
    page.get_by_role("button", name="a", exact=True).click()
    assert field.input_value() == "bca"
    assert status(page).startswith("Step 3 of 3: reads “a”")
    assert page.get_by_role("alert").inner_text() == ""


def test_without_scripts_the_table_stays(show: Show) -> None:
    page = show(made(), "unrolled.js", java_script_enabled=False)
    assert page.locator(".unrolled tbody tr").count() == 6
    assert page.get_by_role("button").count() == 0
