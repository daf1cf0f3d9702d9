"""Which part of Kneser–Ney does the work: the discount, or counting different tokens before?

Two choices. Below its longest context a model counts how often a run occurs ("true") or how many different tokens stand
before it ("different"). It mixes with the shorter context by adding κ imagined tokens ("imagined"), by adding g of them
for each different token that followed ("growing", the rule of Witten and Bell), or by taking δ off every count
("discount"). Kneser–Ney is "different" with "discount". A seventh model has three discounts for counts of one, two and
more, computed from the counts as Chen and Goodman (1999) propose.

The text is cut into tenths. Each tenth in turn is the test, the one after it chooses n and the setting, and the other
eight are counted. The last row has the book's own split. The full run takes about half a minute.
"""

from typing import Any

import numpy as np

from experiments import saving
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    "orders": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "strengths": (2, 5, 10, 20, 50, 100, 200, 400),
    "growths": (1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 30),
    "discounts": (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98),
    "tenths": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
}
V = 64
MODELS = {
    "true, imagined": ("true", "strengths"),
    "different, imagined": ("different", "strengths"),
    "true, growing": ("true", "growths"),
    "different, growing": ("different", "growths"),
    "true, discount": ("true", "discounts"),
    "different, discount": ("different", "discounts"),
    "different, three discounts": ("different", None),
}


def runs(ids: np.ndarray, n: int) -> np.ndarray:
    """Return every run of n ids as one whole number, its ids being the digits to base V: (N − n + 1,)."""
    numbers = ids[: len(ids) - n + 1].copy()
    for shift in range(1, n):
        numbers = numbers * V + ids[shift : len(ids) - n + 1 + shift]
    return numbers


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 for those that are not among the ascending keys."""
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[where] == wanted, values[where], 0)


class Counts:
    """Counts of the runs of n tokens, and what they say about a text that is scored."""

    def __init__(self, numbers: np.ndarray, counts: np.ndarray) -> None:
        self.numbers, self.counts = numbers, counts
        self.contexts, first = np.unique(numbers // V, return_index=True)
        self.totals = np.add.reduceat(counts, first)
        capped = np.minimum(counts, 3)
        self.kinds = [np.add.reduceat((capped == k).astype(int), first) for k in (1, 2, 3)]
        self.found: list[tuple[np.ndarray, ...]] = []

    def ask(self, scored: np.ndarray) -> None:
        """Look up every run of a text: its count, its context's total, and kinds seen once, twice and more often."""
        wanted, where = np.unique(scored, return_inverse=True)
        values = [look_up(self.contexts, each, wanted // V) for each in (self.totals, *self.kinds)]
        self.found.append(tuple(each[where] for each in (look_up(self.numbers, self.counts, wanted), *values)))

    def three_discounts(self) -> np.ndarray:
        """Return what to take off counts of 0, 1, 2 and more: 0.9 of each where too few runs are rare to tell."""
        times = [int((self.counts == k).sum()) for k in (1, 2, 3, 4)]
        if min(times) == 0:
            return np.array([0, 0.9, 0.9, 0.9])
        share = times[0] / (times[0] + 2 * times[1])
        return np.array([0, *(k - (k + 1) * share * times[k] / times[k - 1] for k in (1, 2, 3))])


def count(ids: np.ndarray, longest: int) -> dict[str, list[Counts]]:
    """Count the runs of 1 … `longest` tokens both ways."""
    pairs = [np.unique(runs(ids, n), return_counts=True) for n in range(1, longest + 1)]
    true = [Counts(*pair) for pair in pairs]
    before = [np.unique(numbers % V ** (n - 1), return_counts=True) for n, (numbers, _) in enumerate(pairs, 1) if n > 1]
    return {"true": true, "different": [Counts(*pair) for pair in before]}


def mix(table: Counts, text: int, p: np.ndarray, setting: str | None, value: float | None) -> np.ndarray:
    """Return the probabilities of a text's tokens by one table, given those by the shorter contexts, p: (N,)."""
    c, total, *kinds = (values[-len(p) :] for values in table.found[text])
    if value is not None and setting in ("strengths", "growths"):
        kappa = value if setting == "strengths" else value * sum(kinds)
        return np.where(total > 0, (c + kappa * p) / np.maximum(total + kappa, 1e-9), p)
    off = table.three_discounts() if setting is None else np.array([0, value, value, value])
    taken = sum(off[k] * kind for k, kind in enumerate(kinds, 1))
    mixed = (np.maximum(c - off[np.minimum(c, 3)], 0) + taken * p) / np.maximum(total, 1)
    return np.where(total > 0, mixed, p)


def losses(
    tables: dict[str, list[Counts]],
    text: int,
    orders: tuple[int, ...],
    lower: str,
    setting: str | None,
    value: float | None,
) -> dict[int, float]:
    """Return, for each n, the mean loss of a model on text number `text` of those that the tables were asked about.

    Only tokens with all of the longest context before them are scored, so that every n is compared on the same ones.
    The model of n tokens uses the `lower` tables up to n − 1 and the true counts at n; one pass gives all of them.
    """
    found, p = {}, np.full(len(tables["true"][-1].found[text][0]), 1 / V)
    for m in range(1, max(orders) + 1):
        q = mix(tables["true"][m - 1], text, p, setting, value) if m in orders or lower == "true" else p
        if m in orders:
            found[m] = float(-np.log(q).mean())
        if m < max(orders):
            p = q if lower == "true" else mix(tables[lower][m - 1], text, p, setting, value)
    return found


def best_of_each(
    counted: np.ndarray, chooser: np.ndarray, orders: tuple[int, ...], grid: dict[str, tuple[float, ...]]
) -> dict[str, dict[str, Any]]:
    """Return, for each model, the n and the setting that do best on the text that chooses."""
    tables = count(counted, max(orders))
    for m, table in enumerate(tables["true"], 1):
        table.ask(runs(chooser, m))
    for m, table in enumerate(tables["different"], 1):
        table.ask(runs(chooser, m))
    chosen = {}
    for name, (lower, setting) in MODELS.items():
        values = grid[setting] if setting else (None,)
        tried = {(n, v): nats for v in values for n, nats in losses(tables, 0, orders, lower, setting, v).items()}
        n, value = min(tried, key=tried.__getitem__)
        chosen[name] = {"n": n, "value": value, "validation": round(tried[n, value], 4)}
    return chosen


def score(
    counted: np.ndarray, test: np.ndarray, orders: tuple[int, ...], chosen: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the chosen models with their losses on a test text."""
    tables = count(counted, max(orders))
    for both in tables.values():
        for m, table in enumerate(both, 1):
            table.ask(runs(test, m))
    scored = {}
    for name, row in chosen.items():
        nats = losses(tables, 0, (row["n"],), *MODELS[name], row["value"])[row["n"]]
        scored[name] = {**row, "test": round(nats, 4)}
    return scored


def hold_out(parts: list[np.ndarray], test: int, orders: tuple[int, ...], grid: dict[str, tuple[float, ...]]) -> Any:
    """Return the models scored on one of ten parts, chosen on the next, and counted on the other eight."""
    chooser = (test + 1) % len(parts)
    counted = np.concatenate([part for k, part in enumerate(parts) if k not in (test, chooser)])
    return score(counted, parts[test], orders, best_of_each(counted, parts[chooser], orders, grid))


def texts() -> tuple[np.ndarray, np.ndarray]:
    """Return the ids of the book's training part and of its held-out part."""
    train, held_out = data.split(data.shakespeare(), (0.9, 0.1))
    vocabulary = data.Vocabulary(train)
    return vocabulary.encode(train).astype(np.int64), vocabulary.encode(held_out).astype(np.int64)


def run(
    orders: tuple[int, ...],
    strengths: tuple[float, ...],
    growths: tuple[float, ...],
    discounts: tuple[float, ...],
    tenths: tuple[int, ...],
) -> dict[str, Any]:
    """Return for each tenth, and for the book's own split, the models with their choices and losses."""
    ids, held_ids = texts()
    grid = {"strengths": strengths, "growths": growths, "discounts": discounts}
    parts = np.array_split(np.concatenate([ids, held_ids]), 10)
    fit_ids, valid_ids = data.split(ids, (0.9, 0.1))
    book = score(ids, held_ids, orders, best_of_each(fit_ids, valid_ids, orders, grid))
    return {"tenths": [hold_out(parts, test, orders, grid) for test in tenths], "book": book}


def check_part(record: dict[str, Any]) -> None:
    """Run one tenth again with the settings that were chosen for it."""
    row = record["results"]["tenths"][3]
    grid = {
        name: tuple(sorted({each["value"] for model, each in row.items() if MODELS[model][1] == name}))
        for name in ("strengths", "growths", "discounts")
    }
    every = record["settings"]["orders"]
    orders = tuple(n for n in every if n == max(every) or n in {each["n"] for each in row.values()})
    again = hold_out(np.array_split(np.concatenate(texts()), 10), 3, orders, grid)
    assert again == row, f"got {again}, the record has {row}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
