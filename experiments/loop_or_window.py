"""How many of the number words does a loop predict, how many a window of seven, and how many neither?

The text is `data.human_numbers`, split in order: the first 80 % to learn from, the rest held out. Seven words decide
the next. All networks have one layer of tanh units and softmax, and get the same number of updates with 512 targets
each, Adam, clipping and the same falling learning rate. The loop (64 units) reads 32 streams 16 words at a time, its
state carried and set to zero at the start of each pass; a window draws its places at random, or, in one row, takes
them in the loop's order. A window of seven with 33 units has as many parameters; one with 64 units has twice as many.
A window of one with 64 units is the same network as the loop with the loop cut.

First the learning rates are compared, on the last tenth of the part to learn from. The rate that is used is the best
one for the loop; a higher one is better for the window there, and it also runs at that rate. The full run takes about
seventeen minutes.
"""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data
from rnn_utils.functional import cross_entropy
from rnn_utils.models import SequenceModel
from rnn_utils.ngram import NGram
from rnn_utils.optim import Adam, linear_decay
from rnn_utils.training import fit

SETTINGS: dict[str, Any] = {
    # name: window (None is the loop), hidden units, passes, seeds
    "networks": {
        "loop, 5 passes": [None, 64, 5, 12],
        "cut, 5 passes": [1, 64, 5, 12],
        "window 7, 5 passes": [7, 33, 5, 12],
        "window 7 wide, 5 passes": [7, 64, 5, 10],
        "loop, 50 passes": [None, 64, 50, 12],
        "window 7, 50 passes": [7, 33, 50, 10],
        "loop, 200 passes": [None, 64, 200, 10],
        "window 7, 200 passes": [7, 33, 200, 10],
        "cut, 50 passes": [1, 64, 50, 1],
        "window 7 in order, 5 passes": [7, 33, 5, 12],
        "window 7 at its own rate, 5 passes": [7, 33, 5, 12],
    },
    "in_order": ["window 7 in order, 5 passes"],  # learn from the places that the loop learns from, in its order
    "own_rates": {"window 7 at its own rate, 5 passes": 1e-1},  # its best rate below
    "cut_later": ["loop, 5 passes"],  # are also scored with their loop removed after training
    "rates": [3e-3, 1e-2, 3e-2, 1e-1, 3e-1],
    "rate_seeds": 3,
    "strengths": [5, 50, 500, 5000, 50_000],
}
RATE = 1e-2
TENS = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
TOLERANCE = 0.03

WORDS = data.human_numbers()
SPLIT = int(0.8 * len(WORDS))
VOCABULARY = data.Vocabulary(WORDS[:SPLIT])
V = len(VOCABULARY)
IDS = VOCABULARY.encode(WORDS)
TRAIN, HELD_OUT = IDS[:SPLIT], IDS[SPLIT:]


def seen(ids: np.ndarray, k: int) -> np.ndarray:
    """Return the last k words at every place, one-hot and side by side: (N, k V)."""
    return data.last_inputs(data.one_hot(ids[:, None], V, dtype=np.float64), k)[:, 0]


def batches(ids: np.ndarray, k: int | None, in_order: bool = False) -> Any:
    """Return the batches of a pass: 32 streams of 16 words for the loop, 512 places at random for a window."""
    streams = list(data.contiguous_streams(ids, 32, 16))
    if k is None:
        return [(data.one_hot(x, V, dtype=np.float64), y) for x, y in streams]
    x, y = seen(ids[:-1], k), ids[1:]
    if in_order:
        places = [each for each, _ in data.contiguous_streams(np.arange(len(ids)), 32, 16)]  # each (16, 32)
        return [(x[each.ravel()][None], y[each.ravel()][None]) for each in places]

    def shuffled(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
        order = rng.permutation(len(y))[: 512 * len(streams)].reshape(len(streams), 512)
        return [(x[places][None], y[places][None]) for places in order]

    return shuffled


def train(
    ids: np.ndarray, k: int | None, hidden: int, passes: int, seed: int, rate: float, in_order: bool = False
) -> SequenceModel:
    """Return a network after so many passes over the words: the loop, or a window of k."""
    rng = np.random.default_rng(seed)
    options: dict[str, Any] = {"rng": rng, "loss": "cross_entropy", "every_step": True, "dtype": np.float64}
    model = SequenceModel((k or 1) * V, hidden, V, **options)
    steps = passes * len(list(data.contiguous_streams(ids, 32, 16)))
    how: dict[str, Any] = {"schedule": linear_decay, "clip_norm": 1.0, "carry_state": k is None, "progress": False}
    draws: dict[str, Any] = {} if k is None or in_order else {"rng": rng}
    fit(model, batches(ids, k, in_order), Adam(model.params, lr=rate), steps=steps, **draws, **how)
    return model


def predict(model: SequenceModel, k: int | None, ids: np.ndarray) -> np.ndarray:
    """Return the scores of every word after the first, (N − 1, V)."""
    if k is None:
        return model.forward(data.one_hot(ids[:-1, None], V, dtype=np.float64))[0][:, 0]
    return model.forward(seen(ids[:-1], k)[None])[0][0]


def kinds(ids: np.ndarray) -> np.ndarray:
    """Return what sort of word each is, after the first, told from the word before."""
    text = [VOCABULARY.tokens[i] for i in ids]

    def kind(before: str, word: str) -> str:
        if word in ("thousand", "hundred", "."):
            return word
        return "after a ten" if before in TENS else f"after {before}"

    return np.array([kind(*pair) for pair in itertools.pairwise(text)])


def scores(model: SequenceModel, k: int | None) -> dict[str, Any]:
    """Return shares of words right, held out and learned from, the loss held out, and shares by kind of word."""
    logits = predict(model, k, HELD_OUT)
    right = logits.argmax(axis=1) == HELD_OUT[1:]
    learned = predict(model, k, TRAIN).argmax(axis=1) == TRAIN[1:]
    sort = kinds(HELD_OUT)
    named = ("thousand", "hundred", ".", "after .", "after thousand", "after hundred", "after a ten")
    return {
        "held out": round(float(right.mean()), 4),
        "learned from": round(float(learned.mean()), 4),
        "nats": round(float(cross_entropy(logits, HELD_OUT[1:])[0]), 4),
    } | {name: round(float(right[sort == name].mean()), 4) for name in named}


def share_when_cut(model: SequenceModel) -> float:
    """Return the share of held-out words right when the loop of a trained network is removed."""
    weight_hh = model.params["rnn.weight_hh"]
    kept = weight_hh.copy()
    weight_hh[...] = 0
    share = float(np.mean(predict(model, None, HELD_OUT).argmax(axis=1) == HELD_OUT[1:]))
    weight_hh[...] = kept
    return round(share, 4)


def by_validation(choices: list[Any], loss: Callable[[Any, np.ndarray, np.ndarray], float]) -> dict[str, float]:
    """Return the loss of each choice on the last tenth of the training words, learned from the other nine."""
    first, last = data.split(TRAIN, (0.9, 0.1))
    return {str(choice): round(loss(choice, first, last), 4) for choice in choices}


def rate_losses(k: int | None, hidden: int, rates: list[float], seeds: int) -> dict[str, float]:
    """Return the mean validation loss of each learning rate, 5 passes."""

    def loss(rate: float, first: np.ndarray, last: np.ndarray) -> float:
        models = [train(first, k, hidden, 5, seed, rate) for seed in range(seeds)]
        return float(np.mean([cross_entropy(predict(model, k, last), last[1:])[0] for model in models]))

    return by_validation(rates, loss)


def n_gram_loss(n: int, strength: float, first: np.ndarray, last: np.ndarray) -> float:
    """Return the loss on the last words of an n-gram model that counted the first."""
    return NGram(first, n, V, smoothing="interpolated", strength=float(strength)).loss(last)


def n_gram_right(n: int, strength: float) -> float:
    """Return the share of held-out words that an n-gram model of the training words holds most probable."""
    model = NGram(TRAIN, n, V, smoothing="interpolated", strength=strength)
    text = HELD_OUT.tolist()
    contexts = [tuple(text[max(0, i - n + 1) : i]) for i in range(1, len(text))]
    guesses = {context: int(model.probabilities(np.array(context, dtype=int)).argmax()) for context in set(contexts)}
    return round(float(np.mean([guesses[context] == word for context, word in zip(contexts, text[1:])])), 4)


def n_grams(strengths: list[float]) -> dict[str, Any]:
    """Return the n-grams: for each n, the strength that validation prefers, the held-out loss and share right."""
    rows = {}
    for n in range(1, 9):
        losses = by_validation(strengths, partial(n_gram_loss, n))
        best = min(losses, key=losses.__getitem__)
        held_out = round(n_gram_loss(n, float(best), TRAIN, HELD_OUT), 4)
        right = n_gram_right(n, float(best))
        rows[str(n)] = {"strength": float(best), "validation": losses[best], "held out": held_out, "right": right}
    return rows


def run(
    networks: dict[str, list[Any]],
    in_order: list[str],
    own_rates: dict[str, float],
    cut_later: list[str],
    rates: list[float],
    rate_seeds: int,
    strengths: list[float],
) -> dict[str, Any]:
    """Return learning rates by validation, n-grams, and for every network its scores by seed."""
    results: dict[str, Any] = {"n-grams": n_grams(strengths), "rates": {}}
    for name, k, hidden in (("loop", None, 64), ("window 7", 7, 33)):
        results["rates"][name] = rate_losses(k, hidden, rates, rate_seeds)
    for name, (k, hidden, passes, seeds) in networks.items():
        rows = []
        for seed in range(seeds):
            model = train(TRAIN, k, hidden, passes, seed, own_rates.get(name, RATE), name in in_order)
            rows.append(scores(model, k) | ({"cut later": share_when_cut(model)} if name in cut_later else {}))
        results[name] = {key: [row[key] for row in rows] for key in rows[0]}
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the loop and the window of seed 0 again, five passes, and compare with the record."""
    settings = record["settings"]
    for name in ("loop, 5 passes", "window 7, 5 passes"):
        k, hidden, passes, _ = settings["networks"][name]
        again = scores(train(TRAIN, k, hidden, passes, 0, RATE), k)
        for key in ("held out", "learned from"):
            new, old = again[key], record["results"][name][key][0]
            assert abs(new - old) <= TOLERANCE, f"{name}, {key}: got {new}, wanted {old} ± {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
