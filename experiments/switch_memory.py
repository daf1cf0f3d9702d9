"""Who still knows the last command of a switch that may be thrown any number of steps ago: a loop, or a window?

The data are `data.switch`: on, off or nothing at every step; the target is the last command. All networks have one
layer of tanh units and a linear answer, and learn from the same number of batches of 32 × 50 steps, one step in ten of
which brings a command. The loop has 8 units. Its rivals see the last 1, 7 or 50 inputs; a window of 1 with 8 units is
the same network with its loop cut.

They are scored where commands are as frequent as in training, where they are ten times rarer, and after one command
that is followed by 10,000 steps of silence. Every stream of a test comes with its mirror image, on and off exchanged.
A function of the last k inputs that are all 0 is then right exactly half the time, so that "at most", the share of
steps with a command in the window plus half the rest, is a bound for these very streams.

The full run takes about nine minutes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import fit

SETTINGS: dict[str, Any] = {
    # name: window (None is the loop), hidden units, updates, seeds
    "networks": {
        "loop, 400 updates": [None, 8, 400, 20],
        "loop, 4000 updates": [None, 8, 4000, 10],
        "window 1, 400 updates": [1, 8, 400, 10],
        "window 7, 400 updates": [7, 64, 400, 10],
        "window 50, 400 updates": [50, 64, 400, 10],
        "window 50, 4000 updates": [50, 64, 4000, 10],
    },
    "share": 0.1,
    "lr": 1e-2,
    "silence": 10_000,
}
BURN_IN = 1000  # steps of the test that are not scored: a last command may then lie far back
TOLERANCE = 0.01


def flat(a: np.ndarray) -> np.ndarray:
    """Lay all steps side by side as sequences of one step, (T, B, D) → (1, T B, D): no loop joins them."""
    return a.reshape(1, -1, a.shape[-1])


def predict(model: SequenceModel, k: int | None, x: np.ndarray) -> np.ndarray:
    """Return the answer at every step (T, B, 1), from the loop, or from the last k inputs."""
    if k is None:
        return model.forward(x)[0]
    return np.concatenate([model.forward(step[None])[0] for step in data.last_inputs(x, k)])


def train(k: int | None, hidden: int, updates: int, seed: int, share: float, lr: float) -> SequenceModel:
    """Return a network after so many batches: the loop, or a window of k."""
    rng = np.random.default_rng(seed)
    model = SequenceModel(k or 1, hidden, 1, rng=rng, every_step=True, dtype=np.float64)

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        x, y = data.switch(50, 32, share, rng, np.float64)
        return (x, y) if k is None else (flat(data.last_inputs(x, k)), flat(y))

    optimizer = Adam(model.params, lr=lr)
    fit(model, draw, optimizer, steps=updates, rng=rng, schedule=linear_decay, clip_norm=1.0, progress=False)
    return model


def tests(share: float) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the name, inputs and targets of the two tests: streams (T, B, 1), and their mirror images."""
    for name, p in (("as in training", share), ("ten times rarer", share / 10)):
        x, y = data.switch(2 * BURN_IN, 200, p, np.random.default_rng(99), np.float64)
        yield name, np.concatenate([x, -x], axis=1), np.concatenate([y, -y], axis=1)


def at_most(k: int, x: np.ndarray) -> float:
    """Return the share of scored steps that a function of the last k inputs can get right at most."""
    silent = (data.last_inputs(x, k) == 0).all(axis=-1)[BURN_IN:]
    return round(float(1 - silent.mean() / 2), 5)


def keeps(model: SequenceModel, k: int | None, silence: int) -> bool:
    """Whether both commands are still known after so many steps without another."""
    x = np.zeros((silence + 1, 2, 1))
    x[0, :, 0] = -1, 1
    return bool((np.sign(predict(model, k, x)[-1, :, 0]) == x[0, :, 0]).all())


def run(networks: dict[str, list[Any]], share: float, lr: float, silence: int) -> dict[str, Any]:
    """Return for every network the share of steps right, by seed, and whether it survived the silence."""
    results: dict[str, Any] = {}
    scored = list(tests(share))
    for name, (k, hidden, updates, seeds) in networks.items():
        row: dict[str, list[Any]] = {test: [] for test, _, _ in scored} | {"keeps": []}
        for seed in range(seeds):
            model = train(k, hidden, updates, seed, share, lr)
            for test, x, y in scored:
                right = (predict(model, k, x) > 0) == (y > 0)
                row[test].append(round(float(right[BURN_IN:].mean()), 5))
            row["keeps"].append(keeps(model, k, silence))
        bounds = {test: None if k is None else at_most(k, x) for test, x, _ in scored}
        results[name] = {"parameters": trainable(model, k), "at most": bounds} | row
    return results


def trainable(model: SequenceModel, k: int | None) -> int:
    """Count the parameters in use: one bias to a unit, and no recurrent matrix where nothing recurs."""
    unused = {"rnn.bias_hh"} | (set() if k is None else {"rnn.weight_hh"})
    return sum(p.size for name, p in model.params.items() if name not in unused)


def check_part(record: dict[str, Any]) -> None:
    """Train the loop of seed 0 and a window of one again, and compare the shares with the record."""
    settings = record["settings"] | {"silence": 1000}
    names = ["loop, 400 updates", "window 1, 400 updates"]
    again = run(**settings | {"networks": {name: [*settings["networks"][name][:3], 1] for name in names}})
    for name in names:
        for test, _, _ in tests(settings["share"]):
            new, old = again[name][test][0], record["results"][name][test][0]
            assert abs(new - old) <= TOLERANCE, f"{name}, {test}: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
