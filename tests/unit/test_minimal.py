"""minGRU and minLSTM: by hand, finite differences, PyTorch's autograd, carried states, padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils import LanguageModel, Stacked
from rnn_utils.gradcheck import gradcheck_layer
from rnn_utils.minimal import MinGRU, MinLSTM

T, B, D, H = 7, 3, 2, 4
every_layer = pytest.mark.parametrize("kind", [MinGRU, MinLSTM])


def make(kind, dtype=np.float64, seed=0, D=D, H=H):
    return kind(D, H, rng=np.random.default_rng(seed), dtype=dtype)


def one_unit(kind, values):
    """A layer with one input and one unit whose weighted sums are what x = 0 gives: its biases."""
    layer = kind(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    layer.params["weight_ih"][...] = 0
    layer.params["bias_ih"][...] = values
    return layer


def test_a_step_of_a_mingru_by_hand():
    layer = one_unit(MinGRU, [np.log(3), 8])  # z = 3/4
    assert np.isclose(layer.forward(np.zeros((1, 1, 1)), np.array([[4.0]]))[0], 0.75 * 4 + 0.25 * 8)


def test_a_step_of_a_minlstm_by_hand():
    layer = one_unit(MinLSTM, [np.log(1 / 3), np.log(3), 8])  # i = 1/4, f = 3/4
    assert np.isclose(layer.forward(np.zeros((1, 1, 1)), np.array([[4.0]]))[0], 0.75 * 4 + 0.25 * 8)


@every_layer
def test_the_parameters_read_the_input_alone(kind):
    rows = {MinGRU: 2, MinLSTM: 3}[kind] * H
    layer = make(kind, np.float32)
    assert {name: p.shape for name, p in layer.params.items()} == {"weight_ih": (rows, D), "bias_ih": (rows,)}
    assert all(p.dtype == np.float32 and np.abs(p).max() <= H**-0.5 for p in layer.params.values())
    out, state, _ = layer.forward(np.zeros((T, B, D), np.float32))
    assert out.dtype == state.dtype == np.float32


@every_layer
@pytest.mark.parametrize("lengths", [None, np.array([7, 1, 4])])
def test_gradients_agree_with_finite_differences(kind, lengths):
    rng = np.random.default_rng(1)
    x, h0 = rng.normal(size=(T, B, D)), rng.normal(size=(B, H))
    report = gradcheck_layer(make(kind), x, h0, lengths, rng=rng)
    assert {"x", "state[0]", "weight_ih", "bias_ih"} <= report.keys()


def in_torch(kind, params, x, h):
    """The layer again, in PyTorch, one step after the other."""
    torch = pytest.importorskip("torch")
    outs = []
    for x_t in x:
        sums = (x_t @ params["weight_ih"].T + params["bias_ih"]).chunk(kind.gates, dim=-1)
        if kind is MinGRU:
            keep = torch.sigmoid(sums[0])
        else:
            i, f = torch.sigmoid(sums[0]), torch.sigmoid(sums[1])
            keep = f / (f + i)
        h = keep * h + (1 - keep) * sums[-1]
        outs.append(h)
    return torch.stack(outs), h


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([MinGRU, MinLSTM]), *[st.integers(1, 6)] * 4, st.integers(0, 999))
def test_a_layer_is_that_of_autograd_forward_and_every_gradient(kind, steps, batch, inputs, hidden, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    layer = make(kind, seed=seed, D=inputs, H=hidden)
    x, dout = rng.normal(size=(steps, batch, inputs)), rng.normal(size=(steps, batch, hidden))
    h0, dstate = rng.normal(size=(2, batch, hidden))
    out, state, cache = layer.forward(x, h0)
    dx, dh0, grads = layer.backward(dout, cache, dstate)
    leaf = {name: torch.tensor(p, requires_grad=True) for name, p in layer.params.items()}
    leaf |= {"x": torch.tensor(x, requires_grad=True), "h0": torch.tensor(h0, requires_grad=True)}
    theirs, final = in_torch(kind, leaf, leaf["x"], leaf["h0"])
    ((theirs * torch.tensor(dout)).sum() + (final * torch.tensor(dstate)).sum()).backward()
    np.testing.assert_allclose(out, theirs.detach(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(state, final.detach(), rtol=0, atol=1e-12)
    for name, gradient in {"x": dx, "h0": dh0, **grads}.items():
        np.testing.assert_allclose(gradient, leaf[name].grad, rtol=0, atol=1e-10)


@every_layer
@pytest.mark.parametrize("batch", [1, 200])  # by the tree, and by the loop
def test_two_halves_are_one_whole(kind, batch):
    layer, rng = make(kind), np.random.default_rng(1)
    x, h0 = rng.normal(size=(T, batch, D)), rng.normal(size=(batch, H))
    out, end, _ = layer.forward(x, h0)
    first, middle, _ = layer.forward(x[:3], h0)
    second, other_end, _ = layer.forward(x[3:], middle)
    np.testing.assert_allclose(np.concatenate([first, second]), out, rtol=0, atol=1e-12)
    np.testing.assert_allclose(other_end, end, rtol=0, atol=1e-12)
    assert not np.allclose(layer.forward(x[3:])[0], second), "the state that is carried matters"


@every_layer
def test_padding_changes_nothing(kind):
    layer, rng = make(kind), np.random.default_rng(1)
    x, h0 = rng.normal(size=(T, 2, D)), rng.normal(size=(2, H))
    out, final, _ = layer.forward(x, h0, np.array([T, 3]))
    alone, end, _ = layer.forward(x[:3, 1:], h0[1:])
    np.testing.assert_allclose(out[:3, 1:], alone, rtol=0, atol=1e-14)
    np.testing.assert_allclose(final[1:], end, rtol=0, atol=1e-14)
    assert not np.any(out[3:, 1])


@every_layer
def test_gates_shut_by_huge_sums_give_no_nan(kind):
    layer = make(kind, np.float32)
    layer.params["bias_ih"][...] = -1e4
    out, _, cache = layer.forward(np.ones((T, B, D), np.float32))
    _, _, grads = layer.backward(np.ones_like(out), cache)
    assert np.isfinite(out).all() and all(np.isfinite(g).all() for g in grads.values())


@every_layer
def test_models_and_stacks_take_it(kind):
    rng = np.random.default_rng(0)
    stack = Stacked.of(kind, D, H, 2, rng=rng, dtype=np.float64)
    gradcheck_layer(stack, rng.normal(size=(T, B, D)), rng=rng)
    model = LanguageModel(5, 8, layer=kind, rng=rng)
    ids = rng.integers(5, size=(T + 1, B))
    loss, grads, _ = model.loss_and_grads((ids[:-1], ids[1:]))
    assert abs(loss - np.log(5)) < 0.2 and grads.keys() == model.params.keys()
