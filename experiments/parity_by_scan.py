"""What does a network lose whose gates do not read its state? Parity of 24 bits, then up to 500, for chapter 17.

At every step of a stream of random bits the target is whether the ones so far are odd in number. The tanh network, LSTM
and GRU have about 5,000 parameters, and so have two layers of 48 units of a minGRU, a GELU between them. A minGRU
multiplies its state by z in (0, 1). The same network with 2 z − 1 in its place, and nothing else changed, can turn the
sign round. Its gates can be made *sharper* after training: their weighted sums times 2 or 4, all else as it was.

All learn on streams of 24 bits, and all are scored on 200 new streams of 500. A row of ``results`` holds, by seed, the
share of right answers at steps 1 to 24 and 401 to 500, and the lowest, median and highest at every step. ``weights``
are those of one signed layer after 2,000 updates; ``kept`` is, for each such network, the largest geometric mean of
|a| on a one and on a zero over the units whose a is negative on ones alone. The full run takes about five minutes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from experiments import parity_beyond, saving
from experiments._torch_stacks import Parameters, clip, linear, run_recurrent, stacked
from experiments.parity_beyond import bits

ONE = {"kind": "minGRU", "hidden": 32, "layers": 1}
TWO = {"kind": "minGRU", "hidden": 48, "layers": 2}
SIGNED = "(-1, 1), one layer"
SETTINGS: dict[str, Any] = {
    "networks": {
        "tanh": {"kind": "RNN", "hidden": 66},
        "LSTM": {"kind": "LSTM", "hidden": 32},
        "GRU": {"kind": "GRU", "hidden": 38},
        "(0, 1), one layer": ONE | {"signed": False},
        "(0, 1), two layers": TWO | {"signed": False},
        "(0, 1), two layers, 10000": TWO | {"signed": False, "updates": 10_000},
        SIGNED: ONE | {"signed": True},
        "(-1, 1), one layer, 20000": ONE | {"signed": True, "updates": 20_000},
    },
    "seeds": 10,
    "updates": 2000,
    "T": 24,
    "batch": 16,
    "rate": 5e-3,
    "clip": 1.0,
    "sharper": [2, 4],
    "tested": [200, 500],  # streams and steps of the test
}
TOLERANCE = 0.03


class MinGRU(torch.nn.Module):
    """Parameters of one network, drawn as `rnn_utils.minimal.MinGRU` draws them."""

    def __init__(self, hidden: int, layers: int) -> None:
        super().__init__()
        bound = hidden**-0.5
        for layer in range(layers):
            for name, shape in {"weight": (2 * hidden, hidden if layer else 2), "bias": (2 * hidden,)}.items():
                p = torch.nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                self.register_parameter(f"{name}_l{layer}", p)
        self.linear = torch.nn.Linear(hidden, 2)


def run_minimal(p: Parameters, ids: Tensor, signed: bool, sharper: float = 1) -> Tensor:
    """Return logits (N, T, B, 2) of bits (N, T, B); the gates' sums are multiplied by `sharper`."""
    N, T, B = ids.shape
    x = F.one_hot(ids, 2).to(p["linear.bias"].dtype).flatten(1, 2)
    layers = sum(name.startswith("weight_l") for name in p)
    for layer in range(layers):
        sums = torch.baddbmm(p[f"bias_l{layer}"][:, None], x, p[f"weight_l{layer}"].mT).view(N, T, B, -1)
        z, n = sums.chunk(2, dim=-1)
        z = (sharper * z).sigmoid()
        a, b = (2 * z - 1 if signed else z), (1 - z) * n
        h, states = torch.zeros_like(a[:, 0]), []
        for a_t, b_t in zip(a.unbind(1), b.unbind(1)):
            h = a_t * h + b_t
            states.append(h)
        x = torch.stack(states, dim=1).flatten(1, 2)
        x = F.gelu(x) if layer < layers - 1 else x
    return linear(p, "linear", x).view(N, T, B, -1)


def answer(p: Parameters, net: dict[str, Any], ids: Tensor, sharper: float = 1) -> Tensor:
    """Return logits (N, T, B, 2) of bits (N, T, B)."""
    if net["kind"] == "minGRU":
        return run_minimal(p, ids, net["signed"], sharper)
    return run_recurrent(p, ids, net["kind"])


def build(net: dict[str, Any], seed: int) -> torch.nn.Module:
    """Return an untrained network."""
    torch.manual_seed(seed)
    return MinGRU(net["hidden"], net["layers"]) if net["kind"] == "minGRU" else parity_beyond.build(net, seed)


def train(net: dict[str, Any], seeds: Sequence[int], given: dict[str, Any]) -> Parameters:
    """Return networks after their updates, a seed each: Adam, a rate that falls to a twentieth, clipped gradients."""
    torch.set_num_threads(1)
    updates, T = net.get("updates", given["updates"]), given["T"]
    p, generators = stacked(build(net, seed) for seed in seeds), [torch.Generator().manual_seed(s) for s in seeds]
    optimizer = torch.optim.Adam(p.values(), lr=given["rate"])
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, updates)
    for _ in range(updates):
        x, y = (torch.stack(parts) for parts in zip(*(bits(T, given["batch"], each) for each in generators)))
        loss = F.cross_entropy(answer(p, net, x).flatten(0, 2), y.flatten()) * len(seeds)  # each network's own mean
        optimizer.zero_grad()
        loss.backward()
        clip(p, given["clip"])
        optimizer.step()
        decay.step()
    return p


@torch.no_grad()
def right(p: Parameters, net: dict[str, Any], tested: Sequence[int], sharper: float = 1) -> dict[str, Any]:
    """Return shares of right answers on new streams: by seed in two spans, and their range at every step."""
    B, T = tested
    x, y = bits(T, B, torch.Generator().manual_seed(1000))
    logits = answer(p, net, x.expand(len(p["linear.bias"]), -1, -1), sharper)
    shares = (logits.argmax(dim=-1) == y).double().mean(dim=2).numpy()  # (seeds, T)
    row = {"1 to 24": shares[:, :24].mean(axis=1).round(4).tolist()}
    row["401 to 500"] = shares[:, -100:].mean(axis=1).round(4).tolist()
    edges = {"lowest": shares.min(0), "median": np.median(shares, axis=0), "highest": shares.max(0)}
    return row | {name: np.round(edge, 3).tolist() for name, edge in edges.items()}


@torch.no_grad()
def most_kept(p: Parameters, hidden: int) -> list[float]:
    """Return for each network the largest √|a(1) a(0)| among the units with a(1) < 0 < a(0)."""
    sums = p["weight_l0"] + p["bias_l0"][..., None]  # (N, 2H, 2): of a zero and of a one
    a = 2 * sums[:, :hidden].sigmoid() - 1
    flips = (a[..., 1] < 0) & (a[..., 0] > 0)
    kept = torch.where(flips, (a[..., 0] * -a[..., 1]).clamp(min=0).sqrt(), 0)
    return [round(float(each), 4) for each in kept.amax(dim=1)]


def row_of(name: str, net: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return one network's scores, and what else is asked of a single signed layer."""
    p = train(net, range(given["seeds"]), given)
    row: dict[str, Any] = {"parameters": sum(each[0].numel() for each in p.values())}
    row |= right(p, net, given["tested"])
    if net.get("signed"):
        row["sharper"] = {str(by): right(p, net, given["tested"], by) for by in given["sharper"]}
    if net.get("signed") and net["layers"] == 1:
        row["kept"] = most_kept(p, net["hidden"])
    if name == SIGNED:
        row["weights"] = {key: each.detach().double().numpy().round(5).tolist() for key, each in p.items()}
    return row


def run(networks: dict[str, dict[str, Any]], **given: Any) -> dict[str, Any]:
    """Return a row for every network."""
    return {name: row_of(name, net, given) for name, net in networks.items()}


def check_part(record: dict[str, Any]) -> None:
    """Train the first network with one signed layer again, as it is and sharper."""
    settings = record["settings"]
    part = {"seeds": 1, "tested": [50, 500], "networks": {SIGNED: settings["networks"][SIGNED]}, "sharper": [2]}
    new, old = run(**settings | part)[SIGNED], record["results"][SIGNED]
    for span in ("1 to 24", "401 to 500"):
        for one, other in ((new, old), (new["sharper"]["2"], old["sharper"]["2"])):
            got, wanted = one[span][0], other[span][0]
            assert abs(got - wanted) <= TOLERANCE, f"steps {span}: got {got}, wanted {wanted} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
