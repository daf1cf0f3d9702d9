"""Shakespeare at equal time on one core: LSTM and GRU against minGRU, with the layers of this package. For chapter 17.

All get as many updates as fit into the same seconds of processor time. The pace of every network is measured at the
start, in turns, so that what else the machine does meets all alike; ``updates`` follow from it. They read the same
text in the same order with chapter 7's recipe. A rate is chosen on the ninth tenth of the text, by the mean of three
seeds with half the updates, and ten other seeds at that rate are scored on the last tenth, in nats per character, the
state carried.

The full run takes about twelve minutes.
"""

import statistics
import sys
import time
from functools import cache, partial
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import GRU, LSTM, Adam, LanguageModel, Stacked, data, evaluate, fit
from rnn_utils.minimal import MinGRU
from rnn_utils.optim import clip_grad_norm_, linear_decay

SETTINGS: dict[str, Any] = {
    "networks": {
        "LSTM": {"kind": "LSTM", "hidden": 128},
        "GRU": {"kind": "GRU", "hidden": 128},
        "minGRU": {"kind": "minGRU", "hidden": 384},
        "minGRU, two layers": {"kind": "minGRU", "hidden": 160, "layers": 2},
    },
    "seconds": 10,
    "rates": [0.008, 0.016, 0.032, 0.064, 0.128],
    "tuning_seeds": [100, 101, 102],
    "seeds": 10,
    "batch": 32,
    "T": 32,
    "rounds": 7,
}
KINDS: dict[str, Any] = {"LSTM": LSTM, "GRU": GRU, "minGRU": MinGRU}
PART = 150  # updates of the check


@cache
def streams(batch: int, T: int) -> tuple[int, dict[str, list[Any]]]:
    """Return V, and the batches of the three parts of the text."""
    parts = data.split(data.shakespeare(), (0.8, 0.1, 0.1))
    vocabulary = data.Vocabulary(parts[0])
    ids = dict(zip(("training", "validation", "test"), map(vocabulary.encode, parts)))
    batches = {part: list(data.contiguous_streams(ids[part], 32, 128, drop_last=False)) for part in ids}
    return len(vocabulary), batches | {"training": list(data.contiguous_streams(ids["training"], batch, T))}


def build(net: dict[str, Any], V: int, seed: int) -> LanguageModel:
    """Return an untrained network."""
    layer = KINDS[net["kind"]]
    if "layers" in net:
        layer = partial(Stacked.of, layer, num_layers=net["layers"])
    return LanguageModel(V, net["hidden"], rng=np.random.default_rng(seed), layer=layer)


def train(net: dict[str, Any], updates: int, rate: float, seed: int, given: dict[str, Any]) -> LanguageModel:
    """Return a network after its updates, the rate falling to nothing."""
    V, batches = streams(given["batch"], given["T"])
    model = build(net, V, seed)
    how: dict[str, Any] = {"clip_norm": 1.0, "schedule": linear_decay, "carry_state": True, "progress": False}
    fit(model, batches["training"], Adam(model.params, rate), steps=updates, **how)
    return model


def score(model: LanguageModel, part: str, given: dict[str, Any]) -> float:
    """Return the loss on a part of the text."""
    return round(float(evaluate(model, streams(given["batch"], given["T"])[1][part], carry_state=True)), 4)


def pace(given: dict[str, Any], steps: int = 10) -> dict[str, float]:
    """Return the seconds of the processor that an update of each network takes: medians, the networks in turns."""
    V, batches = streams(given["batch"], given["T"])
    racers = {name: build(net, V, 0) for name, net in given["networks"].items()}
    optimizers = {name: Adam(model.params, 1e-3) for name, model in racers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in racers}
    for _ in range(given["rounds"] + 1):
        for name, model in racers.items():
            began, state = time.process_time(), None
            for batch in batches["training"][:steps]:
                _, grads, state = model.loss_and_grads(batch, state)
                clip_grad_norm_(grads, 1.0)
                optimizers[name].step(grads)
            seconds[name].append((time.process_time() - began) / steps)
    return {name: float(f"{statistics.median(taken[1:]):.3g}") for name, taken in seconds.items()}  # the first warms up


def run(**given: Any) -> dict[str, Any]:
    """Return for every network its parameters, pace, updates, the tried rates and the losses of the ten seeds."""
    found: dict[str, Any] = {}
    for name, taken in pace(given).items():
        net, updates = given["networks"][name], round(given["seconds"] / taken)
        tried = {}
        for rate in given["rates"]:
            models = [train(net, updates // 2, rate, seed, given) for seed in given["tuning_seeds"]]
            tried[str(rate)] = [score(model, "validation", given) for model in models]
        print(name, tried, file=sys.stderr, flush=True)
        best = min(tried, key=lambda rate: statistics.mean(tried[rate]))
        row: dict[str, Any] = {"pace": taken, "updates": updates, "tried": tried, "rate": float(best), "test": []}
        row["parameters"] = sum(p.size for p in build(net, streams(given["batch"], given["T"])[0], 0).params.values())
        for seed in range(given["seeds"]):
            row["test"].append(score(train(net, updates, float(best), seed, given), "test", given))
            print(name, best, updates, row["test"], file=sys.stderr, flush=True)
        row["early"] = early(net, float(best), given)
        found[name] = row
    return found


def early(net: dict[str, Any], rate: float, given: dict[str, Any]) -> float:
    """Return the loss on the first test batch after a few updates at a constant rate, for the check."""
    V, batches = streams(given["batch"], given["T"])
    model = build(net, V, 0)
    fit(
        model,
        batches["training"],
        Adam(model.params, rate),
        steps=PART,
        clip_norm=1.0,
        carry_state=True,
        progress=False,
    )
    return round(float(evaluate(model, batches["test"][:1])), 4)


def check_part(record: dict[str, Any]) -> None:
    """Train the GRU for a few updates again."""
    row, given = record["results"]["GRU"], record["settings"]
    again = early(given["networks"]["GRU"], row["rate"], given)
    assert abs(again - row["early"]) <= 0.02, f"GRU: got {again}, wanted {row['early']} ± 0.02"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
