"""Activations and losses: known values, gradients by finite differences, masks, and what is refused."""

import math

import numpy as np
import pytest

from rnn_utils.functional import cross_entropy, log_softmax, mse, sigmoid, softmax
from rnn_utils.gradcheck import gradcheck


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_sigmoid_has_the_known_values_and_keeps_its_digits_at_both_ends():
    x = np.array([-700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 700.0])
    wanted = [math.exp(-700), math.exp(-40), 1 / (1 + math.e), 0.5, math.e / (1 + math.e), 1.0, 1.0]
    np.testing.assert_allclose(sigmoid(x), wanted, rtol=1e-14)


def test_sigmoid_does_not_overflow_and_keeps_float32():
    out = sigmoid(np.array([-1e4, 0, 1e4], np.float32))
    np.testing.assert_array_equal(out, [0, 0.5, 1])
    assert out.dtype == np.float32


def test_softmax_survives_large_logits_and_sums_to_one_along_the_axis_asked_for(rng):
    np.testing.assert_allclose(softmax(np.array([1e4, 1e4 + math.log(3)])), [0.25, 0.75], rtol=1e-11)
    x = rng.standard_normal((3, 4))
    np.testing.assert_allclose(softmax(x, axis=0), (np.exp(x) / np.exp(x).sum(0)), rtol=1e-13)


def test_log_softmax_is_finite_where_the_probability_is_zero(rng):
    np.testing.assert_allclose(log_softmax(np.array([0.0, 5000.0])), [-5000, 0], atol=1e-12)
    x = rng.standard_normal((3, 4))
    np.testing.assert_allclose(log_softmax(x), np.log(softmax(x)), rtol=1e-12)


def test_cross_entropy_of_equal_scores_is_ln_v_nats_per_token():
    loss, _ = cross_entropy(np.zeros((5, 3, 65)), np.ones((5, 3), int))
    assert loss == pytest.approx(math.log(65), rel=1e-12)


def test_cross_entropy_is_minus_the_mean_log_probability_of_the_targets():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]))
    loss, dlogits = cross_entropy(logits, np.array([0, 1]))
    assert loss == pytest.approx(-(math.log(0.5) + math.log(0.2)) / 2, rel=1e-12)
    np.testing.assert_allclose(dlogits, [[-0.25, 0.125, 0.125], [0.05, -0.4, 0.35]], atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_gradient_of_cross_entropy(rng, masked):
    logits, targets = rng.standard_normal((4, 3, 5)), rng.integers(0, 5, (4, 3))
    mask = rng.random((4, 3)) < 0.6 if masked else None
    _, dlogits = cross_entropy(logits, targets, mask)
    gradcheck(lambda: cross_entropy(logits, targets, mask)[0], {"logits": logits}, {"logits": dlogits})


def test_masked_tokens_do_not_count_whatever_they_hold(rng):
    logits, targets = rng.standard_normal((4, 3, 5)), rng.integers(0, 5, (4, 3))
    mask = rng.random((4, 3)) < 0.5
    wanted, dwanted = cross_entropy(logits[mask], targets[mask])
    logits[~mask], targets[~mask] = 1e6, -100
    loss, dlogits = cross_entropy(logits, targets, mask)
    assert loss == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(dlogits[mask], dwanted, rtol=1e-12)
    np.testing.assert_array_equal(dlogits[~mask], 0)


def test_cross_entropy_leaves_its_arguments_alone_and_keeps_float32(rng):
    logits, targets = rng.standard_normal((4, 5)).astype(np.float32), rng.integers(0, 5, 4)
    before = logits.copy(), targets.copy()
    _, dlogits = cross_entropy(logits, targets)
    assert dlogits.dtype == np.float32
    np.testing.assert_array_equal(logits, before[0])
    np.testing.assert_array_equal(targets, before[1])


def test_mse_has_the_known_value_and_gradient():
    loss, gradient = mse(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
    assert loss == 2.5
    np.testing.assert_array_equal(gradient, [[1, -2]])


def test_gradient_of_masked_mse_and_gaps_in_the_target_do_not_count(rng):
    prediction, target = rng.standard_normal((4, 3, 2)), rng.standard_normal((4, 3, 2))
    mask = rng.random((4, 3)) < 0.5
    target[~mask] = np.nan
    loss, gradient = mse(prediction, target, mask)
    assert loss == pytest.approx(np.mean((prediction[mask] - target[mask]) ** 2), rel=1e-12)
    gradcheck(lambda: mse(prediction, target, mask)[0], {"prediction": prediction}, {"prediction": gradient})


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (cross_entropy, (np.zeros((2, 3)), np.zeros(3, int)), ValueError, r"targets: got shape \(3,\), wanted \(2,\)"),
        (cross_entropy, (np.zeros((2, 3)), np.zeros(2)), TypeError, "targets: got ndarray of dtype float64"),
        (cross_entropy, (np.zeros((2, 3)), np.array([0, 3])), ValueError, "targets: got 3, wanted .* 0 … 2"),
        (cross_entropy, (np.zeros((2, 3)), np.array([0, -1])), ValueError, "targets: got -1"),
        (cross_entropy, (np.zeros((2, 3)), np.zeros(2, int), np.zeros(2, bool)), ValueError, "mask: got no true"),
        (cross_entropy, (np.zeros((2, 3)), np.zeros(2, int), np.ones(2)), TypeError, "mask: got .* wanted bool"),
        (cross_entropy, (np.float64(1), np.zeros(2, int)), ValueError, r"logits: got shape \(\)"),
        (mse, (np.zeros((2, 3)), np.zeros((2, 1))), ValueError, r"target: got shape \(2, 1\), wanted \(2, 3\)"),
        (mse, (np.zeros((2, 3)), np.zeros((2, 3)), np.ones((3, 2), bool)), ValueError, r"mask: got shape \(3, 2\)"),
        (mse, (np.array(["a"]), np.zeros(1)), TypeError, "prediction: got ndarray of dtype <U1"),
    ],
)
def test_bad_input_is_named(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)
