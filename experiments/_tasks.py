"""The four tasks of chapters 11 and 16: where their data come from, and what counts as success."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from rnn_utils import data

BITS = 1 / math.log(2)


@dataclass(frozen=True)
class Task:
    """A task.

    Attributes
    ----------
    sizes : (int, int)
        Input size and output size of a network for it.
    training : callable
        ``training(seed, batch)``: batches, and the generator that draws them; the same for every network.
    held_out : callable
        ``held_out(part)`` for ``"validation"`` or ``"test"``: a list of batches.
    scored : int
        How many steps at the end of a sequence have an answer that is right or wrong; 0 where the loss says it all.
    tokens : bool
        Whether token ids (T, B) come in, or vectors (T, B, D).
    every_step : bool
        Whether every step has a target, or the last alone.
    unit : float
        What to multiply a loss by.
    carry_state : bool
        Whether a batch begins in the state that the one before ended in.

    """

    sizes: tuple[int, int]
    training: Callable[[int, int], dict[str, Any]]
    held_out: Callable[[str], list[Any]]
    scored: int = 0
    tokens: bool = True
    every_step: bool = False
    unit: float = 1.0
    carry_state: bool = False


def synthetic(draw: Callable[..., Any], sizes: tuple[int, int], **options: Any) -> Callable[[int], Task]:
    """Return a function of T that makes the task: new sequences in every batch, drawn from the run's seed."""

    def task(T: int) -> Task:
        def held_out(part: str) -> list[Any]:
            number, seed = {"validation": (2, 1001), "test": (8, 1002)}[part]
            rng = np.random.default_rng(seed)
            return [draw(T, 500, rng) for _ in range(number)]

        def training(seed: int, batch: int) -> dict[str, Any]:
            return {"batches": lambda rng: [draw(T, batch, rng)], "rng": np.random.default_rng([seed, 1])}

        return Task(sizes, training, held_out, **options)

    return task


@cache
def shakespeare_ids() -> tuple[int, dict[str, np.ndarray]]:
    """Return V and the ids of the three parts: eight tenths to learn from, one to choose by, the last to be scored."""
    parts = data.split(data.shakespeare(), (0.8, 0.1, 0.1))
    vocabulary = data.Vocabulary(parts[0])
    return len(vocabulary), dict(zip(("training", "validation", "test"), map(vocabulary.encode, parts)))


def shakespeare(T: int) -> Task:
    """Return the task of predicting the next character; every network reads the same streams in the same order."""
    V, ids = shakespeare_ids()
    return Task(
        sizes=(V, V),
        training=lambda seed, batch: {"batches": list(data.contiguous_streams(ids["training"], batch, T))},
        held_out=lambda part: list(data.contiguous_streams(ids[part], 32, 128, drop_last=False)),
        every_step=True,
        unit=BITS,
        carry_state=True,
    )


TASKS: dict[str, Callable[[int], Task]] = {
    "adding": synthetic(data.adding_problem, (2, 1), tokens=False),
    "copy": synthetic(data.copy_memory, (10, 9), scored=10, every_step=True),
    "order": synthetic(data.temporal_order, (8, 4), scored=1),
    "shakespeare": shakespeare,
}


def hold_then_fall(step: int, steps: int) -> float:
    """Factor of the learning rate: 1 for seven tenths of the run, then in a straight line towards a twentieth."""
    part = step / steps
    return 1.0 if part < 0.7 else 1 - 0.95 * (part - 0.7) / 0.3
