"""Processes for `test_train_torch`: ``python forked_ranks.py FOLDER``.

PyTorch is imported once, and every process is a fork, so that a run on three processes costs half a second. Prints one
line of JSON: what was killed, and how the processes of each run ended.
"""

import json
import os
import random
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

import torch
import torch._dynamo  # what an optimiser imports when it is first used: here once for all forks

from rnn_utils.atomic import replacing
from rnn_utils.train_torch import FORMAT, main, read_checkpoint

HOW = ["--hidden", "32", "--batch", "8", "--T", "6", "--updates", "60", "--save-every", "1"]
SHORT = [*HOW, "--save-every", "25"]


def start(world: int, arguments: list[str]) -> list[int]:
    """Fork the processes of one run, as torchrun would start them; return their ids."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    children = []
    for rank in range(world):
        child = os.fork()
        if child:
            children.append(child)
            continue
        signal.alarm(500)  # a process that waits for ever must not outlive the test
        names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world, "MASTER_PORT": port}
        os.environ |= {name: str(value) for name, value in names.items()} | {"MASTER_ADDR": "127.0.0.1"}
        try:
            main(arguments)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return children


def run(world: int, folder: Path, name: str, *arguments: str) -> list[int]:
    """Run the program to its end; return how each process ended."""
    asked = [str(folder / "corpus.txt"), str(folder / name), *arguments]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in start(world, asked)]


def kill_until_done(world: int, folder: Path, name: str) -> list[int]:
    """Kill all processes of a run at any moment after a first save, and start it again, until it ends by itself.

    Returns how many updates the checkpoint held after each kill.
    """
    rng, path, found = random.Random(1), folder / name, []
    while True:
        before = path.stat().st_mtime_ns if path.exists() else 0
        children = start(world, [str(folder / "corpus.txt"), str(path), *HOW])
        while not path.exists() or path.stat().st_mtime_ns == before:
            time.sleep(0.001)
        deadline = time.monotonic() + (rng.uniform(0, 0.1) if len(found) < 5 else 60)
        while time.monotonic() < deadline:
            if all(os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) for child in children):
                for child in children:
                    os.waitpid(child, 0)
                return found
            time.sleep(0.001)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        found.append(len(read_checkpoint(path)["losses"]))


def save_without_end(path: Path, version: int) -> None:
    """Write one version of a checkpoint after another."""
    while True:
        version += 1
        with replacing(path) as file:
            torch.save({"format": FORMAT, "version": version, "values": torch.full((1_000_000,), float(version))}, file)


def kill_writers(folder: Path, times: int) -> list[int]:
    """Kill so many writers after a first save; return how many were in the midst of one, and the version found last."""
    path, rng, during, version = folder / "versions.pt", random.Random(0), 0, 0
    for _ in range(times):
        before = path.stat().st_mtime_ns if path.exists() else 0
        child = os.fork()
        if not child:
            signal.alarm(500)
            save_without_end(path, version)
        while not path.exists() or path.stat().st_mtime_ns == before:  # so that a busy machine has saved once, too
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        during += any(folder.glob(".versions.pt.*.tmp"))
        saved = read_checkpoint(path)
        assert saved["version"] >= version and (saved["values"] == saved["version"]).all()
        version = saved["version"]
    return [during, version]


def every_run(folder: Path) -> dict[str, object]:
    """Everything that needs more than one process, or one that is killed."""
    torch.set_num_threads(1)
    results: dict[str, object] = {"writers": kill_writers(folder, 20)}
    for world in (1, 2, 3):
        results[f"{world} whole"] = run(world, folder, f"{world}.pt", *SHORT)
    results["3 killed after"] = kill_until_done(3, folder, "killed.pt")
    results["3 first half"] = run(3, folder, "moved.pt", *SHORT, "--die-at", "40")
    results["2 second half"] = run(2, folder, "moved.pt", *SHORT)
    return results


if __name__ == "__main__":
    print(json.dumps(every_run(Path(sys.argv[1]))))
