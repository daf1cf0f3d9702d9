"""N-gram models: against the formulas written out with dictionaries, and the numbers that later chapters must beat."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.data import Vocabulary, contiguous_streams, shakespeare, split
from rnn_utils.ngram import NGram

V = 3
sequences = st.lists(st.integers(0, V - 1), min_size=4, max_size=30)
smoothings = st.sampled_from(["interpolated", "witten-bell", "kneser-ney"])


def grams_of(columns, n):
    """Every n-gram of several sequences, as tuples."""
    return [tuple(ids[i : i + n]) for ids in columns for i in range(len(ids) - n + 1)]


def by_hand(columns, order, smoothing, context, c, k=50.0, delta=0.9):
    """p(c | context) by the formulas of the docstring, for sequences given as lists."""
    p = 1 / V
    for n in range(1, min(order, len(context) + 1) + 1):
        u = tuple(context[len(context) - n + 1 :])
        if smoothing == "kneser-ney" and n < order:
            before = defaultdict(set)
            for gram in grams_of(columns, n + 1):
                before[gram[1:]].add(gram[0])
            N = Counter({gram: len(tokens) for gram, tokens in before.items()})
        else:
            N = Counter(grams_of(columns, n))
        after = [N[(*u, token)] for token in range(V)]
        if smoothing == "interpolated":
            p = (after[c] + k * p) / (sum(after) + k)
        elif smoothing == "witten-bell" and sum(after):
            imagined = k * sum(x > 0 for x in after)
            p = (after[c] + imagined * p) / (sum(after) + imagined)
        elif sum(after):
            p = (max(after[c] - delta, 0) + delta * sum(x > 0 for x in after) * p) / sum(after)
    return p


@given(sequences, st.lists(st.integers(0, V - 1), max_size=5), st.integers(1, 4), smoothings)
def test_probabilities_follow_the_formulas(ids, context, order, smoothing):
    model = NGram(ids, order, V, smoothing=smoothing)
    p = model.probabilities(context)
    wanted = [by_hand([ids], order, smoothing, context, c) for c in range(V)]
    np.testing.assert_allclose(p, wanted, rtol=1e-12)
    assert abs(p.sum() - 1) < 1e-12 and (p > 0).all()


@given(sequences, st.integers(1, 4), smoothings)
def test_losses_are_those_of_the_probabilities(ids, order, smoothing):
    model = NGram(ids, order, V, smoothing=smoothing)
    later = [2, 0, 1, 1, 0, 2, 2]
    wanted = [-np.log(model.probabilities(later[:t])[later[t]]) for t in range(1, len(later))]
    np.testing.assert_allclose(model.losses(later), wanted, rtol=1e-12)
    assert model.loss(later) == pytest.approx(np.mean(wanted))


@pytest.mark.parametrize("smoothing", ["interpolated", "witten-bell", "kneser-ney"])
def test_sequences_side_by_side_are_never_joined(smoothing):
    ids = np.random.default_rng(0).integers(V, size=(6, 4))  # (T, B)
    model = NGram(ids, 3, V, smoothing=smoothing)
    columns = ids.T.tolist()
    np.testing.assert_allclose(
        model.probabilities([1, 2]), [by_hand(columns, 3, smoothing, [1, 2], c) for c in range(V)]
    )
    losses = model.losses(ids)
    assert losses.shape == (5, 4)
    for b in range(4):
        np.testing.assert_array_equal(losses[:, b], model.losses(ids[:, b]))


def test_interpolated_unigram_with_strength_V_is_add_one():
    model = NGram([0, 0, 0, 1], 1, V, smoothing="interpolated", strength=V)
    np.testing.assert_allclose(model.probabilities(), [4 / 7, 2 / 7, 1 / 7])


def test_strength_and_discount_may_be_changed_after_counting():
    ids = np.random.default_rng(1).integers(V, size=40)
    changes = [("interpolated", "strength", 2.0), ("witten-bell", "strength", 2.0), ("kneser-ney", "discount", 0.3)]
    for smoothing, name, value in changes:
        changed, fresh = NGram(ids, 3, V, smoothing=smoothing), NGram(ids, 3, V, smoothing=smoothing, **{name: value})
        before = changed.loss(ids)
        setattr(changed, name, value)
        assert changed.loss(ids) == fresh.loss(ids) != before


def test_size_counts_different_ngrams():
    assert NGram([0, 1, 0, 1, 0], 2, V, smoothing="interpolated").size == 2 + 2
    assert repr(NGram([0, 1, 0, 1, 0], 2, V, smoothing="interpolated")) == "NGram(order=2, V=3, interpolated, 4 counts)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1, 3], 2, V), r"ids: got 3 at position \(2,\), wanted 0 to 2"),
        (([0, 1], 3, V), "ids: got 2 tokens, wanted at least 3"),
        (([[[0]]], 1, V), r"ids: got shape \(1, 1, 1\), wanted \(T, B\)"),
        (([0, 1], 0, V), "order: got 0"),
        (([0] * 20, 11, 64), "order: got 11, but 64-token n-grams"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        NGram(*arguments)


def test_bad_kinds_and_options_are_named():
    with pytest.raises(TypeError, match="ids: got list of dtype float64"):
        NGram([0.5, 1.0], 1, V)
    with pytest.raises(ValueError, match="smoothing: got 'laplace', wanted one of 'kneser-ney', 'interpolated'"):
        NGram([0, 1], 1, V, smoothing="laplace")
    with pytest.raises(ValueError, match="strength"):
        NGram([0, 1], 1, V, strength=0)
    with pytest.raises(ValueError, match="discount"):
        NGram([0, 1], 1, V, discount=1)
    model = NGram([0, 1, 2], 2, V)
    with pytest.raises(ValueError, match="ids: got 1 tokens, wanted at least 2"):
        model.losses([0])
    with pytest.raises(ValueError, match=r"context: got 3 at position \(0,\)"):
        model.probabilities([3])


@pytest.fixture(scope="module")
def plays():
    """The ids of the training split and of the held-out split of chapters 02 and 07."""
    train, held_out = split(shakespeare(), (0.9, 0.1))
    vocabulary = Vocabulary(train)
    return vocabulary.encode(train), vocabulary.encode(held_out)


def test_losses_are_of_the_targets_that_a_network_gets(plays):
    train, held_out = plays
    targets = np.concatenate([y[:, 0] for _, y in contiguous_streams(held_out, 1, 1000, drop_last=False)])
    losses = NGram(train, 1, 64, smoothing="interpolated", strength=1e-9).losses(held_out)
    shares = np.bincount(train, minlength=64) / len(train)
    np.testing.assert_allclose(losses, -np.log(shares[targets]), rtol=1e-6)


@pytest.mark.parametrize(
    ("order", "smoothing", "nats"),
    [(1, "kneser-ney", 3.3448), (2, "kneser-ney", 2.4838), (5, "interpolated", 1.6505), (7, "kneser-ney", 1.5243)],
)
def test_bar_on_shakespeare(plays, order, smoothing, nats):
    train, held_out = plays
    assert NGram(train, order, 64, smoothing=smoothing).loss(held_out) == pytest.approx(nats, abs=1e-4)
