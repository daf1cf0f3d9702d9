"""What is each gate of a GRU for, and does it matter where the reset gate stands? GRUs trained with parts taken away.

Two tasks of 50 steps. "adding" is `data.adding_problem`: the sum of two marked numbers, asked for at the end; a number
must be kept unharmed. "total" is a running total that a mark sets back: at every step a number between −½ and ½ comes,
with one step in ten marked, and the answer at every step is the sum of the numbers since the last mark, the marked
step included. Here the new state must be made from the old one at most steps, and without it at a mark.

Each form is trained with Adam, a rate that falls to zero in a straight line, and clipping at 1, on fresh batches of 32.
Rates lie on a ladder of half powers of ten: the one with the lowest median error of four seeds on validation
sequences is taken, and the ladder is followed until that is not at the edge of what has been tried, or the ladder
ends. Ten other seeds are trained at that rate and scored on 1,000 new sequences. "no reset gate, 20 units" has as many
parameters as the full GRU with 16. A constant update gate starts near ½ and, as a control, near 0.95. On
adding, those that start near ½ are trained ten times as long too, at the same rate and at the one below it.

The weights of the ten full GRUs are kept, rounded to four digits, so that a page can change them and look.

The full run takes about eight minutes.
"""

import sys
from typing import Any

import numpy as np

from experiments import saving
from experiments._gru_forms import Adam, Arrays, Form, answers, forward, initialise, loss_and_grads
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    # form: reset gate, update gate, hidden units
    "forms": {
        "both gates": ["after", "gate", 16],
        "reset before the product": ["before", "gate", 16],
        "one gate for both": ["shared", "gate", 16],
        "no reset gate": ["none", "gate", 16],
        "no reset gate, 20 units": ["none", "gate", 20],
        "update gate constant": ["after", "constant", 16],
        "the same, from 0.95 on": ["after", "open", 16],
        "no update gate": ["after", "none", 16],
        "neither gate": ["none", "none", 16],
    },
    "tasks": ["adding", "total"],
    "updates": 600,
    "seeds": 10,
    "tuning_seeds": 4,
    "long": {"adding": ["update gate constant"]},
}
T, BATCH, TEST, MARKED = 50, 32, 1000, 0.1
LADDER = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0]
FIRST = LADDER.index(1e-2)  # where the ladder is entered
KEPT = "both gates"
EARLY = 40  # updates whose mean loss is kept, for the check
TOLERANCE = 0.05


def draw(task: str, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n sequences of a task: x (T, n, 2), and y (n,) for "adding", (T, n) for "total"."""
    if task == "adding":
        return data.adding_problem(T, n, rng)
    number, mark = rng.uniform(-0.5, 0.5, (T, n)), rng.random((T, n)) < MARKED
    total, y = np.zeros(n), np.empty((T, n))
    for t in range(T):
        total = np.where(mark[t], 0, total) + number[t]
        y[t] = total
    return np.stack([number, mark], axis=-1).astype(np.float32), y.astype(np.float32)


def score(p: Arrays, form: Form, task: str, seed: int) -> list[float]:
    """Return each network's mean squared error on new sequences, the same for all."""
    x, y = draw(task, TEST, np.random.default_rng(seed))
    many = np.broadcast_to(x[:, None], (T, len(p["bias_y"]), TEST, 2))
    h = forward(p, many, form)[0][1:] if task == "total" else forward(p, many, form)[0][-1:]
    errors = np.square(answers(p, h) - y.reshape(-1, 1, TEST)).mean(axis=(0, 2))
    return [float(f"{error:.4g}") for error in errors]


def train(task: str, parts: list[Any], rates: list[float], seeds: range, updates: int, stop: int = 0) -> Any:
    """Train networks of one form, each rate with each seed, and return their parameters and mean early losses."""
    reset, update, hidden = parts
    form, pairs = Form(reset, update), [(rate, seed) for rate in rates for seed in seeds]
    p = initialise(2, hidden, [seed for _, seed in pairs], form)
    optimizer, rngs = Adam(p, np.array([rate for rate, _ in pairs])), [np.random.default_rng(10_000 + s) for s in seeds]
    early = []
    for k in range(stop or updates):
        drawn = [draw(task, BATCH, rng) for rng in rngs] * len(rates)
        x, y = np.stack([x for x, _ in drawn], axis=1), np.stack([y for _, y in drawn], axis=-2)
        loss, grads = loss_and_grads(p, x, y, form)
        optimizer.update(grads, 1 - k / updates)
        early += [loss] if k < EARLY else []
    return p, np.mean(early, axis=0)


def choose(task: str, parts: list[Any], seeds: range, updates: int) -> tuple[float, dict[str, list[float]]]:
    """Return the rate with the lowest median error in validation, and the errors by rate."""
    tried: dict[float, list[float]] = {}
    wanted = LADDER[FIRST - 1 : FIRST + 2]
    while True:
        p, _ = train(task, parts, wanted, seeds, updates)
        errors = np.reshape(score(p, Form(*parts[:2]), task, seed=98), (len(wanted), -1))
        tried |= dict(zip(wanted, errors.tolist()))
        best = min(tried, key=lambda rate: np.median(tried[rate]) if np.isfinite(tried[rate]).all() else np.inf)
        place = LADDER.index(best)
        wanted = [rate for rate in LADDER[max(place - 1, 0) : place + 2] if rate not in tried]
        if not wanted:
            return best, {f"{rate:g}": tried[rate] for rate in sorted(tried)}


def rounded(p: Arrays) -> dict[str, Any]:
    """Return parameters with four digits, as lists, by seed."""
    return {name: np.vectorize(lambda w: float(f"{w:.4g}"))(w).tolist() for name, w in p.items()}


def run(
    forms: dict[str, list[Any]],
    tasks: list[str],
    updates: int,
    seeds: int,
    tuning_seeds: int,
    long: dict[str, list[str]],
) -> dict[str, Any]:
    """Return by task and form the rate and how it was chosen, the errors of all seeds, and the weights of one form."""
    results: dict[str, Any] = {}
    tuning = range(1000, 1000 + tuning_seeds)
    for task in tasks:
        _, y = draw(task, TEST, np.random.default_rng(99))
        results[task] = {"baseline": float(f"{y.var():.4g}"), "forms": {}}
        for name, parts in forms.items():
            rate, tried = choose(task, parts, tuning, updates)
            p, early = train(task, parts, [rate], range(seeds), updates)
            form = Form(*parts[:2])
            row = {"rate": rate, "errors": score(p, form, task, seed=99), "tried": tried}
            row["early losses"] = [float(f"{loss:.4g}") for loss in early]
            if name == KEPT:
                results[task]["weights"] = rounded(p)
            results[task]["forms"][name] = row
            print(task, name, row, file=sys.stderr, flush=True)
    for task, names in long.items():
        for name in names:
            row = results[task]["forms"][name]
            place = LADDER.index(row["rate"])
            rates = LADDER[place - 1 : place + 1]
            p, _ = train(task, forms[name], rates, range(seeds), 10 * updates)
            errors = np.reshape(score(p, Form(*forms[name][:2]), task, seed=99), (2, seeds)).tolist()
            row["ten times as long"] = {f"{rate:g}": each for rate, each in zip(rates, errors, strict=True)}
            print(task, name, row["ten times as long"], file=sys.stderr, flush=True)
    return results


def near(what: str, new: Any, old: Any) -> None:
    """Assert that numbers differ by at most the tolerance, relative to the old ones."""
    assert np.allclose(new, old, rtol=TOLERANCE, atol=0), f"{what}: got {new}, wanted {old} ± {TOLERANCE:.0%}"


def check_part(record: dict[str, Any]) -> None:
    """Train the first updates of two forms again, and score the weights that were kept."""
    settings, results = record["settings"], record["results"]
    for task, name in (("adding", KEPT), ("total", "no reset gate")):
        row, parts = results[task]["forms"][name], settings["forms"][name]
        _, early = train(task, parts, [row["rate"]], range(3), settings["updates"], stop=EARLY)
        near(f"{task}, {name}, early losses", early, row["early losses"][:3])
    for task in settings["tasks"]:
        p = {name: np.array(w, np.float32) for name, w in results[task]["weights"].items()}
        near(f"{task}, {KEPT}", score(p, Form(), task, seed=99), results[task]["forms"][KEPT]["errors"])


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
