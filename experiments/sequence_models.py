"""RNN, LSTM, GRU and Transformer on the data of chapter 11, for chapter 16: ``python -m experiments.sequence_models``.

All four in PyTorch on one thread, with about equal numbers of parameters. Every kind gets the same sequences and the
same number of tries: each learning rate with each of two settings, chosen on validation data with one seed. The chosen
setting is trained anew with other seeds, twice: for equal numbers of steps ("parameters"), and for equal seconds of the
processor ("time": what the slowest kind needs for its steps; the others take more steps). Those runs alone are scored
on test data. About three quarters of an hour on one core; a second call carries on where the first was stopped.
"""

import argparse
import copy
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from experiments import compare
from rnn_utils import RNN
from rnn_utils.interop import to_torch
from rnn_utils.transformer import Recurrent, Transformer, attend_fused

SAVED = Path(__file__).with_name("sequence_models.json")
KINDS = (*compare.LAYERS, "Transformer")
RATES = [0.0005, 0.002, 0.008, 0.032, 0.128]
#: Of each kind, what is tried with every rate: two starts of a recurrent network; two shapes of a Transformer, of
#: equal size, or on text two lengths of window with equally many characters in a step.
TRANSFORMERS: dict[str, dict[str, dict[str, int]]] = {
    "adding": {
        "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 67},
        "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 33},
    },
    "copy": {
        "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 91},
        "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 49},
    },
    "order": {
        "one layer": {"d_model": 20, "heads": 2, "layers": 1, "dim_feedforward": 84},
        "two layers": {"d_model": 16, "heads": 2, "layers": 2, "dim_feedforward": 45},
    },
    "shakespeare": {
        "window 32": {"d_model": 36, "heads": 4, "layers": 2, "dim_feedforward": 148},
        "window 128": {"d_model": 36, "heads": 4, "layers": 2, "dim_feedforward": 148},
    },
}
WINDOWS = {"window 32": {"T": 32, "batch": 32}, "window 128": {"T": 128, "batch": 8}}


def settings() -> dict[str, Any]:
    """Return what is compared: chapter 11's settings, wider grids, the Transformers."""
    given = {key: copy.deepcopy(compare.SETTINGS[key]) for key in ("tuning_seed", "seeds", "clip", "bias", "tasks")}
    for name, task in given["tasks"].items():
        task |= {"rates": list(RATES), "transformer": copy.deepcopy(TRANSFORMERS[name])}
    given["tasks"]["shakespeare"] |= {
        "rates": [0.002, 0.004, 0.008, 0.016, 0.032, 0.064],
        "windows": copy.deepcopy(WINDOWS),
    }
    return given | {"pace": {"rounds": 9, "steps": 10}}


SETTINGS = settings()


def build(name: str, kind: str, given: dict[str, Any], variant: str, seed: int) -> Recurrent | Transformer:
    """Return the untrained network of a run: a recurrent one begins with the very numbers that it has in chapter 11."""
    task, tokens = compare.TASKS[name](given["T"]), name != "adding"
    if kind == "Transformer":
        like = task.model(RNN, 1, np.random.default_rng(0))
        sizes = {"input_size": like.input_size, "output_size": like.linear.out_features}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Transformer(**sizes, **given["transformer"][variant], tokens=tokens, attend=attend_fused)
    book = compare.build(task, kind, given["hidden"][kind], variant, seed)
    model = Recurrent(kind, book.input_size, given["hidden"][kind], book.linear.out_features, tokens=tokens)
    model.rnn, model.linear = to_torch(book.rnn), to_torch(book.linear)  # type: ignore[assignment]
    return model


def losses(name: str, out: torch.Tensor, y: np.ndarray) -> torch.Tensor:
    """Return the loss at every place that is answered: the last step, or every one."""
    target = torch.from_numpy(np.asarray(y))
    if name == "adding":
        return (out[-1, :, 0] - target) ** 2
    if name == "order":
        return F.cross_entropy(out[-1], target, reduction="none")
    return F.cross_entropy(out.flatten(0, 1), target.flatten(), reduction="none")


def share_right(name: str, out: torch.Tensor, y: np.ndarray) -> float | None:
    """Return the share of right answers, of those that chapter 11 scores; None where the loss says it all."""
    if name == "order":
        return float((out[-1].argmax(-1).numpy() == y).mean())
    return float((out[-10:].argmax(-1).numpy() == y[-10:]).mean()) if name == "copy" else None


class Trainer:
    """A network, Adam, and the state that it carries from batch to batch where the task says so."""

    def __init__(self, name: str, model: Recurrent | Transformer, carry_state: bool, clip: float) -> None:
        self.name, self.model, self.clip = name, model, clip
        self.carry = carry_state and isinstance(model, Recurrent)
        self.optimizer = torch.optim.Adam(model.parameters())
        self.state: Any = None

    def step(self, batch: tuple[np.ndarray, np.ndarray], rate: float, first: bool = True) -> None:
        """Take one training step; the first of a pass begins without a state."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        x, y = batch
        out, state = self.model(torch.from_numpy(x), self.state if self.carry and not first else None)
        self.optimizer.zero_grad()
        losses(self.name, out, y).mean().backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.state = detached(state) if self.carry else None

    @torch.no_grad()
    def evaluate(self, batches: list[Any]) -> tuple[float, float | None]:
        """Return the mean loss, and the share of right answers."""
        parts, shares, state = [], [], None
        for x, y in batches:
            out, state = self.model(torch.from_numpy(x), state if self.carry else None)
            parts.append(losses(self.name, out, y))
            shares.append(share_right(self.name, out, y))
        told = [share for share in shares if share is not None]
        return float(torch.cat(parts).mean()), float(np.mean(told)) if told else None

    @torch.no_grad()
    def windows(self, ids: np.ndarray, T: int, stride: int) -> float:
        """Return the mean loss over a text, each window begun without a memory and scored in its last `stride` steps.

        Every character is scored once; it is predicted from T − stride + 1 to T characters, itself not among them.
        """
        starts = np.arange(0, len(ids) - T, stride)
        parts = []
        for some in np.array_split(starts, -(-len(starts) * T // 8192)):
            x, y = (ids[some + np.arange(shift, shift + T)[:, None]] for shift in (0, 1))  # (T, windows)
            out, _ = self.model(torch.from_numpy(x))
            parts.append(losses(self.name, out[-stride:], y[-stride:]))
        return float(torch.cat(parts).mean())


def detached(state: Any) -> Any:
    """Return a state cut off from the steps that led to it."""
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


def batches(training: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield training batches for ever, and whether a pass over the data begins."""
    given = training["batches"]
    while True:
        for number, batch in enumerate(given(training["rng"]) if callable(given) else given):
            yield batch, number == 0


def rounded(value: float) -> float | None:
    """Return four digits, or None for a loss that is not finite."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def train(
    name: str, model: Recurrent | Transformer, given: dict[str, Any], rate: float, seed: int, clip: float, test: bool
) -> dict[str, Any]:
    """Train a network for ``given["steps"]`` steps, and measure it, with `test` on the test data too.

    Returns
    -------
    dict
        ``valid``: held-out loss at each evaluation; ``processor``: seconds of training, evaluations left out;
        ``test``; ``score``: share of right answers in the test; ``contexts``: for text, the test loss by what the
        network may look back on. Losses are in the task's unit (bits for characters).

    """
    T, steps = given["T"], given["steps"]
    task = compare.TASKS[name](T)
    trainer = Trainer(name, model, task.carry_state, clip)

    def held_out(part: str) -> tuple[float, float | None]:
        if name == "shakespeare" and not trainer.carry:
            return trainer.windows(compare.shakespeare_ids()[1][part], T, T // 2) * task.unit, None
        loss, score = trainer.evaluate(task.held_out(part))
        return loss * task.unit, score

    every = -(-steps // given["evaluations"])
    stream, valid, seconds = batches(task.training(seed, given["batch"])), [], {"wall": 0.0, "processor": 0.0}
    for step in range(1, steps + 1):
        (batch, first), now = next(stream), rate * compare.hold_then_fall(step - 1, given.get("whole", steps))
        compare.clocked(lambda b=batch, now=now, first=first: trainer.step(b, now, first), seconds)
        if step % every == 0 or step == steps:
            valid.append(rounded(held_out("validation")[0]))
    result: dict[str, Any] = {"valid": valid, "processor": round(seconds["processor"], 2)}
    if test:
        loss, score = held_out("test")
        result |= {"test": rounded(loss), "score": score if score is None else round(score, 4)}
        result["contexts"] = looking_back(trainer, T, result["test"]) if name == "shakespeare" else None
    return result


def looking_back(trainer: Trainer, T: int, usual: float | None) -> dict[str, float | None]:
    """Return the test loss in bits by what may be looked back on: a window begun afresh, more of it, all before."""
    ids = compare.shakespeare_ids()[1]["test"]
    strides = {"fresh": T} if trainer.carry else {"fresh": T, "most": T // 8}
    found = {key: rounded(trainer.windows(ids, T, stride) * compare.BITS) for key, stride in strides.items()}
    return found | {"carried" if trainer.carry else "half": usual}


def variants(kind: str, given: dict[str, Any]) -> tuple[str, ...]:
    """Return what is tried of a kind with every rate."""
    return tuple(given["transformer"]) if kind == "Transformer" else compare.STARTS


def terms(given: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return a task's settings with the length of window that a variant asks for."""
    return given | given.get("windows", {}).get(variant, {})


def pace(name: str, chosen: dict[str, Any], whole: dict[str, Any]) -> dict[str, float]:
    """Return the seconds of the processor that a training step of each kind takes: medians, the kinds in turn."""
    given, rounds = whole["tasks"][name], whole["pace"]
    racers = {}
    for kind, (_, variant) in chosen.items():
        own = terms(given, variant)
        task = compare.TASKS[name](own["T"])
        trainer = Trainer(name, build(name, kind, own, variant, 0), task.carry_state, whole["clip"])
        racers[kind] = trainer, batches(task.training(0, own["batch"]))
    seconds: dict[str, list[float]] = {kind: [] for kind in racers}
    for _ in range(rounds["rounds"] + 1):
        for kind, (trainer, stream) in racers.items():
            some = [next(stream) for _ in range(rounds["steps"])]
            began = time.process_time()
            for batch, first in some:
                trainer.step(batch, 1e-3, first)
            seconds[kind].append((time.process_time() - began) / len(some))
    return {kind: float(f"{statistics.median(taken[1:]):.4g}") for kind, taken in seconds.items()}  # the first warms up


def one_run(
    name: str,
    whole: dict[str, Any],
    notes: compare.Notes,
    kind: str,
    rate: float,
    variant: str,
    seed: int,
    **changes: Any,
) -> dict[str, Any]:
    """Return a finished run, from the notes if it is there: what was trained, how, and `train`'s result."""
    given = whole["tasks"][name]
    tuning = seed == whole["tuning_seed"]
    own = terms(given, changes.pop("window", variant)) | changes | ({"evaluations": 1} if tuning else {})
    key = {"kind": kind, "variant": variant, "rate": rate, "seed": seed}
    sizes = {"size": given["transformer"][variant] if kind == "Transformer" else given["hidden"][kind]}
    fixed = {what: own[what] for what in ("T", "batch", "steps", "evaluations")}
    done = notes.get(
        {"task": name, **fixed, **key, **sizes, "clip": whole["clip"], "bias": whole["bias"]},
        lambda: train(name, build(name, kind, own, variant, seed), own, rate, seed, whole["clip"], not tuning),
    )
    return key | {what: own[what] for what in ("T", "batch", "steps")} | done


def lowest(rows: list[dict[str, Any]]) -> tuple[float, str]:
    """Return rate and variant of the row with the lowest validation loss; None stands for a loss that is not finite."""
    best = min(rows, key=lambda row: math.inf if row["valid"] is None else row["valid"])
    return best["rate"], best["variant"]


def contest(name: str, whole: dict[str, Any], notes: compare.Notes) -> dict[str, Any]:
    """Tune every kind, then train it anew for equal steps, and for equal time; on text with either window as well.

    Returns
    -------
    dict
        ``counts``: parameters; ``tuning``: the grid, with the last validation loss; ``parameters`` and ``time``: runs
        with other seeds; ``pace``: seconds a step; ``windows`` (text alone): runs for equal steps, each kind with
        either window, at its rate (a Transformer: the best that was tried with that window).

    """
    given, seeds, one = whole["tasks"][name], whole["seeds"], partial(one_run, name, whole, notes)
    record: dict[str, Any] = {"counts": {}, "tuning": [], "parameters": [], "time": []}
    chosen = {}
    for kind in KINDS:
        grid = product(variants(kind, given), given["rates"])
        tried = [one(kind, rate, variant, whole["tuning_seed"]) for variant, rate in grid]
        what = ("kind", "variant", "rate", "seed")
        rows = [{**{key: row[key] for key in what}, "valid": row["valid"][-1]} for row in tried]
        record["tuning"] += rows
        chosen[kind] = lowest(rows)
        record["counts"][kind] = sum(p.numel() for p in build(name, kind, given, chosen[kind][1], 0).parameters())
        record["parameters"] += [one(kind, *chosen[kind], seed) for seed in seeds]
    record["pace"] = notes.get({"pace": name, "chosen": chosen}, lambda: pace(name, chosen, whole))
    for kind, seconds in record["pace"].items():
        steps = round(max(record["pace"].values()) * given["steps"] / seconds)
        record["time"] += [one(kind, *chosen[kind], seed, steps=steps) for seed in seeds]
    for kind, window in product(KINDS, given.get("windows", ())):
        own = [row for row in record["tuning"] if (row["kind"], row["variant"]) == (kind, window)]
        best = lowest(own) if own else chosen[kind]
        record.setdefault("windows", []).extend(one(kind, *best, seed, window=window) for seed in seeds)
    return record


def run(**whole: Any) -> dict[str, Any]:
    """Do all runs; `main` does so too, and can be stopped and called again."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        notes = compare.Notes(Path(folder) / "notes")
        return {name: contest(name, whole, notes) for name in whole["tasks"]}


def check_part(record: dict[str, Any]) -> None:
    """Run the beginning of the GRU's first run on Shakespeare again, up to its first evaluation."""
    torch.set_num_threads(1)
    settings = record["settings"]
    row = next(row for row in record["results"]["shakespeare"]["parameters"] if row["kind"] == "GRU")
    given = terms(settings["tasks"]["shakespeare"], row["variant"])
    part = given | {"whole": given["steps"], "steps": -(-given["steps"] // given["evaluations"]), "evaluations": 1}
    model = build("shakespeare", "GRU", given, row["variant"], row["seed"])
    again = train("shakespeare", model, part, row["rate"], row["seed"], settings["clip"], False)["valid"]
    assert math.isclose(again[0], row["valid"][0], rel_tol=0.005), (again, row["valid"])


def main(arguments: list[str], whole: dict[str, Any] = SETTINGS) -> None:
    """Do the runs asked for; with all of them done, write the record."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=[*whole["tasks"]], default=[*whole["tasks"]], help="these alone")
    parser.add_argument("--out", type=Path, default=SAVED)
    asked = parser.parse_args(arguments)
    notes = compare.Notes(asked.out.with_name(f".{asked.out.name}.notes"))
    began = time.process_time()
    results = {name: contest(name, whole, notes) for name in asked.tasks}
    if len(results) == len(whole["tasks"]):
        head = {"command": "python -m experiments.sequence_models", "versions": compare.versions()}
        head |= {"processor": compare.processor(), "settings": whole}
        seconds = round(time.process_time() - began, 1)  # of this call
        compare.write(asked.out, {**head, "results": results, "seconds": seconds})
        notes.path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
