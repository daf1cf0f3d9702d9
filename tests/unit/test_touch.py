"""What a notebook hands to the scripts of the website: the numbers, and a table that reads without them."""

import html
import json
import re

import numpy as np
import pytest

from rnn_utils.layers import Linear
from rnn_utils.recurrent import RNN
from rnn_utils.touch import Unrolled
from rnn_utils.touch.embed import embed, numbers


def weights(rng: np.random.Generator, D: int = 3, H: int = 4, answers: int = 3) -> dict[str, np.ndarray]:
    shapes = {"W_ih": (H, D), "W_hh": (H, H), "b": (H,), "W_hy": (answers, H), "b_y": (answers,)}
    return {name: rng.normal(size=shape).round(2) for name, shape in shapes.items()}


def figure(**options: object) -> Unrolled:
    return Unrolled(["a", "b", "c"], weights(np.random.default_rng(0)), ["abca", "cab"], unit="character", **options)


def test_forward_is_that_of_the_layers():
    made = figure()
    rng = np.random.default_rng(1)
    layer, linear = RNN(3, 4, rng=rng, dtype=np.float64), Linear(4, 3, rng=rng, dtype=np.float64)
    for ours, theirs in zip(("W_ih", "W_hh", "b"), ("weight_ih", "weight_hh", "bias_ih")):
        layer.params[theirs][...] = made.weights[ours]
    layer.params["bias_hh"][...] = 0
    linear.params["weight"][...], linear.params["bias"][...] = made.weights["W_hy"], made.weights["b_y"]
    states, _, _ = layer.forward(np.eye(3)[[0, 1, 2, 0]][:, None])
    logits, _ = linear.forward(states)
    h, y = made.forward("abca")
    np.testing.assert_allclose(h, states[:, 0], atol=1e-14)
    np.testing.assert_allclose(y, np.exp(logits[:, 0]) / np.exp(logits[:, 0]).sum(1, keepdims=True), atol=1e-14)


def test_a_cut_loop_remembers_nothing():
    h, y = figure().forward("abca", cut=True)
    np.testing.assert_array_equal(h[0], h[3])
    np.testing.assert_array_equal(y[0], y[3])
    assert not np.allclose(figure().forward("abca")[0][3], h[3])


def test_own_inputs_and_other_functions():
    W = {"W_ih": [[1.0]], "W_hh": [[1.0]], "b": [0.0], "W_hy": [[2.0]], "b_y": [1.0]}
    arrays = {name: np.array(weight) for name, weight in W.items()}
    inputs = np.array([[-1.0], [1.0]])
    for nonlinearity, output, wanted in (
        ("identity", "linear", [3.0, 1.0, -1.0, 1.0]),
        ("relu", "linear", [3.0, 1.0, 1.0, 3.0]),
        ("identity", "sigmoid", 1 / (1 + np.exp([-3.0, -1.0, 1.0, -1.0]))),
    ):
        options = {"nonlinearity": nonlinearity, "output": output, "outputs": ["count"], "unit": "character"}
        _, y = Unrolled(["-", "+"], arrays, ["+--+"], inputs=inputs, **options).forward("+--+")
        np.testing.assert_allclose(y[:, 0], wanted)


def test_the_attribute_gives_every_number_back():
    made = figure(title="<b> & 'quotes'")
    page = made._repr_html_()
    data = json.loads(html.unescape(re.search("data-model='([^']*)'", page)[1]))
    assert data == made.model()
    for name, weight in made.weights.items():
        np.testing.assert_array_equal(data["weights"][name], weight)
    assert "<caption>&lt;b&gt; &amp; &#x27;quotes&#x27;</caption>" in page


def test_numbers_are_short_in_float32_too():
    assert numbers(np.array([[0.1, -2.5]], dtype=np.float32)) == [[0.1, -2.5]]


def test_the_table_shows_the_first_text():
    made = figure()
    h, y = made.forward("abca")
    rows = re.findall("<tr>(<td>.*?)</tr>", made._repr_html_())
    assert len(rows) == 4
    cells = re.findall("<td>(.*?)</td>", rows[2])
    assert cells[:2] == ["3", "c"]
    assert cells[2] == " ".join(f"{value:.2f}" for value in h[2])
    assert cells[3] == f"{'abc'[y[2].argmax()]} {y[2].max():.2f}"
    assert repr(made) == "Unrolled(3 tokens, H=4, 3 outputs)"


def test_a_large_state_is_cut_short_in_the_table():
    made = Unrolled(["a"], weights(np.random.default_rng(0), 1, 9, 1), ["a"], unit="character")
    assert re.search(r"(-?\d\.\d\d ){8}…</td>", made._repr_html_())


def test_words_are_read_as_the_package_reads_them():
    made = Unrolled(["don't", ",", "go"], weights(np.random.default_rng(0)), ["go, don't"])
    assert made.encode("Go, DON'T") == [2, 1, 0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"texts": ["abx"]}, "'x' in 'abx' is not among the 3 tokens"),
        ({"unit": "byte"}, "unit: got 'byte'"),
        ({"output": "argmax"}, "output: got 'argmax'"),
        ({"nonlinearity": "gelu"}, "nonlinearity: got 'gelu'"),
        ({"outputs": ["a", "b"]}, r"weights: W_hy: got shape \(3, 4\), wanted \(2, 4\)"),
        ({"inputs": np.ones((2, 3))}, "inputs: got shape"),
        ({"inputs": np.ones((3, 2))}, r"weights: W_ih: got shape \(4, 3\), wanted \(4, 2\)"),
    ],
)
def test_bad_input_is_named(change, said):
    arguments = {"tokens": ["a", "b", "c"], "weights": weights(np.random.default_rng(0)), "texts": ["ab"]}
    with pytest.raises(ValueError, match=said):
        Unrolled(**{**arguments, "unit": "character", **change})


def test_every_figure_is_one_element_with_its_model_in_it():
    text = embed("net", {"tokens": ["<", "'", '"', "é"]}, "<p>shown</p>", classes="net wide")
    found = re.fullmatch(
        r"<div class=\"net wide\" data-touch=\"net\" data-model='([^']*)'>\n<p>shown</p>\n</div>", text
    )
    assert json.loads(html.unescape(found[1])) == {"tokens": ["<", "'", '"', "é"]}
