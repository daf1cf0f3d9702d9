"""Which n-gram does a split choose, and what does the choice cost on text that nobody has seen?

A tenth of the training text is used to choose the length n and the strength κ of an interpolated n-gram. It is cut off
in four ways: in order or from shuffled windows, and the windows lie side by side or each overlaps the next by half. The
chosen model then counts all of the text that was split and is scored on the held-out text. Overlapping windows count
most of the text twice; in order they do so as well, which tells double counting from the leak. The full run takes about
half a minute.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments import saving
from experiments.kneser_ney_parts import Counts, V, look_up, runs, texts
from rnn_utils.ngram import NGram

SETTINGS: dict[str, Any] = {
    "characters": (200_000, 1_018_970),  # from the beginning of the training text; the second is all of it
    "T": 100,
    "steps": {"side by side": 100, "overlapping": 50},
    "orders": (2, 4, 6, 8, 10),  # V to the power of 10 is the last that fits a 64-bit number
    "strengths": (0.5, 1, 2, 5, 10, 20, 50, 100, 250),
    "seeds": tuple(range(10)),
}


def windows_of(ids: np.ndarray, T: int, step: int) -> np.ndarray:
    """Return windows of T ids, a new one every `step` ids: (T, B)."""
    return ids[np.arange(0, len(ids) - T + 1, step) + np.arange(T)[:, None]]


def grid_losses(
    seen: np.ndarray, scored: np.ndarray, orders: tuple[int, ...], strengths: tuple[float, ...]
) -> np.ndarray:
    """Return the loss on `scored` of each model that has counted `seen`: (orders, strengths).

    Only tokens with as many before them as the longest context are scored, so that all models are compared on the same
    ones. An interpolated model of n tokens contains that of n − 1, so one pass over the lengths gives all of them.
    """
    longest, table = max(orders), np.empty((len(orders), len(strengths)))
    p = np.full((len(strengths), scored[longest - 1 :].size), 1 / V)
    kappa = np.array(strengths)[:, None]
    for n in range(1, longest + 1):
        counts = Counts(*np.unique(runs(seen, n), return_counts=True))
        wanted, where = np.unique(runs(scored, n)[longest - n :].ravel(), return_inverse=True)
        times = look_up(counts.numbers, counts.counts, wanted)[where]
        total = look_up(counts.contexts, counts.totals, wanted // V)[where]
        p = (times + kappa * p) / (total + kappa)
        if n in orders:
            table[orders.index(n)] = -np.log(p).mean(axis=1)
    return table


def splits(
    ids: np.ndarray, T: int, steps: dict[str, int], seeds: tuple[int, ...]
) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Yield every split: what it is called, the windows that are counted, and those that are kept to choose by."""
    for layout, step in steps.items():
        windows = windows_of(ids, T, step)
        rank = np.arange(windows.shape[1])
        kept = rank >= len(rank) * 9 // 10
        yield {"split": "in order", "windows": layout, "seed": None}, windows[:, ~kept], windows[:, kept]
        for seed in seeds:
            kept = np.random.default_rng(seed).permutation(rank) < len(rank) // 10
            yield {"split": "shuffled", "windows": layout, "seed": seed}, windows[:, ~kept], windows[:, kept]


def run(
    characters: tuple[int, ...],
    T: int,
    steps: dict[str, int],
    orders: tuple[int, ...],
    strengths: tuple[float, ...],
    seeds: tuple[int, ...],
) -> dict[str, Any]:
    """Return a row for each split of each length of text, and each length's table of held-out losses."""
    ids, held_ids = texts()
    rows, tables = [], {}
    for size in characters:
        true = grid_losses(ids[:size], held_ids, orders, strengths)
        tables[str(size)] = true.round(4).tolist()
        for name, seen, kept in splits(ids[:size], T, steps, seeds):
            believed = grid_losses(seen, kept, orders, strengths)
            i, j = (int(k) for k in np.unravel_index(believed.argmin(), believed.shape))
            chosen = {"n": orders[i], "strength": strengths[j]}
            losses = {"believed": round(float(believed[i, j]), 4), "held_out": round(float(true[i, j]), 4)}
            rows.append({"characters": size, **name, **chosen, **losses})
    return {"rows": rows, "held_out": tables}


def check_part(record: dict[str, Any]) -> None:
    """Run the two ends of it again, on the shorter text: in order side by side, and one overlapping shuffle."""
    settings = record["settings"]
    size, orders, strengths = settings["characters"][0], tuple(settings["orders"]), tuple(settings["strengths"])
    part = {"characters": (size,), "T": settings["T"], "orders": orders, "strengths": strengths}
    for layout, seeds, split in [("side by side", (), "in order"), ("overlapping", (0,), "shuffled")]:
        again = run(**part, steps={layout: settings["steps"][layout]}, seeds=seeds)
        new = next(row for row in again["rows"] if row["split"] == split)
        assert new in record["results"]["rows"], f"{new} is not in the record"
        assert again["held_out"][str(size)] == record["results"]["held_out"][str(size)]
    ids, held_ids = texts()
    nats = NGram(ids[:size], orders[1], V, smoothing="interpolated", strength=strengths[2]).losses(held_ids)
    assert abs(nats[max(orders) - 2 :].mean() - record["results"]["held_out"][str(size)][1][2]) < 1e-4


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
