"""One step: hand-worked numbers, and gradients by finite differences."""

import math

import numpy as np
import pytest

from rnn_utils import GRUCell, LSTMCell, RNNCell
from rnn_utils.gradcheck import gradcheck_layer

KINDS = {
    "RNN": RNNCell,
    "relu": lambda *sizes, **options: RNNCell(*sizes, nonlinearity="relu", **options),
    "LSTM": LSTMCell,
    "GRU": GRUCell,
}


def make(kind, input_size=2, hidden_size=3, seed=1):
    return KINDS[kind](input_size, hidden_size, rng=np.random.default_rng(seed), dtype=np.float64)


def random_state(kind, batch, rng):
    h, c = rng.standard_normal((2, batch, 3))
    return (h, c) if kind == "LSTM" else h


def set_scalars(cell, weights):
    """Give a cell of sizes 1 and 1 the same input weight, recurrent weight and biases in each gate."""
    for array, values in zip(cell.params.values(), zip(*weights)):
        array[...] = np.reshape(values, array.shape)


def sigma(a):
    return 1 / (1 + math.exp(-a))


def test_a_step_of_an_rnn_by_hand():
    cell = make("RNN", 1, 1)
    set_scalars(cell, [(2.0, 0.5, 0.1, 0.2)])
    h, _ = cell.forward(np.array([[0.3]]), np.array([[-0.4]]))
    assert h[0, 0] == pytest.approx(math.tanh(2 * 0.3 + 0.1 + 0.5 * -0.4 + 0.2), rel=1e-14)


def test_a_relu_step_cuts_at_zero():
    cell = make("relu", 1, 1)
    set_scalars(cell, [(2.0, 0.5, 0.1, 0.2)])
    h, _ = cell.forward(np.array([[1.0], [-1.0]]))
    np.testing.assert_allclose(h, [[2.3], [0]], rtol=1e-14)


def test_a_step_of_an_lstm_by_hand():
    cell = make("LSTM", 1, 1)
    set_scalars(cell, [(1.0, 0.1, 0, 0), (2.0, 0.2, 0, 0), (3.0, 0.3, 0, 0), (4.0, 0.4, 0, 0)])  # i, f, g, o
    x, h, c = 0.5, 0.25, -0.75
    (h_new, c_new), _ = cell.forward(np.array([[x]]), (np.array([[h]]), np.array([[c]])))
    i, f, g, o = (k * (x + 0.1 * h) for k in (1, 2, 3, 4))
    wanted_c = sigma(f) * c + sigma(i) * math.tanh(g)
    assert c_new[0, 0] == pytest.approx(wanted_c, rel=1e-14)
    assert h_new[0, 0] == pytest.approx(sigma(o) * math.tanh(wanted_c), rel=1e-14)


def test_a_step_of_a_gru_by_hand_with_the_reset_after_the_product_and_its_bias():
    cell = make("GRU", 1, 1)
    set_scalars(cell, [(1.0, 0.1, 0, 0), (2.0, 0.2, 0, 0), (3.0, 0.3, 0.5, 0.7)])  # r, z, n
    x, h = 0.5, 0.25
    h_new, _ = cell.forward(np.array([[x]]), np.array([[h]]))
    r, z = sigma(x + 0.1 * h), sigma(2 * x + 0.2 * h)
    n = math.tanh(3 * x + 0.5 + r * (0.3 * h + 0.7))
    assert h_new[0, 0] == pytest.approx((1 - z) * n + z * h, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_no_state_means_zeros(kind):
    cell, x = make(kind), np.ones((2, 2))
    zeros = (np.zeros((2, 3)),) * 2 if kind == "LSTM" else np.zeros((2, 3))
    np.testing.assert_array_equal(cell.forward(x)[0], cell.forward(x, zeros)[0])


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_finite_differences(kind, batch):
    rng = np.random.default_rng(0)
    gradcheck_layer(make(kind), rng.standard_normal((batch, 2)), random_state(kind, batch, rng), rng=rng)


@pytest.mark.parametrize("kind", KINDS)
def test_a_float32_cell_stays_in_float32(kind):
    cell = KINDS[kind](2, 3, rng=np.random.default_rng(0))
    state, cache = cell.forward(np.ones((2, 2)))
    dx, dstate, grads = cell.backward(state, cache)
    arrays = [*np.atleast_3d(*state), dx, *np.atleast_3d(*dstate), *grads.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_bad_input_is_named():
    cell = make("LSTM")
    with pytest.raises(ValueError, match=r"x: got shape \(3,\), wanted \(B, 2\)"):
        cell.forward(np.ones(3))
    with pytest.raises(TypeError, match=r"state: got ndarray, wanted a tuple \(h, c\)"):
        cell.forward(np.ones((1, 2)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"state: c: got shape \(2, 3\), wanted \(1, 3\)"):
        cell.forward(np.ones((1, 2)), (np.zeros((1, 3)), np.zeros((2, 3))))
    with pytest.raises(ValueError, match="nonlinearity: got 'sigmoid'"):
        RNNCell(1, 1, nonlinearity="sigmoid", rng=np.random.default_rng(0))
