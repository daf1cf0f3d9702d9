"""How surely do six units of a loop, or of a window, find the thing that a place four words back decides?

The corpus is that of chapter 3: 27 sentences of nine words, in which the place alone decides the thing. Each seed
holds six of them out at random, and draws a start. All networks have one layer of tanh units and softmax, learn to
predict every next word of the other 21 sentences with Adam at the rate of the page, and are asked for the probability
of the right thing in the six. A window sees the last n words at once, laid side by side.
The full run takes about 5 minutes of processor time.
"""

import itertools
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.functional import softmax
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam

SETTINGS: dict[str, Any] = {
    # name: window (None is the loop), hidden units, updates, how many seeds from the first on
    "networks": {
        "loop": [None, 6, 1500, 60],
        "no loop": [1, 6, 1500, 20],
        "window of 4": [4, 6, 1500, 20],
        "window of 7": [7, 6, 1500, 60],
        "loop, 16 units": [None, 16, 1500, 60],
        "loop, ten times the updates": [None, 6, 15_000, 20],
        "window of 7, ten times the updates": [7, 6, 15_000, 20],
    },
    "first_seed": 0,
    "lr": 0.01,
}
HELD_OUT = 6
TOLERANCE = 0.02

THINGS = {"rain": "umbrellas", "library": "books", "office": "laptops"}
WHO = ["students", "teachers", "visitors"]
DID = ["opened", "closed", "forgot"]
SENTENCES = [
    f"in the {place} the {who} {did} their {thing} .".split()
    for (place, thing), who, did in itertools.product(THINGS.items(), WHO, DID)
]
VOCABULARY = data.Vocabulary([word for sentence in SENTENCES for word in sentence])
V = len(VOCABULARY)
IDS = np.stack([VOCABULARY.encode(sentence) for sentence in SENTENCES], axis=1)  # (T + 1, 27)
THEIR = SENTENCES[0].index("their")


def inputs(ids: np.ndarray, n: int | None) -> np.ndarray:
    """Return the words (T, B) as a loop reads them, (T, B, V); or the last n words at every step, (T, B, n V)."""
    x = data.one_hot(ids, V, np.float64)
    if n is None:
        return x
    return data.last_inputs(x, n)


def flat(a: np.ndarray) -> np.ndarray:
    """Lay all steps side by side as sequences of one step, (T, B, …) → (1, T B, …): no loop joins them."""
    return a.reshape(1, -1, *a.shape[2:])


def train(n: int | None, hidden: int, updates: int, seed: int, lr: float, ids: np.ndarray) -> SequenceModel:
    """Return a network that has learned to predict every next word of ids (T + 1, B)."""
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"loss": "cross_entropy", "every_step": True, "dtype": np.float64, "rng": rng}
    model = SequenceModel((n or 1) * V, hidden, V, **options)
    x, y = inputs(ids[:-1], n), ids[1:]
    batch = (x, y) if n is None else (flat(x), flat(y))
    optimizer = Adam(model.params, lr=lr)
    for _ in range(updates):
        _, grads, _ = model.loss_and_grads(batch)
        optimizer.step(grads)
    return model


def right_thing(model: SequenceModel, n: int | None, ids: np.ndarray) -> np.ndarray:
    """Return the probability of the right thing after "their", for each sentence of ids (T + 1, B): (B,)."""
    x = inputs(ids[:-1], n)
    logits = model.forward(x)[0][THEIR] if n is None else model.forward(x[THEIR][None])[0][0]
    return softmax(logits)[np.arange(ids.shape[1]), ids[THEIR + 1]]


def trial(n: int | None, hidden: int, updates: int, seed: int, lr: float) -> list[float]:
    """Hold six sentences out, train on the others, return the probability of the right thing in the six."""
    order = np.random.default_rng(seed).permutation(IDS.shape[1])
    unseen, seen = IDS[:, order[:HELD_OUT]], IDS[:, order[HELD_OUT:]]
    return right_thing(train(n, hidden, updates, seed, lr, seen), n, unseen).round(4).tolist()


def trainable(n: int | None, hidden: int) -> int:
    """Count the parameters in use, with one bias to a hidden unit."""
    recurrent = hidden * hidden if n is None else 0
    return hidden * (n or 1) * V + recurrent + hidden + V * hidden + V


def run(networks: dict[str, list[Any]], first_seed: int, lr: float) -> dict[str, Any]:
    """Return for every network its size, and the probabilities of the right thing: six for each seed."""
    results = {}
    for name, (n, hidden, updates, seeds) in networks.items():
        found = [trial(n, hidden, updates, seed, lr) for seed in range(first_seed, first_seed + seeds)]
        sizes = {"window": n, "hidden": hidden, "parameters": trainable(n, hidden), "updates": updates}
        results[name] = sizes | {"right": found}
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the loop and the window of the first seed again, and compare with the record."""
    settings, names = record["settings"], ["loop", "window of 7"]
    again = run(**settings | {"networks": {name: [*settings["networks"][name][:3], 1] for name in names}})
    for name in names:
        new, old = again[name]["right"][0], record["results"][name]["right"][0]
        apart = np.abs(np.subtract(new, old)).max()
        assert apart <= TOLERANCE, f"{name}, first seed: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
