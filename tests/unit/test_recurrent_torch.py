"""RNN, LSTM and GRU are torch.nn's in float64, to 1e-10: outputs, final states, every gradient, over random shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils import GRU, LSTM, RNN, Stacked

torch = pytest.importorskip("torch")
from rnn_utils.interop import state_from_torch, state_to_torch, to_torch  # noqa: E402

sizes = st.integers(1, 6)
kinds = st.sampled_from([(RNN, {}), (RNN, {"nonlinearity": "relu"}), (LSTM, {}), (GRU, {})])


def leaves(tree):
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, tuple | list) else [tree]


def same(tree, function):
    """Apply a function to every array in nested tuples."""
    return tuple(same(part, function) for part in tree) if isinstance(tree, tuple) else function(tree)


def theirs(module, x, state, dout, dstate, lengths):
    """Return PyTorch's outputs, final state and gradients of x, of the initial state and of the parameters."""
    x = torch.tensor(x, requires_grad=True)
    state = same(state, lambda tensor: tensor.clone().requires_grad_())
    if lengths is None:
        out, final = module(x, state)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        out, final = module(packed, state)
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, total_length=len(x))
    loss = (out * torch.tensor(dout)).sum() + sum((a * b).sum() for a, b in zip(leaves(final), leaves(dstate)))
    loss.backward()
    grads = {name: parameter.grad.numpy() for name, parameter in module.named_parameters()}
    return out, final, x.grad, same(state, lambda tensor: tensor.grad), grads


def compare(layer, steps, batch, lengths, rng):
    """Run a layer and its PyTorch twin on one random problem."""
    x, dout = (
        rng.standard_normal((steps, batch, layer.input_size)),
        rng.standard_normal((steps, batch, layer.output_size)),
    )
    _, shaped, _ = layer.forward(x)
    state, dstate = (same(shaped, lambda array: rng.standard_normal(array.shape)) for _ in range(2))
    out, final, cache = layer.forward(x, state, lengths)
    dx, dstart, grads = layer.backward(dout, cache, dstate)
    wanted = theirs(to_torch(layer), x, state_to_torch(layer, state), dout, state_to_torch(layer, dstate), lengths)
    got = [out, *leaves(final), dx, *leaves(dstart)]
    expected = [wanted[0], *leaves(state_from_torch(layer, wanted[1]))]
    expected += [wanted[2], *leaves(state_from_torch(layer, wanted[3]))]
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, np.asarray(torch.as_tensor(b).detach()), rtol=0, atol=1e-10)
    for name, gradient in grads.items():
        name = name if name in wanted[4] else f"{name}_l0"
        np.testing.assert_allclose(gradient, wanted[4][name], rtol=0, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(kind=kinds, steps=sizes, batch=sizes, inputs=sizes, hidden=sizes, padded=st.booleans(), seed=st.integers(0, 999))
def test_a_layer_is_that_of_pytorch_forward_and_every_gradient(kind, steps, batch, inputs, hidden, padded, seed):
    rng = np.random.default_rng(seed)
    layer = kind[0](inputs, hidden, rng=rng, dtype=np.float64, **kind[1])
    compare(layer, steps, batch, rng.integers(1, steps + 1, batch) if padded else None, rng)


@settings(max_examples=20, deadline=None)
@given(kind=kinds, steps=sizes, batch=sizes, layers=st.integers(1, 3), both=st.booleans(), padded=st.booleans())
def test_a_stack_is_that_of_pytorch_forward_and_every_gradient(kind, steps, batch, layers, both, padded):
    rng = np.random.default_rng(steps)
    stack = Stacked.of(kind[0], 3, 2, layers, bidirectional=both, rng=rng, dtype=np.float64, **kind[1])
    compare(stack, steps, batch, rng.integers(1, steps + 1, batch) if padded else None, rng)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_large_layer_with_saturated_gates_is_that_of_pytorch(kind):
    rng = np.random.default_rng(0)
    layer = kind(20, 50, rng=rng, dtype=np.float64)
    layer.params["weight_ih"] *= 20
    compare(layer, 30, 4, None, rng)
