"""Layers with a better way back through time: they carry a state and its gradient, and refuse lengths."""

import numpy as np
import pytest

from rnn_utils.gradcheck import gradcheck_layer
from rnn_utils.remedies import REMEDIES, GatedRNN, SkipRNN, build

T, B, D, H = 7, 3, 2, 4


@pytest.fixture(params=[(SkipRNN, {"d": 3}, (3, B, H)), (SkipRNN, {"d": 9}, (9, B, H)), (GatedRNN, {}, (B, H))])
def layer_and_state(request):
    cls, options, shape = request.param
    rng = np.random.default_rng(0)
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
    with pytest.raises(ValueError, match=rf"lengths: got ndarray, wanted None: {type(layer).__name__} has no use"):
        layer.forward(np.zeros((T, B, D)), None, [T] * B)


def test_a_state_of_another_shape_is_refused(layer_and_state):
    layer, state = layer_and_state
    with pytest.raises(ValueError, match="state: got shape"):
        layer.forward(np.zeros((T, B, D)), state[..., :-1])


def test_leaky_units_are_the_gate_that_does_not_learn():
    x, rng = np.random.default_rng(1).normal(size=(T, B, D)), np.random.default_rng
    gated, leaky = (build(name, D, H, rng=rng(0), dtype=np.float64) for name in ("gated", "leaky"))
    dout = np.random.default_rng(2).normal(size=(T, B, H))
    found = [layer.backward(dout, layer.forward(x)[2]) for layer in (gated, leaky)]
    for one, other in zip(found[0][:2], found[1][:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert all(np.any(found[0][2][name]) and not np.any(found[1][2][name]) for name in ("weight_z", "bias_z"))


@pytest.mark.parametrize("name", REMEDIES)
def test_build_gives_every_remedy_a_start_of_its_own(name):
    layer = build(name, D, 16, rng=np.random.default_rng(0), dtype=np.float64)
    W = layer.params["weight_hh"]
    values = np.linalg.svd(W, compute_uv=False)
    assert layer.nonlinearity == ("relu" if "ReLU" in name else "tanh")
    assert np.allclose(values, 1) == (name in ("orthogonal", "ReLU + I"))
    assert np.array_equal(W, np.eye(16)) == (name == "ReLU + I")
    assert ("weight_z" in layer.params) == (name in ("leaky", "gated"))
    assert ("weight_skip" in layer.params) == (name == "skip")


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="name: got 'identity', wanted one of"):
        build("identity", D, H, rng=np.random.default_rng(0))
