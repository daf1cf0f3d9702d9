"""RNN, LSTM, GRU and Transformer on equal terms, four tasks, for chapters 11 and 16: which network should you use?

All four have about equally many parameters and read the same sequences for the same number of steps, in PyTorch on one
thread. The recurrent networks begin with the numbers that `rnn_utils` draws. Every kind gets the same tries: each
learning rate of a task with each of three variants (on text two). A variant is a start of a recurrent network, and a
shape or start of a Transformer; on text the length of its window. Every try is trained once, with the first tuning
seed; the four (on text two) with the lowest validation loss are trained with two further seeds, and the lowest mean of
three is chosen. The choice is trained anew with ten other seeds, which bring other initial numbers and, but for text,
other sequences. Those runs alone are scored on test data.

``results[task]`` holds

- ``counts``: parameters of the chosen network of each kind;
- ``baseline``: validation loss and test loss of an answer that has learned nothing of the sequence (None for text);
- ``tuning``: a row for every try and tuning seed: kind, variant, rate, seed, and the last validation loss;
- ``chosen``: for every kind, variant and rate, and the mean validation loss that decided;
- ``runs``: the ten runs of every kind; ``also``: by name, ten runs of other settings (see ``also`` in the settings);
- ``pace``: seconds of the processor that a training step of the chosen network takes, with torch.nn's layers.

A row of ``runs`` has kind, variant, rate, seed, T, batch, steps; ``valid``, the validation loss at each evaluation;
``valid_score`` and, after the last step, ``test`` and ``score``: loss and share of right answers in the test;
``fresh`` (text): test loss where every window begins without a memory and all of its steps are scored; ``seconds`` of
training. Losses are in the task's unit, bits for characters; None stands for a loss that is not finite, or no score.

`python -m experiments.sequence_models` takes about an hour of one core. Finished runs are noted at once: a second call
carries on where the first was stopped, and several with different ``--tasks`` may work side by side.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import torch

from experiments import saving
from experiments._notes import Notes
from experiments._racers import KINDS, STARTS, Trainer, batches, recurrent, transformer
from experiments._tasks import TASKS, hold_then_fall, shakespeare_ids
from rnn_utils.atomic import write_whole

RATES = [0.0005, 0.002, 0.008, 0.032, 0.128]
SETTINGS: dict[str, Any] = {
    "tuning_seeds": [0, 101, 102],
    "seeds": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    "clip": 1.0,
    "tasks": {
        "adding": {
            "finalists": 4,
            "T": 50,
            "batch": 32,
            "steps": 1000,
            "evaluations": 10,
            "rates": RATES,
            "hidden": {"RNN": 66, "LSTM": 32, "GRU": 37},
            "transformer": {
                "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 67},
                "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 33},
                "two layers, Xavier": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 33},
            },
            "also": {
                "input gate nearly shut": {"kinds": ["LSTM"], "variant": "bias 3, shut", "rates": [0.008, 0.032]},
            },
        },
        "copy": {
            "finalists": 4,
            "T": 10,
            "batch": 32,
            "steps": 1000,
            "evaluations": 10,
            "rates": RATES[1:],
            "hidden": {"RNN": 67, "LSTM": 32, "GRU": 38},
            "transformer": {
                "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 91},
                "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 49},
                "two layers, Xavier": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 49},
            },
            "also": {
                "longer": {"kinds": ["LSTM", "GRU", "RNN"], "steps": 4000},
                "input gate nearly shut": {"kinds": ["LSTM"], "variant": "bias 3, shut", "rates": [0.008, 0.032]},
            },
        },
        "order": {
            "finalists": 4,
            "T": 60,
            "batch": 32,
            "steps": 1000,
            "evaluations": 10,
            "rates": RATES,
            "hidden": {"RNN": 68, "LSTM": 32, "GRU": 38},
            "transformer": {
                "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 84},
                "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 45},
                "two layers, Xavier": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 45},
            },
            "also": {
                "plain": {"kinds": ["RNN", "LSTM", "GRU"], "variant": "plain"},
                "plain at the chosen rate": {"kinds": ["RNN", "LSTM"], "variant": "plain", "rate": "chosen"},
                "plain for longer": {"kinds": ["RNN", "LSTM"], "variant": "plain", "rate": "chosen", "steps": 4000},
                "plain at every rate": {"kinds": ["RNN", "LSTM"], "variant": "plain", "rates": RATES},
            },
        },
        "shakespeare": {
            "finalists": 2,
            "T": 32,
            "batch": 32,
            "steps": 1000,
            "evaluations": 10,
            "rates": [0.004, 0.008, 0.016, 0.032, 0.064],
            "hidden": {"RNN": 139, "LSTM": 64, "GRU": 76},
            "transformer": {
                "window 32": {"d_model": 36, "heads": 4, "layers": 2, "dim_feedforward": 148},
                "window 128": {"d_model": 36, "heads": 4, "layers": 2, "dim_feedforward": 148},
            },
            "starts": {"RNN": ["plain", "orthogonal"], "LSTM": ["plain", "bias 3"], "GRU": ["plain", "bias 3"]},
            "windows": {"window 128": {"T": 128, "batch": 8}},
        },
    },
    "pace": {"rounds": 9, "steps": 10},
}
Row = dict[str, Any]


def variants(kind: str, given: dict[str, Any]) -> tuple[str, ...]:
    """Return what is tried of a kind with every rate."""
    return tuple(given["transformer"] if kind == "Transformer" else given.get("starts", STARTS)[kind])


def terms(given: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return a task's settings with the length of window that a variant asks for."""
    return given | given.get("windows", {}).get(variant, {})


def build(name: str, kind: str, given: dict[str, Any], variant: str, seed: int, borrow: bool = True) -> Any:
    """Return the untrained network of a run; without `borrow`, with torch.nn's layers in any case."""
    task = TASKS[name](given["T"])
    if kind == "Transformer":
        return transformer(task, given["transformer"][variant], variant.partition(", ")[2], seed)
    return recurrent(task, kind, given["hidden"][kind], variant, seed, borrow)


def rounded(value: float) -> float | None:
    """Return four digits, or None for a loss that is not finite."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def train(name: str, model: Any, given: dict[str, Any], rate: float, seed: int, clip: float, test: bool) -> Row:
    """Train a network for ``given["steps"]`` steps, and measure it, with `test` on the test data too.

    ``given["whole"]``, if it is there, is the length of the run of which this is the beginning.
    """
    T, steps = given["T"], given["steps"]
    trainer = Trainer(TASKS[name](T), model, clip)

    def held_out(part: str) -> tuple[float, float | None]:
        if name == "shakespeare" and not trainer.carry:
            return trainer.windows(shakespeare_ids()[1][part], T, T // 2), None
        return trainer.evaluate(trainer.task.held_out(part))

    valid: list[float | None] = []
    every = -(-steps // given["evaluations"])
    stream, seconds, score = batches(trainer.task.training(seed, given["batch"])), 0.0, None
    for step in range(1, steps + 1):
        batch, first = next(stream)
        began = time.process_time()
        loss = trainer.step(batch, rate * hold_then_fall(step - 1, given.get("whole", steps)), first)
        seconds += time.process_time() - began
        if not math.isfinite(loss):  # lost for good
            nothing = dict.fromkeys(("valid_score", *(("test", "score", "fresh") if test else ())))
            return {"valid": [*valid, None], **nothing, "seconds": round(seconds, 2)}
        if step % every == 0 or step == steps:
            loss, score = held_out("validation")
            valid.append(rounded(loss))
    result = {"valid": valid, "valid_score": score if score is None else round(score, 4)}
    if test:
        loss, score = held_out("test")
        result |= {"test": rounded(loss), "score": score if score is None else round(score, 4)}
        if name == "shakespeare":
            result["fresh"] = rounded(trainer.windows(shakespeare_ids()[1]["test"], T, T))
    return result | {"seconds": round(seconds, 2)}


def one_run(
    name: str, whole: dict[str, Any], notes: Notes, kind: str, variant: str, rate: float, seed: int, **changes: Any
) -> Row:
    """Return a finished run, from the notes if it is there: what was trained, how, and `train`'s result."""
    given, tuning = whole["tasks"][name], seed in whole["tuning_seeds"]
    own = terms(given, variant) | changes | ({"evaluations": 1} if tuning else {})
    key = {"kind": kind, "variant": variant, "rate": rate, "seed": seed}
    key |= {what: own[what] for what in ("T", "batch", "steps")}
    size = given["transformer"][variant] if kind == "Transformer" else given["hidden"][kind]
    done = notes.get(
        {"task": name, **key, "evaluations": own["evaluations"], "size": size, "clip": whole["clip"]},
        lambda: train(name, build(name, kind, own, variant, seed), own, rate, seed, whole["clip"], not tuning),
    )
    return key | done


def last(rows: list[Row]) -> float:
    """Return the mean of the last validation losses; infinity where one is not finite."""
    ends = [row["valid"] for row in rows]
    return math.inf if None in ends else statistics.mean(ends)


def tune(kind: str, whole: dict[str, Any], given: dict[str, Any], one: Any) -> tuple[list[Row], Row]:
    """Try everything once, and the best of it again; return all rows, and what is chosen."""
    first, *others = whole["tuning_seeds"]

    def tried(variant: str, rate: float, seed: int) -> Row:
        done = one(kind, variant, rate, seed)
        return {key: done[key] for key in ("kind", "variant", "rate", "seed")} | {"valid": done["valid"][-1]}

    rows = [tried(variant, rate, first) for variant, rate in product(variants(kind, given), given["rates"])]
    best = sorted(rows, key=lambda row: last([row]))[: given["finalists"]]
    finals = [[row, *(tried(row["variant"], row["rate"], seed) for seed in others)] for row in best]
    winner = min(finals, key=last)
    chosen = {key: winner[0][key] for key in ("variant", "rate")} | {"valid": rounded(last(winner))}
    return rows + [row for three in finals for row in three[1:]], chosen


def also(name: str, whole: dict[str, Any], record: dict[str, Any], one: Any) -> dict[str, list[Row]]:
    """Return the runs that are asked for beside the chosen ones: of more steps, or of another variant.

    They have the rates that are asked for, or that of the choice; without either, a variant that was not chosen gets
    the rate that was its best with the first tuning seed.
    """
    found: dict[str, list[Row]] = {}
    for part, asked in whole["tasks"][name].get("also", {}).items():
        found[part] = []
        changes = {"steps": asked["steps"]} if "steps" in asked else {}
        for kind in asked["kinds"]:
            chosen = record["chosen"][kind]
            variant, rates = asked.get("variant", chosen["variant"]), asked.get("rates", [chosen["rate"]])
            if variant != chosen["variant"] and not {"rate", "rates"} & set(asked):
                rows = [row for row in record["tuning"] if (row["kind"], row["variant"]) == (kind, variant)]
                rows = [row for row in rows if row["seed"] == whole["tuning_seeds"][0]]
                rates = [min(rows, key=lambda row: last([row]))["rate"]]
            found[part] += [one(kind, variant, rate, seed, **changes) for rate in rates for seed in whole["seeds"]]
    return found


def pace(name: str, chosen: dict[str, Row], whole: dict[str, Any]) -> dict[str, float]:
    """Return the seconds of the processor that a training step of each kind takes: medians, the kinds in turn."""
    racers = {}
    for kind, choice in chosen.items():
        own = terms(whole["tasks"][name], choice["variant"])
        trainer = Trainer(
            TASKS[name](own["T"]), build(name, kind, own, choice["variant"], 0, borrow=False), whole["clip"]
        )
        racers[kind] = trainer, batches(trainer.task.training(0, own["batch"]))
    seconds: dict[str, list[float]] = {kind: [] for kind in racers}
    for _ in range(whole["pace"]["rounds"] + 1):
        for kind, (trainer, stream) in racers.items():
            some = [next(stream) for _ in range(whole["pace"]["steps"])]
            began = time.process_time()
            for batch, first in some:
                trainer.step(batch, 1e-3, first)
            seconds[kind].append((time.process_time() - began) / len(some))
    return {kind: float(f"{statistics.median(taken[1:]):.4g}") for kind, taken in seconds.items()}  # the first warms up


def baseline(name: str, given: dict[str, Any]) -> dict[str, float] | None:
    """Return the losses of one who has learned nothing of the sequence, and answers with the mean or a guess."""
    if name == "shakespeare":
        return None
    if name == "adding":
        task = TASKS[name](given["T"])
        parts = {"valid": task.held_out("validation"), "test": task.held_out("test")}
        squares = {key: [float(((y - 1) ** 2).mean()) for _, y in part] for key, part in parts.items()}
        return {key: float(f"{statistics.mean(values):.4g}") for key, values in squares.items()}
    guess = math.log(4) if name == "order" else 10 * math.log(8) / (given["T"] + 20)
    return dict.fromkeys(("valid", "test"), float(f"{guess:.4g}"))


def contest(name: str, whole: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """Tune every kind on a task, train the choice anew, and return what the program's docstring says."""
    given, one = whole["tasks"][name], partial(one_run, name, whole, notes)
    record: dict[str, Any] = {"counts": {}, "baseline": baseline(name, given), "tuning": [], "chosen": {}, "runs": []}
    for kind in KINDS:
        rows, chosen = tune(kind, whole, given, one)
        record["tuning"] += rows
        record["chosen"][kind] = chosen
        model = build(name, kind, given, chosen["variant"], 0)
        record["counts"][kind] = sum(p.numel() for p in model.parameters())
    for kind, chosen in record["chosen"].items():
        record["runs"] += [one(kind, chosen["variant"], chosen["rate"], seed) for seed in whole["seeds"]]
    record["also"] = also(name, whole, record, one)
    record["pace"] = notes.get({"pace": name, "chosen": record["chosen"]}, lambda: pace(name, record["chosen"], whole))
    return record


def run(**whole: Any) -> dict[str, Any]:
    """Do all runs; `main` does so too, and can be stopped and called again."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        notes = Notes(Path(folder) / "notes")
        return {name: contest(name, whole, notes) for name in whole["tasks"]}


def check_part(record: dict[str, Any]) -> None:
    """Run the beginning of the GRU's first run on Shakespeare again, up to its first evaluation; look at the choices.

    A choice that leaves its baseline behind has to lie inside the grid: a best rate at the edge is no best rate.
    """
    torch.set_num_threads(1)
    settings, results = record["settings"], record["results"]
    row = next(row for row in results["shakespeare"]["runs"] if row["kind"] == "GRU")
    given = terms(settings["tasks"]["shakespeare"], row["variant"])
    part = given | {"whole": given["steps"], "steps": -(-given["steps"] // given["evaluations"]), "evaluations": 1}
    model = build("shakespeare", "GRU", given, row["variant"], row["seed"])
    again = train("shakespeare", model, part, row["rate"], row["seed"], settings["clip"], False)["valid"]
    assert math.isclose(again[0], row["valid"][0], rel_tol=0.005), (again, row["valid"])
    for name, result in results.items():
        for kind, chosen in result["chosen"].items():
            rates, bar = settings["tasks"][name]["rates"], result["baseline"]
            learned = bar is None or chosen["valid"] < 0.95 * bar["valid"]
            assert not learned or rates[0] < chosen["rate"] < rates[-1], f"{name}, {kind}: {chosen}, rates {rates}"


def main(arguments: list[str], whole: dict[str, Any] = SETTINGS) -> None:
    """Do the runs asked for; with all of them done, write the record."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=[*whole["tasks"]], default=[*whole["tasks"]], help="these alone")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    asked = parser.parse_args(arguments)
    notes = Notes(asked.out.with_name(f".{asked.out.name}.notes"))
    results = {name: contest(name, whole, notes) for name in asked.tasks}
    if len(results) == len(whole["tasks"]):
        head = {"command": "python -m experiments.sequence_models", "versions": saving.versions()}
        head |= {"processor": saving.processor(), "settings": whole}
        seconds = round(sum(done.get("seconds", 0.0) for done in notes.done.values()), 1)  # of training alone
        write(asked.out, {**head, "results": results, "seconds": seconds})


def write(path: Path, record: dict[str, Any]) -> None:
    """Write a record, one run a line, whole or not at all."""
    text = json.dumps(record, allow_nan=False).replace("[{", "[\n {").replace("}, {", "},\n {")
    write_whole(path, text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
