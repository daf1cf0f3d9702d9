"""Models made of the layers: gradients, first loss, learning, generation, bad input."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.metrics import accuracy
from rnn_utils.models import LanguageModel, SequenceModel
from rnn_utils.optim import Adam, clip_grad_norm_
from rnn_utils.recurrent import GRU, LSTM, RNN
from rnn_utils.sampling import beam_search
from rnn_utils.stacked import Stacked

LAYERS = [RNN, LSTM, GRU]
T, B, D, H, V = 5, 3, 2, 4, 6


def finite_difference_error(model, batch, state=None):
    """Largest relative error over all entries of all parameters, against central differences of `model.loss`."""
    _, grads, _ = model.loss_and_grads(batch, state)
    assert grads.keys() == model.params.keys()
    worst = 0.0
    for name, p in model.params.items():
        numeric = np.empty_like(p)
        for index in np.ndindex(*p.shape):
            kept = p[index]
            p[index] = kept + 1e-5
            above = model.loss(batch, state)[0]
            p[index] = kept - 1e-5
            below = model.loss(batch, state)[0]
            p[index] = kept
            numeric[index] = (above - below) / 2e-5
        scale = max(np.abs(numeric).max(), np.abs(grads[name]).max(), 1e-8)
        worst = max(worst, np.abs(numeric - grads[name]).max() / scale)
    return worst


def tokens(rng, steps=T, batch=B):
    ids = rng.integers(V, size=(steps + 1, batch))
    return ids[:-1], ids[1:]


def random_state(model, rng):
    state = model.zero_state(B)
    return tuple(rng.normal(size=s.shape) for s in state) if isinstance(state, tuple) else rng.normal(size=state.shape)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("embedding_size", [None, 3])
def test_language_model_gradients(layer, embedding_size):
    rng = np.random.default_rng(0)
    model = LanguageModel(V, H, rng=rng, layer=layer, embedding_size=embedding_size, dtype=np.float64)
    mask = rng.random((T, B)) < 0.6
    assert finite_difference_error(model, (*tokens(rng), mask), random_state(model, rng)) < 1e-6


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("lengths", [None, [2, 5, 1]])
def test_sequence_model_gradients(layer, loss, lengths):
    rng = np.random.default_rng(1)
    model = SequenceModel(D, H, 3, rng=rng, layer=layer, loss=loss, dtype=np.float64)
    y = rng.normal(size=(B, 3)) if loss == "mse" else rng.integers(3, size=B)
    batch = (rng.normal(size=(T, B, D)), y) if lengths is None else (rng.normal(size=(T, B, D)), y, lengths)
    assert finite_difference_error(model, batch, random_state(model, rng)) < 1e-6


@pytest.mark.parametrize("shape", [(T, B), (T, B, 1)])
def test_gradients_with_an_answer_at_every_step(shape):
    rng = np.random.default_rng(2)
    model = SequenceModel(D, H, 1, rng=rng, every_step=True, dtype=np.float64)
    mask = rng.random((T, B)) < 0.6
    assert finite_difference_error(model, (rng.normal(size=(T, B, D)), rng.normal(size=shape), mask)) < 1e-6


def test_token_ids_are_one_hot_vectors():
    rng = np.random.default_rng(3)
    model = SequenceModel(V, H, 2, rng=rng, loss="cross_entropy", dtype=np.float64)
    ids, y = rng.integers(V, size=(T, B)), rng.integers(2, size=B)
    for a, b in zip(model.loss_and_grads((ids, y))[1].values(), model.loss_and_grads((np.eye(V)[ids], y))[1].values()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("layer", LAYERS)
def test_padding_changes_nothing(layer):
    rng = np.random.default_rng(4)
    model = SequenceModel(D, H, 2, rng=rng, layer=layer, loss="cross_entropy", dtype=np.float64)
    x, y, lengths = rng.normal(size=(T, B, D)), rng.integers(2, size=B), np.array([2, 5, 3])
    loss, grads, _ = model.loss_and_grads((x, y, lengths))
    x[2:, 0] = 7.0
    padded_loss, padded_grads, _ = model.loss_and_grads((x, y, lengths))
    assert padded_loss == loss
    for name, grad in grads.items():
        np.testing.assert_array_equal(padded_grads[name], grad)
    alone = [model.loss((x[: lengths[b], b : b + 1], y[b : b + 1]))[0] for b in range(B)]
    assert loss == pytest.approx(np.mean(alone), abs=1e-12)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("embedding_size", [None, 32])
def test_first_loss_is_ln_v_within_one_per_cent(layer, embedding_size):
    rng = np.random.default_rng(5)
    model = LanguageModel(65, 128, rng=rng, layer=layer, embedding_size=embedding_size)
    ids = rng.integers(65, size=(33, 32))
    assert model.loss((ids[:-1], ids[1:]))[0] == pytest.approx(np.log(65), rel=0.01)


@pytest.mark.parametrize("layer", LAYERS)
def test_overfits_a_tiny_copy_task(layer):
    """Three symbols are shown, then wanted again, each three steps after it was seen."""
    rng = np.random.default_rng(6)
    symbols = np.array([[a, b, c] for a in range(2) for b in range(2) for c in range(2)]).T  # (3, 8)
    x = np.concatenate([symbols, np.full((3, 8), 2)])
    y = np.concatenate([np.zeros((3, 8), int), symbols])
    mask = np.arange(6)[:, None] >= np.full(8, 3)
    model = LanguageModel(3, 24, rng=rng, layer=layer)
    optimizer = Adam(model.params, lr=0.02)
    for _ in range(200):
        loss, grads, _ = model.loss_and_grads((x, y, mask))
        clip_grad_norm_(grads, 1.0)
        optimizer.step(grads)
    assert loss < 0.05
    assert accuracy(model.forward(x)[0], y, mask) == 1.0


def test_learns_to_add_over_a_short_sequence():
    rng = np.random.default_rng(7)
    x, y = rng.random((4, 64, 1)).astype(np.float32), None
    y = x[0, :, 0] + x[2, :, 0]
    model = SequenceModel(1, 16, 1, rng=rng, layer=LSTM)
    optimizer = Adam(model.params, lr=0.02)
    for _ in range(300):
        _, grads, _ = model.loss_and_grads((x, y))
        optimizer.step(grads)
    assert model.loss((x, y))[0] < 0.01 < y.var()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_carried_state_makes_two_halves_one_whole(layer):
    rng = np.random.default_rng(8)
    model = LanguageModel(V, H, rng=rng, layer=layer, dtype=np.float64)
    x, y = tokens(rng, 6)
    whole, end = model.loss((x, y), model.zero_state(B))
    first, state = model.loss((x[:2], y[:2]))
    second, other_end = model.loss((x[2:], y[2:]), state)
    assert (2 * first + 4 * second) / 6 == pytest.approx(whole, abs=1e-12)
    np.testing.assert_allclose(np.array(end), np.array(other_end), atol=1e-14)


def test_params_are_the_layers_own_arrays_and_cannot_be_replaced():
    model = LanguageModel(V, H, rng=np.random.default_rng(0), embedding_size=3)
    rnn = ["rnn.weight_ih", "rnn.weight_hh", "rnn.bias_ih", "rnn.bias_hh"]
    assert list(model.params) == ["embedding.weight", *rnn, "linear.weight", "linear.bias"]
    assert model.params["rnn.weight_hh"] is model.rnn.params["weight_hh"]
    assert model.params["rnn.weight_ih"].shape == (H, 3)
    assert all(p.dtype == np.float32 for p in model.params.values())
    with pytest.raises(TypeError):
        model.params["rnn.weight_hh"] = np.eye(H)


def test_zero_state_by_layer():
    rng = np.random.default_rng(0)
    assert LanguageModel(V, H, rng=rng, layer=GRU).zero_state(2).shape == (2, H)
    h, c = LanguageModel(V, H, rng=rng, layer=LSTM, dtype=np.float64).zero_state(2)
    assert h.shape == c.shape == (2, H) and h is not c
    assert h.dtype == np.float64 and not h.any() and not c.any()


def test_a_stack_of_layers_trains_steps_and_searches_like_one():
    rng = np.random.default_rng(12)
    model = LanguageModel(V, H, rng=rng, layer=partial(Stacked.of, LSTM, num_layers=2), dtype=np.float64)
    assert model.params["rnn.weight_ih_l1"] is model.rnn.layers[1].params["weight_ih"]
    zero = model.zero_state(B)
    assert [[part.shape for part in layer] for layer in zero] == [[(B, H)] * 2] * 2
    state = tuple(tuple(rng.normal(size=part.shape) for part in layer) for layer in zero)
    assert finite_difference_error(model, tokens(rng), state) < 1e-6
    (best,) = beam_search(model.step, 2, width=1, length=4)
    assert list(best.ids) == model.generate([2], 4).tolist()
    assert beam_search(model.step, 2, width=V**4, length=4)[0].log_prob >= best.log_prob


def test_both_directions_answer_at_every_step():
    rng = np.random.default_rng(13)
    layer = partial(Stacked.of, GRU, num_layers=1, bidirectional=True)
    model = SequenceModel(D, H, 3, rng=rng, layer=layer, loss="cross_entropy", every_step=True, dtype=np.float64)
    assert model.params["linear.weight"].shape == (3, 2 * H)
    batch = rng.normal(size=(T, B, D)), rng.integers(3, size=(T, B))
    assert finite_difference_error(model, batch) < 1e-6


def test_layer_may_be_any_factory():
    model = LanguageModel(V, H, rng=np.random.default_rng(0), layer=partial(RNN, nonlinearity="relu"))
    assert model.rnn.nonlinearity == "relu"


@pytest.mark.parametrize("layer", LAYERS)
def test_stepping_equals_reading_a_whole_sequence(layer):
    rng = np.random.default_rng(9)
    model = LanguageModel(V, H, rng=rng, layer=layer, dtype=np.float64)
    x, _ = tokens(rng)
    logits, end, _ = model.forward(x)
    state = None
    for t in range(T):
        one, state = model.step(x[t], state)
        np.testing.assert_allclose(one, logits[t], atol=1e-14)
    np.testing.assert_allclose(np.array(state), np.array(end), atol=1e-14)


def test_generate_carries_its_state():
    rng = np.random.default_rng(10)
    model = LanguageModel(V, H, rng=rng, layer=LSTM, dtype=np.float64)
    for p in model.params.values():
        p *= 4  # so that the choice depends on the state
    prompt = rng.integers(V, size=4)
    added = model.generate(prompt, 6)
    logits = model.forward(np.concatenate([prompt, added])[:, None])[0]
    np.testing.assert_array_equal(added, logits[3:-1, 0].argmax(axis=-1))
    state = model.forward(prompt[:2, None])[1]
    np.testing.assert_array_equal(model.generate(prompt[2:], 6, state=state), added)
    both = model.generate(np.stack([prompt, prompt[::-1]], axis=1), 6)
    np.testing.assert_array_equal(both[:, 0], added)


def test_count_is_the_number_of_targets():
    rng = np.random.default_rng(0)
    language, values = LanguageModel(V, H, rng=rng), SequenceModel(D, H, 1, rng=rng)
    x, y = tokens(rng)
    assert language.count((x, y)) == T * B
    assert language.count((x, y, np.arange(T)[:, None] < np.array([1, 2, 3]))) == 6
    assert values.count((np.zeros((T, B, D)), np.zeros(B), np.array([1, 2, 3]))) == B


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    model, language = SequenceModel(D, H, 1, rng=rng), LanguageModel(V, H, rng=rng)
    x = np.zeros((T, B, D))
    with pytest.raises(TypeError, match=r"batch: got ndarray, wanted a tuple \(x, y\), \(x, y, lengths\)"):
        model.loss(x)
    with pytest.raises(
        TypeError, match=r"batch: got tuple of 1, wanted a tuple \(x, y\), \(x, y, lengths\), \(x, y, mask\)"
    ):
        language.loss_and_grads((x,))
    with pytest.raises(ValueError, match=r"x: got shape \(5, 3, 4\), wanted \(T, B, 2\)"):
        model.loss((np.zeros((T, B, 4)), np.zeros(B)))
    with pytest.raises(ValueError, match=r"x: got shape \(5,\), wanted \(T, B, 2\)"):
        model.loss((np.zeros(T), np.zeros(B)))
    with pytest.raises(ValueError, match=r"target: got shape \(4, 1\), wanted \(3, 1\)"):
        model.loss((x, np.zeros(4)))
    with pytest.raises(ValueError, match="lengths: got 9"):
        model.loss((x, np.zeros(B), np.array([9, 1, 1])))
    with pytest.raises(ValueError, match="loss: got 'hinge', wanted one of 'mse', 'cross_entropy'"):
        SequenceModel(D, H, 1, rng=rng, loss="hinge")
    with pytest.raises(ValueError, match="hidden_size: got 0"):
        LanguageModel(V, 0, rng=rng)
    with pytest.raises(TypeError, match="rng: got 3"):
        LanguageModel(V, H, rng=3)
    with pytest.raises(ValueError, match=r"ids: got shape \(1, 3\), wanted \(B,\)"):
        language.step(np.zeros((1, 3), int))
    with pytest.raises(
        TypeError, match=r"x: got float64 numbers of shape \(5, 3\), wanted .* token ids, whole numbers"
    ):
        language.loss((np.zeros((T, B)), np.zeros((T, B), int)))


@given(st.integers(-(2**40), 2**40).filter(lambda v: not 0 <= v < V), st.booleans())
def test_any_token_out_of_range_is_named(token, embedded):
    model = LanguageModel(V, H, rng=np.random.default_rng(0), embedding_size=3 if embedded else None)
    x, y = tokens(np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"targets: got {token}, wanted"):
        model.loss((x, np.where(np.arange(T)[:, None] == 1, token, y)))
    with pytest.raises(ValueError, match=f"ids: got {token}"):
        model.loss((np.where(np.arange(T)[:, None] == 1, token, x), y))
