"""Which n-gram does a split choose, and what does the choice cost on text that nobody has seen?

A tenth of the text is used to choose the length n and the strength κ of an interpolated n-gram. It is cut off in five
ways: in order or from shuffled windows, the windows side by side or each overlapping the next by half, and shuffled and
overlapping, but without the windows for counting that share text with a window for choosing. The chosen model then
counts all of the text that was split and is scored on the held-out text. Overlapping windows count most of the text
twice; in order they do so as well, which tells double counting from the leak.

All of this is done on five stretches of 200,000 characters and on the whole training text. On the first stretch the
same is asked of Kneser–Ney, and one model is scored on later and later text. The full run takes a minute and a half.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from experiments import saving
from experiments.kneser_ney_parts import Counts, V, count, look_up, losses, runs, texts
from rnn_utils.ngram import NGram

SETTINGS: dict[str, Any] = {
    "stretches": (*((start, start + 200_000) for start in range(0, 1_000_000, 200_000)), (0, 1_018_970)),
    "T": 100,
    "steps": {"side by side": 100, "overlapping": 50},
    "orders": (2, 4, 6, 8, 10),  # V to the power of 10 is the last that fits a 64-bit number
    "strengths": (0.5, 1, 2, 5, 10, 20, 50, 100, 250),
    "discounts": (0.1, 0.3, 0.5, 0.7, 0.8, 0.9),
    "seeds": tuple(range(10)),  # on the first stretch
    "fewer_seeds": (0, 1, 2),  # on the others, and for Kneser–Ney
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


def kneser_ney_losses(
    seen: np.ndarray, scored: np.ndarray, orders: tuple[int, ...], discounts: tuple[float, ...]
) -> np.ndarray:
    """Return the loss on `scored` of each Kneser–Ney model that has counted `seen`: (orders, discounts)."""
    tables = count(seen, max(orders))
    for both in tables.values():
        for n, table in enumerate(both, 1):
            table.ask(runs(scored, n).ravel())
    found = [losses(tables, 0, orders, "different", "discounts", each) for each in discounts]
    return np.array([[each[n] for each in found] for n in orders])


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
            reach = (T - 1) // step  # how many windows further on the text of a window still begins
            if reach:
                near = np.convolve(kept, np.ones(2 * reach + 1, dtype=int), mode="same") > 0
                yield {"split": "purged", "windows": layout, "seed": seed}, windows[:, ~near], windows[:, kept]


def choices(
    table_of: Callable[..., np.ndarray], name: str, settings: tuple[float, ...], ids: np.ndarray, **how: Any
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return a row for each split of `ids` with its choice, and the held-out loss of every model."""
    orders, held_ids = how["orders"], how["held_ids"]
    true, rows = table_of(ids, held_ids, orders, settings), []
    for split, seen, kept in splits(ids, how["T"], how["steps"], how["seeds"]):
        believed = table_of(seen, kept, orders, settings)
        i, j = (int(k) for k in np.unravel_index(believed.argmin(), believed.shape))
        found = {"believed": round(float(believed[i, j]), 4), "held_out": round(float(true[i, j]), 4)}
        rows.append({**split, "n": orders[i], name: settings[j], **found})
    return rows, true


def along_the_text(size: int, n: int, strength: float) -> list[float]:
    """Return the loss of one model, counted on nine tenths of `size` characters, on each later tenth of that size."""
    text, seen = np.concatenate(texts()), size * 9 // 10
    later = [text[start : start + size // 10] for start in range(seen, len(text) - size // 10 + 1, size // 10)]
    return [round(float(grid_losses(text[:seen], part, (n,), (strength,))[0, 0]), 4) for part in later]


def run(
    stretches: tuple[tuple[int, int], ...],
    T: int,
    steps: dict[str, int],
    orders: tuple[int, ...],
    strengths: tuple[float, ...],
    discounts: tuple[float, ...],
    seeds: tuple[int, ...],
    fewer_seeds: tuple[int, ...],
) -> dict[str, Any]:
    """Return for each stretch its splits with their choices, and the losses of the best bigram and of every model."""
    ids, held_ids = texts()
    how = {"T": T, "steps": steps, "orders": orders, "held_ids": held_ids}
    found: list[dict[str, Any]] = []
    for start, stop in stretches:
        how["seeds"] = fewer_seeds if found else seeds
        rows, true = choices(grid_losses, "strength", strengths, ids[start:stop], **how)
        bigram = round(float(true[orders.index(2)].min()), 4)
        found.append({"start": start, "stop": stop, "rows": rows, "bigram": bigram, "held_out": true.round(4).tolist()})
    first = slice(*stretches[0])
    rows, true = choices(kneser_ney_losses, "discount", discounts, ids[first], **how)
    kneser_ney = {"rows": rows, "bigram": round(float(true[orders.index(2)].min()), 4)}
    later = along_the_text(first.stop, max(orders), 50)
    return {"stretches": found, "kneser_ney": kneser_ney, "along_the_text": later}


def check_part(record: dict[str, Any]) -> None:
    """Split the first stretch again: in order side by side, and one overlapping shuffle as it is and purged."""
    settings, stretch = record["settings"], record["results"]["stretches"][0]
    orders, strengths = tuple(settings["orders"]), tuple(settings["strengths"])
    ids, held_ids = texts()
    ids = ids[stretch["start"] : stretch["stop"]]
    how = {"T": settings["T"], "orders": orders, "held_ids": held_ids}
    for layout, seeds in [("side by side", ()), ("overlapping", (0,))]:
        steps = {layout: settings["steps"][layout]}
        rows, true = choices(grid_losses, "strength", strengths, ids, steps=steps, seeds=seeds, **how)
        assert all(row in stretch["rows"] for row in rows), f"{rows} are not in the record"
        assert true.round(4).tolist() == stretch["held_out"]
    nats = NGram(ids, orders[1], V, smoothing="interpolated", strength=strengths[2]).losses(held_ids)
    assert abs(nats[max(orders) - 2 :].mean() - stretch["held_out"][1][2]) < 1e-4


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
