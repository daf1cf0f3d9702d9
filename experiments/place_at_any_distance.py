"""Does a loop, or a window, still find the thing when any number of words may stand between it and the place?

The sentences are those of `place_at_fixed_distance` with up to 20 more words: "in the rain the very very old students
opened their umbrellas". In training, every sentence gets a number of such words at every update, drawn from a
geometric distribution and cut at `longest`. Six of the 27 combinations of place, people and verb are held out, at every
length. All networks have one layer of tanh units and softmax, learn to predict every next word with Adam, and are asked
for the probability of the right thing in the six, with 0 to 20 words more: at lengths from training, and beyond them.

A window sees the last n words at once. "sum" sees how often each word has come so far: a loop with nothing to learn,
or a window over the whole sentence whose positions all share their weights.
The rate, the number of updates and the distribution were chosen with other seeds than those of the record. The
full run takes about ten minutes of processor time.
"""

from typing import Any

import numpy as np

from experiments import saving
from experiments.place_at_fixed_distance import DID, HELD_OUT, THEIR, THINGS, WHO, flat
from rnn_utils import data
from rnn_utils.functional import softmax
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam

SETTINGS: dict[str, Any] = {
    # name: what the network reads (None is the loop), hidden units, updates, how many seeds from the first on
    "networks": {
        "loop of 16": [None, 16, 3000, 20],
        "window of 7": [7, 16, 3000, 20],
        "window of 15": [15, 16, 3000, 20],
        "window of 15, 6 units": [15, 6, 3000, 20],
        "window of 27": [27, 16, 3000, 20],
        "sum of all words": ["sum", 16, 3000, 20],
        "loop of 32": [None, 32, 3000, 20],
        "loop of 16, ten times the updates": [None, 16, 30_000, 10],
        "window of 15, ten times the updates": [15, 16, 30_000, 5],
    },
    "first_seed": 100,
    "lr": 0.003,
    "stop": 0.3,  # probability that no further word is added
    "longest": 8,
    "tested": 20,
}
TOLERANCE = 0.02

COMBINATIONS: list[tuple[str, str, str]] = [(place, who, did) for place in THINGS for who in WHO for did in DID]
WORDS = ["in", "the", *THINGS, *WHO, *DID, "very", "old", "their", *THINGS.values(), "."]
VOCABULARY = data.Vocabulary(WORDS)
V = len(VOCABULARY)


def sentence(place: str, who: str, did: str, more: int) -> np.ndarray:
    """Return the word numbers of a sentence with so many words more: (T + 1,)."""
    how_old = ["very"] * (more - 1) + ["old"] * min(more, 1)
    return VOCABULARY.encode(["in", "the", place, "the", *how_old, who, did, "their", THINGS[place], "."])


def pad(sentences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the word numbers (T + 1, B), filled up with zeros, and where they count."""
    lengths = np.array([len(words) for words in sentences])
    ids = np.zeros((lengths.max(), len(sentences)), dtype=int)
    for column, words in zip(ids.T, sentences):
        column[: len(words)] = words
    return ids, np.arange(len(ids))[:, None] < lengths


def inputs(ids: np.ndarray, reads: Any) -> np.ndarray:
    """Return what a network reads at every step: the word, the last n words, or the sum of all words so far."""
    x = data.one_hot(ids, V, np.float64)
    if reads is None:
        return x
    if reads == "sum":
        return np.cumsum(x, axis=0)
    return data.last_inputs(x, reads)


def new_network(reads: Any, hidden: int, rng: np.random.Generator) -> SequenceModel:
    """Return a network with random weights."""
    width = V * reads if isinstance(reads, int) else V
    return SequenceModel(width, hidden, V, rng=rng, loss="cross_entropy", every_step=True, dtype=np.float64)


def train(reads: Any, hidden: int, updates: int, seed: int, settings: dict[str, Any]) -> SequenceModel:
    """Return a network that has learned to predict every next word of the combinations that are not held out."""
    rng = np.random.default_rng(seed)
    seen = rng.permutation(len(COMBINATIONS))[HELD_OUT:]
    model = new_network(reads, hidden, rng)
    optimizer = Adam(model.params, lr=settings["lr"])
    for _ in range(updates):
        more = np.minimum(rng.geometric(settings["stop"], size=len(seen)) - 1, settings["longest"]).tolist()
        ids, counts = pad([sentence(*COMBINATIONS[int(i)], k) for i, k in zip(seen, more)])
        x, y, mask = inputs(ids[:-1], reads), ids[1:], counts[1:]
        batch = (x, y, mask) if reads is None else (x[mask][None], y[mask][None])
        _, grads, _ = model.loss_and_grads(batch)
        optimizer.step(grads)
    return model


def right_thing(model: SequenceModel, reads: Any, held_out: np.ndarray, more: int) -> np.ndarray:
    """Return the probability of the right thing in each held-out sentence with so many words more: (6,)."""
    ids, _ = pad([sentence(*COMBINATIONS[int(i)], more) for i in held_out])
    x, their = inputs(ids[:-1], reads), THEIR + more
    logits = model.forward(x)[0][their] if reads is None else model.forward(flat(x[their][None]))[0][0]
    return softmax(logits)[np.arange(len(held_out)), ids[their + 1]]


def trainable(reads: Any, hidden: int) -> int:
    """Count the parameters in use, with one bias to a hidden unit."""
    width = V * reads if isinstance(reads, int) else V
    return hidden * width + (hidden * hidden if reads is None else 0) + hidden + V * hidden + V


def run(networks: dict[str, list[Any]], first_seed: int, **settings: Any) -> dict[str, Any]:
    """Return for every network, by seed and number of words more: the mean probability, and how many of six fail."""
    results = {}
    for name, (reads, hidden, updates, seeds) in networks.items():
        row: dict[str, Any] = {"reads": reads, "hidden": hidden, "parameters": trainable(reads, hidden)}
        row |= {"updates": updates, "right": [], "failed": []}
        for seed in range(first_seed, first_seed + seeds):
            model = train(reads, hidden, updates, seed, settings)
            held_out = np.random.default_rng(seed).permutation(len(COMBINATIONS))[:HELD_OUT]
            p = np.array([right_thing(model, reads, held_out, k) for k in range(settings["tested"] + 1)])
            row["right"].append(p.mean(axis=1).round(4).tolist())
            row["failed"].append((p < 0.5).sum(axis=1).tolist())
        results[name] = row
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the loop and a window of the first seed again, and compare with the record at lengths from training."""
    settings, names = record["settings"], ["loop of 16", "window of 7"]
    again = run(**settings | {"networks": {name: [*settings["networks"][name][:3], 1] for name in names}})
    trained = slice(settings["longest"] + 1)
    for name in names:
        new, old = again[name]["right"][0][trained], record["results"][name]["right"][0][trained]
        apart = np.abs(np.subtract(new, old)).max()
        assert apart <= TOLERANCE, f"{name}, first seed: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
