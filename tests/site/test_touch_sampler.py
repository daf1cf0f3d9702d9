"""The network of chapter 07 that writes in the page: its numbers are NumPy's; it works by pointer and keyboard."""

import base64
import gzip
import html
import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from conftest import ROOT, Show

from rnn_utils.models import LanguageModel
from rnn_utils.touch import Sampler

NOTEBOOK = ROOT / "book/07_training_a_character_model.ipynb"
READ = """async ({model, ids, tau, k}) => {
    const {unpack, step, logits, probabilities} = await import("/touch/char_rnn.js");
    const w = unpack(model);
    let h = new Float64Array(w.H);
    const scores = ids.map((id) => { h = step(w, id, h); return logits(w, h); });
    return {scores, p: probabilities(scores.at(-1), tau, k)};
}"""
DRAW = """async ({p, us}) => { const {draw} = await import("/touch/char_rnn.js"); return us.map((u) => draw(p, u)); }"""


def stored() -> dict[str, Any]:
    """The model that the notebook's stored output carries."""
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    shown = "".join("".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.outputs)
    (model,) = re.findall("data-touch=\"sampler\" data-model='([^']*)'", shown)
    return json.loads(html.unescape(model))


def rebuilt(model: dict[str, Any]) -> Sampler:
    """The Python side of a model that a page carries."""
    params = {}
    for name, w in model["weights"].items():
        codes = np.frombuffer(base64.b64decode(w["bytes"]), np.int8).reshape(w["shape"])
        params[name] = codes * w["scale"]
    return Sampler(params, model["tokens"], model["prompt"], "as it was")


def small() -> Sampler:
    """An untrained network of five characters, one of them special in HTML."""
    model = LanguageModel(5, 7, rng=np.random.default_rng(0))
    for p in model.params.values():
        p *= 4
    return Sampler(model.params, ["a", "b", "'", " ", "\n"], "ab", "a <b> & 'c'")


def bars(page: Any) -> dict[str, float]:
    names = page.locator("dt").all_inner_texts()
    return dict(zip(names, map(float, page.locator("dd").all_inner_texts()), strict=True))


def set_range(page: Any, label: str, value: float) -> None:
    page.get_by_label(label).evaluate(
        "(knob, value) => { knob.value = value; knob.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


@pytest.mark.parametrize("which", ["page", "small"])
def test_the_module_computes_what_numpy_computes(browser: Any, figures: str, which: str) -> None:
    model = stored() if which == "page" else small().model()
    sampler, page = rebuilt(model), browser.new_page()
    page.goto(f"{figures}touch/char_rnn.js")
    drawn = np.random.default_rng(1).choice(model["tokens"], size=80)
    for text in (model["prompt"], "".join(drawn)):
        for tau, k in ((0.3, 5), (1.0, len(model["tokens"])), (1.7, 2)):
            ids = [sampler.tokens.index(character) for character in text]
            got = page.evaluate(READ, {"model": model, "ids": ids, "tau": tau, "k": k})
            np.testing.assert_allclose(got["scores"], sampler.logits(text), rtol=0, atol=1e-10)
            np.testing.assert_allclose(got["p"], sampler.probabilities(text, tau, k), rtol=0, atol=1e-10)
            assert np.count_nonzero(got["p"]) == k
    page.close()


def test_the_package_reads_the_text_as_its_language_model_does() -> None:
    sampler = small()
    model = LanguageModel(5, 7, rng=np.random.default_rng(0), dtype=np.float64)
    from rnn_utils.touch import rounded

    for name, p in model.params.items():
        p[...] = rounded(sampler.params[name])
        np.testing.assert_allclose(p, sampler.params[name], atol=np.abs(p).max() / 127 / 2 + 1e-9)
    ids = [sampler.tokens.index(character) for character in "ab' a\nb"]
    scores = model.forward(np.array(ids)[:, None])[0][:, 0]
    np.testing.assert_allclose(sampler.logits("ab' a\nb"), scores, atol=1e-12)


def test_the_module_draws_by_the_running_sum(browser: Any, figures: str) -> None:
    page, p = browser.new_page(), [0.2, 0.0, 0.5, 0.3]
    page.goto(f"{figures}touch/char_rnn.js")
    us = [0.0, 0.19, 0.21, 0.69, 0.71, 0.999]
    assert page.evaluate(DRAW, {"p": p, "us": us}) == [0, 0, 2, 2, 3, 3]
    assert page.evaluate(DRAW, {"p": [0.1, 0.899999, 0.0], "us": [0.9999999]}) == [1]  # never an impossible one
    page.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_the_knobs_change_the_bars_and_the_network_writes(show: Show, width: int) -> None:
    page, sampler = show(small(), "sampler.js", viewport={"width": width, "height": 844}), small()
    names = ["a", "b", "'", "space", "new line"]

    def expect(text: str, tau: float, k: int) -> None:
        p = dict(zip(names, sampler.probabilities(text, tau, k), strict=True))
        shown = bars(page)
        assert {name: pytest.approx(p[name], abs=6e-4) for name in shown} == shown
        assert list(shown.values()) == sorted(shown.values(), reverse=True)

    expect("ab", 0.8, 5)
    set_range(page, "Temperature", 0.3)
    expect("ab", 0.3, 5)
    set_range(page, "likeliest", 2)
    expect("ab", 0.3, 2)
    page.get_by_role("textbox").fill("b' ")
    expect("b' ", 0.3, 2)
    page.get_by_role("button", name="One character").press("Enter")
    written = page.locator("pre").evaluate("(pre) => pre.textContent")
    assert written.startswith("b' ")
    assert len(written) == 4
    expect(written, 0.3, 2)
    set_range(page, "likeliest", 1)  # now every character is the likeliest
    page.get_by_role("button", name="Write 300").click()
    page.get_by_text("301 characters written.").wait_for()
    text = page.locator("pre").evaluate("(pre) => pre.textContent")
    assert text.startswith(written)
    for t in range(4, 60):
        assert sampler.tokens.index(text[t]) == sampler.logits(text[:t])[-1].argmax()
    page.get_by_role("button", name="Begin again").click()
    assert page.locator("pre").evaluate("(pre) => pre.textContent") == "b' "
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_stopping_reduced_motion_and_an_unknown_character(show: Show) -> None:
    page = show(small(), "sampler.js")
    page.get_by_role("button", name="Write 300").click()
    page.get_by_role("button", name="Stop").click()
    length = page.locator("pre").evaluate("(pre) => pre.textContent.length")
    assert page.get_by_role("status").inner_text() == "Stopped."
    page.wait_for_timeout(200)
    assert page.locator("pre").evaluate("(pre) => pre.textContent.length") == length < 302
    page.get_by_role("textbox").fill("aé")
    assert page.get_by_role("alert").inner_text() == "The network does not know “é”: it is left out."
    page.get_by_role("textbox").fill("")
    assert page.get_by_role("alert").inner_text() == "Write something that the network knows."
    page.get_by_role("button", name="Write 300").press("Enter")
    still = show(small(), "sampler.js", reduced_motion="reduce")
    still.get_by_role("button", name="Write 300").click()
    assert still.get_by_role("status").inner_text() == "300 characters written."  # at once


def test_without_scripts_a_text_of_the_network_stays(show: Show) -> None:
    page = show(small(), "sampler.js", java_script_enabled=False)
    assert page.locator("pre").inner_text() == "a <b> & 'c'"
    assert page.get_by_role("button").count() == 0


def test_the_weights_are_a_light_load() -> None:
    assert len(gzip.compress(json.dumps(stored()).encode())) < 40 * 1024


def test_an_impossible_prompt_is_refused() -> None:
    sampler = small()
    for prompt in ("", "é"):
        with pytest.raises(ValueError, match="prompt: got"):
            Sampler(sampler.params, sampler.tokens, prompt, "")
    with pytest.raises(ValueError, match=r"rnn\.weight_ih"):
        Sampler(sampler.params, ["a", "b"], "a", "")
