"""Loop, doubling and tree for chapter 17, at every length and width: ``python -m benchmarks.scan_speed``.

Milliseconds of the processor for all states of h_t = a_t h_{t−1} + b_t in float32, on one thread, with the functions of
`rnn_utils.scan`: medians, the ways in turn. About a minute.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from experiments import saving
from rnn_utils.scan import WAYS, doubling, loop, tree

SAVED = Path(__file__).with_name("scan_speed.json")
SETTINGS: dict[str, Any] = {
    "T": [16, 64, 256, 1024, 4096, 16384, 65536],
    "width": [1, 8, 64, 512, 2048],
    "largest": 2**22,  # numbers in a sequence
    "rounds": 7,
}


def milliseconds(T: int, width: int, rounds: int) -> dict[str, float]:
    """Return the median time of each way."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 1, (T, width)).astype(np.float32), rng.normal(size=(T, width)).astype(np.float32)
    repeats = max(1, 20_000 // (T * width))
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds + 1):
        for way, compute in zip(WAYS, (loop, doubling, tree), strict=True):
            began = time.process_time()
            for _ in range(repeats):
                compute(a, b)
            taken[way].append(1e3 * (time.process_time() - began) / repeats)
    return {way: float(f"{statistics.median(values[1:]):.3g}") for way, values in taken.items()}  # the first warms up


def main(arguments: list[str], given: dict[str, Any] = SETTINGS) -> None:
    """Measure everything, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAVED)
    out = parser.parse_args(arguments).out
    head = {"command": "python -m benchmarks.scan_speed", "versions": saving.versions()}
    head |= {"processor": saving.processor(), "settings": given}
    began, rows = time.process_time(), []
    for T in given["T"]:
        for width in given["width"]:
            if T * width <= given["largest"]:
                rows.append({"T": T, "width": width} | milliseconds(T, width, given["rounds"]))
                print(rows[-1], flush=True)
    saving.write(out, head | {"results": rows, "seconds": round(time.process_time() - began, 1)})


if __name__ == "__main__":
    main(sys.argv[1:])
