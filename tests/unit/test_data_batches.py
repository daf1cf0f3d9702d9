"""Splits, streams, windows, padding and masks: values, and that nothing leaks from the future."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.data import (
    contiguous_streams,
    grouped_split,
    last_inputs,
    length_batches,
    length_mask,
    pad,
    random_windows,
    split,
    windows,
)

RNG = np.random.default_rng(0)


def test_split_values():
    assert split("abcdefghij", (0.8, 0.1, 0.1)) == ["abcdefgh", "i", "j"]
    assert split([1, 2, 3, 4], (0.5, 0.5)) == [[1, 2], [3, 4]]
    assert [len(part) for part in split("abcdefghij", (0.7, 0.2, 0.1))] == [7, 2, 1]  # 0.7 + 0.2 is just below 0.9
    parts = split(np.arange(20).reshape(10, 2))
    assert [part.shape for part in parts] == [(8, 2), (1, 2), (1, 2)]


@given(st.integers(10, 500), st.lists(st.integers(10, 50), min_size=1, max_size=4))
def test_split_parts_laid_end_to_end_are_the_sequence(n, weights):
    parts = split(np.arange(n), np.array(weights) / sum(weights)) if n >= 100 else split(np.arange(n), (0.5, 0.5))
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(n))
    assert all(before[-1] < after[0] for before, after in pairwise(parts))


def test_split_says_what_is_wrong():
    with pytest.raises(ValueError, match="positive numbers that add up to 1"):
        split("abc", (0.5, 0.4))
    with pytest.raises(ValueError, match="positive numbers that add up to 1"):
        split("abc", (1.5, -0.5))
    with pytest.raises(ValueError, match="length 3, too short"):
        split("abc", (0.8, 0.1, 0.1))
    with pytest.raises(TypeError, match="fractions"):
        split("abc", "half")


def test_contiguous_streams_values():
    batches = list(contiguous_streams(np.arange(14), batch_size=2, T=3))
    assert len(batches) == 2
    x, y = batches[0]
    np.testing.assert_array_equal(x, [[0, 6], [1, 7], [2, 8]])
    np.testing.assert_array_equal(y, x + 1)
    np.testing.assert_array_equal(batches[1][0], [[3, 9], [4, 10], [5, 11]])


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 60), st.booleans())
def test_contiguous_streams_go_on_where_they_ended(B, T, extra, drop_last):
    ids = np.arange(B * T + 1 + extra)
    batches = list(contiguous_streams(ids, B, T, drop_last=drop_last))
    x = np.concatenate([x for x, _ in batches])  # (length, B)
    y = np.concatenate([y for _, y in batches])
    np.testing.assert_array_equal(y, x + 1)
    np.testing.assert_array_equal(np.diff(x, axis=0), 1)  # no jump inside a stream, across batches either
    assert len(np.unique(x)) == x.size  # no token is read twice
    assert all(a.shape == b.shape for a, b in batches)
    if drop_last:
        assert all(a.shape == (T, B) for a, _ in batches)
    else:
        assert x.size == (len(ids) - 1) // B * B  # at most B − 1 tokens are left out


def test_contiguous_streams_batches_do_not_share_memory():
    ids = np.arange(9)
    x, y = next(contiguous_streams(ids, 2, 4))
    y[:] = -1
    np.testing.assert_array_equal(x[:, 0], [0, 1, 2, 3])
    x[:] = -1
    np.testing.assert_array_equal(ids, np.arange(9))


def test_contiguous_streams_says_what_is_wrong_at_once():
    with pytest.raises(ValueError, match="ids: got 6, wanted at least 7"):
        contiguous_streams(np.arange(6), 2, 3)
    with pytest.raises(ValueError, match="batch_size: got 0"):
        contiguous_streams(np.arange(6), 0, 3)
    with pytest.raises(TypeError, match="T"):
        contiguous_streams(np.arange(6), 2, 1.5)
    with pytest.raises(ValueError, match=r"ids: got shape \(2, 3\)"):
        contiguous_streams(np.ones((2, 3)), 2, 1)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 30), st.integers(0, 2**32))
def test_random_windows_are_windows(B, T, extra, seed):
    x, y = random_windows(np.arange(T + extra), B, T, np.random.default_rng(seed))
    assert x.shape == y.shape == (T, B)
    np.testing.assert_array_equal(np.diff(x, axis=0), 1)
    np.testing.assert_array_equal(y, x + 1)


def test_random_windows_begin_everywhere_and_follow_the_generator():
    ids = np.arange(5)
    x, _ = random_windows(ids, 200, 2, np.random.default_rng(1))
    assert set(x[0]) == {0, 1, 2}  # the last possible start too
    again, _ = random_windows(ids, 200, 2, np.random.default_rng(1))
    np.testing.assert_array_equal(x, again)


def test_random_windows_says_what_is_wrong():
    with pytest.raises(ValueError, match="ids: got 3, wanted more than T=3"):
        random_windows(np.arange(3), 1, 3, RNG)
    with pytest.raises(TypeError, match="rng: got 0"):
        random_windows(np.arange(3), 1, 2, 0)


def test_pad_values():
    padded, lengths = pad([[1, 2, 3], [4], [5, 6]], value=9)
    np.testing.assert_array_equal(padded, [[1, 4, 5], [2, 9, 6], [3, 9, 9]])
    np.testing.assert_array_equal(lengths, [3, 1, 2])
    assert padded.dtype == lengths.dtype == np.intp


def test_pad_vectors():
    padded, lengths = pad([np.ones((2, 3), np.float32), np.full((4, 3), 2, np.float32)], value=np.nan)
    assert padded.shape == (4, 2, 3) and padded.dtype == np.float32
    assert np.isnan(padded[2:, 0]).all() and (padded[:, 1] == 2).all()
    np.testing.assert_array_equal(lengths, [2, 4])


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=8), min_size=1, max_size=5))
def test_pad_and_mask_undo_each_other(sequences):
    padded, lengths = pad(sequences)
    mask = length_mask(lengths, len(padded))
    assert [list(padded[mask[:, b], b]) for b in range(len(sequences))] == sequences
    assert (padded[~mask] == 0).all()


def test_pad_says_what_is_wrong():
    with pytest.raises(ValueError, match="sequences: got none"):
        pad([])
    with pytest.raises(ValueError, match=r"sequences\[1\]: got shape \(0,\), which is empty, wanted \(T,\)"):
        pad([[1], []])
    with pytest.raises(ValueError, match=r"sequences\[1\]: got shape \(1, 3\), wanted \(T, 2\)"):
        pad([np.ones((2, 2)), np.ones((1, 3))])
    for value in (0.5, np.nan, 2**63):
        with pytest.raises(ValueError, match=r"value: got .* which sequences of int64 cannot hold"):
            pad([[1, 2]], value=value)
    with pytest.raises(TypeError, match="value"):
        pad([[1, 2]], value="0")
    with pytest.raises(TypeError, match=r"sequences\[0\]: got str"):
        pad(["abc"])


def test_length_mask_values():
    np.testing.assert_array_equal(length_mask([2, 0, 3]), [[1, 0, 1], [1, 0, 1], [0, 0, 1]])
    assert length_mask([1], T=3).shape == (3, 1) and length_mask([1], T=3).dtype == bool
    with pytest.raises(ValueError, match="lengths: got 1 to 4, wanted 0 to T=3"):
        length_mask([1, 4], T=3)
    with pytest.raises(ValueError, match="lengths: got -1"):
        length_mask([-1, 2])
    with pytest.raises(TypeError, match="lengths"):
        length_mask([1.5])


def test_windows_values():
    x, y = windows([10, 20, 30, 40, 50], p=2)
    np.testing.assert_array_equal(x, [[10, 20], [20, 30], [30, 40]])
    np.testing.assert_array_equal(y, [30, 40, 50])


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 20))
def test_windows_target_lies_horizon_steps_after_the_window(p, horizon, extra):
    x, y = windows(np.arange(p + horizon + extra), p, horizon)
    assert x.shape == (extra + 1, p) and y.shape == (extra + 1,)
    np.testing.assert_array_equal(y, x[:, -1] + horizon)
    np.testing.assert_array_equal(np.diff(x, axis=1), 1)


def test_windows_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"values: got 3, wanted at least p \+ horizon = 4"):
        windows([1, 2, 3], 3)
    with pytest.raises(ValueError, match=r"values: got nan at position \(1,\)"):
        windows([1, np.nan, 3], 1)
    with pytest.raises(ValueError, match="p: got 0"):
        windows([1, 2, 3], 0)


def test_last_inputs_values():
    x = np.arange(1, 7, dtype=np.float32).reshape(3, 1, 2)  # three steps of two numbers
    expected = [[0, 0, 1, 2], [1, 2, 3, 4], [3, 4, 5, 6]]
    seen = last_inputs(x, 2)
    np.testing.assert_array_equal(seen[:, 0], expected)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(last_inputs(x, 1), x)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 9))
def test_last_inputs_end_with_the_present_one_and_see_nothing_later(T, B, D, k):
    x = np.arange(1.0, T * B * D + 1).reshape(T, B, D)
    seen = last_inputs(x, k)
    assert seen.shape == (T, B, k * D)
    for back in range(k):
        part = seen[..., (k - 1 - back) * D : (k - back) * D]
        np.testing.assert_array_equal(part[back:], x[: max(0, T - back)])
        assert (part[:back] == 0).all()


def test_last_inputs_says_what_is_wrong():
    with pytest.raises(ValueError, match="k: got 0"):
        last_inputs(np.zeros((3, 1, 1)), 0)
    with pytest.raises(ValueError, match="x: got"):
        last_inputs(np.zeros((3, 1)), 2)


def test_grouped_split_keeps_groups_together_and_loses_nothing():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 60, size=200)
    parts = grouped_split(groups, rng, (0.5, 0.2, 0.3))
    assert sorted(np.concatenate(parts).tolist()) == list(range(200))
    kinds = [set(groups[part].tolist()) for part in parts]
    assert not (kinds[0] & kinds[1] or kinds[0] & kinds[2] or kinds[1] & kinds[2])
    assert [len(kind) for kind in kinds] == [28, 12, 17]  # of 57 groups
    assert (np.diff(parts[0]) < 0).any(), "not in random order"


def test_grouped_split_refuses_a_table():
    with pytest.raises(ValueError, match=r"groups: got shape \(2, 2\), wanted \(N,\)"):
        grouped_split([["a", "b"], ["c", "d"]], np.random.default_rng(0))


def test_length_batches_take_every_example_once_and_hardly_pad():
    rng = np.random.default_rng(4)
    lengths = rng.integers(1, 30, size=1003)
    batches = length_batches(lengths, 16, rng, pool=20)
    assert sorted(np.concatenate(batches).tolist()) == list(range(1003))
    assert max(len(batch) for batch in batches) == 16
    spread = [int(lengths[batch].max() - lengths[batch].min()) for batch in batches]
    assert np.mean(spread) < 4, "examples of a batch differ in length"
    means = np.array([lengths[batch].mean() for batch in batches])
    assert (np.diff(means) < 0).mean() > 0.3, "the batches come in order of length"
