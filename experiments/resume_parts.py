"""What does it cost to leave one part of a checkpoint out?

The program `rnn_utils.train_torch`, one process, on Shakespeare. A run is saved after five sixths of its updates. It
then goes on to the end from the whole checkpoint, and from checkpoints of which one part is missing: the part then is
what a new run has at its beginning. Noted are the loss over the first updates after the resume, minus that of the run
that was never interrupted, and the loss on the held-out text at the end, minus the same.

"Nothing left out" must be equal to the last bit. "Generator" replays dropout from the beginning: nothing is lost by it,
and its differences show what chance does. A run without its place reads the beginning of the text a second time: its
losses are then those of other batches. The full run takes about a minute.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from experiments import saving
from rnn_utils import data
from rnn_utils.train_torch import Run, Settings, process_group

SETTINGS: dict[str, Any] = {
    "seeds": list(range(10)),
    "run": {"hidden": 64, "batch": 16, "T": 24, "updates": 480, "lr": 0.008},
    "saved_at": 400,
    "left_out": {
        "nothing": [],
        "generator": ["generator"],
        "state": ["state"],
        "place": ["place"],
        "schedule": ["schedule"],
        "optimizer": ["optimizer"],
        "all but the parameters": ["optimizer", "schedule", "generator", "place", "state"],
    },
    "windows": [1, 3, 10, 30, 80],
}


def load_without(run: Run, parts: list[str]) -> None:
    """Load a run's checkpoint, then put some of its parts back to what a new run has."""
    new: dict[str, Any] = {
        "schedule": run.schedule.state_dict(),
        "generator": run.generator.get_state(),
        "place": run.place,
        "state": torch.zeros_like(run.state),
    }
    run.load()
    for name in parts:
        if name == "optimizer":  # its moments; the rate belongs to the schedule
            groups = run.optimizer.state_dict()["param_groups"]
            run.optimizer.load_state_dict({"state": {}, "param_groups": groups})
        elif name == "schedule":
            run.schedule.load_state_dict(new[name])
            for group in run.optimizer.param_groups:
                group["lr"] = run.settings.lr
        elif name == "generator":
            run.generator.set_state(new[name])
        else:
            setattr(run, name, new[name])


def advance(run: Run, until: int) -> None:
    """Make updates until there are so many."""
    while len(run.losses) < until:
        run.step()


def finish(run: Run, until: int) -> tuple[np.ndarray, float]:
    """Make the updates that are left; return their losses, and the held-out loss then."""
    before = len(run.losses)
    advance(run, until)
    return np.array(run.losses[before:]), run.held_out_loss()


def one_seed(corpus: Path, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the loss of the run without a break, and what each part costs that is left out."""
    path, saved_at = corpus.with_suffix(".pt"), settings["saved_at"]
    how = Settings(**settings["run"], seed=seed)
    whole = Run(corpus, path, how)
    advance(whole, saved_at)
    whole.save()
    losses, held = finish(whole, how.updates)
    row: dict[str, Any] = {"whole": {"held_out": round(held, 5), "first": round(float(losses[0]), 5)}}
    for name, parts in settings["left_out"].items():
        run = Run(corpus, path, how)
        load_without(run, parts)
        again, held_again = finish(run, how.updates)
        excess = [round(float((again - losses)[:n].mean()), 5) for n in settings["windows"]]
        equal = bool(np.array_equal(again, losses)) and held_again == held
        row[name] = {"excess": excess, "held_out": round(held_again - held, 5), "equal": equal}
    return row


def run(**settings: Any) -> dict[str, Any]:
    """Return for each part left out the excess of each seed over the run without a break."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, process_group():
        corpus = Path(folder) / "shakespeare.txt"
        corpus.write_text(data.shakespeare(), "utf8")
        rows = [one_seed(corpus, seed, settings) for seed in settings["seeds"]]
    names = ["whole", *settings["left_out"]]
    return {name: {key: [row[name][key] for row in rows] for key in rows[0][name]} for name in names}


def check_part(record: dict[str, Any]) -> None:
    """Run seed 0 again up to the save and one update beyond; load its checkpoint and make the same update."""
    settings = record["settings"]
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, process_group():
        corpus = Path(folder) / "shakespeare.txt"
        corpus.write_text(data.shakespeare(), "utf8")
        how = Settings(**settings["run"], seed=settings["seeds"][0])
        whole = Run(corpus, corpus.with_suffix(".pt"), how)
        advance(whole, settings["saved_at"])
        whole.save()
        whole.step()
        parts = settings["left_out"]["state"]
        again = Run(corpus, corpus.with_suffix(".pt"), how)
        load_without(again, parts)
        again.step()
    got, wanted = whole.losses[-1], record["results"]["whole"]["first"][0]
    assert abs(got - wanted) < 0.02, f"first loss after the break: got {got:.5f}, wanted {wanted} ± 0.02"
    got, wanted = again.losses[-1] - got, record["results"]["state"]["excess"][0][0]
    assert abs(got - wanted) < 0.02, f"its excess without state: got {got:.5f}, wanted {wanted} ± 0.02"
    assert all(record["results"]["nothing"]["equal"]), "a run from the whole checkpoint is not equal"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
