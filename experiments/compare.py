"""RNN, LSTM and GRU on equal terms, four tasks, for chapter 11: ``python -m experiments.compare``.

Every network gets the same sequences, the same number of steps and the same small grid of learning rates and starts.
The grid is decided on validation data with one seed; the chosen setting is trained anew with other seeds, and those
runs alone are scored on test data. About a quarter of an hour on one core. Finished runs are noted at once: a second
call carries on where the first was stopped, and several with different ``--tasks`` may work side by side.
``TASKS`` and ``train`` are there for others to compare further networks on the same data.
"""

import argparse
import copy
import json
import math
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rnn_utils import GRU, LSTM, RNN, data, init
from rnn_utils.atomic import write_whole
from rnn_utils.metrics import accuracy
from rnn_utils.models import LanguageModel, SequenceModel
from rnn_utils.optim import Adam
from rnn_utils.training import evaluate, fit

SAVED = Path(__file__).with_name("compare.json")
LAYERS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
STARTS = ("plain", "remembering")
#: What is compared. `hidden` is for equal numbers of parameters; with the LSTM's, all have equal hidden sizes.
SETTINGS: dict[str, Any] = {
    "tuning_seed": 0,
    "seeds": [1, 2, 3],
    "clip": 1.0,
    "bias": 3.0,
    "tasks": {
        "adding": {
            "batch": 64,
            "T": 50,
            "steps": 1000,
            "evaluations": 20,
            "rates": [0.0005, 0.002, 0.008],
            "hidden": {"RNN": 66, "LSTM": 32, "GRU": 37},
        },
        "copy": {
            "batch": 64,
            "T": 10,
            "steps": 1000,
            "evaluations": 20,
            "rates": [0.0005, 0.002, 0.008],
            "hidden": {"RNN": 67, "LSTM": 32, "GRU": 38},
        },
        "order": {
            "batch": 64,
            "T": 60,
            "steps": 1563,
            "evaluations": 20,
            "rates": [0.0005, 0.002, 0.008],
            "hidden": {"RNN": 68, "LSTM": 32, "GRU": 38},
        },
        "shakespeare": {
            "batch": 32,
            "T": 32,
            "steps": 1000,
            "evaluations": 10,
            "rates": [0.002, 0.004, 0.008],
            "hidden": {"RNN": 139, "LSTM": 64, "GRU": 76},
        },
    },
    "race": {"T": 100, "batch": 64, "hidden": 32, "rate": 0.01, "steps": 1563, "evaluations": 15, "seeds": [1, 2, 3]},
}
BITS = 1 / math.log(2)


def hold_then_fall(step: int, steps: int) -> float:
    """Factor of the learning rate: 1 for seven tenths of the run, then in a straight line towards a twentieth."""
    part = step / steps
    return 1.0 if part < 0.7 else 1 - 0.95 * (part - 0.7) / 0.3


@dataclass(frozen=True)
class Task:
    """A task: where its data come from, a network for it, and what counts as success.

    Attributes
    ----------
    model : callable
        ``model(layer, hidden, rng)``: an untrained network with a recurrent layer of that kind.
    training : callable
        ``training(seed, batch)``: what `fit` takes as batches and rng, the same for every network.
    held_out : callable
        ``held_out(part)`` for ``"validation"`` or ``"test"``: a list of batches.
    score : callable
        ``score(model, batches)``: the share of right answers; None where the loss says it all.
    unit : float
        What to multiply a loss by.
    carry_state : bool
        Whether a batch begins in the state that the one before ended in.

    """

    model: Callable[[Any, int, np.random.Generator], SequenceModel]
    training: Callable[[int, int], dict[str, Any]]
    held_out: Callable[[str], list[Any]]
    score: Callable[[SequenceModel, list[Any]], float | None]
    unit: float = 1.0
    carry_state: bool = False


def synthetic(
    draw: Callable[..., Any], sizes: tuple[int, int], options: dict[str, Any], answers: Callable[..., Any] | None
) -> Callable[[int], Task]:
    """Return a function of T that makes the task: new sequences in every batch, drawn from the run's seed.

    `answers` takes predictions and targets and returns those that are scored.
    """

    def task(T: int) -> Task:
        def held_out(part: str) -> list[Any]:
            number, seed = {"validation": (2, 1001), "test": (8, 1002)}[part]
            rng = np.random.default_rng(seed)
            return [draw(T, 500, rng) for _ in range(number)]

        def score(model: SequenceModel, batches: list[Any]) -> float | None:
            if answers is None:
                return None
            return float(np.mean([accuracy(*answers(model.forward(x)[0], y)) for x, y in batches]))

        return Task(
            model=lambda layer, hidden, rng: SequenceModel(sizes[0], hidden, sizes[1], rng=rng, layer=layer, **options),
            training=lambda seed, batch: {
                "batches": lambda rng: [draw(T, batch, rng)],
                "rng": np.random.default_rng([seed, 1]),
            },
            held_out=held_out,
            score=score,
        )

    return task


@cache
def shakespeare_ids() -> tuple[int, dict[str, np.ndarray]]:
    """Return V and the ids of the three parts: eight tenths to learn from, one to choose by, the last to be scored."""
    parts = data.split(data.shakespeare(), (0.8, 0.1, 0.1))
    vocabulary = data.Vocabulary(parts[0])
    return len(vocabulary), dict(zip(("training", "validation", "test"), map(vocabulary.encode, parts)))


def shakespeare(T: int) -> Task:
    """Return the task of predicting the next character; every network reads the same streams in the same order."""
    V, ids = shakespeare_ids()
    return Task(
        model=lambda layer, hidden, rng: LanguageModel(V, hidden, rng=rng, layer=layer),
        training=lambda seed, batch: {"batches": list(data.contiguous_streams(ids["training"], batch, T))},
        held_out=lambda part: list(data.contiguous_streams(ids[part], 32, 128, drop_last=False)),
        score=lambda model, batches: None,
        unit=BITS,
        carry_state=True,
    )


TASKS: dict[str, Callable[[int], Task]] = {
    "adding": synthetic(data.adding_problem, (2, 1), {}, None),
    "copy": synthetic(
        data.copy_memory,
        (10, 9),
        {"loss": "cross_entropy", "every_step": True},
        lambda predicted, y: (predicted[-10:], y[-10:]),
    ),
    "order": synthetic(data.temporal_order, (8, 4), {"loss": "cross_entropy"}, lambda predicted, y: (predicted, y)),
    "shakespeare": shakespeare,
}


def remember_(layer: Any, bias: float, rng: np.random.Generator) -> None:
    """Give a layer the start that helps its kind to remember, in place: the forget gate's bias (LSTM), the update
    gate's (GRU), or an orthogonal recurrent matrix (RNN).
    """
    p, H = layer.params, layer.hidden_size
    if isinstance(layer, LSTM):
        init.forget_bias_(p, bias)
    elif isinstance(layer, GRU):
        p["bias_ih"][H : 2 * H], p["bias_hh"][H : 2 * H] = bias, 0  # r, z, n: the middle third is z
    else:
        p["weight_hh"][...] = init.orthogonal((H, H), rng=rng)


def build(task: Task, kind: str, hidden: int, start: str, seed: int) -> SequenceModel:
    """Return the untrained network of a run."""
    rng = np.random.default_rng(seed)
    model = task.model(LAYERS[kind], hidden, rng)
    if start == "remembering":
        remember_(model.rnn, SETTINGS["bias"], rng)
    return model


def train(
    name: str,
    model: SequenceModel,
    rate: float,
    seed: int,
    settings: dict[str, Any] = SETTINGS,
    whole: int | None = None,
) -> dict[str, Any]:
    """Train a network as `settings` say, and measure it; as the beginning of a run of `whole` steps, if that is given.

    Returns
    -------
    dict
        ``valid``: held-out loss at each evaluation; ``test``: the loss on the test data after the last step, both in
        the task's unit (bits for characters); ``score``: share of right answers in the test, or None.

    """
    given = settings["tasks"][name]
    task = TASKS[name](given["T"])
    history = fit(
        model,
        optimizer=Adam(model.params, lr=rate),
        steps=given["steps"],
        schedule=lambda step, steps: hold_then_fall(step, whole or steps),
        clip_norm=settings["clip"],
        carry_state=task.carry_state,
        validation=task.held_out("validation"),
        eval_every=-(-given["steps"] // given["evaluations"]),
        progress=False,
        **task.training(seed, given["batch"]),
    )
    test = task.held_out("test")
    loss, score = evaluate(model, test, carry_state=task.carry_state) * task.unit, task.score(model, test)
    return {
        "valid": [float(f"{value * task.unit:.4g}") for value in history.valid_loss],
        "test": float(f"{loss:.4g}"),
        "score": score if score is None else round(score, 4),
    }


class Notes:
    """Finished runs, one line of JSON each, so that a run is never done twice."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[str, dict[str, Any]] = {}
        for line in path.read_text("utf8").splitlines() if path.exists() else []:
            try:
                key, result = json.loads(line)
            except ValueError:
                continue  # the line that a kill cut short
            self.done[json.dumps(key)] = result

    def get(self, key: dict[str, Any], run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the noted result of a run, or do it and note it. The key is everything that the result hangs on."""
        name = json.dumps(key)
        if name not in self.done:
            self.done[name] = run()
            with self.path.open("a", encoding="utf8") as file:
                file.write(json.dumps([key, self.done[name]]) + "\n")
            print(*key.values(), {k: v for k, v in self.done[name].items() if k != "valid"}, flush=True)
        return self.done[name]


def compare(name: str, settings: dict[str, Any], notes: Notes) -> dict[str, list[dict[str, Any]]]:
    """Choose a rate and a start for every kind, then train it anew, and score it.

    Returns
    -------
    dict of list of dict
        ``tuning``: the grid, with the last validation loss; ``parameters``: the chosen settings, other seeds, about
        equal numbers of parameters, with curves and test scores; ``hidden``: the same with the LSTM's hidden size.

    """
    given = settings["tasks"][name]
    task = TASKS[name](given["T"])
    terms = {key: value for key, value in given.items() if key not in ("rates", "hidden")}
    terms |= {key: settings[key] for key in ("clip", "bias")}

    def run(contest: str, kind: str, hidden: int, rate: float, start: str, seed: int) -> dict[str, Any]:
        key = {"kind": kind, "hidden": hidden, "rate": rate, "start": start, "seed": seed}
        done = notes.get(
            {"task": name, **terms, **key},
            lambda: train(name, build(task, kind, hidden, start, seed), rate, seed, settings),
        )
        if contest == "tuning":
            return {**key, "valid": done["valid"][-1]}
        return {**key, **{what: done[what] for what in ("valid", "test", "score")}}

    record: dict[str, list[dict[str, Any]]] = {"tuning": [], "parameters": [], "hidden": []}
    for kind, hidden in given["hidden"].items():
        grid = [
            run("tuning", kind, hidden, rate, start, settings["tuning_seed"])
            for start in STARTS
            for rate in given["rates"]
        ]
        best = min(grid, key=lambda row: row["valid"])
        record["tuning"] += grid
        sizes = {"parameters": hidden, "hidden": given["hidden"]["LSTM"]}
        for contest, size in sizes.items():
            if contest == "parameters" or size != hidden:
                record[contest] += [
                    run(contest, kind, size, best["rate"], best["start"], seed) for seed in settings["seeds"]
                ]
    return record


def clocked(step: Callable[[], None], seconds: dict[str, float]) -> None:
    """Do something, and add what it took: by the clock on the wall, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    step()
    seconds["wall"] += time.perf_counter() - wall
    seconds["processor"] += time.process_time() - processor


def race(kind: str, library: str, seed: int, given: dict[str, Any], clip: float) -> dict[str, Any]:
    """Train on the adding problem by `rnn_utils` or by torch, from the same start on the same data.

    Returns
    -------
    dict
        ``valid``: validation loss at each evaluation; ``test``; ``wall`` and ``processor``: seconds of training,
        evaluations left out.

    """
    from experiments._racers import RACERS  # imports torch

    task = TASKS["adding"](given["T"])
    model = build(task, kind, given["hidden"], "plain", seed)
    racer = RACERS[library](model, clip)
    training = task.training(seed, given["batch"])
    every = -(-given["steps"] // given["evaluations"])
    valid, seconds = [], {"wall": 0.0, "processor": 0.0}
    for step in range(1, given["steps"] + 1):
        (batch,) = training["batches"](training["rng"])
        rate = given["rate"] * hold_then_fall(step - 1, given["steps"])
        clocked(lambda batch=batch, rate=rate: racer.step(*batch, rate), seconds)
        if step % every == 0 or step == given["steps"]:
            valid.append(float(f"{np.mean([racer.loss(*b) for b in task.held_out('validation')]):.4g}"))
    test = float(np.mean([racer.loss(*b) for b in task.held_out("test")]))
    return {"valid": valid, "test": float(f"{test:.4g}"), **{name: round(s, 2) for name, s in seconds.items()}}


def race_all(settings: dict[str, Any], notes: Notes) -> list[dict[str, Any]]:
    """Return every race, the two libraries in turn so that a change in the machine's mood meets both."""
    given = settings["race"]
    return [
        {"kind": kind, "library": library, "seed": seed}
        | notes.get(
            {"race": "adding", **given, "kind": kind, "library": library, "seed": seed},
            lambda kind=kind, library=library, seed=seed: race(kind, library, seed, given, settings["clip"]),
        )
        for kind in LAYERS
        for seed in given["seeds"]
        for library in ("rnn_utils", "torch")
    ]


def processor() -> str:
    """Return the kind of processor, as the system calls it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0].split(':')[1].strip() if names else platform.processor()} ({platform.machine()}), one thread"


def versions() -> dict[str, str]:
    """Return the versions that the numbers come from."""
    import torch

    return {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}


def write(path: Path, record: dict[str, Any]) -> None:
    """Write a record, one run a line, whole or not at all."""
    text = json.dumps(record, ensure_ascii=False).replace("[{", "[\n {").replace("}, {", "},\n {")
    write_whole(path, text + "\n")


def results(settings: dict[str, Any], notes: Notes, parts: list[str]) -> dict[str, Any]:
    """Do the runs of some tasks, and of the race."""
    return {part: race_all(settings, notes) if part == "race" else compare(part, settings, notes) for part in parts}


def run(**settings: Any) -> dict[str, Any]:
    """Do all runs; `main` does so too, and can be stopped and called again."""
    with tempfile.TemporaryDirectory() as folder:
        return results(settings, Notes(Path(folder) / "notes"), [*settings["tasks"], "race"])


def check_part(record: dict[str, Any]) -> None:
    """Run the beginning of the GRU's first run on Shakespeare again, up to its first evaluation."""
    settings = copy.deepcopy(record["settings"])
    task = settings["tasks"]["shakespeare"]
    whole = task["steps"]
    task |= {"steps": whole // task["evaluations"], "evaluations": 1}
    row = next(row for row in record["results"]["shakespeare"]["parameters"] if row["kind"] == "GRU")
    model = build(TASKS["shakespeare"](task["T"]), "GRU", row["hidden"], row["start"], row["seed"])
    again = train("shakespeare", model, row["rate"], row["seed"], settings, whole)["valid"]
    assert math.isclose(again[0], row["valid"][0], rel_tol=0.005), (again, row["valid"])


def main(arguments: list[str], settings: dict[str, Any] = SETTINGS) -> None:
    """Do the runs asked for; with all of them done, write the record."""
    parts = [*settings["tasks"], "race"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=parts, default=parts, help="these alone; nothing is written")
    parser.add_argument("--out", type=Path, default=SAVED)
    asked = parser.parse_args(arguments)
    notes = Notes(asked.out.with_name(f".{asked.out.name}.notes"))
    began = time.process_time()
    found = results(settings, notes, asked.tasks)
    if set(asked.tasks) == set(parts):
        head = {"command": "python -m experiments.compare", "versions": versions(), "processor": processor()}
        seconds = round(time.process_time() - began, 1)  # of this call
        write(asked.out, {**head, "settings": settings, "results": found, "seconds": seconds})
        notes.path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
