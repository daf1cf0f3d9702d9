"""Would one vector write longer lines backwards at another learning rate?

`length_bottleneck` chooses its rates by runs of a third of the updates. Here its strongest network without attention,
the two-way encoder with h and c and with h at every step, is trained in full at each of six rates, with two seeds each.

The full run takes about two minutes.
"""

from typing import Any

import numpy as np

from experiments import saving
from experiments._translators import Form
from experiments.length_bottleneck import NOTED, score, train

SETTINGS: dict[str, Any] = {
    "form": [True, "every step", "none"],
    "hidden": 64,
    "updates": 1500,
    "seeds": [20, 21],
    "rates": [2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2, 8e-2],
    "lengths": [5, 10, 15, 20, 30, 40],
}


def run(
    form: list[Any], hidden: int, updates: int, seeds: list[int], rates: list[float], lengths: list[int]
) -> dict[str, Any]:
    """Return for each rate the share of lines right by length and seed, and the losses of the first part."""
    each, many = np.repeat(rates, len(seeds)).tolist(), seeds * len(rates)
    net, noted = train(Form(*form), hidden, updates, many, each)
    lines = score(net, many, lengths)["lines"]
    results: dict[str, Any] = {}
    for k, rate in enumerate(rates):
        own = slice(k * len(seeds), (k + 1) * len(seeds))
        results[str(rate)] = {n: shares[own] for n, shares in lines.items()}
        results[str(rate)] |= {"losses": [losses[own] for losses in noted]}
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train the networks of two rates again for 100 updates, and compare their losses."""
    given = record["settings"]
    rates, seeds = given["rates"][2:4], given["seeds"]
    each = np.repeat(rates, len(seeds)).tolist()
    _, noted = train(Form(*given["form"]), given["hidden"], given["updates"], seeds * 2, each, stop=NOTED)
    old = [record["results"][str(rate)]["losses"] for rate in rates]
    for new, *wanted in zip(noted, *old):
        assert np.allclose(new, np.concatenate(wanted), atol=0.02), f"got losses {new}, wanted {wanted} ± 0.02"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
