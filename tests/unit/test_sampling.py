"""Choosing tokens: greedy, temperature, top-k, generation, beam search."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnn_utils.functional import log_softmax, softmax
from rnn_utils.sampling import beam_search, generate, greedy, temperature, top_k

V = 3
TABLES = np.random.default_rng(5).normal(size=(9, V, V)) * 2  # score of the next token, by time and by the present one
TABLE = TABLES[0]


def story(ids, state):
    """A chain that changes with time and favours the first token it ever chose: its state must follow its parents."""
    first, count = state if state is not None else (ids, np.zeros(len(ids), int))
    first = np.where(count == 1, ids, first)
    return TABLES[count, ids] + 1.5 * np.eye(V)[first] * (count[:, None] > 0), (first, count + 1)


def brute_force(step, start, length, end=None, alpha=0.0):
    """Every sequence of at most `length` tokens with its score, best first."""
    found = {}
    for sequence in itertools.product(range(V), repeat=length):
        state, last, total, ids = None, start, 0.0, []
        for token in sequence:
            logits, state = step(np.array([last]), state)
            total += log_softmax(logits[0])[token]
            ids.append(token)
            last = token
            if token == end:
                break
        found[tuple(ids)] = total / len(ids) ** alpha
    return sorted(found.items(), key=lambda item: -item[1])


def test_greedy_takes_the_first_of_equals():
    assert greedy(np.array([1.0, 3.0, 3.0])) == 1
    np.testing.assert_array_equal(greedy(np.array([[0, 1], [5, -np.inf]])), [1, 0])


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_temperature_draws_from_the_scaled_softmax(tau):
    logits = np.array([2.0, 0.0, 1.0, -np.inf])
    draws = temperature(np.tile(logits, (40_000, 1)), tau, rng=np.random.default_rng(0))
    frequency = np.bincount(draws, minlength=4) / len(draws)
    np.testing.assert_allclose(frequency, softmax(logits / tau), atol=0.01)  # four standard errors
    assert frequency[3] == 0


def test_tiny_temperatures_are_greedy_without_overflow():
    logits = np.array([[1e5, 1e5 + 1, -3e38], [0.0, -2.0, 3.0]])
    np.testing.assert_array_equal(temperature(logits, 1e-4, rng=np.random.default_rng(0)), [1, 2])


def test_one_row_alone_gives_one_token_the_same_as_in_a_batch():
    alone = temperature(TABLE[0], rng=np.random.default_rng(3))
    assert alone.shape == ()
    assert alone == temperature(TABLE[:1], rng=np.random.default_rng(3))[0]


def test_top_k_never_leaves_the_k_best_and_keeps_their_proportions():
    logits = np.array([0.0, 3.0, 2.0, 2.5, 2.0])
    draws = top_k(np.tile(logits, (40_000, 1)), 3, 1.5, rng=np.random.default_rng(0))
    frequency = np.bincount(draws, minlength=5) / len(draws)
    expected = np.zeros(5)
    expected[[1, 3, 2]] = softmax(logits[[1, 3, 2]] / 1.5)  # of two equals, the first stays
    np.testing.assert_allclose(frequency, expected, atol=0.01)
    assert frequency[0] == frequency[4] == 0


def test_top_k_of_one_is_greedy_and_of_all_is_temperature():
    np.testing.assert_array_equal(top_k(TABLE, 1, rng=np.random.default_rng(0)), greedy(TABLE))
    every = temperature(TABLE, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(top_k(TABLE, 99, rng=np.random.default_rng(0)), every)


def test_generate_reads_the_prompt_then_feeds_back_its_choices():
    seen = []

    def count_up(ids, state):
        seen.append(ids.tolist())
        return np.eye(10)[(ids + 1) % 10], (0 if state is None else state) + 1

    np.testing.assert_array_equal(generate(count_up, [5, 2, 7], 4), [8, 9, 0, 1])
    assert seen == [[5], [2], [7], [8], [9], [0]]
    np.testing.assert_array_equal(generate(count_up, [[5, 1], [7, 3]], 2), [[8, 4], [9, 5]])
    assert generate(count_up, [1], 0).shape == (0,)
    assert generate(count_up, [[1, 2]], 0).shape == (0, 2)


def test_generate_takes_any_way_to_choose_and_a_state():
    states = []

    def step(ids, state):
        states.append(state)
        return TABLE[ids], state + 1

    rng = np.random.default_rng(0)
    generate(step, [0], 3, lambda logits: temperature(logits, 0.5, rng=rng), state=10)
    assert states == [10, 11, 12]


@pytest.mark.parametrize(("end", "alpha"), [(None, 0.0), (2, 0.0), (2, 1.0)])
def test_a_wide_beam_finds_what_exhaustive_search_finds(end, alpha):
    expected = brute_force(story, 1, 4, end, alpha)
    found = beam_search(story, 1, width=V**4, length=4, end=end, length_penalty=alpha)
    assert [h.ids for h in found] == [ids for ids, _ in expected]
    np.testing.assert_allclose([h.score for h in found], [score for _, score in expected], atol=1e-12)
    np.testing.assert_allclose([h.log_prob / len(h.ids) ** alpha for h in found], [h.score for h in found])


def test_a_beam_of_one_is_greedy():
    (best,) = beam_search(story, 0, width=1, length=6)
    assert list(best.ids) == generate(story, [0], 6).tolist()


def test_a_wider_beam_beats_greedy_where_greedy_is_led_astray():
    p = np.array(
        [[0.0, 0.55, 0.45, 0, 0], [0, 0, 0, 0.5, 0.5], [0, 0, 0, 0.95, 0.05], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]]
    )
    with np.errstate(divide="ignore"):
        scores = np.log(p)

    def step(ids, state):
        return scores[ids], state

    greedy_path = beam_search(step, 0, width=1, length=2)[0]
    best = beam_search(step, 0, width=2, length=2)[0]
    assert greedy_path.ids == (1, 3) and math.exp(greedy_path.log_prob) == pytest.approx(0.275)
    assert best.ids == (2, 3) and math.exp(best.log_prob) == pytest.approx(0.4275)


def test_beam_reorders_nested_states_with_their_parents():
    def nested(ids, state):
        pair = None if state is None else (state["pair"][0], state["more"][0])
        logits, (first, count) = story(ids, pair)
        return logits, {"pair": (first, None), "more": [count]}

    flat = beam_search(story, 1, width=3, length=4)
    assert beam_search(nested, 1, width=3, length=4) == flat


def test_beam_stops_when_nothing_alive_can_overtake():
    calls = []

    def step(ids, state):
        calls.append(len(ids))
        return np.tile(np.array([5.0, 0.0, 0.0]), (len(ids), 1)), None

    found = beam_search(step, 1, width=2, length=50, end=0)
    assert found[0].ids == (0,)
    assert len(found) == 2 and len(calls) < 6


def test_beam_goes_on_while_something_alive_can_overtake_what_is_done():
    end, a, b = 0, 1, 2
    p = np.array(
        [[1.0, 0, 0], [0.35, 0, 0.65], [1.0, 0, 0], [0.4, 0.6, 0]]
    )  # next token by present one; 3 is the start
    with np.errstate(divide="ignore"):
        scores = np.log(p)
    found = beam_search(lambda ids, state: (scores[ids], state), 3, width=2, length=9, end=end)
    assert [h.ids for h in found] == [(end,), (a, b, end)]  # (a, end), of .21, was done first
    np.testing.assert_allclose(np.exp([h.log_prob for h in found]), [0.4, 0.39])


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="tau: got 0, wanted a number > 0"):
        temperature(TABLE, 0, rng=rng)
    with pytest.raises(TypeError, match="rng: got 7"):
        temperature(TABLE, rng=7)
    with pytest.raises(ValueError, match="k: got 0"):
        top_k(TABLE, 0, rng=rng)
    with pytest.raises(TypeError, match=r"logits: got bool of shape \(2,\), wanted numbers of shape \(..., V\)"):
        greedy([True, False])
    with pytest.raises(TypeError, match=r"logits: got float64 of shape \(0,\)"):
        greedy(np.zeros(0))
    with pytest.raises(ValueError, match="logits: got a highest score of -inf"):
        greedy(np.full(3, -np.inf))
    with pytest.raises(ValueError, match="prompt: got none, wanted at least one token id"):
        generate(story, np.zeros(0, int), 3)
    with pytest.raises(TypeError, match="prompt: got list of dtype float64"):
        generate(story, [0.5], 3)
    with pytest.raises(ValueError, match="length: got -1"):
        generate(story, [0], -1)
    with pytest.raises(ValueError, match="width: got 0"):
        beam_search(story, 0, width=0, length=3)
    with pytest.raises(ValueError, match=r"logits: got shape \(2, 3\), wanted \(1, V\)"):
        beam_search(lambda ids, state: (TABLE[:2], state), 0, width=2, length=3)
    with pytest.raises(ValueError, match="logits: got none above −infinity"):
        beam_search(lambda ids, state: (np.full((1, 3), -np.nan), state), 0, width=2, length=3)


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 5)), elements=st.floats(-50, 50)),
    st.sampled_from([np.nan, np.inf]),
    st.data(),
)
def test_one_nan_or_infinity_anywhere_is_refused(logits, bad, data):
    place = tuple(data.draw(st.integers(0, size - 1)) for size in logits.shape)
    logits[place] = bad
    for choose in (greedy, lambda z: temperature(z, rng=np.random.default_rng(0))):
        with pytest.raises(ValueError, match=r"logits: got a highest score of (nan|inf)"):
            choose(logits)


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 5)), elements=st.floats(-50, 50, width=32)),
    st.floats(0.01, 100),
    st.integers(1, 7),
)
def test_choices_are_tokens_of_the_vocabulary(logits, tau, k):
    for ids in (
        temperature(logits, tau, rng=np.random.default_rng(0)),
        top_k(logits, k, tau, rng=np.random.default_rng(0)),
    ):
        assert ids.shape == logits.shape[:1]
        assert ids.min() >= 0 and ids.max() < logits.shape[1]
