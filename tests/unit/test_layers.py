"""Linear, Embedding and Dropout: values, gradients by finite differences, and equality with PyTorch."""

import numpy as np
import pytest

from rnn_utils import Dropout, Embedding, Linear
from rnn_utils.gradcheck import gradcheck_layer


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_linear_is_w_x_plus_b(rng):
    layer = Linear(2, 3, rng=rng, dtype=np.float64)
    x = rng.standard_normal((4, 5, 2))
    y, _ = layer.forward(x)
    wanted = [[layer.params["weight"] @ v + layer.params["bias"] for v in row] for row in x]
    np.testing.assert_allclose(y, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (4, 3, 2)])
def test_gradients_of_linear_agree_with_finite_differences(rng, shape):
    gradcheck_layer(Linear(2, 3, rng=rng, dtype=np.float64), rng.standard_normal(shape), rng=rng)


def test_linear_has_the_layout_and_range_of_pytorch(rng):
    params = Linear(100, 30, rng=rng).params
    assert {name: array.shape for name, array in params.items()} == {"weight": (30, 100), "bias": (30,)}
    assert 0.09 < np.abs(params["weight"]).max() <= 0.1
    assert 0.05 < np.abs(params["bias"]).max() <= 0.1
    assert {array.dtype for array in params.values()} == {np.dtype(np.float32)}


def test_an_embedding_is_the_product_with_a_one_hot_vector(rng):
    layer = Embedding(5, 3, rng=rng, dtype=np.float64)
    ids = rng.integers(0, 5, (4, 2))
    out, _ = layer.forward(ids)
    np.testing.assert_allclose(out, np.eye(5)[ids] @ layer.params["weight"], rtol=0, atol=1e-14)


def test_the_gradient_of_an_embedding_sums_over_every_place_of_a_token(rng):
    layer = Embedding(5, 2, rng=rng, dtype=np.float64)
    ids = np.array([[3, 0, 3], [3, 1, 0]])
    dx, grads = layer.backward(np.ones((2, 3, 2)), ids)
    assert dx is None
    np.testing.assert_array_equal(grads["weight"], np.repeat([[2], [1], [0], [3], [0]], 2, axis=1))
    gradcheck_layer(layer, ids, rng=rng)


def test_an_embedding_starts_from_the_normal_distribution(rng):
    weight = Embedding(300, 50, rng=rng).params["weight"]
    assert weight.std() == pytest.approx(1, rel=0.02)
    assert weight.dtype == np.float32


def test_dropout_drops_a_share_p_and_keeps_the_mean(rng):
    out, _ = Dropout(0.3).forward(np.ones((200, 100)), rng)
    assert set(np.unique(out)) == {0, 1 / 0.7}
    assert np.mean(out == 0) == pytest.approx(0.3, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.02)


def test_dropout_does_nothing_in_evaluation_or_for_p_zero(rng):
    x = rng.standard_normal((3, 4))
    for layer, source in ((Dropout(0.5), None), (Dropout(0), rng)):
        out, cache = layer.forward(x, source)
        np.testing.assert_array_equal(out, x)
        np.testing.assert_array_equal(layer.backward(x, cache)[0], x)


def test_the_gradient_of_dropout_goes_where_the_values_went(rng):
    x = np.ones((5, 6), np.float32)
    out, cache = Dropout(0.5).forward(x, rng)
    dx, grads = Dropout(0.5).backward(x, cache)
    np.testing.assert_array_equal(dx, out)
    assert grads == {}
    assert out.dtype == dx.dtype == np.float32


def test_dropout_of_whole_numbers_scales_them_as_numbers(rng):
    out, _ = Dropout(0.2).forward(np.ones(50, int), rng)
    assert set(np.unique(out)) == {0, 1.25}


@pytest.mark.parametrize("layer", [Linear, Embedding])
def test_two_forwards_and_then_their_backwards_do_not_disturb_each_other(rng, layer):
    layer = layer(4, 3, rng=rng, dtype=np.float64)
    inputs = [rng.integers(0, 4, (2, k, *(() if isinstance(layer, Embedding) else (4,)))) for k in (1, 3)]
    douts = [rng.standard_normal((2, k, 3)) for k in (1, 3)]
    wanted = [layer.backward(d, layer.forward(x)[1])[1]["weight"] for x, d in zip(inputs, douts)]
    caches = [layer.forward(x)[1] for x in inputs]
    for cache, d, w in zip(caches, douts, wanted):
        np.testing.assert_array_equal(layer.backward(d, cache)[1]["weight"], w)


def test_reprs_name_the_sizes(rng):
    assert repr(Linear(2, 3, rng=rng)) == "Linear(2, 3, dtype=float32)"
    assert repr(Embedding(2, 3, rng=rng)) == "Embedding(2, 3, dtype=float32)"
    assert repr(Dropout(0.5)) == "Dropout(0.5)"


def test_linear_and_embedding_are_those_of_pytorch(rng):
    torch = pytest.importorskip("torch")
    from rnn_utils.interop import to_torch

    for layer, x in (
        (Linear(4, 3, rng=rng, dtype=np.float64), rng.standard_normal((5, 2, 4))),
        (Embedding(6, 3, rng=rng, dtype=np.float64), rng.integers(0, 6, (5, 2))),
    ):
        module, dout = to_torch(layer), rng.standard_normal((5, 2, 3))
        theirs = torch.tensor(x, requires_grad=x.dtype.kind == "f")
        wanted = module(theirs)
        (wanted * torch.tensor(dout)).sum().backward()
        out, cache = layer.forward(x)
        dx, grads = layer.backward(dout, cache)
        np.testing.assert_allclose(out, wanted.detach().numpy(), rtol=0, atol=1e-12)
        for name, gradient in grads.items():
            np.testing.assert_allclose(gradient, module.get_parameter(name).grad.numpy(), rtol=0, atol=1e-12)
        if dx is not None:
            np.testing.assert_allclose(dx, theirs.grad.numpy(), rtol=0, atol=1e-12)
