"""Stacked and bidirectional: composition, gradients, lengths, dropout. Equality with PyTorch is tested elsewhere."""

import numpy as np
import pytest

from rnn_utils import GRU, LSTM, RNN, Bidirectional, Linear, Stacked
from rnn_utils.gradcheck import gradcheck_layer
from rnn_utils.stacked import reverse


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def exact(kind, input_size, hidden_size, rng, **options):
    return kind(input_size, hidden_size, rng=rng, dtype=np.float64, **options)


def test_reverse_turns_each_sequence_within_its_length_and_twice_is_nothing():
    x = np.arange(1, 9.0).reshape(4, 2, 1)
    np.testing.assert_array_equal(reverse(x, None)[:, 0, 0], [7, 5, 3, 1])
    lengths = np.array([3, 1])
    turned = reverse(x, lengths)
    np.testing.assert_array_equal(turned[:, 0, 0], [5, 3, 1, 7])
    np.testing.assert_array_equal(turned[:, 1, 0], x[:, 1, 0])
    np.testing.assert_array_equal(reverse(turned, lengths), x)


def test_bidirectional_is_one_layer_from_each_end(rng):
    ahead, behind = exact(GRU, 2, 3, rng), exact(GRU, 2, 4, rng)
    x = rng.standard_normal((5, 2, 2))
    out, (h_ahead, h_behind), _ = Bidirectional(ahead, behind).forward(x)
    out_a, last_a, _ = ahead.forward(x)
    out_b, last_b, _ = behind.forward(x[::-1])
    np.testing.assert_array_equal(out, np.concatenate([out_a, out_b[::-1]], axis=2))
    np.testing.assert_array_equal(h_ahead, last_a)
    np.testing.assert_array_equal(h_behind, last_b)


def test_stacked_feeds_each_layer_with_the_one_below(rng):
    layers = [exact(LSTM, 2, 3, rng), exact(RNN, 3, 4, rng)]
    x = rng.standard_normal((5, 2, 2))
    out, (below, above), _ = Stacked(layers).forward(x)
    middle, state, _ = layers[0].forward(x)
    wanted, last, _ = layers[1].forward(middle)
    np.testing.assert_array_equal(out, wanted)
    np.testing.assert_array_equal(below[1], state[1])
    np.testing.assert_array_equal(above, last)


@pytest.mark.parametrize("lengths", [None, np.array([1, 3])])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_gradients_agree_with_finite_differences(rng, kind, lengths):
    x = rng.standard_normal((3, 2, 2))
    layers = [
        Bidirectional(exact(kind, 2, 1, rng), exact(kind, 2, 2, rng)),
        Stacked([exact(kind, 2, 2, rng), Bidirectional(exact(kind, 2, 1, rng), exact(kind, 2, 1, rng))]),
    ]
    for layer in layers:
        _, state, _ = layer.forward(x)
        gradcheck_layer(layer, x, state, lengths, rng=rng)


def test_no_gradient_of_the_outputs_means_zeros(rng):
    layer = Stacked.of(LSTM, 2, 3, 2, bidirectional=True, rng=rng, dtype=np.float64)
    x = rng.standard_normal((4, 2, 2))
    out, state, cache = layer.forward(x)
    dx, _, grads = layer.backward(None, cache, state)
    dx_zero, _, grads_zero = layer.backward(np.zeros_like(out), cache, state)
    np.testing.assert_array_equal(dx, dx_zero)
    for name in layer.params:
        np.testing.assert_array_equal(grads[name], grads_zero[name])


def test_parameters_go_by_pytorchs_names_and_are_the_layers_own(rng):
    stack = Stacked.of(GRU, 2, 3, 2, bidirectional=True, rng=rng)
    assert len(stack.params) == 16
    own = stack.layers[1].reverse_layer.params["weight_hh"]
    assert stack.params["weight_hh_l1_reverse"] is own
    stack.params["weight_hh_l1_reverse"][...] = 7
    assert (own == 7).all()
    with pytest.raises(TypeError, match=r"params\['weight_hh_l1_reverse'\]: got another array, wanted values for this"):
        stack.params["weight_hh_l1_reverse"] = own.copy()


def test_of_builds_layers_that_fit(rng):
    stack = Stacked.of(RNN, 2, 3, 3, bidirectional=True, nonlinearity="relu", rng=rng, dtype=np.float64)
    assert [layer.input_size for layer in stack.layers] == [2, 6, 6]
    assert stack.output_size == 6
    assert stack.layers[2].reverse_layer.nonlinearity == "relu"
    assert stack.forward(np.ones((2, 1, 2)))[0].shape == (2, 1, 6)


def test_dropout_acts_between_the_layers_in_training_alone(rng):
    layers = [exact(RNN, 2, 30, rng), exact(RNN, 30, 3, rng)]
    stack, x = Stacked(layers, dropout=0.5), rng.standard_normal((4, 2, 2))
    plain, _, _ = Stacked(layers).forward(x)
    np.testing.assert_array_equal(stack.forward(x)[0], plain)
    out, _, cache = stack.forward(x, rng=np.random.default_rng(5))
    assert not np.allclose(out, plain)
    middle = layers[0].forward(x)[0] * cache.dropouts[0].scale
    np.testing.assert_array_equal(out, layers[1].forward(middle)[0])
    assert len(cache.dropouts) == 1

    class Trained:  # the stack with the same values dropped every time, so that differences make sense
        params = stack.params
        backward = staticmethod(stack.backward)

        @staticmethod
        def forward(x):
            out, _, cache = stack.forward(x, rng=np.random.default_rng(5))
            return out, cache

    out, cache = Trained.forward(x)
    dx, _, grads = stack.backward(np.ones_like(out), cache)
    from rnn_utils.gradcheck import gradcheck

    arrays = {"x": x, "bias": layers[0].params["bias_ih"]}
    gradcheck(lambda: Trained.forward(x)[0].sum(), arrays, {"x": dx, "bias": grads["bias_ih_l0"]})


def test_reprs_show_the_layers(rng):
    pair = Bidirectional(RNN(2, 3, rng=rng), RNN(2, 3, rng=rng))
    assert repr(pair) == "Bidirectional(RNN(2, 3, dtype=float32), RNN(2, 3, dtype=float32))"
    assert repr(Stacked([pair])) == f"Stacked([{pair}])"


def test_layers_that_do_not_fit_are_refused(rng):
    layer, wide = RNN(2, 3, rng=rng), RNN(3, 3, rng=rng)
    double = RNN(3, 3, rng=rng, dtype=np.float64)
    with pytest.raises(ValueError, match="reverse_layer: got input_size 3, wanted 2"):
        Bidirectional(layer, wide)
    with pytest.raises(TypeError, match="forward_layer: got Linear"):
        Bidirectional(Linear(2, 3, rng=rng), layer)
    with pytest.raises(ValueError, match="layers: got none"):
        Stacked([])
    with pytest.raises(TypeError, match=r"layers\[1\]: got Linear"):
        Stacked([layer, Linear(3, 3, rng=rng)])
    with pytest.raises(ValueError, match=r"layers\[1\]: got input_size 2, wanted 3"):
        Stacked([layer, layer])
    with pytest.raises(ValueError, match=r"layers\[1\]: got dtype float64, wanted float32"):
        Stacked([layer, double])


def test_bad_states_and_gradients_are_named(rng):
    stack = Stacked.of(GRU, 2, 3, 2, bidirectional=True, rng=rng)
    x = np.ones((2, 1, 2))
    _, state, cache = stack.forward(x)
    with pytest.raises(ValueError, match="state: got 1 states, wanted 2"):
        stack.forward(x, state[:1])
    with pytest.raises(TypeError, match="state: got ndarray, wanted a tuple of 2 states"):
        stack.forward(x, np.ones((4, 1, 3)))
    with pytest.raises(ValueError, match=r"dout: got shape \(2, 1, 3\), wanted \(2, 1, 6\)"):
        stack.backward(np.ones((2, 1, 3)), cache)
