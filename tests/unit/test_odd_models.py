"""Inputs and options out of the ordinary: each gives the right value, or says what was wanted instead."""

import copy
import inspect
import io
import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from rnn_utils import GRU, LSTM, RNN, Bidirectional, Dropout, Embedding, Linear, LSTMCell, Stacked
from rnn_utils.checkpoint import load_params, save_params
from rnn_utils.console import showable
from rnn_utils.functional import mse
from rnn_utils.models import LanguageModel, SequenceModel
from rnn_utils.optim import SGD, Adam
from rnn_utils.sampling import beam_search
from rnn_utils.training import fit

T, B, D, H, V = 5, 3, 2, 4, 6
dropping = partial(Stacked.of, LSTM, num_layers=2, dropout=0.5)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def tokens(rng, steps=T):
    ids = rng.integers(V, size=(steps + 1, B))
    return ids[:-1], ids[1:]


# --- numbers


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_number_that_float32_cannot_hold_is_named(rng, kind):
    layer = kind(D, H, rng=rng)
    x = np.zeros((T, B, D))
    x[1, 2, 0] = 1e39
    with pytest.raises(ValueError, match=r"x: got 1e\+39 at position \(1, 2, 0\), .* float32 holds none beyond 3\.4e"):
        layer.forward(x)
    with pytest.raises(ValueError, match=r"x: got 1e\+39"):
        layer.forward(x, None, [T] * B)
    layer.forward(x, None, [T, T, 1])  # in the padding it does not matter
    state = np.full((B, H), -1e300)
    with pytest.raises(ValueError, match=r"state.*: got -1e\+300 at position \(0, 0\)"):
        layer.forward(np.zeros((T, B, D)), (state, state) if kind is LSTM else state)


def test_other_layers_name_it_too_and_let_gradients_explode(rng):
    linear = Linear(D, H, rng=rng)
    with pytest.raises(ValueError, match=r"x: got 1e\+39 at position \(0, 1\)"):
        linear.forward([[0.0, 1e39]])
    with pytest.raises(ValueError, match=r"x: got 1e\+39"):
        LSTMCell(D, H, rng=rng).forward([[0.0, 1e39]])
    y, cache = linear.forward(np.ones((1, D)))
    with np.errstate(invalid="ignore"):
        assert np.isinf(linear.backward(np.full(y.shape, 1e39), cache)[1]["bias"]).all()
    embedding = Embedding(V, D, rng=rng)
    out, cache = embedding.forward(np.zeros((1, 1), int))
    assert np.isinf(embedding.backward(np.full(out.shape, 1e39), cache)[1]["weight"][0]).all()


def test_masked_entries_are_no_data(rng):
    x = np.ma.masked_greater(rng.normal(size=(T, B, D)), 1.0)
    with pytest.raises(TypeError, match="x: got masked entries, wanted"):
        RNN(D, H, rng=rng).forward(x)
    with pytest.raises(TypeError, match="target: got masked entries"):
        mse(np.zeros(2), np.ma.array([1.0, 2.0], mask=[0, 1]))


def test_tensors_that_are_part_of_a_graph_are_named(rng):
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"x: got Tensor \(Can't call numpy"):
        RNN(D, H, rng=rng).forward(torch.zeros(T, B, D, requires_grad=True))
    assert RNN(D, H, rng=rng).forward(torch.zeros(T, B, D))[0].shape == (T, B, H)


def test_what_forward_returns_may_be_written_to(rng):
    for kind in (RNN, LSTM, GRU):
        layer = kind(D, H, rng=rng, dtype=np.float64)
        out, _, cache = layer.forward(rng.normal(size=(T, B, D)))
        dout = rng.normal(size=out.shape)
        wanted = layer.backward(dout, cache)[2]
        out[...] = 1e6
        for name, grad in layer.backward(dout, cache)[2].items():
            np.testing.assert_array_equal(grad, wanted[name])


# --- shapes


def test_series_of_single_numbers(rng):
    model = SequenceModel(1, H, 1, rng=rng)
    series = rng.normal(size=(T, B))
    with pytest.raises(
        TypeError, match=r"x: got float64 numbers of shape \(5, 3\), wanted \(T, B, 1\) .*x\[\.\.\., None\]"
    ):
        model.loss((series, series[0]))
    with pytest.raises(TypeError, match=r"x: got int64 numbers of shape \(5, 3\), wanted \(T, B, 1\)"):
        model.loss((np.ones((T, B), int), series[0]))  # counts, not tokens
    with pytest.raises(ValueError, match=r"x: got shape \(5,\), wanted \(T, B, 1\) .*x\[:, None, None\]"):
        model.loss((series[:, 0], series[0]))
    assert np.isfinite(model.loss((series[..., None], series[0]))[0])


@pytest.mark.parametrize("x", [np.zeros((0, B, D)), np.zeros((T, 0, D))])
def test_no_step_and_no_sequence(rng, x):
    for what in (RNN(D, H, rng=rng), SequenceModel(D, H, 1, rng=rng)):
        with pytest.raises(
            ValueError, match=r"x: got shape .*, which is empty, wanted \(T, B, 2\) with no size below 1"
        ):
            what.forward(x)
    for embedding_size in (None, 3):
        with pytest.raises(ValueError, match=r"ids: got shape \(0, 3\), which is empty"):
            LanguageModel(V, H, rng=rng, embedding_size=embedding_size).forward(np.zeros((0, B), int))


@pytest.mark.parametrize("prompt", [[], (), np.array([], int), np.zeros((0, 2), int), [[]]])
def test_an_empty_prompt(rng, prompt):
    with pytest.raises(ValueError, match="prompt: got none, wanted at least one token id to begin with"):
        LanguageModel(V, H, rng=rng).generate(prompt, 3)


def test_a_prompt_of_characters_and_an_end_that_never_comes(rng):
    model = LanguageModel(V, H, rng=rng)
    with pytest.raises(TypeError, match=r"prompt: got 'ROMEO:', wanted its token ids: vocabulary\.encode\('ROMEO:'\)"):
        model.generate("ROMEO:", 3)
    with pytest.raises(ValueError, match=r"end: got 6, wanted a token in 0 … 5"):
        beam_search(model.step, 0, width=2, length=3, end=V)


# --- what other libraries want


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_layers": 2}, r"num_layers: got 2, which LSTM does not take, wanted Stacked\.of\(LSTM, .*num_layers"),
        ({"bias": False}, r"bias: got False, which LSTM does not take, wanted layer\.params, where every bias"),
        ({"bidirectional": True}, r"bidirectional: got True, .* wanted Bidirectional\(LSTM"),
        ({"batch_first": True}, r"batch_first: got True, .*\(x\.swapaxes\(0, 1\)\)"),
        ({"dropout": 0.2}, r"dropout: got 0\.2, .* Stacked\.of\(…, dropout=…\)"),
        ({"proj_size": 2}, r"proj_size: got 2, .* a Linear layer"),
        ({"nonlinearity": "relu"}, r"nonlinearity: got 'relu', .* wanted RNN\(…, nonlinearity=…\)"),
    ],
)
def test_options_of_pytorchs_layers_say_what_to_write_instead(rng, options, message):
    with pytest.raises(TypeError, match=message):
        LSTM(D, H, rng=rng, **options)


def test_a_layer_is_not_called(rng):
    x = np.zeros((T, B, D))
    stack = Stacked.of(RNN, D, H, 2, rng=rng)
    pair = Bidirectional(RNN(D, H, rng=rng), RNN(D, H, rng=rng))
    layers = LSTM(D, H, rng=rng), LSTMCell(D, H, rng=rng), Linear(D, H, rng=rng), Dropout(0.5), stack, pair
    for layer in layers:
        with pytest.raises(TypeError, match=rf"{type(layer).__name__}: got a call, layer\(x\), wanted .*\.forward\("):
            layer(x)
    with pytest.raises(TypeError, match=r"LanguageModel: got a call, model\(x\), wanted .*model\.forward\(x\)"):
        LanguageModel(V, H, rng=rng)(np.zeros((T, B), int))


def test_a_layer_that_is_made_already_or_only_named(rng):
    with pytest.raises(TypeError, match=r"layer: got a LSTM made already, wanted what makes one: LSTM, or partial\("):
        SequenceModel(D, H, 1, rng=rng, layer=LSTM(D, H, rng=rng))
    with pytest.raises(TypeError, match="layer: got 'LSTM', wanted what makes one"):
        SequenceModel(D, H, 1, rng=rng, layer="LSTM")
    with pytest.raises(TypeError, match=r"layers: got LSTM, wanted a list of layers, or Stacked\.of\(LSTM"):
        Stacked(LSTM)


def test_a_factory_that_makes_another_layer_than_was_asked_for(rng):
    with pytest.raises(ValueError, match="layer: got a layer of dtype float32, wanted float64"):
        SequenceModel(D, H, 1, rng=rng, layer=lambda d, h, rng, dtype: RNN(d, h, rng=rng), dtype=np.float64)
    with pytest.raises(ValueError, match="layer: got a layer of input_size 3, wanted 2"):
        SequenceModel(D, H, 1, rng=rng, layer=lambda d, h, rng, dtype: RNN(d + 1, h, rng=rng))
    with pytest.raises(ValueError, match=r"dtype: got .*float16.* wanted float32 or float64"):
        SequenceModel(D, H, 1, rng=rng, dtype=np.float16)


def test_a_signature_shows_what_a_layer_takes():
    assert list(inspect.signature(RNN).parameters) == ["input_size", "hidden_size", "nonlinearity", "rng", "dtype"]
    assert list(inspect.signature(Linear).parameters) == ["in_features", "out_features", "rng", "dtype"]


# --- parameters


def test_a_parameter_cannot_be_replaced_behind_the_optimisers_back(rng):
    for layer, name in (
        (LSTM(D, H, rng=rng), "weight_hh"),
        (Linear(D, H, rng=rng), "bias"),
        (LSTMCell(D, H, rng=rng), "bias_ih"),
    ):
        before = layer.params[name]
        with pytest.raises(TypeError, match=rf"params\['{name}'\]: got another array, wanted values for this one"):
            layer.params[name] = np.zeros_like(before)
        with pytest.raises(TypeError, match="params: got dict, wanted new values in the arrays that are there"):
            layer.params = {name: before}
        layer.params[name] *= 2
        assert layer.params[name] is before
    with pytest.raises(TypeError, match="params: got a new name 'weight_xx', wanted one of weight_ih"):
        LSTM(D, H, rng=rng).params["weight_xx"] = np.zeros(1)


def test_a_copy_of_a_model_has_parameters_of_its_own(rng):
    model = LanguageModel(V, H, rng=rng, layer=dropping)
    twin = copy.deepcopy(model)
    batch = tokens(rng)
    assert twin.loss_and_grads(batch)[0] == model.loss_and_grads(batch)[0]
    optimizer = Adam(twin.params)
    optimizer.step(twin.loss_and_grads(batch)[1])
    assert twin.loss(batch)[0] != model.loss(batch)[0]


# --- files and terminals


def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_first_step(tmp_path, rng):
    model = LanguageModel(V, H, rng=rng)
    before = {name: p.copy() for name, p in model.params.items()}

    def run(path):
        fit(model, [tokens(rng)], SGD(model.params, 0.1), steps=2, checkpoint=path)

    with pytest.raises(
        IsADirectoryError, match=r"checkpoint: got .*, which is a folder, wanted a file in it: .*run\.npz"
    ):
        run(tmp_path)
    with pytest.raises(TypeError, match=r"checkpoint: got True .* wanted the path of a file"):
        run(True)
    with pytest.raises(FileNotFoundError, match=r"checkpoint: got .*, wanted a file in a folder that exists"):
        run(tmp_path / "absent" / "run.npz")
    for name, p in model.params.items():
        np.testing.assert_array_equal(p, before[name])
    with pytest.raises(IsADirectoryError, match=r"path: got .*, which is a folder"):
        save_params(tmp_path, model.params)
    with pytest.raises(IsADirectoryError, match="got a folder, wanted a file of rnn_utils"):
        load_params(tmp_path, model.params)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_the_marks_of_an_exercise_print_on_every_terminal(encoding):
    code = "from rnn_utils.exercises.feedback import Exercise as E; x = E('sum', lambda: 1); x(None); x(1); x(2)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr.decode()
    marks = [line[:1] for line in done.stdout.decode(encoding).splitlines() if ":" in line]
    assert marks == (["○", "✓", "✗"] if encoding == "utf-8" else ["o", "+", "x"])


def test_what_a_terminal_lacks_is_replaced_and_the_rest_left_alone():
    assert showable("✓ ½ ≤ σ", "cp1252") == "+ ½ <= ?"
    assert showable("✓ ½ ≤ σ", "utf-8") == showable("✓ ½ ≤ σ", None) == "✓ ½ ≤ σ"
    assert io.StringIO().encoding is None
