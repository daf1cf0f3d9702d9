"""Batches in an endless stream whose position can be saved and found again."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from rnn_utils.checks import check_batches, check_rng

Batch = tuple[Any, ...]
Batches = Batch | Iterable[Batch] | Callable[..., Batch | Iterable[Batch]]


def one_pass(batches: Batches, rng: np.random.Generator | None = None) -> Iterator[Batch]:
    """Go through the batches once.

    Parameters
    ----------
    batches : tuple, iterable or callable
        A tuple ``(x, y)`` is one batch. Anything else that can be looped over is a sequence of batches. A function
        returns either; it is called with `rng` if there is one, otherwise without arguments.
    rng : numpy.random.Generator, optional
        For a function that draws or shuffles.

    Raises
    ------
    TypeError
        When `batches` is none of these, or a Python generator, which can be gone through only once.

    """
    check_batches("batches", batches)
    if callable(batches):
        batches = batches() if rng is None else batches(rng)
    return iter([batches] if isinstance(batches, tuple) else batches)


class BatchStream:
    """Pass after pass through some batches, with a place in them that a checkpoint can hold.

    The place is the number of the pass, the batches taken in it, and the generator's state when it began: to come back,
    begin that pass again and skip as many batches. Works for any data that are the same function of the generator.

    Parameters
    ----------
    batches : tuple, iterable or callable
        As for `one_pass`.
    rng : numpy.random.Generator, optional
        The generator that a function of batches draws from.

    Attributes
    ----------
    epoch : int
        Passes begun.
    index : int
        Batches taken in this pass.
    pass_length : int or None
        Batches in the pass before this one, once there has been one.

    """

    def __init__(self, batches: Batches, rng: np.random.Generator | None = None) -> None:
        check_batches("batches", batches)
        self.batches = batches
        self.rng = None if rng is None else check_rng(rng)
        self.epoch = 0
        self.index = 0
        self.pass_length: int | None = None
        self._pass: Iterator[Batch] = iter(())
        self._start: dict[str, Any] | None = None
        self._last: Batch = ()

    def next(self) -> tuple[Batch, bool]:
        """Return a batch, and whether it is the first of a pass."""
        batch = next(self._pass, None)
        if batch is None:
            self._begin()
            batch = next(self._pass, None)
            if batch is None:
                raise ValueError("batches: got none in a whole pass, wanted at least one")
        self.index += 1
        self._last = batch
        return batch, self.index == 1

    def position(self) -> dict[str, Any]:
        """Return the place in the stream as JSON-able facts."""
        return {
            "epoch": self.epoch,
            "index": self.index,
            "rng_at_start": self._start,
            "rng": rng_state(self.rng),
            "last_batch": _fingerprint(self._last),
        }

    def seek(self, position: dict[str, Any]) -> None:
        """Go to a place that `position` gave; ValueError when the batch before it is not the one that was there."""
        if (position["rng"] is None) != (self.rng is None):
            got, wanted = ("no generator", "one") if self.rng is None else ("a generator", "none")
            raise ValueError(f"rng: got {got}, wanted {wanted}, as in the run that was saved")
        if position["index"]:
            set_rng_state(self.rng, position["rng_at_start"])
            self._begin()
            for _ in range(position["index"]):
                self._last = next(self._pass, ())
            if _fingerprint(self._last) != position["last_batch"]:
                where = f"batch {position['index']} of pass {position['epoch']}"
                raise ValueError(f"batches: got another {where} than the saved run had, wanted the same data")
            self.epoch, self.index = position["epoch"], position["index"]
        set_rng_state(self.rng, position["rng"])

    def _begin(self) -> None:
        self._start = rng_state(self.rng)
        self._pass = one_pass(self.batches, self.rng)
        self.pass_length = self.index if self.epoch else None
        self.epoch += 1
        self.index = 0


def rng_state(rng: np.random.Generator | None) -> dict[str, Any] | None:
    """Return a generator's state as JSON-able facts; None for none."""
    return None if rng is None else dict(rng.bit_generator.state)


def set_rng_state(rng: np.random.Generator | None, state: dict[str, Any] | None) -> None:
    """Put a generator, if there is one, into a state of `rng_state`; ValueError when it is another kind's."""
    if rng is None:
        return
    name = rng.bit_generator.state["bit_generator"]
    wanted = state["bit_generator"] if state else "none"
    if state is None or wanted != name:
        raise ValueError(f"rng: got a {name} generator, wanted {wanted}, as in the saved run")
    rng.bit_generator.state = state


def _fingerprint(batch: Batch) -> int:
    """Return a checksum of a batch's shapes, dtypes and contents."""
    total = 0
    for part in batch:
        array = np.ascontiguousarray(part) if part is not None else np.empty(0)
        head = json.dumps([str(array.dtype), array.shape]).encode()
        total = zlib.crc32(array.tobytes(), zlib.crc32(head, total))
    return total
