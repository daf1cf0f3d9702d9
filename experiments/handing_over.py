"""Is it the cell that has to be handed over with a date, or has the vector to stay in sight?

`date_translators` has networks that are handed h alone, h and c, or both with h as an input of every step. Here is the
fourth: h alone, as the first state and as an input of every step, with c = 0 at the beginning. Data, sizes, updates,
seeds and the choice of the rate are the same.

The full run takes about two minutes.
"""

from typing import Any

import numpy as np

from experiments import saving
from experiments._translators import Form, rounded
from experiments.date_translators import NOTED, Dates, choose, right, train

SETTINGS: dict[str, Any] = {
    "form": [True, "h at every step", "none"],
    "hidden": 64,
    "updates": 1500,
    "seeds": 10,
    "rates": [1e-2, 2e-2, 4e-2],
}


def run(form: list[Any], hidden: int, updates: int, seeds: int, rates: list[float]) -> dict[str, Any]:
    """Return the rate, the curve, and the shares of test dates right by seed."""
    dates, made = Dates(), Form(*form)
    tried = choose(dates, made, hidden, updates // 3, rates)
    rate = float(max(tried, key=lambda key: tried[key]))
    net, curve, noted = train(dates, made, hidden, updates, list(range(seeds)), [rate] * seeds)
    exact, characters = right(net, dates.parts["test"])
    size = sum(w[0].size for w in net.p.values())
    shares = {"right": rounded(exact), "characters": rounded(characters), "curve": curve}
    return {"rates tried": tried, "rate": rate, "parameters": size, "losses": noted} | shares


def check_part(record: dict[str, Any]) -> None:
    """Train two networks again for 100 updates, and compare their losses."""
    given, old = record["settings"], record["results"]
    rates = [old["rate"]] * 2
    _, _, new = train(Dates(), Form(*given["form"]), given["hidden"], given["updates"], [0, 1], rates, stop=NOTED)
    assert np.allclose(new, old["losses"][:2], atol=0.02), f"got losses {new}, wanted {old['losses'][:2]} ± 0.02"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
