"""How far below the book's bar does counting itself get, and what does it cost to forget the text before a window?

The bar is Kneser–Ney with n = 7: one table, counted once. Three other counters are tried against it on the held-out
text. Two mix its probabilities with those of a second table; the weight is chosen on the last tenth of the training
part. One goes on counting: after each block of held-out text it adds that text to its table, as a state that is carried
could. Then the bar's table is made to start afresh every T characters. The full run takes half a minute.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from experiments import saving
from experiments.kneser_ney_parts import V, texts
from rnn_utils import data
from rnn_utils.metrics import bits_per_character
from rnn_utils.ngram import NGram

SETTINGS: dict[str, Any] = {
    "n": 7,
    "partners": {
        "and Kneser–Ney with n = 5": {"order": 5},
        "and interpolation with n = 9": {"order": 9, "smoothing": "interpolated", "strength": 50.0},
    },
    "weights": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),  # of the second table
    "blocks": 20,
    "windows": (8, 32, 128),
}


def mixed(first: np.ndarray, second: np.ndarray, weight: float) -> float:
    """Return the mean loss of two models mixed, given their losses for each token."""
    return float(-np.log((1 - weight) * np.exp(-first) + weight * np.exp(-second)).mean())


def with_partner(n: int, partner: dict[str, Any], weights: tuple[float, ...]) -> dict[str, float]:
    """Return the weight chosen on the last tenth of the training part, and the loss on the held-out text."""
    ids, held_ids = texts()
    fit_ids, valid_ids = data.split(ids, (0.9, 0.1))
    own, other = NGram(fit_ids, n, V).losses(valid_ids), NGram(fit_ids, V=V, **partner).losses(valid_ids)
    weight = min(weights, key=lambda each: mixed(own, other, each))
    own, other = NGram(ids, n, V).losses(held_ids), NGram(ids, V=V, **partner).losses(held_ids)
    return {"weight": weight, "nats": mixed(own, other, weight)}


def goes_on_counting(n: int, blocks: int) -> float:
    """Return the mean loss of a table that counts each block of the held-out text once it has been scored."""
    ids, held_ids = texts()
    text, cuts = np.concatenate([ids, held_ids]), len(ids) + np.linspace(0, len(held_ids), blocks + 1).astype(int)
    nats = []
    for start, stop in pairwise(cuts):
        begin = start - n + 1  # the context of the block's first token
        nats.append(NGram(text[:start], n, V).losses(text[begin:stop])[n - 2 :])
    return float(np.concatenate(nats)[1:].mean())  # the first character of the held-out text is not scored


def starts_afresh(model: NGram, held_ids: np.ndarray, T: int) -> float:
    """Return the mean loss if nothing is known before each window of T inputs."""
    B = (len(held_ids) - 1) // T
    windows = held_ids[np.arange(T + 1)[:, None] + T * np.arange(B)]  # (T + 1, B): the inputs, and the last target
    return float(model.losses(windows).mean())


def run(
    n: int, partners: dict[str, dict[str, Any]], weights: tuple[float, ...], blocks: int, windows: tuple[int, ...]
) -> dict[str, Any]:
    """Return the bar, the counters that get below it, and the loss of the bar's table when it starts afresh."""
    ids, held_ids = texts()
    model = NGram(ids, n, V)
    alone = model.loss(held_ids)
    rows: dict[str, dict[str, float]] = {"alone": {"nats": alone}}
    rows |= {name: with_partner(n, partner, weights) for name, partner in partners.items()}
    rows["and goes on counting"] = {"nats": goes_on_counting(n, blocks)}
    for row in rows.values():
        row["nats"], row["bits"] = round(row["nats"], 4), round(float(bits_per_character(row["nats"])), 4)
    afresh = {str(T): round(starts_afresh(model, held_ids, T), 4) for T in windows}
    return {"counters": rows, "afresh": afresh, "carried": round(alone, 4)}


def check_part(record: dict[str, Any]) -> None:
    """Count the bar's table again: its loss, and its losses when it starts afresh."""
    ids, held_ids = texts()
    results, model = record["results"], NGram(ids, record["settings"]["n"], V)
    assert abs(model.loss(held_ids) - results["carried"]) < 1e-4
    for T, nats in results["afresh"].items():
        assert abs(starts_afresh(model, held_ids, int(T)) - nats) < 1e-4, f"T = {T} differs from the record"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
