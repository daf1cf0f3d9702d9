"""How often is a checkpoint damaged when its writer is killed, written in place, and written beside and moved?

A process saves one version of a checkpoint of 4 MB after another and is killed with SIGKILL at a random moment. The
file is then read, and a new process goes on. In place means ``torch.save(…, path)``, beside means `rnn_utils.atomic`.
The moments are random, so another run counts differently; what must be the same is that writing beside damages nothing.

Each writer is a fork of the program, which takes half a minute.
"""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from experiments import saving
from rnn_utils.atomic import replacing

SETTINGS: dict[str, Any] = {"kills": 100, "numbers": 1_000_000, "longest": 0.1, "seed": 0}


def in_place(contents: dict[str, Any], path: Path) -> None:
    """Write over the old file."""
    torch.save(contents, path)


def beside(contents: dict[str, Any], path: Path) -> None:
    """Write a new file and move it to the place of the old one."""
    with replacing(path) as file:
        torch.save(contents, file)


def is_whole(path: Path) -> bool:
    """Whether the file can be read, and holds one version and not parts of two."""
    try:
        saved = torch.load(path, weights_only=True)
    except Exception:  # whatever the bytes that are there lead to
        return False
    return bool((saved["values"] == saved["version"]).all())


def kill_one(save: Callable[[dict[str, Any], Path], None], path: Path, first: int, numbers: int, after: float) -> None:
    """Start a writer of versions from `first` on, and kill it after some seconds."""
    child = os.fork()
    if not child:
        for version in range(first, first + 10**6):
            save({"version": version, "values": torch.full((numbers,), float(version))}, path)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def run(kills: int, numbers: int, longest: float, seed: int) -> dict[str, Any]:
    """Return for both ways how many of the kills left a file that is not whole."""
    torch.set_num_threads(1)
    results: dict[str, Any] = {}
    for save in (in_place, beside):
        rng, damaged = random.Random(seed), 0
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.pt"
            for number in range(kills):
                save({"version": 0, "values": torch.zeros(numbers)}, path)
                kill_one(save, path, number, numbers, rng.uniform(0.01, longest))
                damaged += not is_whole(path)
        results[save.__name__] = damaged
    return results


def check_part(record: dict[str, Any]) -> None:
    """Kill fifteen writers of each kind."""
    again = run(**record["settings"] | {"kills": 15})
    old = record["results"]
    assert again["beside"] == old["beside"] == 0, f"damaged: got {again['beside']} and {old['beside']}, wanted none"
    assert again["in_place"] > 0, "none of fifteen files that were written in place was damaged"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
