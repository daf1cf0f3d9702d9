"""What a second process costs and gains: ``python -m benchmarks.process_costs`` writes `process_costs.json` beside it.

The program of chapter 18 runs on one process and on two, with the same batch. Of each are noted the seconds from the
start to the first update, the wall time of an update, and that of an update whose gradients are not exchanged
(``no_sync``): the difference is the exchange. Both kinds of update take turns. The figures are medians over updates, of
the slower process, each with its quartiles; several rounds take turns, too.

Wall time on a machine that does other work as well says nothing: the load before each round is part of the record, and
the program refuses to start where it is above a half, unless ``--busy`` is given. It takes about two minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from experiments import saving
from rnn_utils import data
from rnn_utils.train_torch import Run, Settings, process_group

SETTINGS: dict[str, Any] = {"hidden": [64, 128, 256, 512], "batch": 32, "T": 32, "updates": 30, "rounds": 3}
PLACE = Path(__file__).with_suffix(".json")
QUIET = 0.5


def timed(run: Run, exchange: bool) -> float:
    """Return the wall time of one update, the processes having waited for each other before it."""
    dist.barrier()
    began = time.perf_counter()
    if exchange:
        run.step()
    else:
        with run.ddp.no_sync():
            run.step()
    return time.perf_counter() - began


def work(folder: Path, hidden: int, settings: dict[str, Any]) -> None:
    """Be one of the processes: time the updates, and write what was found to a file of one's own."""
    torch.set_num_threads(1)
    with process_group():
        how = Settings(hidden=hidden, batch=settings["batch"], T=settings["T"])
        run = Run(folder / "corpus.txt", folder / "run.pt", how)
        run.step()
        ready = time.time()
        for _ in range(3):
            run.step()
        times = [[timed(run, exchange) for exchange in (True, False)] for _ in range(settings["updates"])]
        (folder / f"{run.rank}.json").write_text(json.dumps({"ready": ready, "times": times}))
        del run  # before its group, see `rnn_utils.train_torch.main`


def launch(folder: Path, hidden: int, world: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Start the processes; return the seconds to the first update and the quartiles of the updates' seconds."""
    command = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world}"]
    told = ["--work", str(folder), "--hidden", str(hidden), "--settings", json.dumps(settings)]
    began = time.time()
    subprocess.run(
        [sys.executable, *command, "-m", "benchmarks.process_costs", *told],
        check=True,
        capture_output=True,
        timeout=600,
    )
    found = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(world)]
    times = np.max([each["times"] for each in found], axis=0)  # (updates, 2): of the slower process
    quartiles = {name: np.quantile(times[:, i], (0.25, 0.5, 0.75)) for i, name in enumerate(("update", "alone"))}
    return {
        "launch": round(max(each["ready"] for each in found) - began, 2),
        **{name: [round(float(t), 6) for t in each] for name, each in quartiles.items()},
    }


def run(**settings: Any) -> dict[str, Any]:
    """Return what was found for every size and number of processes, in each round, and the load before it."""
    results: dict[str, Any] = {"load": [], **{f"{H}": {"1": [], "2": []} for H in settings["hidden"]}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus.txt").write_text(data.shakespeare(), "utf8")
        for _ in range(settings["rounds"]):
            results["load"].append(round(os.getloadavg()[0], 2))
            for hidden in settings["hidden"]:
                for world in (1, 2):
                    results[str(hidden)][str(world)].append(launch(folder, hidden, world, settings))
    return results


def main() -> None:
    """Measure and write the record, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.process_costs", description=__doc__.partition(":")[0])
    parser.add_argument("--busy", action="store_true", help="measure although the machine is busy")
    parser.add_argument("--out", type=Path, default=PLACE, help="where to write the record")
    parser.add_argument("--settings", type=json.loads, default={}, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--hidden", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    settings = SETTINGS | asked.settings
    if asked.work:
        return work(asked.work, asked.hidden, settings)
    if os.getloadavg()[0] > QUIET and not asked.busy:
        sys.exit(f"the load is {os.getloadavg()[0]:.1f}, wanted at most {QUIET}: wall times would be those of others")
    facts = {"command": "python -m benchmarks.process_costs", "versions": saving.versions(), "settings": settings}
    saving.write(asked.out, facts | {"machine": saving.processor(), "results": run(**settings)})
    return None


if __name__ == "__main__":
    main()
