"""Does a rule that a network learns at some places of a sequence hold at others, and what makes it hold?

The task: does the pattern 1, 1, 0, 1 occur in a row of twenty bits? Three networks of nearly equal size learn it from
3,000 rows: ``window``, a tanh layer on the whole row; ``RNN``, which reads the row bit by bit; and ``convolution``,
one tanh layer that slides over the row four bits at a time and keeps the highest output of each unit. They are trained
with the pattern at one of the first four places (``early``), the first two of them also, all else equal, with the
pattern at any of the seventeen (``anywhere``). All are scored on new rows, and those that can read them on rows ten
times as long.

Further arms give single cases ten times the updates, or ten times the rows as well. The full run takes thirteen
minutes of processor time.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils.data import pattern_search
from rnn_utils.layers import Linear
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam
from rnn_utils.training import fit

PLACES = {"early": range(4), "anywhere": None}  # where the pattern may begin, counted from 0
SETTINGS: dict[str, Any] = {
    "T": 20,
    "rows": 3000,
    "updates": 3000,
    "batch": 100,
    "lr": 3e-3,
    "clip": 1.0,
    "new_rows": 1000,
    "long": 200,
    "hidden": {"window": 54, "RNN": 32, "convolution": 198},
    # arm: network, where the pattern begins, factor of the updates, factor of the rows, number of seeds
    "arms": {
        "window early": ["window", "early", 1, 1, 20],
        "window anywhere": ["window", "anywhere", 1, 1, 20],
        "RNN early": ["RNN", "early", 1, 1, 20],
        "RNN anywhere": ["RNN", "anywhere", 1, 1, 20],
        "convolution early": ["convolution", "early", 1, 1, 10],
        "window early, 10 times the updates": ["window", "early", 10, 1, 10],
        "window anywhere, 10 times the updates": ["window", "anywhere", 10, 1, 10],
        "window anywhere, 10 times the updates and rows": ["window", "anywhere", 10, 10, 10],
        "RNN early, 10 times the updates": ["RNN", "early", 10, 1, 10],
    },
}


class Windowed:
    """One tanh layer on windows of a row, the highest output of each unit over the windows, and a linear layer.

    With a window as long as the row there is only one: an ordinary network. With shorter ones it is a convolution.
    """

    def __init__(self, size: int, hidden_size: int, rng: np.random.Generator) -> None:
        self.size = size
        self.inner, self.outer = Linear(size, hidden_size, rng=rng), Linear(hidden_size, 1, rng=rng)
        named = {"inner": self.inner, "outer": self.outer}
        self.params = {f"{name}.{key}": p for name, layer in named.items() for key, p in layer.params.items()}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[Any, ...]]:
        """Return the logit of each row of x (T, B, 1), shape (B,), and what the way back needs."""
        windows = np.lib.stride_tricks.sliding_window_view(x[:, :, 0], self.size, axis=0)  # (W, B, size)
        before, inner_cache = self.inner.forward(windows)
        hidden = np.tanh(before)  # (W, B, H)
        logit, outer_cache = self.outer.forward(hidden.max(axis=0))
        return logit[:, 0], (hidden, inner_cache, outer_cache)

    def loss_and_grads(self, batch: tuple[np.ndarray, ...], state: Any = None) -> tuple[float, Any, None]:
        """Return the mean cross-entropy, the gradient of every parameter, and no state."""
        x, y = batch
        logit, (hidden, inner_cache, outer_cache) = self.forward(x)
        sign = 2.0 * y - 1
        dlogit = -sign / (1 + np.exp(sign * logit)) / len(y)
        dhighest, outer = self.outer.backward(dlogit[:, None], outer_cache)
        dhidden = np.zeros_like(hidden)
        np.put_along_axis(dhidden, hidden.argmax(axis=0)[None], dhighest[None], axis=0)
        _, inner = self.inner.backward(dhidden * (1 - hidden**2), inner_cache)
        grads = {"inner.weight": inner["weight"], "inner.bias": inner["bias"]}
        grads |= {"outer.weight": outer["weight"], "outer.bias": outer["bias"]}
        return float(np.logaddexp(0, -sign * logit).mean()), grads, None

    def loss(self, batch: tuple[np.ndarray, ...], state: Any = None) -> tuple[float, None]:
        """Return the mean cross-entropy and no state."""
        return self.loss_and_grads(batch)[0], None

    def count(self, batch: tuple[np.ndarray, ...]) -> int:
        """Return the number of rows in a batch."""
        return len(batch[1])


def build(net: str, settings: dict[str, Any], rng: np.random.Generator) -> Any:
    """Return an untrained network by its name."""
    hidden = settings["hidden"][net]
    if net == "RNN":
        return SequenceModel(1, hidden, 2, rng=rng, loss="cross_entropy")
    return Windowed(settings["T"] if net == "window" else 4, hidden, rng)


def says_yes(model: Any, x: np.ndarray) -> np.ndarray:
    """Return whether the model finds the pattern in each row of x (T, B, 1): bool (B,)."""
    answer = model.forward(x)[0]  # (B,) logits, or (B, 2)
    return answer > 0 if answer.ndim == 1 else answer[:, 1] > answer[:, 0]


def train_and_score(settings: dict[str, Any], arm: Sequence[Any], seed: int) -> dict[str, Any]:
    """Train one network, and return the share of patterns that it finds at each place, and of false alarms."""
    net, where, more_updates, more_rows, _ = arm
    T, n, size = settings["T"], settings["rows"] * more_rows, settings["batch"]
    rng, new = np.random.default_rng(seed), np.random.default_rng(10_000 + seed)
    x, y = pattern_search(T, n, rng, PLACES[where])
    model = build(net, settings, rng)

    def batches(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Go through all rows once, in a new order."""
        for rows in rng.permutation(n).reshape(-1, size):
            yield x[:, rows], y[rows]

    fit(
        model,
        batches,
        Adam(model.params, lr=settings["lr"]),
        steps=settings["updates"] * more_updates,
        rng=rng,
        clip_norm=settings["clip"],
        progress=False,
    )
    found, alarms = [], []
    for place in range(T - 3):
        x_new, y_new = pattern_search(T, settings["new_rows"], new, [place])
        answer = says_yes(model, x_new)
        found.append(round(float(answer[y_new == 1].mean()), 4))
        alarms.append(answer[y_new == 0].mean())
    scores = {"found": found, "alarms": round(float(np.mean(alarms)), 4)}
    if net != "window":
        x_new, y_new = pattern_search(settings["long"], settings["new_rows"], new)
        answer = says_yes(model, x_new)
        scores["found_long"] = round(float(answer[y_new == 1].mean()), 4)
        scores["alarms_long"] = round(float(answer[y_new == 0].mean()), 4)
    return scores


def run(**settings: Any) -> dict[str, Any]:
    """Train every arm with every seed.

    Returns
    -------
    dict
        ``parameters``, how many each network has; ``scores``, for each arm a list with one entry a seed: in ``found``
        the share of patterns found that begin at each place in turn, in ``alarms`` the share of rows without a pattern
        in which the network finds one; ``found_long`` and ``alarms_long``, the same in long rows, at any place.

    """
    networks = {net: build(net, settings, np.random.default_rng(0)) for net in settings["hidden"]}
    parameters = {net: sum(p.size for p in model.params.values()) for net, model in networks.items()}
    scores: dict[str, list[dict[str, Any]]] = {}
    for name, arm in settings["arms"].items():
        began = time.process_time()
        scores[name] = [train_and_score(settings, arm, seed) for seed in range(arm[-1])]
        print(f"{name}: {time.process_time() - began:.0f} s", file=sys.stderr)
    return {"parameters": parameters, "scores": scores}


def check_part(record: dict[str, Any]) -> None:
    """Train two networks again with seed 0: one that learned a rule for four places, one that learned it for all."""
    for name in ("window early", "RNN anywhere"):
        saved = record["results"]["scores"][name][0]
        again = train_and_score(record["settings"], record["settings"]["arms"][name], 0)
        assert saved.keys() == again.keys(), f"{name}: {sorted(again)} were measured, the record has {sorted(saved)}"
        for what, value in again.items():
            far = np.abs(np.asarray(value) - saved[what]).max()
            assert far < 0.02, f"{name}, {what}: {value} now, {saved[what]} in the record"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
