"""What sequence models cost as the sequence grows, for chapter 16: ``python -m benchmarks.sequence_costs``.

RNN, LSTM, GRU and Transformer with about equal numbers of parameters, untrained, on one thread: seconds of a training
step (forward and backward) and the bytes kept for its way back; seconds for one more token after T tokens, and the
bytes remembered of those. Seconds are the processor's, medians, the networks in turn so that a change in the machine's
mood meets all. Bytes are counted, and the same on every run. A few minutes.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from experiments import saving
from experiments.sequence_models import SETTINGS as MODELS
from rnn_utils.transformer import Recurrent, Transformer, attend, attend_fused

SAVED = Path(__file__).with_name("sequence_costs.json")
SETTINGS: dict[str, Any] = {
    "V": 64,
    "batch": 8,
    "T": [32, 64, 128, 256, 512, 1024],
    "rounds": 7,
    "hidden": MODELS["tasks"]["shakespeare"]["hidden"],
    "transformer": MODELS["tasks"]["shakespeare"]["transformer"]["window 32"],
}
FUSED = "Transformer, fused"
PLAIN = "LSTM, no oneDNN"


def networks(given: dict[str, Any]) -> dict[str, nn.Module]:
    """Return the networks of chapter 16's Shakespeare task, the Transformer with either form of attention."""
    V = given["V"]
    models: dict[str, nn.Module] = {kind: Recurrent(kind, V, H, V) for kind, H in given["hidden"].items()}
    for name, form in {"Transformer": attend, FUSED: attend_fused}.items():
        models[name] = Transformer(V, output_size=V, **given["transformer"], attend=form)
    models[FUSED].load_state_dict(models["Transformer"].state_dict())
    return models


def training_step(model: nn.Module, ids: Tensor) -> None:
    """Predict every next token of ids (T + 1, B), and find the gradients."""
    model.zero_grad()
    F.cross_entropy(model(ids[:-1])[0].flatten(0, 1), ids[1:].flatten()).backward()


def kept_bytes(model: nn.Module, ids: Tensor) -> int:
    """Return how many bytes the forward pass over ids (T + 1, B) keeps for the way back, parameters not counted.

    Every piece of memory that PyTorch saves for the backward pass is counted once, however often it is saved.
    """
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor  # saved as it is: so it lives, and no other piece can have its address

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = F.cross_entropy(model(ids[:-1])[0].flatten(0, 1), ids[1:].flatten())
    for p in model.parameters():
        kept.pop(p.untyped_storage().data_ptr(), None)
    del loss
    return sum(kept.values())


def remembered_bytes(memory: Any) -> int:
    """Return the bytes of a state, or of a cache of keys and values."""
    if isinstance(memory, Tensor):
        return memory.numel() * memory.element_size()
    return sum(map(remembered_bytes, memory))


def in_turn(jobs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median of the processor's seconds for every job; the first round warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            began = time.process_time()
            job()
            seconds[name].append(time.process_time() - began)
    return {name: float(f"{statistics.median(taken[1:]):.3g}") for name, taken in seconds.items()}


@contextmanager
def without_onednn() -> Iterator[None]:
    """Do without oneDNN, PyTorch's library for processors."""
    torch._C._set_mkldnn_enabled(False)  # what torch.backends.mkldnn.flags does, but without its warning
    try:
        yield
    finally:
        torch._C._set_mkldnn_enabled(True)


def train_costs(T: int, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return seconds and kept bytes of a training step on sequences of a length, a row for every network.

    The LSTM is measured again without oneDNN, which has a kernel for it that the tanh network and the GRU do not get.
    """
    models = networks(given)
    ids = torch.randint(given["V"], (T + 1, given["batch"]))

    def measured(name: str, what: Callable[..., Any]) -> Any:
        with without_onednn() if name == PLAIN else nullcontext():
            return what(models["LSTM" if name == PLAIN else name], ids)

    names = [*models, PLAIN]
    seconds = in_turn({name: lambda name=name: measured(name, training_step) for name in names}, given["rounds"])
    return [{"model": name, "T": T, "seconds": seconds[name], "kept": measured(name, kept_bytes)} for name in names]


@torch.no_grad()
def generation_costs(T: int, given: dict[str, Any], repeats: int = 20) -> list[dict[str, Any]]:
    """Return seconds for one more token after T tokens, and the bytes remembered, a row for every way of doing it.

    A recurrent network has its state. A Transformer has its cache, or else reads all T + 1 tokens again.
    """
    models = networks(given)
    ids = torch.randint(given["V"], (T + 1, given["batch"]))
    rows, jobs = [], {}

    def again(model: nn.Module, x: Tensor, memory: Any) -> None:
        for _ in range(1 if memory is None else repeats):
            model(x, memory)

    for name, model in models.items():
        memory = model(ids[:-1])[1]
        if isinstance(memory, list):
            memory = [tuple(part.contiguous() for part in pair) for pair in memory]
        ways = {"state" if isinstance(model, Recurrent) else "cache": (ids[-1:], memory)}
        if isinstance(model, Transformer):
            ways["read again"] = ids, None
        for way, (x, given_back) in ways.items():
            jobs[f"{name}|{way}"] = lambda model=model, x=x, memory=given_back: again(model, x, memory)
            size = remembered_bytes(given_back) if given_back is not None else ids[:-1].numel()  # a byte a token
            rows.append({"model": name, "way": way, "T": T, "remembered": size})
    seconds = in_turn(jobs, given["rounds"])
    for row in rows:
        once = 1 if row["way"] == "read again" else repeats
        row["seconds"] = float(f"{seconds[row['model'] + '|' + row['way']] / once:.3g}")
    return rows


def main(arguments: list[str], given: dict[str, Any] = SETTINGS) -> None:
    """Measure everything, and write the record."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=SAVED)
    out = parser.parse_args(arguments).out
    head = {"command": "python -m benchmarks.sequence_costs", "versions": saving.versions()}
    head |= {"processor": saving.processor(), "settings": given}
    head |= {"counts": {name: sum(p.numel() for p in m.parameters()) for name, m in networks(given).items()}}
    results: dict[str, list[dict[str, Any]]] = {"training": [], "generation": []}
    for T in given["T"]:
        results["training"] += train_costs(T, given)
        results["generation"] += generation_costs(T, given)
        for row in (row for rows in results.values() for row in rows if row["T"] == T):
            print(row, flush=True)
    saving.write(out, head | results)


if __name__ == "__main__":
    main(sys.argv[1:])
