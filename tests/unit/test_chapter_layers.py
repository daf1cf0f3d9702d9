"""The layers that chapter 8 builds: they carry a state and its gradient like the package's own, and refuse lengths."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_utils import RNN, init
from rnn_utils.checks import check_none
from rnn_utils.functional import sigmoid
from rnn_utils.gradcheck import gradcheck_layer
from rnn_utils.recurrent import product_gradients

CHAPTER = Path(__file__).parents[2] / "book/08_vanishing_and_exploding_gradients.ipynb"
T, B, D, H = 7, 3, 2, 4


def chapter_class(name):
    """Return a class from the cell that defines it."""
    cells = json.loads(CHAPTER.read_text("utf8"))["cells"]
    (source,) = [text for cell in cells if f"class {name}(" in (text := "".join(cell["source"]))]
    names = {"np": np, "RNN": RNN, "init": init, "sigmoid": sigmoid, "check_none": check_none}
    exec(source, names | {"product_gradients": product_gradients} | (kept := {}), kept)
    return kept[name]


@pytest.fixture(params=[("SkipRNN", {"d": 3}, (3, B, H)), ("SkipRNN", {"d": 9}, (9, B, H)), ("GatedRNN", {}, (B, H))])
def layer_and_state(request):
    name, options, shape = request.param
    rng = np.random.default_rng(0)
    cls = chapter_class(name)
    layer = cls(D, H, rng=rng, dtype=np.float64, **options)
    for p in layer.params.values():
        p += 0.3 * rng.normal(size=p.shape)
    return layer, rng.normal(size=shape)


def test_all_gradients_are_right_the_states_and_its_own_included(layer_and_state):
    layer, state = layer_and_state
    rng = np.random.default_rng(1)
    report = gradcheck_layer(layer, rng.normal(size=(T, B, D)), state, rng=rng)
    assert {"x", "state[0]", "weight_hh"} < report.keys()


def test_two_halves_are_one_whole(layer_and_state):
    layer, state = layer_and_state
    x = np.random.default_rng(1).normal(size=(T, B, D))
    out, end, _ = layer.forward(x, state)
    first, middle, _ = layer.forward(x[:3], state)
    second, other_end, _ = layer.forward(x[3:], middle)
    np.testing.assert_allclose(np.concatenate([first, second]), out, atol=1e-14)
    np.testing.assert_allclose(other_end, end, atol=1e-14)
    assert not np.allclose(layer.forward(x)[0], out)


def test_lengths_are_refused(layer_and_state):
    layer, _ = layer_and_state
    with pytest.raises(ValueError, match=rf"lengths: got list, wanted None: {type(layer).__name__} has no use for it"):
        layer.forward(np.zeros((T, B, D)), None, [T] * B)
