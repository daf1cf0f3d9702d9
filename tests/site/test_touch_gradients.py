"""The figure of chapter 08 in which a gradient goes back: its numbers are NumPy's; it works by pointer and keyboard."""

import html
import itertools
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils import RNN
from rnn_utils.touch import Gradients

NOTEBOOK = ROOT / "book/08_vanishing_and_exploding_gradients.ipynb"
SCRIPT = "gradients.js"
READ = """async ({model, settings}) => {
    const {backwards} = await import("/touch/backwards.js");
    return settings.map((setting) => backwards(model, ...setting));
}"""
SHOWN = """async (values) => { const {shown} = await import("/touch/gradients.js"); return values.map(shown); }"""


def stored() -> dict[str, Any]:
    """The model that the notebook's stored output carries."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    text = "".join("".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.outputs)
    (model,) = re.findall("data-touch=\"gradients\" data-model='([^']*)'", text)
    return json.loads(html.unescape(model))


def rebuilt(model: dict[str, Any]) -> Gradients:
    """The Python side of a model that a page carries."""
    matrices = {name: np.array(facts["W"]) for name, facts in model["matrices"].items()}
    return Gradients(matrices, *(np.array(model[name]) for name in ("w_in", "x", "v")))


def small() -> Gradients:
    """Five units; one name is special in HTML."""
    rng = np.random.default_rng(0)
    matrices = {"it's <W>": rng.normal(size=(5, 5)) / 5**0.5, "identity": np.eye(5)}
    return Gradients(matrices, rng.normal(size=5), rng.uniform(-1, 1, 60), rng.normal(size=5))


def mean_slope(ours: Gradients, matrix: str, scale: float, steps: int, nonlinearity: str) -> float:
    """The mean of f′ over all steps and units, by the package's own layer."""
    if nonlinearity == "identity":
        return 1.0
    layer = RNN(1, len(ours.w_in), rng=np.random.default_rng(0), dtype=np.float64, nonlinearity=nonlinearity)
    for name, array in (("weight_hh", scale * ours.matrices[matrix]), ("weight_ih", ours.w_in[:, None])):
        layer.params[name][...] = array
    for name in ("bias_ih", "bias_hh"):
        layer.params[name][...] = 0
    h = layer.forward(ours.x[:steps, None, None])[0]
    return float(np.mean(1 - h**2 if nonlinearity == "tanh" else h > 0))


def facts(page: Any) -> dict[str, str]:
    return dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))


def value(text: str) -> float:
    """The number that a reader sees: 0.43, or 3.1·10 and a raised −7."""
    return float(text.removeprefix("× ").replace("·10", "e").replace("−", "-"))


@pytest.mark.parametrize("which", ["page", "small"])
def test_the_module_computes_what_numpy_computes(browser: Any, figures: str, which: str) -> None:
    model = stored() if which == "page" else small().model()
    ours, page, longest = rebuilt(model), browser.new_page(), len(model["x"])
    page.goto(f"{figures}touch/backwards.js")
    kinds = itertools.product(model["matrices"], (0.1, 0.85, 1.0, 2.0), (10, longest), ("tanh", "relu", "identity"))
    settings = [list(setting) for setting in kinds]
    for setting, got in zip(settings, page.evaluate(READ, {"model": model, "settings": settings}), strict=True):
        assert len(got["lengths"]) == setting[2] + 1
        wanted = ours.norms(*setting)
        # Where gradients explode, what a last bit of tanh does to the states explodes as well.
        exact = setting[3] != "tanh" or wanted.max() < 1e3
        close = {"rtol": 1e-9 if exact else 1e-6, "atol": 1e-300}
        np.testing.assert_allclose(np.array(got["lengths"], float), wanted, **close, err_msg=str(setting))
        assert got["slope"] == pytest.approx(mean_slope(ours, *setting), rel=1e-9 if exact else 1e-3), setting
    page.close()


def test_the_package_goes_back_as_its_rnn_does() -> None:
    ours, T = small(), 7
    for nonlinearity, W in itertools.product(("tanh", "relu"), ours.matrices):
        layer = RNN(1, 5, rng=np.random.default_rng(0), dtype=np.float64, nonlinearity=nonlinearity)
        for name, array in (("weight_hh", 1.3 * ours.matrices[W]), ("weight_ih", ours.w_in[:, None])):
            layer.params[name][...] = array
        for name in ("bias_ih", "bias_hh"):
            layer.params[name][...] = 0
        out, _, cache = layer.forward(ours.x[:T, None, None])
        dout = np.zeros_like(out)
        dout[-1, 0] = ours.v / np.linalg.norm(ours.v)
        dh0 = layer.backward(dout, cache)[1]
        np.testing.assert_allclose(ours.norms(W, 1.3, T, nonlinearity)[-1], np.linalg.norm(dh0), rtol=1e-12)


def test_numbers_are_written_in_two_digits(show: Show) -> None:
    page = show(small(), SCRIPT)
    got = page.evaluate(SHOWN, [0, 0.123, 0.0996, 1, 42.4, 99.6, 421, 0.00031, 1.26e-45, 9.9e12])
    assert got == ["0", "0.12", "0.10", "1.0", "42", "100", "420", "3.1·10⁻⁴", "1.3·10⁻⁴⁵", "9.9·10¹²"]


@pytest.mark.parametrize("width", [360, 1200])
def test_the_knobs_move_the_curve(show: Show, width: int) -> None:
    ours = small()
    page = show(ours, SCRIPT, viewport={"width": width, "height": 844})

    def expect(matrix: str, scale: float, steps: int, nonlinearity: str) -> None:
        lengths, seen = ours.norms(matrix, scale, steps, nonlinearity), facts(page)
        for k in {1, 10, min(50, steps), steps}:
            distance = f"{k} step" if k == 1 else f"{k} steps"
            assert value(seen[f"length {distance} back"]) == pytest.approx(lengths[k], rel=0.06)
        assert value(seen["a step, on average"]) == pytest.approx(lengths[-1] ** (1 / steps), rel=0.06)
        W = scale * ours.matrices[matrix]
        assert value(seen["largest singular value of gW"]) == pytest.approx(np.linalg.norm(W, 2), rel=0.06)
        assert value(seen["spectral radius of gW"]) == pytest.approx(np.abs(np.linalg.eigvals(W)).max(), rel=0.06)
        assert f"After {steps} steps back" in page.get_by_role("status").inner_text()
        assert page.locator("path.measured").get_attribute("d").count("L") == steps

    expect("it's <W>", 1.0, 60, "tanh")
    page.get_by_label("Scale").press("ArrowLeft")
    expect("it's <W>", 0.95, 60, "tanh")
    page.get_by_label("Steps T").press("Home")
    expect("it's <W>", 0.95, 10, "tanh")
    page.get_by_label("Steps T").press("End")
    page.get_by_label("Function").select_option("identity")
    page.get_by_label("Recurrent matrix").select_option("identity")
    expect("identity", 0.95, 60, "identity")
    page.get_by_label("Scale").press("End")
    expect("identity", 2.0, 60, "identity")
    assert "exploded" in page.get_by_role("status").inner_text()
    assert page.locator("sup").all_inner_texts() and not re.search("[⁻⁰¹²³⁴-⁹]", page.inner_text("body"))
    page.get_by_label("Scale").press("Home")
    assert "vanished" in page.get_by_role("status").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for shown in (width, 700):  # the picture follows its place; a unit of it stays a pixel
        page.set_viewport_size({"width": shown, "height": 844})
        page.wait_for_timeout(200)  # the observer, and the frame after it
        assert page.locator("svg").evaluate("e => e.viewBox.baseVal.width === e.clientWidth")


def test_a_gradient_of_zero_is_shown_as_such(show: Show) -> None:
    ours = Gradients({"identity": np.eye(5)}, -np.ones(5), np.ones(60), np.ones(5))  # no ReLU is ever on
    assert ours.norms("identity", 1.0, 10, "relu").tolist() == [1] + [0] * 10
    page = show(ours, SCRIPT)
    page.get_by_label("Function").select_option("relu")
    assert "is 0 times as long" in page.get_by_role("status").inner_text()
    assert "NaN" not in page.locator("svg").inner_html()


def test_without_scripts_a_table_stays(show: Show) -> None:
    ours = small()
    page = show(ours, SCRIPT, java_script_enabled=False)
    assert page.locator("tbody tr").count() == 2 * 2 * 3
    first = page.locator("tbody tr").first.locator("td").all_inner_texts()
    assert first[:3] == ["it's <W>", "tanh", "0.8"]
    assert first[3:] == [f"{ours.norms(first[0], 0.8, 60, 'tanh')[k]:.0e}" for k in (1, 10, 50, 60)]
    assert page.get_by_role("slider").count() == 0


def test_bad_input_is_named() -> None:
    ours = small()
    with pytest.raises(ValueError, match="matrices: got none"):
        Gradients({}, ours.w_in, ours.x, ours.v)
    with pytest.raises(ValueError, match="matrices: a"):
        Gradients({"a": np.eye(4)}, ours.w_in, ours.x, ours.v)
    with pytest.raises(ValueError, match="nonlinearity"):
        ours.norms("identity", 1.0, 5, "sin")
