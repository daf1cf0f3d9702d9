"""Does the gradient of the first input keep arriving while a network learns to add?

The networks, the task and the finish line are those of `updates_to_half`, at 40 steps and the learning rates that were
chosen there. After some numbers of updates the gradient of the last state is sent back, and what arrives at the first
input is compared with what arrives at the last.

"calm" networks start with a read-out that answers about 1, the best constant, and learn at a third of the rate. The
default read-out starts with large errors, and correcting them drives the units far from zero; without that an
orthogonal matrix keeps letting the gradient through. "plain, calm" is the control: the same, but a start that does not.

The full run takes about two minutes.
"""

import sys
from itertools import pairwise
from typing import Any

import numpy as np

from experiments import saving
from experiments.updates_to_half import Race, way_back

SETTINGS: dict[str, Any] = {
    "T": 40,
    "rates": {
        "gated": 3e-2,
        "ReLU + I": 3e-3,
        "leaky": 3e-2,
        "plain": 3e-3,
        "orthogonal": 3e-3,
        "orthogonal, calm": 1e-3,
        "plain, calm": 1e-3,
        "gated, z = ½": 3e-2,
    },
    "marks": [0, 10, 20, 50, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 7000],
    "seeds": 10,
}
TOLERANCE = 3.0  # a factor: float32 on another processor takes another path


def run(T: int, rates: dict[str, float], marks: list[int], seeds: int) -> dict[str, Any]:
    """Return for every network the updates of each seed, and its share of the gradient at each mark until it arrived.

    A share is the length of ∂L/∂x at the first step over that at the last. After the shares at marks comes the one
    on arrival.
    """
    results: dict[str, Any] = {}
    for name, rate in rates.items():
        race = Race(name, T, [rate], range(seeds))
        shares: list[list[float]] = [[] for _ in range(seeds)]
        for mark, following in pairwise([*marks, marks[-1]]):
            for i, (_, seed) in enumerate(race.pairs):
                if race.done == mark:
                    shares[seed].append(share(race, i))
            race.run(following, enough=seeds)
        for seed, way in enumerate(race.ways[rate]):
            shares[seed] += [each[1] for each in way[1:]]
        results[name] = {"updates": race.arrived[rate], "shares": shares}
        print(name, results[name], file=sys.stderr, flush=True)
    return results


def share(race: Race, i: int) -> float:
    """Return how much of the last input's gradient arrives at the first, in network i."""
    found = way_back(race.model(i), race.T)
    assert found is not None, f"{race.name}: a window has no way back"
    return found[1]


def check_part(record: dict[str, Any]) -> None:
    """Train for 50 updates again, and compare the middle of the shares after each mark."""
    settings = record["settings"]
    marks = [mark for mark in settings["marks"] if mark <= 50]
    names = ("gated", "orthogonal", "orthogonal, calm")
    again = run(settings["T"], {name: settings["rates"][name] for name in names}, marks, settings["seeds"])
    for name in names:
        for place, mark in enumerate(marks):
            new, old = (np.median([row[place] for row in each[name]["shares"]]) for each in (again, record["results"]))
            apart = max(new, old) / min(new, old)
            assert apart <= TOLERANCE, f"{name}, {mark} updates: got {new:.1e}, wanted {old:.1e} × or ÷ {TOLERANCE:g}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
