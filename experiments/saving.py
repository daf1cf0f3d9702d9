"""Run an experiment in full and save its record: what every experiment does when it is started as a program."""

import argparse
import json
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from rnn_utils.atomic import write_whole

FLAT = re.compile(r"\[[^\[\]{}\"]*\]")  # a list of numbers: on one line
Record = dict[str, Any]


def record_of(file: str | Path) -> Path:
    """The place of an experiment's record: beside its program, under the same name."""
    return Path(file).with_suffix(".json")


def versions() -> dict[str, str]:
    """Versions of what computes: Python, NumPy, and PyTorch where it has been imported."""
    imported = [name for name in ("numpy", "torch") if name in sys.modules]
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in imported}


def processor() -> str:
    """Return the kind of processor, as the system calls it."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0].split(':')[1].strip() if names else platform.processor()} ({platform.machine()}), one thread"


def write(path: Path, record: Record) -> None:
    """Write a record whole or not at all; NaN and infinity, which JSON does not have, are refused."""
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    text = FLAT.sub(lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text)
    write_whole(path, text)


def main(
    file: str | Path, run: Callable[..., Any], settings: dict[str, Any], arguments: Sequence[str] | None = None
) -> None:
    """Run an experiment and save its record.

    Parameters
    ----------
    file : str or Path
        The program, ``__file__``; the record is written beside it unless ``--out`` names another place.
    run : callable
        ``run(**settings)`` returns results that JSON can hold.
    settings : dict
        The settings of the full run. ``--settings '{"seeds": 3}'`` changes some of them, and then ``--out`` is needed:
        the record beside the program is always that of the full run.
    arguments : sequence of str, optional
        Command line, by default the program's.

    """
    command = f"python -m experiments.{Path(file).stem}"
    parser = argparse.ArgumentParser(prog=command, description="Run the experiment and save its record.")
    parser.add_argument("--out", type=Path, help="where to write the record instead")
    parser.add_argument("--settings", type=json.loads, default={}, help="other settings, as JSON; asks for --out")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.settings) - set(settings):
        parser.error(f"--settings names {sorted(unknown)}; the settings are {sorted(settings)}")
    if asked.settings and not asked.out:
        parser.error("--settings asks for --out: the record beside the program is that of the full run")
    given = settings | asked.settings
    began = time.process_time()
    results = run(**given)
    record = {
        "command": command,
        "versions": versions(),
        "settings": given,
        "results": results,
        "seconds": round(time.process_time() - began, 1),  # of the processor, all children left out
    }
    write(asked.out or record_of(file), record)
