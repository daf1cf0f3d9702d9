"""Speed and memory of the recurrent layers, forward and backward, against PyTorch: ``python -m benchmarks.layers``.

Beside each layer stand torch.nn's, the form that most courses teach (one product for each gate and step, gradients by
autograd), and the matrix products alone, below which no implementation on the same BLAS can come.

One thread, float32. The repetitions of the four are interleaved, so that a change in the machine's mood meets all
alike; the figures are medians of the processor's time, which does not count the turns that other programs take.
"""
# ruff: noqa: E402

import os
import sys

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy and torch are imported, which read them then
# OpenBLAS can be held to the instructions of an older processor, so that digits agree across machines. torch knows
# nothing of that, so in a fair race each library chooses for itself; --keep-kernels leaves the setting as it is.
HELD = None if "--keep-kernels" in sys.argv else os.environ.pop("OPENBLAS_CORETYPE", None)

import argparse
import math
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.naive import NAIVE
from rnn_utils import GRU, LSTM, RNN
from rnn_utils.console import say

ROOT = Path(__file__).parent.parent
Size = tuple[int, int, int, int]  # T, B, D, H
SIZES = [(32, 32, 32, 64), (35, 32, 64, 128), (35, 32, 128, 256), (25, 1, 64, 100)]
MEMORY_SIZE = (100, 64, 128, 256)
KINDS = {"RNN": (RNN, torch.nn.RNN), "LSTM": (LSTM, torch.nn.LSTM), "GRU": (GRU, torch.nn.GRU)}


def problem(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return random inputs (T, B, D) and gradients of the outputs (T, B, H)."""
    rng = np.random.default_rng(0)
    steps, batch, inputs, hidden = size
    x, dout = rng.standard_normal((steps, batch, inputs)), rng.standard_normal((steps, batch, hidden))
    return x.astype(np.float32), dout.astype(np.float32)


def ours(kind: str, size: Size) -> Callable[[], object]:
    """Return a step of this package's layer."""
    layer = KINDS[kind][0](*size[2:], rng=np.random.default_rng(0))
    x, dout = problem(size)

    def step() -> None:
        _, _, cache = layer.forward(x)
        layer.backward(dout, cache)

    return step


def by_autograd(module: torch.nn.Module, size: Size) -> Callable[[], object]:
    """Return a step of a PyTorch module whose first output is (T, B, H)."""
    x, dout = map(torch.from_numpy, problem(size))
    x.requires_grad_()

    def step() -> None:
        module.zero_grad()
        x.grad = None
        module(x)[0].backward(dout)

    return step


def products_alone(kind: str, size: Size) -> Callable[[], object]:
    """Return the matrix products of a step and nothing else."""
    steps, batch, inputs, hidden = size
    rows = KINDS[kind][0].gates * hidden
    x, h = (np.ones((steps * batch, width), np.float32) for width in (inputs, hidden))
    da, a = np.ones((steps * batch, rows), np.float32), np.empty((batch, rows), np.float32)
    w_ih, w_hh = np.ones((rows, inputs), np.float32), np.ones((rows, hidden), np.float32)
    one_h, one_da, dh = h[:batch], da[:batch], np.empty((batch, hidden), np.float32)

    def step() -> None:
        x @ w_ih.T, da @ w_ih, da.T @ x, da.T @ h
        for _ in range(steps):
            np.matmul(one_h, w_hh.T, out=a)
            np.matmul(one_da, w_hh, out=dh)

    return step


def measure(kind: str, size: Size, repeats: int) -> list[float]:
    """Return the median seconds of: ours, torch.nn, one product a gate, the products alone."""
    torch.manual_seed(0)
    steps = [
        ours(kind, size),
        by_autograd(KINDS[kind][1](*size[2:]), size),
        by_autograd(NAIVE[kind](*size[2:]), size),
        products_alone(kind, size),
    ]
    seconds = np.empty((repeats + 3, len(steps)))
    for row in seconds:
        for k, step in enumerate(steps):
            began = time.process_time()
            step()
            row[k] = time.process_time() - began
    return np.median(seconds[3:], axis=0).tolist()  # the first three warm up


def product_speed() -> str:
    """Return how fast NumPy and torch multiply matrices here, which bounds all of the above."""
    a = np.ones((1024, 1024), np.float32)
    b = torch.from_numpy(a)
    speeds = []
    for multiply in (lambda: a @ a, lambda: b @ b):
        seconds = []
        for _ in range(10):
            began = time.process_time()
            multiply()
            seconds.append(time.process_time() - began)
        speeds.append(2 * 1024**3 / np.median(seconds) / 1e9)
    core = os.environ.get("OPENBLAS_CORETYPE")
    kernels = f"{core}, as set" if core else "detected" + (f", not {HELD}, as set" if HELD else "")
    return f"1024 × 1024 product: NumPy {speeds[0]:.0f}, torch {speeds[1]:.0f} GFLOP/s; OpenBLAS kernels: {kernels}"


def geometric_mean(values: list[float]) -> float:
    """Return the mean for ratios."""
    return math.exp(sum(map(math.log, values)) / len(values))


def print_speed(sizes: list[Size], repeats: int) -> None:
    """Print the table of times and ratios, and what they come to."""
    say(f"{'':5}{'T, B, D, H':>18}{'torch.nn ms':>13}{'ours ÷ torch':>14}{'ours ÷ naive':>14}{'products ÷ torch':>18}")
    rows = {}
    for kind in KINDS:
        for size in sizes:
            mine, theirs, naive, products = measure(kind, size, repeats)
            rows[kind, size] = mine / theirs, mine / naive, products / theirs
            ratios = "{:14.2f}{:14.2f}{:18.2f}".format(*rows[kind, size])
            say(f"{kind:5}{', '.join(map(str, size)):>18}{theirs * 1e3:13.2f}{ratios}", flush=True)
    means = [geometric_mean([row[k] for row in rows.values()]) for k in range(3)]
    say("{:36}{:14.2f}{:14.2f}{:18.2f}".format("geometric mean", *means))
    worst = max(row[0] for (kind, _), row in rows.items() if kind == "LSTM")
    say(f"\nwanted: ours ÷ torch ≤ 0.70 in the mean, got {means[0]:.2f}; LSTM ≤ 1.6 at every size, got {worst:.2f};")
    say(f"        ours ÷ naive ≤ 0.40, got {means[1]:.2f} in the mean")


def peak_memory(kind: str, who: str) -> float:
    """Return by how many MiB one step raises the peak of this process's memory (Linux)."""
    size = MEMORY_SIZE
    make = ours if who == "ours" else lambda kind, size: by_autograd(KINDS[kind][1](*size[2:]), size)
    make(kind, (2, *size[1:]))()  # loads what the first use of a library loads
    step = make(kind, size)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # start the peak from here
    before = _status("VmHWM")
    step()
    return (_status("VmHWM") - before) / 1024


def _status(name: str) -> int:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def print_memory() -> None:
    """Print the peak of memory of one step, each measured in a process of its own."""
    say(f"\npeak memory of a step at T, B, D, H = {', '.join(map(str, MEMORY_SIZE))}; wanted: ours ÷ torch ≤ 1.5")
    command = [sys.executable, "-m", "benchmarks.layers", "--peak"]
    for kind in KINDS:
        mine, theirs = (
            float(subprocess.check_output([*command, kind, who], cwd=ROOT, timeout=600)) for who in ("ours", "torch")
        )
        say(f"{kind:5} ours {mine:6.1f} MiB, torch {theirs:6.1f} MiB: {mine / theirs:.2f}")


def main() -> None:
    """Parse the arguments and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument(
        "--sizes", type=lambda text: tuple(map(int, text.split(","))), nargs="+", default=SIZES, metavar="T,B,D,H"
    )
    parser.add_argument("--keep-kernels", action="store_true", help="obey OPENBLAS_CORETYPE if it is set")
    parser.add_argument("--peak", nargs=2, metavar=("KIND", "WHO"), help="print one peak of memory alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.peak:
        print(peak_memory(*arguments.peak))
        return
    say(f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}, one thread, float32")
    say(product_speed(), end="\n\n")
    print_speed(arguments.sizes, arguments.repeats)
    if arguments.sizes == SIZES and os.path.exists("/proc/self/clear_refs"):
        print_memory()


if __name__ == "__main__":
    main()
