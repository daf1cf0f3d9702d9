"""Synthetic tasks: what they ask, and that each stated floor is the true one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils.data import (
    adding_problem,
    copy_memory,
    counter,
    human_numbers,
    last_inputs,
    pattern_search,
    switch,
    temporal_order,
    turtle_walk,
)

SEEDS = st.integers(0, 2**32)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(st.integers(2, 30), st.integers(1, 8), SEEDS)
def test_adding_problem_asks_for_the_sum_of_the_marked(T, B, seed):
    x, y = adding_problem(T, B, rng(seed), dtype=np.float64)
    assert x.shape == (T, B, 2) and y.shape == (B,)
    marks = x[:, :, 1]
    assert set(np.unique(marks)) <= {0, 1}
    np.testing.assert_array_equal(marks[: T // 2].sum(axis=0), 1)
    np.testing.assert_array_equal(marks[T // 2 :].sum(axis=0), 1)
    np.testing.assert_allclose((x[:, :, 0] * marks).sum(axis=0), y)


def test_adding_problem_floor_is_a_sixth():
    x, y = adding_problem(10, 200_000, rng())
    assert x.dtype == y.dtype == np.float32
    assert np.mean((y - 1.0) ** 2) == pytest.approx(1 / 6, rel=0.01)
    assert x[:, :, 0].min() >= 0 and x[:, :, 0].max() <= 1
    assert (x[:, :, 1].mean(axis=1) > 0.15).all()  # every step is marked now and then


@given(st.integers(1, 30), st.integers(1, 8), SEEDS)
def test_copy_memory_asks_for_the_ten_symbols(T, B, seed):
    x, y = copy_memory(T, B, rng(seed))
    assert x.shape == y.shape == (T + 20, B)
    assert x[:10].max() < 8 and x.dtype == y.dtype == np.intp
    np.testing.assert_array_equal(y[-10:], x[:10])
    assert (y[:-10] == 8).all()
    assert (x[10 : 10 + T - 1] == 8).all() and (x[10 + T - 1] == 9).all() and (x[10 + T :] == 8).all()


def test_copy_memory_floor():
    T = 30
    _, y = copy_memory(T, 2000, rng())
    p = np.zeros((T + 20, 9))
    p[:-10, 8], p[-10:, :8] = 1, 1 / 8
    nats = -np.log(np.take_along_axis(p, y, axis=1)).mean()
    assert nats == pytest.approx(10 * np.log(8) / (T + 20))
    np.testing.assert_allclose(np.bincount(y[-10:].ravel()) / y[-10:].size, 1 / 8, rtol=0.06)  # so 1/8 is the best


@given(st.integers(10, 120), st.integers(1, 8), SEEDS)
def test_temporal_order_asks_for_the_two_signs(T, B, seed):
    x, y = temporal_order(T, B, rng(seed))
    assert x.shape == (T, B) and y.shape == (B,) and x.dtype == y.dtype == np.intp
    assert (x[0] == 6).all() and (x[-1] == 7).all() and (x[1:-1] < 6).all()
    for b in range(B):
        where = np.flatnonzero(np.isin(x[:, b], (4, 5)))
        assert len(where) == 2
        assert T // 10 <= where[0] < T / 5 and T // 2 <= where[1] < 0.6 * T
        assert y[b] == 2 * (x[where[0], b] == 5) + (x[where[1], b] == 5)


def test_temporal_order_floor_is_one_in_four():
    x, y = temporal_order(20, 20_000, rng())
    np.testing.assert_allclose(np.bincount(y) / len(y), 1 / 4, rtol=0.05)
    assert set(np.unique(x)) == set(range(8))


@given(st.integers(1, 20), st.integers(1, 4), SEEDS)
def test_counter_counts(T, B, seed):
    x, y = counter(T, B, rng(seed), dtype=np.float64)
    assert x.shape == y.shape == (T, B, 1) and y.dtype == np.float64
    np.testing.assert_array_equal(y[0], x[0])
    np.testing.assert_array_equal(np.diff(y, axis=0), x[1:])


def places_of(pattern, column):
    """Where a pattern begins in a column of bits −1 and 1."""
    size = len(pattern)
    wanted = 2 * np.array(pattern) - 1
    return [t for t in range(len(column) - size + 1) if (column[t : t + size] == wanted).all()]


@given(st.integers(8, 25), st.integers(2, 40), st.sampled_from([(1, 1, 0, 1), (0, 0), (1, 0, 1)]), SEEDS)
def test_pattern_search_plants_the_pattern_once_in_half_of_the_rows(T, B, pattern, seed):
    places = [1, T - len(pattern)]
    x, y = pattern_search(T, B, rng(seed), places, pattern)
    assert x.shape == (T, B, 1) and x.dtype == np.float32 and y.shape == (B,) and y.sum() == B // 2
    assert set(np.unique(x)) <= {-1, 1}
    for b in range(B):
        found = places_of(pattern, x[:, b, 0])
        assert len(found) == y[b] and set(found) <= set(places)


def test_pattern_search_plants_anywhere_unless_told_otherwise():
    x, y = pattern_search(9, 4000, rng(), dtype=np.float64)
    starts = [places_of((1, 1, 0, 1), x[:, b, 0])[0] for b in np.flatnonzero(y)]
    assert x.dtype == np.float64
    assert np.bincount(starts).min() > 0.7 * len(starts) / 6 and len(np.bincount(starts)) == 6
    assert 0.4 < np.mean(x[:, y == 0] > 0) < 0.5  # the rows without it are bits, a few of them turned over


@given(st.integers(1, 20), st.integers(1, 4), st.floats(0, 1), SEEDS)
def test_switch_is_in_the_state_of_its_last_command(T, B, share, seed):
    x, y = switch(T, B, share, rng(seed), dtype=np.float64)
    assert x.shape == y.shape == (T, B, 1) and y.dtype == np.float64
    assert (x[0] != 0).all()
    for t in range(T):
        for b in range(B):
            commands = x[: t + 1, b, 0]
            assert y[t, b, 0] == commands[commands != 0][-1]


def test_switch_baseline_is_what_the_best_window_reaches():
    share, k = 0.1, 3
    x, y = switch(500, 4000, share, rng(), dtype=np.float64)
    seen = last_inputs(x, k)[k:]
    last = np.zeros(y[k:, :, 0].shape)
    for i in range(k):
        last = np.where(seen[..., i] != 0, seen[..., i], last)
    right = np.where(last != 0, last == y[k:, :, 0], 0.5).mean()
    assert right == pytest.approx(1 - (1 - share) ** k / 2, abs=2e-3)
    assert np.mean(x[1:] != 0) == pytest.approx(share, rel=0.02)
    assert abs(x.mean()) < 2e-3


def best_memoryless_mse(x, y):
    """Mean squared error of the best function of the current bit alone: the mean target of each bit."""
    return sum(((y[x == bit] - y[x == bit].mean()) ** 2).sum() for bit in (0, 1)) / y.size


def test_the_floor_of_counter():
    T = 12
    x, y = counter(T, 100_000, rng(), dtype=np.float64)
    assert best_memoryless_mse(x, y) == pytest.approx((T - 1) / 8 + (T**2 - 1) / 48, rel=0.01)


def test_tasks_follow_the_generator():
    for make in (
        lambda r: adding_problem(12, 3, r),
        lambda r: copy_memory(12, 3, r),
        lambda r: temporal_order(12, 3, r),
        lambda r: counter(12, 3, r),
        lambda r: pattern_search(12, 3, r),
        lambda r: switch(12, 3, 0.5, r),
    ):
        np.testing.assert_array_equal(make(rng(1))[0], make(rng(1))[0])
        assert (make(rng(1))[0] != make(rng(2))[0]).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: adding_problem(1, 1, rng()), "T: got 1, wanted a whole number ≥ 2"),
        (lambda: copy_memory(0, 1, rng()), "T: got 0"),
        (lambda: temporal_order(9, 1, rng()), "T: got 9, wanted a whole number ≥ 10"),
        (lambda: counter(3, 0, rng()), "batch_size: got 0"),
        (lambda: pattern_search(3, 1, rng()), "T: got 3, wanted a whole number ≥ 4"),
        (
            lambda: pattern_search(6, 1, rng(), [0, 3]),
            r"places: got \[0, 3\], wanted some steps between 0 and T − 4 = 2",
        ),
        (lambda: switch(0, 1, 0.1, rng()), "T: got 0"),
        (lambda: switch(5, 1, 1.5, rng()), "share: got 1.5, wanted a number ≥ 0 and ≤ 1"),
        (lambda: human_numbers(0, 5), "first: got 0"),
        (lambda: human_numbers(5, 4), "last: got 4, wanted a whole number ≥ 5"),
        (lambda: human_numbers(1, 10_000), "last: got 10000, wanted at most 9999"),
    ],
)
def test_sizes_out_of_range_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: adding_problem(5, 1, 0),
        lambda: copy_memory(5, 1, 0),
        lambda: temporal_order(10, 1, None),
        lambda: counter(5, 1, 0),
    ],
)
def test_a_seed_is_not_a_generator(make):
    with pytest.raises(TypeError, match="rng: got"):
        make()


def test_human_numbers_values():
    assert " ".join(human_numbers(19, 22)) == "nineteen . twenty . twenty one . twenty two ."
    assert " ".join(human_numbers(100, 101)) == "one hundred . one hundred one ."
    assert " ".join(human_numbers(9020, 9020)) == "nine thousand twenty ."
    tokens = human_numbers()
    assert len(tokens) == 63_099 and len(set(tokens)) == 30 and tokens.count(".") == 9999
    assert " ".join(tokens[-7:]) == "nine thousand nine hundred ninety nine ."


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_human_numbers_can_be_read_back(number):
    values = {word: value for value, word in enumerate(human_numbers(1, 20)[::2], start=1)}
    values |= {word: 10 * tens for tens, word in zip(range(3, 10), human_numbers(30, 99)[::2][:: len(range(10))])}
    values |= {"".join(human_numbers(10 * tens, 10 * tens)[:-1]): 10 * tens for tens in range(2, 10)}
    total = 0
    for word in human_numbers(number, number)[:-1]:
        if word in ("hundred", "thousand"):
            total, rest = total // 1000 * 1000, total % 1000  # what was said last is multiplied
            total += rest * {"hundred": 100, "thousand": 1000}[word]
        else:
            total += values[word]
    assert total == number


def walked(commands):
    """Follow one walk step by step with complex numbers: where it ends."""
    place, ahead = 0, 1j
    for command in commands:
        if command == 0:
            place += ahead
        else:
            ahead *= 1j if command == 1 else -1j
    return place


def test_turtle_walk_ends_in_the_quadrant_that_it_says():
    ids, quadrant = turtle_walk(7, 300, np.random.default_rng(2))
    assert ids.shape == (7, 300) and quadrant.shape == (300,)
    assert set(ids.ravel().tolist()) == {0, 1, 2} and set(quadrant.tolist()) == {0, 1, 2, 3}
    for walk, answer in zip(ids.T, quadrant):
        end = walked(walk)
        assert end.real != 0 and end.imag != 0
        assert answer == 2 * (end.imag < 0) + (end.real < 0)


def test_turtle_walk_needs_three_steps():
    ids, _ = turtle_walk(3, 5, np.random.default_rng(0))
    assert (ids[0] == 0).all() and (ids[1] > 0).all() and (ids[2] == 0).all()
    with pytest.raises(ValueError, match="T: got 2"):
        turtle_walk(2, 5, np.random.default_rng(0))
