"""To and from torch.nn: every kind, number of layers and direction, there and back; and what has no counterpart."""

import numpy as np
import pytest

from rnn_utils import GRU, LSTM, RNN, Bidirectional, Dropout, Embedding, Linear, Stacked

torch = pytest.importorskip("torch")
from torch.nn.utils import parametrizations, parametrize, prune  # noqa: E402

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


MADE_OF_OTHERS = {
    "old weight norm": torch.nn.utils.weight_norm,
    "weight norm": parametrizations.weight_norm,
    "old spectral norm": torch.nn.utils.spectral_norm,
    "spectral norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "pruning": lambda module, name: prune.l1_unstructured(module, name, 0.5),
    "pruned twice": lambda module, name: prune.random_unstructured(prune.l1_unstructured(module, name, 0.5), name, 0.3),
    "dropped weights": lambda module, name: parametrize.register_parametrization(module, name, torch.nn.Dropout(0.5)),
}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "Linear", "Bidirectional"])
@pytest.mark.parametrize("how", MADE_OF_OTHERS)
def test_weights_that_pytorch_makes_of_others_come_as_they_are_now(how, kind, rng):
    torch.manual_seed(0)
    module = torch.nn.GRU(3, 4, bidirectional=True) if kind == "Bidirectional" else getattr(torch.nn, kind)(3, 4)
    name = {"Linear": "weight", "Bidirectional": "weight_hh_l0_reverse"}.get(kind, "weight_hh_l0")
    MADE_OF_OTHERS[how](module, name)
    with torch.no_grad():
        for parameter in module.parameters():  # as an update would: what the module has computed is old now
            parameter.mul_(1.5)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    layer = from_torch(module)
    assert module.training
    for key, value in module.state_dict().items():
        assert torch.equal(value, before[key]), key
    x = rng.standard_normal((5, 2, 3)).astype(np.float32)
    wanted = module.eval()(torch.tensor(x))
    wanted = wanted if kind == "Linear" else wanted[0]
    np.testing.assert_allclose(layer.forward(x)[0], wanted.detach().numpy(), rtol=0, atol=1e-6)


def test_directions_and_layers_that_share_weights_both_have_them(rng):
    module = torch.nn.LSTM(4, 2, num_layers=2, bidirectional=True)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        for k in range(2):
            setattr(module, f"{name}_l{k}_reverse", getattr(module, f"{name}_l0"))
    x = rng.standard_normal((5, 3, 4)).astype(np.float32)
    got = from_torch(module).forward(x)[0]
    np.testing.assert_allclose(got, module(torch.tensor(x))[0].detach().numpy(), rtol=0, atol=1e-6)


def test_a_weight_that_something_else_puts_in_place_is_refused():
    module = torch.nn.LSTM(3, 4)  # as the weight drop of Merity et al. does
    raw = module.weight_hh_l0
    del module._parameters["weight_hh_l0"]
    module.register_parameter("weight_hh_l0_raw", raw)
    module.weight_hh_l0 = torch.nn.functional.dropout(raw, 0.5)
    with pytest.raises(
        ValueError, match=r"module: got a weight_hh_l0 that is no parameter .* \(a weight drop\?\), wanted"
    ):
        from_torch(module)
    del module.weight_hh_l0
    with pytest.raises(ValueError, match="module: got no weight_hh_l0, wanted all weights of a LSTM"):
        from_torch(module)


def test_modules_that_compute_something_else_are_refused():
    class Shifted(torch.nn.GRU):
        def forward(self, x, state=None):
            return super().forward(x + 1, state)

    with pytest.raises(TypeError, match=r"module: got a Shifted with a forward of its own, wanted a torch\.nn\.GRU"):
        from_torch(Shifted(2, 3))
    with pytest.raises(ValueError, match=r"module: got parameters of torch\.bfloat16, wanted torch\.float32 or"):
        from_torch(torch.nn.LSTM(2, 3, dtype=torch.bfloat16))
    with pytest.raises(ValueError, match="module: got a LazyLinear that no input has been through"):
        from_torch(torch.nn.LazyLinear(3))


@pytest.mark.filterwarnings("ignore:dropout option adds dropout:UserWarning")
def test_dropout_of_a_single_layer_does_nothing_there_or_here():
    assert isinstance(from_torch(torch.nn.LSTM(2, 3, dropout=0.5)), LSTM)


def test_states_of_other_forms_are_named(rng):
    lstm, gru = LSTM(2, 3, rng=rng), GRU(2, 3, rng=rng)
    two = torch.zeros(2, 4, 3)
    with pytest.raises(
        TypeError, match=r"state: got Tensor, wanted two tensors \(h, c\), as a torch\.nn\.LSTM returns"
    ):
        state_from_torch(lstm, two)
    with pytest.raises(TypeError, match=r"state: got tuple, wanted one tensor, as a torch\.nn\.GRU returns"):
        state_from_torch(gru, (two, two))
    with pytest.raises(ValueError, match=r"state: got 2 layers · directions, wanted 1, as in GRU\(2, 3"):
        state_from_torch(gru, two)
    stack = Stacked.of(GRU, 2, 3, 2, rng=rng)
    with pytest.raises(ValueError, match="state: got 1 layers · directions, wanted 2"):
        state_to_torch(stack, (np.zeros((4, 3)),))
