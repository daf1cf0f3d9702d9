"""Initial values: ranges, variances, singular values, and what is refused."""

import math

import numpy as np
import pytest

from rnn_utils import LSTM, init


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_uniform_fills_the_range_and_nothing_beyond(rng):
    values = init.uniform((200, 50), 0.25, rng=rng)
    assert values.shape == (200, 50)
    assert values.dtype == np.float32
    assert np.abs(values).max() <= 0.25
    assert values.std() == pytest.approx(0.25 / math.sqrt(3), rel=0.02)
    assert abs(values.mean()) < 0.005


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (6, 4), (4, 6)])
def test_all_singular_values_of_an_orthogonal_matrix_are_the_gain(rng, rows, columns):
    values = init.orthogonal((3 * rows, columns), gates=3, gain=1.5, rng=rng, dtype=np.float64)
    for block in np.split(values, 3):
        np.testing.assert_allclose(np.linalg.svd(block, compute_uv=False), 1.5, rtol=1e-12)
    assert not np.allclose(values[:rows], values[rows : 2 * rows])


def test_orthogonal_matrices_are_drawn_evenly(rng):
    # Without the correction of QR's signs the first entry would always be negative.
    first = [init.orthogonal((3, 3), rng=rng)[0, 0] for _ in range(400)]
    assert abs(np.mean(first)) < 0.1


def test_identity_is_scaled():
    np.testing.assert_array_equal(init.identity(2, scale=0.5), [[0.5, 0], [0, 0.5]])
    assert init.identity(2).dtype == np.float32


def test_forget_bias_sets_the_sum_of_both_biases_and_touches_no_other_gate(rng):
    layer = LSTM(2, 3, rng=rng)
    before = layer.params["bias_ih"].copy(), layer.params["bias_hh"].copy()
    init.forget_bias_(layer.params, 2.0)
    total = layer.params["bias_ih"] + layer.params["bias_hh"]
    np.testing.assert_array_equal(total[3:6], 2)
    for old, name in zip(before, ("bias_ih", "bias_hh")):
        np.testing.assert_array_equal(np.delete(layer.params[name], [3, 4, 5]), np.delete(old, [3, 4, 5]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: init.uniform((2,), 1.0, rng=0), TypeError, "rng: got 0"),
        (lambda: init.orthogonal((2, 2), rng=None), TypeError, "rng: got None"),
        (lambda: init.orthogonal((5, 2), gates=2, rng=np.random.default_rng(0)), ValueError, "shape: got 5 rows"),
        (lambda: init.orthogonal((5, 0), rng=np.random.default_rng(0)), ValueError, "shape: got 0"),
        (lambda: init.identity(2.5), TypeError, "size: got 2.5"),
        (
            lambda: init.forget_bias_({"weight_hh": np.ones((9, 3)), "bias_ih": np.ones(9), "bias_hh": np.ones(9)}),
            ValueError,
            r"bias_ih: got shape \(9,\), wanted \(12,\)",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
