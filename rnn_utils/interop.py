"""Layers to and from torch.nn: the parameters have the same names, layouts and meaning, so they are only copied."""

from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np

from rnn_utils.layers import Embedding, Linear
from rnn_utils.recurrent import GRU, LSTM, RNN
from rnn_utils.stacked import REVERSE, Bidirectional, Stacked

if TYPE_CHECKING:
    import torch

__all__ = ["from_torch", "state_from_torch", "state_to_torch", "to_torch"]

Layer = RNN | LSTM | GRU | Bidirectional | Stacked | Linear | Embedding

# Options of PyTorch's modules that change what is computed and have no counterpart here, with the value that is off.
UNSUPPORTED = {"proj_size": 0, "padding_idx": None, "max_norm": None, "scale_grad_by_freq": False}


def from_torch(module: "torch.nn.Module") -> Layer:
    """Return the layer of this package that computes what a module of PyTorch computes in evaluation.

    Parameters
    ----------
    module : torch.nn.RNN, LSTM, GRU, Linear or Embedding
        With any number of layers and directions, in float32 or float64. A missing bias becomes one of zeros. Its
        ``batch_first`` does not matter to its parameters: the layer takes x (T, B, D) in any case. Weights that PyTorch
        makes of others (``weight_norm``, ``spectral_norm``, ``prune``, ``parametrize``) come as what they are now.

    Returns
    -------
    RNN, LSTM, GRU, Linear or Embedding
        A `Stacked` for several layers, made of `Bidirectional` ones for two directions. The parameters are copies.

    Raises
    ------
    TypeError
        When the module is of another kind.
    ValueError
        When it uses an option that has no counterpart here, such as ``proj_size``, or has a weight that something
        other than PyTorch's own functions puts in place, as a weight drop does.

    """
    kind = _kind(module)
    training = {part: part.training for part in module.modules()}
    module.eval()  # in training, some weights would change by being looked at
    try:
        return _layer_of(kind, module)
    finally:
        for part, was in training.items():
            part.training = was


def _layer_of(kind: type, module: Any) -> Layer:
    """Return the layer of a kind that computes what a module in evaluation computes."""
    for option, off in UNSUPPORTED.items():
        if getattr(module, option, off) != off:
            raise ValueError(f"module: got {option} = {getattr(module, option)}, wanted {off}: there is no counterpart")
    dtype = str(module.weight.dtype if kind in (Linear, Embedding) else module.weight_ih_l0.dtype)
    if dtype not in ("torch.float32", "torch.float64"):
        raise ValueError(f"module: got parameters of {dtype}, wanted torch.float32 or torch.float64: module.float()")
    unused: dict[str, Any] = {"rng": np.random.default_rng(0), "dtype": dtype.removeprefix("torch.")}
    if kind is Linear:
        layer: Layer = Linear(module.in_features, module.out_features, **unused)
    elif kind is Embedding:
        layer = Embedding(module.num_embeddings, module.embedding_dim, **unused)
    else:
        if kind is RNN:
            unused["nonlinearity"] = module.nonlinearity
        sizes = module.input_size, module.hidden_size, module.num_layers
        dropout = module.dropout if module.num_layers > 1 else 0.0
        stack = Stacked.of(kind, *sizes, bidirectional=module.bidirectional, dropout=dropout, **unused)
        layer = cast(Layer, stack if module.num_layers > 1 else stack.layers[0])
    for name, mine in layer.params.items():  # every value drawn above is overwritten
        mine[...] = _value(module, _torch_name(layer, name))
    return layer


def _value(module: Any, name: str) -> Any:
    """Return what a parameter of a module is at this moment, in evaluation; zero for a bias that it does not have."""
    from torch.nn.utils import parametrize

    if getattr(module, name, None) is None:
        if name.startswith("bias"):
            return 0.0
        raise ValueError(f"module: got no {name}, wanted all weights of a {type(module).__name__}")
    if name in module._parameters:
        tensor = module._parameters[name]
    elif parametrize.is_parametrized(module, name):
        tensor = getattr(module, name)
    else:
        tensor = _of_hook(module, name)
    return tensor.detach().cpu().numpy()


def _of_hook(module: Any, name: str) -> Any:
    """Return a weight that one of PyTorch's hooks computes before every call (old weight and spectral norm, pruning).

    The hook is asked for it: what lies in the module may be older than the last update of what it is computed from.
    """
    for hook in module._forward_pre_hooks.values():
        if type(hook).__module__.startswith("torch.nn.utils") and name in (
            getattr(hook, "name", None),
            getattr(hook, "_tensor_name", None),
        ):
            hook(module, ())
            return getattr(module, name)
        for part in getattr(hook, "_pruning_methods", ()):  # several prunings of one weight
            if getattr(part, "_tensor_name", None) == name:
                hook(module, ())
                return getattr(module, name)
    raise ValueError(
        f"module: got a {name} that is no parameter and that none of PyTorch's hooks computes (a weight drop?), "
        "wanted one that is: restore the module's own weights first"
    )


def to_torch(layer: Layer) -> "torch.nn.Module":
    """Return the module of PyTorch that computes what a layer of this package computes.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, Bidirectional, Stacked, Linear or Embedding

    Returns
    -------
    torch.nn.Module
        On the CPU, in the layer's dtype, taking x (T, B, D). The parameters are copies.

    Raises
    ------
    TypeError
        When the layer is of another kind.
    ValueError
        When a stack mixes kinds, sizes or directions, which no module of PyTorch does.

    """
    import torch

    kind: Any
    options: dict[str, Any]
    if isinstance(layer, Linear):
        kind, options = torch.nn.Linear, {"in_features": layer.in_features, "out_features": layer.out_features}
    elif isinstance(layer, Embedding):
        sizes = {"num_embeddings": layer.num_embeddings, "embedding_dim": layer.embedding_dim}
        kind, options = torch.nn.Embedding, sizes
    else:
        kind, options = _recurrent_module(layer)
    with torch.random.fork_rng(devices=[]):  # the initial values, overwritten below, are drawn without a trace
        module = kind(**options, dtype=getattr(torch, str(layer.dtype)))
    with torch.no_grad():
        for name, mine in layer.params.items():
            module.get_parameter(_torch_name(layer, name)).copy_(torch.tensor(mine))
    return module


def state_to_torch(layer: Layer, state: Any) -> Any:
    """Return a state as PyTorch has it.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, Bidirectional or Stacked
    state : ndarray, shape (B, H), or nested tuples of such
        As the layer's `forward` takes and returns it.

    Returns
    -------
    torch.Tensor, shape (layers · directions, B, H), or two of them (h, c) for an LSTM

    """
    import torch

    parts = [state]
    if isinstance(layer, Stacked):
        parts = list(state)
    if isinstance(_layers(layer)[0], Bidirectional):
        parts = [part for pair in parts for part in pair]
    _check_number(layer, len(parts))
    if _directions(layer)[0].state_names == ("h", "c"):
        return tuple(torch.tensor(np.stack([part[k] for part in parts])) for k in range(2))
    return torch.tensor(np.stack(parts))


def _check_number(layer: Layer, got: int) -> None:
    """Raise ValueError when a state is not of as many layers and directions as the layer has."""
    wanted = len(_directions(layer))
    if got != wanted:
        raise ValueError(f"state: got {got} layers · directions, wanted {wanted}, as in {layer}")


def state_from_torch(layer: Layer, state: Any) -> Any:
    """Return a state of PyTorch as this package has it; the reverse of `state_to_torch`.

    Parameters
    ----------
    layer : RNN, LSTM, GRU, Bidirectional or Stacked
        Such as `from_torch` makes of the module that the state is from.
    state : torch.Tensor, shape (layers · directions, B, H), or two of them (h, c) for an LSTM

    Returns
    -------
    ndarray, shape (B, H), or nested tuples of such
        As the layer's `forward` takes it: a pair for each LSTM, and one of these for each layer and direction.

    Raises
    ------
    TypeError, ValueError
        When it is no state of such a layer, or has another number of layers and directions.

    """
    two = _directions(layer)[0].state_names == ("h", "c")
    if two != isinstance(state, tuple | list) or (two and len(state) != 2):
        wanted = "two tensors (h, c)" if two else "one tensor"
        raise TypeError(f"state: got {type(state).__name__}, wanted {wanted}, as a torch.nn.{_name(layer)} returns it")
    arrays = [tensor.detach().cpu().numpy().copy() for tensor in (state if two else [state])]
    _check_number(layer, len(arrays[0]))
    parts = list(zip(*arrays)) if two else list(arrays[0])
    if isinstance(_layers(layer)[0], Bidirectional):
        parts = list(zip(parts[::2], parts[1::2]))
    return tuple(parts) if isinstance(layer, Stacked) else parts[0]


def _kind(module: Any) -> type:
    import torch

    kinds: dict[Any, type] = {torch.nn.RNN: RNN, torch.nn.LSTM: LSTM, torch.nn.GRU: GRU, torch.nn.Linear: Linear}
    kinds[torch.nn.Embedding] = Embedding
    for theirs, ours in kinds.items():
        if isinstance(module, theirs):
            if type(module).forward is not theirs.forward:
                name = type(module).__name__
                raise TypeError(f"module: got a {name} with a forward of its own, wanted a torch.nn.{theirs.__name__}")
            if any(map(torch.nn.parameter.is_lazy, module.parameters())):
                raise ValueError(f"module: got a {type(module).__name__} that no input has been through, wanted one")
            return ours
    raise TypeError(f"module: got {type(module).__name__}, wanted a torch.nn.RNN, LSTM, GRU, Linear or Embedding")


def _torch_name(layer: Layer, name: str) -> str:
    """Return PyTorch's name of a parameter: a layer that stands alone is its layer 0."""
    if isinstance(layer, Linear | Embedding | Stacked):
        return name
    suffix = REVERSE if name.endswith(REVERSE) else ""
    return f"{name.removesuffix(REVERSE)}_l0{suffix}"


def _name(layer: Any) -> str:
    """Return the class that all RNN, LSTM or GRU in a layer are of."""
    return type(_directions(layer)[0]).__name__


def _layers(layer: Any) -> list[Any]:
    """Return the layers of a stack, or the one layer."""
    return layer.layers if isinstance(layer, Stacked) else [layer]


def _directions(layer: Any) -> list[Any]:
    """Return all RNN, LSTM or GRU in a layer, in PyTorch's order."""
    result = []
    for part in _layers(layer):
        result += [part.forward_layer, part.reverse_layer] if isinstance(part, Bidirectional) else [part]
    return result


def _recurrent_module(layer: Any) -> tuple[type, dict[str, Any]]:
    """Return the class of PyTorch that a recurrent layer corresponds to, and the arguments to make it with."""
    import torch

    parts = _directions(layer)
    first = parts[0]
    if type(first) not in (RNN, LSTM, GRU):
        raise TypeError(
            f"layer: got {type(layer).__name__}, wanted one of {', '.join(t.__name__ for t in get_args(Layer))}"
        )
    looks = {(type(part), part.hidden_size, getattr(part, "nonlinearity", "")) for part in parts}
    twice = {isinstance(part, Bidirectional) for part in _layers(layer)}
    if len(looks) > 1 or len(twice) > 1:
        raise ValueError(f"layer: got {layer}, wanted layers of one kind, hidden size and number of directions")
    options: dict[str, Any] = {"input_size": layer.input_size, "hidden_size": first.hidden_size}
    options["bidirectional"] = twice.pop()
    if isinstance(first, RNN):
        options["nonlinearity"] = first.nonlinearity
    if isinstance(layer, Stacked) and len(layer.layers) > 1:
        options |= {"num_layers": len(layer.layers), "dropout": layer.dropout.p}
    return getattr(torch.nn, type(first).__name__), options
