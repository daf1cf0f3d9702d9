"""To and from torch.nn: every kind, number of layers and direction, there and back; and what has no counterpart."""

import numpy as np
import pytest

from rnn_utils import GRU, LSTM, RNN, Bidirectional, Dropout, Embedding, Linear, Stacked

torch = pytest.importorskip("torch")
from rnn_utils.interop import from_torch, state_from_torch, state_to_torch, to_torch  # noqa: E402

PAIRS = {"RNN": (RNN, torch.nn.RNN), "LSTM": (LSTM, torch.nn.LSTM), "GRU": (GRU, torch.nn.GRU)}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_module_and_its_layer_compute_the_same_and_the_way_back_is_exact(kind, layers, both, rng):
    module = PAIRS[kind][1](3, 4, num_layers=layers, bidirectional=both)
    layer = from_torch(module)
    leaf = layer.layers[0] if layers > 1 else layer
    assert isinstance(leaf.forward_layer if both else leaf, PAIRS[kind][0])
    assert layer.dtype == np.float32
    x = rng.standard_normal((5, 2, 3)).astype(np.float32)
    out, state, _ = layer.forward(x)
    wanted, theirs = module(torch.tensor(x))
    np.testing.assert_allclose(out, wanted.detach().numpy(), rtol=0, atol=1e-6)
    out, _, _ = layer.forward(x, state_from_torch(layer, theirs))
    wanted, _ = module(torch.tensor(x), state_to_torch(layer, state))
    np.testing.assert_allclose(out, wanted.detach().numpy(), rtol=0, atol=1e-6)
    back = to_torch(layer)
    assert repr(back) == repr(module)
    for (name, got), (_, parameter) in zip(back.named_parameters(), module.named_parameters(), strict=True):
        assert torch.equal(got, parameter), name


@pytest.mark.parametrize("layer", [Linear, Embedding])
def test_linear_and_embedding_there_and_back(layer, rng):
    layer = layer(5, 3, rng=rng, dtype=np.float64)
    module = to_torch(layer)
    assert module.weight.dtype == torch.float64
    back = from_torch(module)
    assert back.dtype == np.float64
    for name in layer.params:
        np.testing.assert_array_equal(back.params[name], layer.params[name])
        assert not np.shares_memory(back.params[name], module.get_parameter(name).detach().numpy())


def test_relu_and_dropout_come_along(rng):
    module = torch.nn.RNN(2, 3, num_layers=2, nonlinearity="relu", dropout=0.25)
    layer = from_torch(module)
    assert layer.layers[1].nonlinearity == "relu"
    assert layer.dropout.p == 0.25
    assert to_torch(layer).dropout == 0.25
    assert to_torch(layer).nonlinearity == "relu"


@pytest.mark.parametrize("module", [torch.nn.GRU(2, 3, bias=False), torch.nn.Linear(2, 3, bias=False)])
def test_a_missing_bias_becomes_zeros(module):
    layer = from_torch(module)
    for name, array in layer.params.items():
        assert (array == 0).all() == name.startswith("bias")


def test_converting_does_not_move_pytorchs_generator(rng):
    before = torch.random.get_rng_state()
    to_torch(LSTM(2, 3, rng=rng))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_has_no_counterpart_is_refused(rng):
    with pytest.raises(TypeError, match=r"module: got Conv1d, wanted a torch\.nn\.RNN"):
        from_torch(torch.nn.Conv1d(1, 1, 1))
    with pytest.raises(ValueError, match="module: got proj_size = 2, wanted 0"):
        from_torch(torch.nn.LSTM(3, 4, proj_size=2))
    with pytest.raises(ValueError, match="module: got padding_idx = 0, wanted None"):
        from_torch(torch.nn.Embedding(3, 4, padding_idx=0))
    with pytest.raises(TypeError, match="layer: got Dropout, wanted one of RNN, LSTM"):
        to_torch(Dropout(0.5))
    with pytest.raises(ValueError, match="wanted layers of one kind, hidden size and number of directions"):
        to_torch(Stacked([RNN(2, 3, rng=rng), GRU(3, 3, rng=rng)]))
    with pytest.raises(ValueError, match="wanted layers of one kind, hidden size and number of directions"):
        to_torch(Bidirectional(GRU(2, 3, rng=rng), GRU(2, 4, rng=rng)))
