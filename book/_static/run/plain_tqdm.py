"""Stands for tqdm in the page: a bar that is drawn over itself would come out as one endless line there.

It prints ten lines for a loop of known length, and one a second for any other.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any


class tqdm:
    """What loops and training ask of tqdm's bar."""

    def __init__(
        self, iterable: Iterable[Any] = (), desc: str = "", total: int | None = None, initial: int = 0, **_more: Any
    ) -> None:
        self.iterable, self.desc, self.n = iterable, desc, initial
        self.total = total if total is not None else (len(iterable) or None if hasattr(iterable, "__len__") else None)
        self.postfix, self.at = "", time.monotonic()

    def __iter__(self) -> Iterator[Any]:
        """Go through what is counted."""
        for one in self.iterable:
            yield one
            self.update()

    def __enter__(self) -> "tqdm":
        """Begin; nothing is drawn yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End; what was printed stays."""

    def update(self, n: int = 1) -> None:
        """Count, and print where a tenth or a second is full."""
        before, self.n = self.n, self.n + n
        now = time.monotonic()
        due = 10 * self.n // self.total > 10 * before // self.total if self.total else now > self.at + 1
        if due:
            self.at = now
            desc, of = f"{self.desc}: " if self.desc else "", f" of {self.total}" if self.total else ""
            print(f"{desc}{self.n}{of}{self.postfix}")

    def set_description(self, desc: str = "", refresh: bool = True) -> None:
        """Take the words before the count."""
        self.desc = desc

    def set_postfix_str(self, text: str = "", refresh: bool = True) -> None:
        """Take the words after it."""
        self.postfix = f", {text}" if text else ""

    def set_postfix(self, values: dict[str, Any] | None = None, refresh: bool = True, **more: Any) -> None:
        """Take values to stand after it."""
        self.set_postfix_str(", ".join(f"{name}={value}" for name, value in {**(values or {}), **more}.items()))

    def close(self) -> None:
        """End; what was printed stays."""

    write = staticmethod(print)


def trange(*arguments: int, **more: Any) -> tqdm:
    """Count through a range."""
    return tqdm(range(*arguments), **more)


def install() -> None:
    """Be found under tqdm's names."""
    for name in ("tqdm", "tqdm.auto", "tqdm.notebook"):
        sys.modules[name] = sys.modules[__name__]
