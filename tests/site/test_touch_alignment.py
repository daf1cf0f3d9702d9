"""The network of chapter 15 that writes dates: its numbers are NumPy's; it works by pointer and keyboard."""

import base64
import html
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils.seq2seq import EncoderDecoder
from rnn_utils.touch import Alignment

NOTEBOOK = ROOT / "book/15_sequence_to_sequence.ipynb"
WRITE = """async ({model, ids}) => {
    const {unpack, write} = await import("/touch/translator.js");
    return write(model, unpack(model), ids);
}"""
SCRIPT = "alignment.js"


def stored() -> dict[str, Any]:
    """The model that the notebook's stored output carries."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.outputs)
    (model,) = re.findall("data-touch=\"alignment\" data-model='([^']*)'", shown)
    return json.loads(html.unescape(model))


def decoded(w: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(w["bytes"]), np.int8).reshape(w["shape"]) * w["scale"]


def rebuilt(model: dict[str, Any]) -> Alignment:
    """The Python side of a model that a page carries; all of the bias is in the first of two."""
    params = {}
    for name, w in model["weights"].items():
        layer, key = name.split(".")
        end = "_reverse" if layer == "behind" else ""
        place = layer.replace("ahead", "encoder").replace("behind", "encoder")
        if key == "bias" and layer != "linear":
            params[f"{place}.bias_ih{end}"] = decoded(w)
            params[f"{place}.bias_hh{end}"] = 0 * decoded(w)
        else:
            params[f"{place}.{key}{end}"] = decoded(w)
    return Alignment(params, model["source"], model["target"], model["mark"], model["example"])


def small() -> Alignment:
    """An untrained network of five characters, some of them special in HTML."""
    net = EncoderDecoder(5, 4, 8, mark=3, rng=np.random.default_rng(3))
    for p in net.params.values():
        p *= 4
    return Alignment(net.params, ["a", "b", "'", " ", "<"], ["0", "1", "&", "."], ".", "ab' <")


@pytest.mark.parametrize("which", ["page", "small"])
def test_the_module_computes_what_numpy_computes(browser: Any, figures: str, which: str) -> None:
    model = stored() if which == "page" else small().model()
    figure, page = rebuilt(model), browser.new_page()
    page.goto(f"{figures}touch/translator.js")
    drawn = "".join(np.random.default_rng(1).choice(model["source"], size=30))
    for text in (model["example"], model["example"][0], drawn):
        ids = [figure.source.index(character) for character in text]
        got = page.evaluate(WRITE, {"model": model, "ids": ids})
        written, weights = figure.write(text)
        assert "".join(figure.target[i] for i in got["written"]) == written
        np.testing.assert_allclose(got["weights"], weights, rtol=0, atol=1e-10)
    page.close()


def test_the_network_of_the_page_writes_the_date_of_its_example() -> None:
    model = stored()
    assert (model["example"], rebuilt(model).write(model["example"])[0]) == ("July 2, 2015", "2015-07-02.")


@pytest.mark.parametrize("width", [360, 1200])
def test_typing_choosing_and_arrows(show: Show, width: int) -> None:
    figure = small()
    page = show(figure, SCRIPT, viewport={"width": width, "height": 844})

    def expect(text: str, at: int) -> None:
        written, weights = figure.write(text)
        buttons = page.locator(".written button")
        assert buttons.all_inner_texts() == list(written)
        assert buttons.nth(at).get_attribute("aria-current") == "step"
        assert page.locator(".written [aria-current]").count() == 1
        shown = page.locator(".source span").evaluate_all(
            "(all) => all.map((each) => Number(each.style.getPropertyValue('--weight')))"
        )
        np.testing.assert_allclose(shown, weights[at], atol=6e-4)
        best = int(weights[at].argmax())
        told = f"“{written[at]}” looks most at “{text[best].replace(' ', 'space')}”, place {best + 1}, with weight"
        status = page.get_by_role("status").text_content()
        assert status.startswith(told)
        assert status.endswith(f"The whole line: {written}")

    expect("ab' <", 0)
    page.get_by_role("textbox").fill("b<")
    expect("b<", 0)
    page.locator(".written button").nth(0).focus()
    page.keyboard.press("ArrowLeft")
    expect("b<", 0)
    last = len(figure.write("b<")[0]) - 1
    page.keyboard.press("End")
    expect("b<", last)
    page.locator(".written button").nth(0).click()
    expect("b<", 0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_unknown_character_and_an_empty_line(show: Show) -> None:
    page = show(small(), SCRIPT)
    page.get_by_role("textbox").fill("aéb")
    assert page.get_by_role("alert").inner_text() == "The network does not know “é”: it is left out."
    assert page.locator(".written button").all_inner_texts() == list(small().write("ab")[0])
    page.get_by_role("textbox").fill("")
    assert page.get_by_role("alert").inner_text() == "Write a date, such as 3 May 1999."
    assert page.locator(".written button").count() == 0
    page.get_by_role("textbox").fill("a")
    assert page.locator(".written button").all_inner_texts() == list(small().write("a")[0])
