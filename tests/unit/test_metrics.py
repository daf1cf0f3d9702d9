"""Perplexity, bits per character and accuracy, masks included."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.metrics import accuracy, bits_per_character, confusion, macro_f1, perplexity


def test_perplexity_of_a_uniform_guess_is_the_vocabulary_size():
    assert perplexity(math.log(65)) == pytest.approx(65)
    assert perplexity(0.0) == 1.0
    assert bits_per_character(math.log(64)) == pytest.approx(6)


def test_perplexity_is_the_reciprocal_of_the_geometric_mean_probability():
    p = np.array([0.5, 0.1, 0.25])
    assert perplexity(-np.log(p)) == pytest.approx(1 / (0.5 * 0.1 * 0.25) ** (1 / 3))


def test_masked_losses_do_not_count():
    nats = np.array([[1.0, 99.0], [3.0, 99.0]])
    mask = np.array([[True, False], [True, False]])
    assert perplexity(nats, mask) == pytest.approx(math.exp(2))
    assert bits_per_character(nats, mask) == pytest.approx(2 / math.log(2))


def test_perplexity_too_large_for_a_float_is_infinite():
    assert perplexity(1000.0) == math.inf


def test_accuracy_counts_the_highest_scores():
    scores = np.array([[[0.1, 2.0, 0.3], [9.0, 0.0, 0.0]], [[0.0, 0.0, -1.0], [0.0, 1.0, 5.0]]])  # (2, 2, 3)
    targets = np.array([[1, 1], [0, 2]])
    assert accuracy(scores, targets) == 0.75
    assert accuracy(scores, targets, np.array([[True, False], [True, True]])) == 1.0
    assert accuracy(scores, targets, np.array([[True, True], [False, False]])) == 0.5


def test_padding_targets_may_hold_anything():
    assert accuracy([[0.0, 1.0], [np.nan, np.nan]], [1, -100], [True, False]) == 1.0


@pytest.mark.parametrize("function", [perplexity, bits_per_character])
def test_bad_losses_are_refused(function):
    with pytest.raises(ValueError, match=r"nats: got a mean of -1, wanted at least 0"):
        function(-1.0)
    with pytest.raises(ValueError, match="nats: got nan at position"):
        function([1.0, np.nan])
    with pytest.raises(ValueError, match="nats: got no loss to average"):
        function([1.0, 2.0], [False, False])
    with pytest.raises(ValueError, match="mask: got shape"):
        function([1.0, 2.0], [True])
    with pytest.raises(TypeError, match="mask: got"):
        function([1.0, 2.0], [1, 0])
    with pytest.raises(TypeError, match="nats: got"):
        function("three")


def test_bad_scores_and_targets_are_refused():
    with pytest.raises(TypeError, match=r"scores: got <U1 of shape \(1,\), wanted numbers of shape"):
        accuracy(["a"], 0)
    with pytest.raises(TypeError, match="scores: got float64"):
        accuracy(1.0, 0)
    with pytest.raises(ValueError, match=r"targets: got shape \(3,\), wanted \(2,\)"):
        accuracy(np.zeros((2, 4)), [0, 1, 2])
    with pytest.raises(TypeError, match="targets: got list of dtype float64"):
        accuracy(np.zeros((2, 4)), [0.0, 1.0])
    with pytest.raises(ValueError, match="mask: got no True entry"):
        accuracy(np.zeros((2, 4)), [0, 1], [False, False])
    with pytest.raises(ValueError, match="scores: got NaN"):
        accuracy([[np.nan, 0.0]], [1])


@given(st.integers().filter(lambda k: not 0 <= k < 4 and abs(k) < 2**62))
def test_any_class_out_of_range_is_named(k):
    with pytest.raises(ValueError, match=rf"targets: got class {k}, wanted 0 … 3"):
        accuracy(np.zeros((2, 4)), [0, k])


def test_confusion_counts_true_classes_by_row():
    assert confusion([0, 1, 1, 2], [0, 1, 2, 2], 3).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    with pytest.raises(ValueError, match="answers: got 3 at position"):
        confusion([3], [0], 3)


def test_macro_f1_by_hand():
    # F1: class 0 is 1, class 1 is 2/3, class 2 is 2/3; class 3 occurs nowhere
    assert macro_f1([0, 1, 1, 2], [0, 1, 2, 2], 4) == pytest.approx(7 / 9, abs=1e-12)
    assert macro_f1([0] * 10, [0] * 9 + [1], 2) == pytest.approx((18 / 19) / 2, abs=1e-12)
