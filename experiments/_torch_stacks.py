"""Small networks of PyTorch trained side by side: every parameter has a leading axis for the network.

At these sizes PyTorch's overhead costs more than the arithmetic, so that ten networks in one stack take little longer
than two. Each is initialised by the package's own module with its own seed, has its own data and its own clipping: none
knows of the others. `forward` of a stack gives what the modules give one by one.
"""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rnn_utils import transformer

Parameters = dict[str, Tensor]


def stacked(models: Iterable[nn.Module]) -> Parameters:
    """Return the parameters of some networks of one kind by name, (N, …) each."""
    named = [dict(model.named_parameters()) for model in models]
    return {name: torch.stack([each[name].detach() for each in named]).requires_grad_() for name in named[0]}


def linear(p: Parameters, name: str, x: Tensor) -> Tensor:
    """Apply every network's own matrix and bias: x (N, M, in) to (N, M, out)."""
    return torch.baddbmm(p[f"{name}.bias"][:, None], x, p[f"{name}.weight"].mT)


def norm(p: Parameters, name: str, x: Tensor) -> Tensor:
    """Apply every network's own layer norm to x (N, M, D)."""
    return F.layer_norm(x, x.shape[-1:]) * p[f"{name}.weight"][:, None] + p[f"{name}.bias"][:, None]


def attention(p: Parameters, name: str, x: Tensor, shape: tuple[int, int, int, int]) -> Tensor:
    """Causal self-attention of every network, x (N, T·B, D); shape is N, T, B, heads."""
    N, T, B, heads = shape
    qkv = linear(p, f"{name}.in_proj", x).view(N, T, B, 3, heads, -1)
    q, k, v = qkv.permute(3, 0, 2, 4, 1, 5).flatten(1, 3)  # (N·B·heads, T, d) each
    scores = q @ k.mT / q.shape[-1] ** 0.5
    future = torch.full((T, T), float("-inf")).triu(1)
    mixed = ((scores + future).softmax(dim=-1) @ v).view(N, B, heads, T, -1)
    return linear(p, f"{name}.out_proj", mixed.permute(0, 3, 1, 2, 4).reshape(N, T * B, -1))


def run_transformer(p: Parameters, ids: Tensor, heads: int, where: Tensor | None) -> Tensor:
    """Return logits (N, T, B, O) of ids (N, T, B); `where` (N or 1, T, D) is added to the vectors of the symbols."""
    N, T, B = ids.shape
    x = F.one_hot(ids, p["encoder.weight"].shape[1]).to(p["encoder.weight"].dtype) @ p["encoder.weight"][:, None]
    x = (x if where is None else x + where[:, :, None]).flatten(1, 2)  # (N, T·B, D)
    for layer in range(sum(name.endswith("norm1.weight") for name in p)):
        block = f"layers.{layer}"
        x = x + attention(p, f"{block}.self_attn", norm(p, f"{block}.norm1", x), (N, T, B, heads))
        hidden = linear(p, f"{block}.linear1", norm(p, f"{block}.norm2", x)).relu()
        x = x + linear(p, f"{block}.linear2", hidden)
    return linear(p, "linear", norm(p, "norm", x)).view(N, T, B, -1)


def step(kind: str, a: Tensor, h: Tensor, c: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """One step of every network: input products a (N, B, kH), state h and cell c (N, B, H)."""
    b = torch.baddbmm(bias, h, weight)
    if kind == "RNN":
        return torch.tanh(a + b), c
    if kind == "LSTM":
        i, f, g, o = (a + b).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
    H = h.shape[-1]
    r, z = (a[..., : 2 * H] + b[..., : 2 * H]).sigmoid().chunk(2, dim=-1)
    n = (a[..., 2 * H :] + r * b[..., 2 * H :]).tanh()
    return n + z * (h - n), c


def run_recurrent(p: Parameters, ids: Tensor, kind: str) -> Tensor:
    """Return logits (N, T, B, O) of ids (N, T, B)."""
    N, T, B = ids.shape
    inputs, weight = p["rnn.weight_ih_l0"].mT, p["rnn.weight_hh_l0"].mT  # (N, V, kH), (N, H, kH)
    x = F.one_hot(ids, inputs.shape[1]).to(inputs.dtype).flatten(1, 2)
    a = torch.baddbmm(p["rnn.bias_ih_l0"][:, None], x, inputs).view(N, T, B, -1)
    h = c = a.new_zeros(N, B, weight.shape[1])
    states = []
    for products in a.unbind(1):  # not a[:, t], whose gradient fills all of a with zeros at every step
        h, c = step(kind, products, h, c, weight, p["rnn.bias_hh_l0"][:, None])
        states.append(h)
    return linear(p, "linear", torch.stack(states, dim=1).flatten(1, 2)).view(N, T, B, -1)


def clip(p: Parameters, largest: float) -> None:
    """Scale the gradient of each network to that norm where it is longer."""
    grads: list[Any] = [each.grad for each in p.values()]
    norms = torch.stack([grad.flatten(1).square().sum(1) for grad in grads]).sum(0).sqrt()  # (N,)
    scale = (largest / (norms + 1e-6)).clamp(max=1.0)
    for grad in grads:
        grad *= scale.view(-1, *[1] * (grad.dim() - 1))


def positions(T: int, d_model: int, starts: Iterable[int]) -> Tensor:
    """Return the waves of T steps from each start on, (N, T, d_model)."""
    return torch.stack([transformer.positions(T, d_model, start) for start in starts])
