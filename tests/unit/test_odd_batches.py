"""Dropout, lengths, masks and direction in models: what acts, what is read, and what is refused."""

from functools import partial

import numpy as np
import pytest

from rnn_utils import GRU, LSTM, RNN, Bidirectional, Stacked
from rnn_utils.functional import cross_entropy
from rnn_utils.models import LanguageModel, SequenceModel
from rnn_utils.optim import SGD, Adam
from rnn_utils.training import evaluate, fit

T, B, D, H, V = 5, 3, 2, 4, 6
both_ways = partial(Stacked.of, GRU, num_layers=1, bidirectional=True)
dropping = partial(Stacked.of, LSTM, num_layers=2, dropout=0.5)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def tokens(rng, steps=T):
    ids = rng.integers(V, size=(steps + 1, B))
    return ids[:-1], ids[1:]


# --- dropout


def trained(p, seed=0, steps=12, **options):
    layer = partial(Stacked.of, LSTM, num_layers=2, dropout=p)
    model = LanguageModel(V, 16, rng=np.random.default_rng(seed), layer=layer)
    batches = [tokens(np.random.default_rng(k)) for k in range(4)]
    history = fit(model, batches, Adam(model.params, 0.01), steps=steps, carry_state=True, **options)
    return model, history, batches


@pytest.mark.parametrize("kind", [LanguageModel, SequenceModel])
def test_dropout_acts_in_training_and_not_in_evaluation(rng, kind):
    if kind is LanguageModel:
        model, batch = LanguageModel(V, H, rng=rng, layer=dropping, dtype=np.float64), tokens(rng)
    else:
        model = SequenceModel(D, H, 1, rng=rng, layer=dropping, dtype=np.float64)
        batch = rng.normal(size=(T, B, D)), rng.normal(size=B)
    exact = model.loss(batch)[0]
    drawn = {model.loss_and_grads(batch)[0] for _ in range(5)}
    assert len(drawn) == 5 and exact not in drawn
    assert model.loss(batch)[0] == exact
    assert evaluate(model, [batch]) == exact


def test_the_gradients_are_those_of_the_values_that_were_kept(rng):
    model = LanguageModel(V, H, rng=rng, layer=dropping, dtype=np.float64)
    batch = tokens(rng)
    before = model.dropout_rng.bit_generator.state

    def loss():
        model.dropout_rng.bit_generator.state = before
        return model.loss_and_grads(batch)

    grads = loss()[1]
    for name, p in model.params.items():
        at = np.unravel_index(np.abs(grads[name]).argmax(), p.shape)
        kept = p[at]
        p[at] = kept + 1e-5
        above = loss()[0]
        p[at] = kept - 1e-5
        below = loss()[0]
        p[at] = kept
        assert (above - below) / 2e-5 == pytest.approx(grads[name][at], rel=1e-6), name


def test_dropout_is_repeatable_and_its_share_matters():
    losses = [trained(p, seed)[1].loss for p, seed in ((0.5, 0), (0.5, 0), (0.0, 0), (0.9, 0))]
    assert losses[0] == losses[1]
    assert len({loss[-1] for loss in losses}) == 3
    assert trained(0.0)[0].dropout_rng is None


def test_dropout_leaves_the_initial_values_of_a_model_alone():
    with_it, without = trained(0.5, steps=1)[0], trained(0.0, steps=1)[0]
    fresh = [
        LanguageModel(V, 16, rng=np.random.default_rng(0), layer=partial(Stacked.of, LSTM, num_layers=2, dropout=p))
        for p in (0.0, 0.5)
    ]
    assert with_it.params.keys() == without.params.keys()
    for name, p in fresh[0].params.items():
        np.testing.assert_array_equal(p, fresh[1].params[name])


def test_dropout_goes_on_bit_for_bit_after_a_resume(tmp_path):
    path = tmp_path / "run.npz"
    straight, history, _ = trained(0.5, steps=12)
    trained(0.5, steps=5, checkpoint=path)
    resumed, again, _ = trained(0.5, steps=12, checkpoint=path, resume=True)
    assert again == history
    for name, p in straight.params.items():
        np.testing.assert_array_equal(p, resumed.params[name])
    with pytest.raises(ValueError, match=r"model: got none with dropout, wanted one, as saved in .*run\.npz"):
        trained(0.0, steps=12, checkpoint=path, resume=True)


def test_dropout_with_nothing_to_act_on_is_refused(rng):
    with pytest.raises(ValueError, match=r"dropout: got 0\.5 with one layer, wanted 0 or more layers"):
        Stacked.of(LSTM, D, H, 1, dropout=0.5, rng=rng)
    assert repr(Stacked.of(RNN, 1, 1, 2, dropout=0.5, rng=rng)).endswith(", dropout=0.5)")


# --- lengths and masks


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU, both_ways], ids=["RNN", "LSTM", "GRU", "both_ways"])
@pytest.mark.parametrize("form", ["lengths", "mask", "both"])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_the_content_of_padding_changes_no_loss_and_no_gradient(rng, layer, form, loss):
    model = SequenceModel(D, H, 3, rng=rng, layer=layer, loss=loss, every_step=True, dtype=np.float64)
    x, lengths = rng.normal(size=(T, B, D)), np.array([2, 5, 3])
    y = rng.normal(size=(T, B, 3)) if loss == "mse" else rng.integers(3, size=(T, B))
    data = np.arange(T)[:, None] < lengths
    third = {"lengths": (lengths,), "mask": (data,), "both": (lengths, data)}[form]
    value, grads, _ = model.loss_and_grads((x, y, *third))
    other = np.where(data[..., None], x, 7.0)
    again, regrads, _ = model.loss_and_grads((other, y, *third))
    assert again == value
    for name, grad in grads.items():
        np.testing.assert_array_equal(regrads[name], grad)
    alone = [(x[:n, b : b + 1], y[:n, b : b + 1]) for b, n in enumerate(lengths)]
    assert value == pytest.approx(evaluate(model, alone), abs=1e-12)
    assert model.count((x, y, *third)) == (30 if loss == "mse" else 10)


def test_padding_may_hold_what_is_no_input_at_all(rng):
    lengths = np.array([2, 5, 3])
    data = np.arange(T)[:, None] < lengths
    x, y = tokens(rng)
    for size in (None, 3):
        model = LanguageModel(V, H, rng=rng, embedding_size=size, dtype=np.float64)
        value, grads, _ = model.loss_and_grads((x, y, lengths))
        junk = model.loss_and_grads((np.where(data, x, -1), np.where(data, y, -100), lengths))
        assert junk[0] == value
        for name, grad in grads.items():
            np.testing.assert_array_equal(junk[1][name], grad)
    vectors = SequenceModel(D, H, 1, rng=rng)
    x, y = np.where(data[..., None], rng.normal(size=(T, B, D)), np.nan), rng.normal(size=B)
    assert np.isfinite(vectors.loss((x, y, lengths))[0])
    with pytest.raises(ValueError, match=r"x: got nan at position \(2, 0, 0\)"):
        vectors.loss((x, y))


def test_a_mask_counts_answers_and_hides_no_inputs(rng):
    model = LanguageModel(V, H, rng=rng, dtype=np.float64)
    x, y = tokens(rng)
    late = np.arange(T)[:, None] >= np.array([3, 2, 1])
    logits = model.forward(x)[0]
    assert model.loss((x, y, late))[0] == cross_entropy(logits, y, late)[0]
    changed = np.where(np.arange(T)[:, None] == 0, (x + 1) % V, x)
    assert model.loss((changed, y, late))[0] != model.loss((x, y, late))[0]


def test_a_layer_that_reads_both_ways_needs_lengths_to_read_beyond_the_last_answer(rng):
    model = SequenceModel(D, H, 2, rng=rng, layer=both_ways, loss="cross_entropy", every_step=True, dtype=np.float64)
    x, y = rng.normal(size=(T, B, D)), rng.integers(2, size=(T, B))
    early = np.zeros((T, B), bool)
    early[1] = True
    short = model.loss((x[:2], y[:2], early[:2]))[0]
    assert model.loss((x, y, early))[0] == pytest.approx(short, abs=1e-14)
    whole = cross_entropy(model.forward(x)[0], y, early)[0]
    assert model.loss((x, y, np.full(B, T), early))[0] == whole != pytest.approx(short, abs=1e-6)


def test_lengths_say_where_the_answer_at_the_end_is_and_a_mask_which_sequences_count(rng):
    model = SequenceModel(D, H, 1, rng=rng, dtype=np.float64)
    x, y, lengths = rng.normal(size=(T, B, D)), rng.normal(size=B), [2, 5, 3]
    answers = np.array([model.forward(x[:n, b : b + 1])[0][0, 0] for b, n in enumerate(lengths)])
    counted = np.array([True, False, True])
    assert model.loss((x, y, lengths))[0] == pytest.approx(np.mean((answers - y) ** 2))
    assert model.loss((x, y, lengths, counted))[0] == pytest.approx(np.mean((answers - y)[[0, 2]] ** 2))
    assert model.loss((x, y, None, None))[0] == model.loss((x, y))[0]
    assert model.count((x, y, counted)) == 2


def test_a_batch_weighs_as_many_numbers_as_its_loss_is_the_mean_of(rng):
    model = SequenceModel(D, H, 4, rng=rng, every_step=True, dtype=np.float64)
    x, y = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 4))
    assert model.count((x, y)) == model.count((x, y, np.ones((T, B), bool))) == T * B * 4


def test_masks_and_lengths_of_other_kinds_are_named(rng):
    model = SequenceModel(D, H, 1, rng=rng, every_step=True)
    x, y = np.zeros((T, B, D)), np.zeros((T, B))
    with pytest.raises(ValueError, match=r"lengths: got shape \(5, 3\), wanted \(3,\)"):
        model.loss((x, y, np.ones((T, B), int)))  # a mask of ones and zeros
    with pytest.raises(TypeError, match="lengths: got ndarray of dtype float64"):
        model.loss((x, y, np.ones((T, B))))
    with pytest.raises(ValueError, match=r"mask: got shape \(3, 5\), wanted \(5, 3\)"):
        model.loss((x, y, np.ones((B, T), bool)))
    with pytest.raises(TypeError, match="mask: got ndarray of dtype int64"):
        model.loss((x, y, [T] * B, np.array([1, 1, 1])))
    with pytest.raises(TypeError, match="batch: got tuple of 5"):
        model.loss((x, y, None, None, None))


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.int8, np.int64])
def test_lengths_may_be_whole_numbers_of_any_kind(rng, kind):
    layer = Bidirectional(GRU(D, H, rng=rng), GRU(D, H, rng=rng))
    x = rng.normal(size=(T, B, D))
    wanted = layer.forward(x, None, [2, 5, 3])[0]
    np.testing.assert_array_equal(layer.forward(x, None, np.array([2, 5, 3], kind))[0], wanted)


def test_a_language_model_that_has_seen_the_answer_is_refused(rng):
    for layer in (both_ways, partial(Stacked.of, RNN, num_layers=2, bidirectional=True)):
        with pytest.raises(ValueError, match="layer: got one that reads in both directions, wanted one that reads"):
            LanguageModel(V, H, rng=rng, layer=layer)
    tagger = SequenceModel(V, H, V, rng=rng, layer=both_ways, loss="cross_entropy", every_step=True)
    with pytest.raises(ValueError, match="carry_state: got True with a layer that reads from the end too"):
        fit(tagger, [tokens(rng)] * 2, SGD(tagger.params, 0.1), steps=2, carry_state=True)
