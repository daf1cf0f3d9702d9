"""Trained on the parity of 12 bits, which networks go on to 128 and 1,280 bits, and what stops the others?

At every step of a stream of random bits the target is whether the ones so far are odd in number. Recurrent networks and
causal Transformers of about 5,000 parameters learn it on streams of 12 bits and are scored on longer ones. No function
of the last 12 bits is right more than half the time beyond step 12.

Positions, lengths and numbers of ones beyond step 12 are all new to a network. Three controls take some of that away: a
Transformer without positions; one whose positions start anywhere from 0 to 116 in training, so that all have been seen;
and networks that are trained on streams of 128 bits, so that nothing is new. The full run takes about six minutes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from experiments import saving
from experiments._torch_stacks import Parameters, clip, positions, run_recurrent, run_transformer, stacked
from rnn_utils import transformer

ONE_BLOCK = {"kind": "Transformer", "d_model": 20, "heads": 2, "layers": 1}
TWO_BLOCKS = {"kind": "Transformer", "d_model": 14, "heads": 2, "layers": 2}
RECURRENT = {"RNN": 66, "LSTM": 32, "GRU": 38}
SETTINGS: dict[str, Any] = {
    "networks": {
        **{f"{kind}, 1000": {"kind": kind, "hidden": H, "updates": 1000} for kind, H in RECURRENT.items()},
        "Transformer, 1000": ONE_BLOCK | {"updates": 1000},
        "Transformer, 10000": ONE_BLOCK | {"updates": 10_000},
        "positions from anywhere, 3000": ONE_BLOCK | {"updates": 3000, "positions": "anywhere"},
        "two blocks, 3000": TWO_BLOCKS | {"updates": 3000},
        "no positions, 3000": ONE_BLOCK | {"updates": 3000, "positions": "none"},
        "Transformer, trained on 128 bits, 1000": ONE_BLOCK | {"updates": 1000, "T": 128, "batch": 8},
        "GRU, trained on 128 bits, 1000": {"kind": "GRU", "hidden": 38, "updates": 1000, "T": 128, "batch": 8},
    },
    "seeds": 10,
    "T": 12,
    "batch": 16,
    "rate": 5e-3,
    "clip": 1.0,
    "tested": [1000, 128],  # streams and steps of the test
    "far": [200, 1280],  # of a second test, for the recurrent networks
}
TOLERANCE = 0.03


def bits(T: int, B: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return random bits and, at every step, the parity of those so far, each (T, B)."""
    x = torch.randint(2, (T, B), generator=generator)
    return x, x.cumsum(0) % 2


def build(net: dict[str, Any], seed: int) -> nn.Module:
    """Return an untrained network; the tanh layer starts with an orthogonal recurrent matrix."""
    torch.manual_seed(seed)
    if net["kind"] == "Transformer":
        return transformer.Transformer(2, net["d_model"], net["heads"], net["layers"], 2)
    model = transformer.Recurrent(net["kind"], 2, net["hidden"], 2)
    if net["kind"] == "RNN":
        nn.init.orthogonal_(model.rnn.weight_hh_l0)
    return model


def answer(p: Parameters, net: dict[str, Any], x: Tensor, generators: Sequence[torch.Generator] = ()) -> Tensor:
    """Return logits (N, T, B, 2) of bits (N, T, B); in training, with generators, positions may start anywhere."""
    if net["kind"] != "Transformer":
        return run_recurrent(p, x, net["kind"])
    starts = [0]
    if net.get("positions") == "anywhere" and generators:
        starts = [int(torch.randint(117, (), generator=generator)) for generator in generators]
    where = None if net.get("positions") == "none" else positions(x.shape[1], net["d_model"], starts)
    return run_transformer(p, x, net["heads"], where)


def train(net: dict[str, Any], seeds: Sequence[int], given: dict[str, Any]) -> Parameters:
    """Return networks after their updates, a seed each: Adam, a rate that falls to a twentieth, clipped gradients."""
    torch.set_num_threads(1)
    p, generators = stacked(build(net, seed) for seed in seeds), [torch.Generator().manual_seed(s) for s in seeds]
    optimizer = torch.optim.Adam(p.values(), lr=net.get("rate", given["rate"]))
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, net["updates"])
    for _ in range(net["updates"]):
        drawn = [bits(net.get("T", given["T"]), net.get("batch", given["batch"]), each) for each in generators]
        x, y = (torch.stack(parts) for parts in zip(*drawn))
        losses = F.cross_entropy(answer(p, net, x, generators).flatten(0, 2), y.flatten(), reduction="none")
        optimizer.zero_grad()
        losses.view(len(seeds), -1).mean(1).sum().backward()  # the gradient of each network's own mean loss
        clip(p, given["clip"])
        optimizer.step()
        decay.step()
    return p


@torch.no_grad()
def right(p: Parameters, net: dict[str, Any], B: int, T: int) -> np.ndarray:
    """Return the share of right answers at every step of B test streams, (N, T)."""
    x, y = bits(T, B, torch.Generator().manual_seed(1000))
    shares = []
    for some in range(0, B, 50):  # in parts: the scores of attention are large
        part = x[:, some : some + 50].expand(len(p["linear.bias"]), -1, -1)
        shares.append((answer(p, net, part).argmax(dim=-1) == y[:, some : some + 50]).double().mean(dim=2))
    return torch.stack(shares).mean(0).numpy()


def row_of(net: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return one network's scores, by seed: the trained steps, those far beyond, and the curve over the steps."""
    seeds = range(given["seeds"])
    p = train(net, seeds, given)
    shares = right(p, net, *given["tested"])  # (seeds, T)
    row: dict[str, Any] = {"parameters": sum(each[0].numel() for each in p.values())}
    for name, steps in {"1 to 12": slice(0, 12), "25 to 128": slice(24, 128)}.items():
        row[name] = shares[:, steps].mean(axis=1).round(4).tolist()
    far = [] if net["kind"] == "Transformer" else right(p, net, *given["far"])[:, -100:].mean(axis=1)
    edges = {"lowest": shares.min(0), "median": np.median(shares, axis=0), "highest": shares.max(0)}
    return row | {"far": np.round(far, 4).tolist()} | {name: np.round(edge, 3).tolist() for name, edge in edges.items()}


def run(networks: dict[str, dict[str, Any]], **given: Any) -> dict[str, Any]:
    """Return a row for every network."""
    return {name: row_of(net, given) for name, net in networks.items()}


def check_part(record: dict[str, Any]) -> None:
    """Train one LSTM and one Transformer again for 1,000 updates and compare their shares beyond step 24.

    Alone in its stack a network rounds differently, so that how well a Transformer knows the 12 bits may change a lot.
    """
    settings = record["settings"]
    names = ["LSTM, 1000", "Transformer, 1000"]
    part = {"seeds": 1, "tested": [200, 128], "far": [2, 200]}
    again = run(**settings | part | {"networks": {name: settings["networks"][name] for name in names}})
    for name in names:
        new, old = again[name]["25 to 128"][0], record["results"][name]["25 to 128"][0]
        assert abs(new - old) <= TOLERANCE, f"{name}, steps 25 to 128: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
