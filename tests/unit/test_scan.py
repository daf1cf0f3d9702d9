"""A scan is the loop, however it is computed: over shapes, dtypes and signs; and so are its gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils.gradcheck import gradcheck
from rnn_utils.scan import WIDE, scan, scan_gradients, tree

every_way = pytest.mark.parametrize("way", ["loop", "doubling", "tree", None])
FACTORS = [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 1e-45, 0.5, -0.9, 0.999, 1.5]


def by_hand(a, b, h0):
    """Every state in turn, in float64, one number after the other."""
    h, states = np.asarray(h0, np.float64), []
    for a_t, b_t in zip(np.asarray(a, np.float64), np.asarray(b, np.float64)):
        h = a_t * h + b_t
        states.append(h)
    return np.stack(states)


@every_way
def test_three_steps_by_hand(way):
    h = scan(np.array([2.0, 3.0, -1.0]), np.array([1.0, 0.0, 5.0]), np.array(1.0), way=way)
    np.testing.assert_array_equal(h, [3, 9, -4])


@st.composite
def recurrences(draw):
    """Factors of every kind, of which many are zero, negative or tiny, in any shape."""
    T = draw(st.integers(1, 70))
    shape = (T, *draw(st.lists(st.integers(1, 4), max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    factors = np.array(draw(st.lists(st.sampled_from(FACTORS), min_size=1, max_size=6)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    a = np.where(rng.random(shape) < 0.7, rng.choice(factors, shape), rng.uniform(-1, 1, shape))
    return a.astype(dtype), rng.normal(size=shape).astype(dtype), rng.normal(size=shape[1:]).astype(dtype)


@settings(max_examples=150, deadline=None)
@given(recurrences(), st.sampled_from(["loop", "doubling", "tree", None]))
def test_a_scan_is_the_loop(recurrence, way):
    a, b, h0 = recurrence
    h, wanted = scan(a, b, h0, way=way), by_hand(a, b, h0)
    assert h.dtype == a.dtype and h.shape == b.shape
    bound = by_hand(np.abs(a), np.abs(b), np.abs(h0))  # what rounding may have been relative to
    assert np.all(np.abs(h - wanted) <= 100 * np.finfo(a.dtype).eps * bound)


@settings(max_examples=40, deadline=None)
@given(recurrences(), st.sampled_from(["loop", "doubling", "tree"]), st.integers(0, 70))
def test_two_parts_with_a_carried_state_are_one_whole(recurrence, way, cut):
    a, b, h0 = (array.astype(np.float64) for array in recurrence)
    cut = min(max(cut, 1), len(a))
    whole, first = scan(a, b, h0, way=way), scan(a[:cut], b[:cut], h0, way=way)
    np.testing.assert_allclose(first, whole[:cut], rtol=1e-9, atol=1e-9)
    if cut < len(a):
        np.testing.assert_allclose(scan(a[cut:], b[cut:], first[-1], way=way), whole[cut:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("T", [1, 2, 7, 12])
def test_the_tree_takes_matrices_too(T):
    rng = np.random.default_rng(T)
    A, b = rng.normal(size=(T, 3, 3)), rng.normal(size=(T, 3, 1))
    h, wanted = np.zeros((3, 1)), []
    for t in range(T):
        h = A[t] @ h + b[t]
        wanted.append(h)
    np.testing.assert_allclose(tree(A, b, np.matmul), wanted, rtol=1e-9, atol=1e-9)


@every_way
@pytest.mark.parametrize("T", [1, 2, 7])
def test_gradients_agree_with_finite_differences(way, T):
    rng = np.random.default_rng(T)
    a, b, dout = rng.uniform(-1.2, 1.2, (3, T, 2, 3))
    a[0, 0] = 0
    h0 = rng.normal(size=(2, 3))
    arrays = {"a": a, "b": b, "h0": h0}
    grads = dict(zip(arrays, scan_gradients(dout, a, scan(a, b, h0), h0, way=way), strict=True))
    gradcheck(lambda: float(np.sum(dout * scan(a, b, h0, way="loop"))), arrays, grads)


def test_without_h0_the_gradients_are_those_of_zeros():
    rng = np.random.default_rng(0)
    a, b, dout = rng.normal(size=(3, 5, 2))
    without = scan_gradients(dout, a, scan(a, b))
    for one, other in zip(without, scan_gradients(dout, a, scan(a, b), np.zeros(2)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_way_is_chosen_by_the_width_of_a_step():
    rng = np.random.default_rng(0)
    for width, way in ((WIDE, "loop"), (WIDE - 1, "tree")):
        a, b = rng.uniform(size=(2, 100, width)).astype(np.float32)
        np.testing.assert_array_equal(scan(a, b), scan(a, b, way=way))
        others = [scan(a, b, way=other) for other in ("loop", "doubling", "tree") if other != way]
        assert not any(np.array_equal(scan(a, b), other) for other in others), "they round differently"


def test_nothing_that_is_given_is_changed():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 9, 2))
    kept = a.copy(), b.copy()
    for way in ("loop", "doubling", "tree"):
        scan(a, b, way=way)[...] = 7
        scan(a[:1], b[:1], way=way)[...] = 7
    np.testing.assert_array_equal((a, b), kept)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones((3, 2)), np.ones((4, 2))), ValueError, r"a: got shape \(3, 2\), wanted \(4, 2\)"),
        ((np.ones(3), np.ones(3), np.ones(2)), ValueError, r"h0: got shape \(2,\), wanted \(\)"),
        ((np.array([1, np.nan]), np.ones(2)), ValueError, r"a: got nan at position \(1,\)"),
        ((np.ones(0), np.ones(0)), ValueError, r"b: got shape \(0,\), which is empty"),
        ((np.ones(2), np.array(1.0)), ValueError, r"b: got shape \(\), wanted \(T,\)"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        scan(*arguments)


def test_another_way_is_refused():
    with pytest.raises(ValueError, match="way: got 'parallel', wanted one of"):
        scan(np.ones(2), np.ones(2), way="parallel")
