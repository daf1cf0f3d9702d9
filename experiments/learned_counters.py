"""How far do counters count that were trained on sequences of 20 steps?

The data are `data.counter`: bits in, the number of ones so far out, at every step. The networks have eight units, tanh
or ReLU, and a linear answer; they learn from batches of 32 sequences of 20 steps and are tested on 500 sequences of
100 steps. The full run takes less than a minute.
"""

from functools import partial
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import RNN, data
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import fit

SETTINGS: dict[str, Any] = {
    # name: nonlinearity, updates, seeds
    "networks": {
        "tanh, 400 updates": ["tanh", 400, 12],
        "tanh, 4000 updates": ["tanh", 4000, 10],
        "relu, 400 updates": ["relu", 400, 12],
        "relu, 4000 updates": ["relu", 4000, 10],
    },
    "lr": 2e-2,
}
AFTER = (10, 20, 40, 100)  # steps after which the count is read
TOLERANCE = 0.02


def counting(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch to learn from."""
    return data.counter(20, 32, rng, dtype=np.float64)


def train(nonlinearity: str, updates: int, seed: int, lr: float) -> SequenceModel:
    """Return a counter after so many batches."""
    rng = np.random.default_rng(seed)
    layer = partial(RNN, nonlinearity=nonlinearity)
    model = SequenceModel(1, 8, 1, rng=rng, layer=layer, every_step=True, dtype=np.float64)
    how: dict[str, Any] = {"schedule": linear_decay, "clip_norm": 1.0, "progress": False}
    fit(model, counting, Adam(model.params, lr=lr), steps=updates, rng=rng, **how)
    return model


def run(networks: dict[str, list[Any]], lr: float) -> dict[str, Any]:
    """Return for every network, after 10 to 100 steps: mean error by seed, and the share off by more than ½."""
    x, y = data.counter(AFTER[-1], 500, np.random.default_rng(98), dtype=np.float64)
    results: dict[str, Any] = {}
    for name, (nonlinearity, updates, seeds) in networks.items():
        row: dict[str, list[float]] = {f"{what} {n}": [] for n in AFTER for what in ("error", "wrong")}
        for seed in range(seeds):
            error = np.abs(train(nonlinearity, updates, seed, lr).forward(x)[0] - y)  # (T, B, 1)
            for n in AFTER:
                row[f"error {n}"].append(round(float(error[n - 1].mean()), 3))
                row[f"wrong {n}"].append(round(float((error[n - 1] > 0.5).mean()), 3))
        results[name] = row
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train three tanh counters again, and compare their errors with the record."""
    name = "tanh, 400 updates"
    again = run({name: [*record["settings"]["networks"][name][:2], 3]}, record["settings"]["lr"])[name]
    for n in (10, 20, 40):
        new, old = again[f"error {n}"], record["results"][name][f"error {n}"][:3]
        assert np.allclose(new, old, rtol=0.05, atol=TOLERANCE), f"{name}, {n} steps: got {new}, wanted {old}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
