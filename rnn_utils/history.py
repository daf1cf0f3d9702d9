"""The record of a training run."""

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, cast

import numpy as np

from rnn_utils.checks import check_int
from rnn_utils.plotting import color, subplots

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["History"]

#: How a loss in nats per token is shown: label of the axis, and what to multiply by.
UNITS = {"nats": ("loss (nats per token)", 1.0), "bits": ("loss (bits per character)", 1 / math.log(2))}


@dataclass(repr=False)
class History:
    """What `fit` measured, step by step. Two histories are equal when their numbers are, times apart.

    Attributes
    ----------
    loss : list of float
        Training loss of every step, before its update: ``loss[0]`` is that of the untrained model.
    grad_norm : list of float
        Norm of every step's gradient before clipping.
    seconds : list of float
        Time spent in training up to the end of each step, evaluation and saving left out.
    valid_steps : list of int
        Steps taken at each evaluation.
    valid_loss : list of float
        Held-out loss at each evaluation.

    """

    loss: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)
    valid_steps: list[int] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.loss)

    @property
    def best(self) -> int:
        """Index of the evaluation with the lowest held-out loss, the first of equals; ValueError when there is none."""
        if not self.valid_loss:
            raise ValueError("valid_loss: got no evaluation, wanted at least one: pass validation to fit")
        return int(np.argmin(self.valid_loss))

    def __repr__(self) -> str:
        """Counts alone: a loss differs in its last digits between machines, and so would a notebook's stored output."""
        return f"History({self.steps} steps, {len(self.valid_loss)} evaluations)"

    def arrays(self) -> dict[str, np.ndarray]:
        """Return every column as an array, for a file."""
        return {
            f.name: np.array(getattr(self, f.name), int if f.name == "valid_steps" else float) for f in fields(self)
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "History":
        """Return the history whose columns `arrays` returned."""
        return cls(**{name: array.tolist() for name, array in arrays.items()})

    def plot(self, *, unit: str = "nats", window: int = 50, ax: "Axes | None" = None) -> tuple["Figure", "Axes"]:
        """Draw the loss of every step, its running mean, and the held-out loss.

        Parameters
        ----------
        unit : str
            ``"nats"``, ``"bits"`` (which divides by ln 2), or, for another loss, the label of the vertical axis.
        window : int
            Steps in the running mean.
        ax : Axes, optional
            Where to draw; a new figure without it.

        Returns
        -------
        figure : matplotlib.figure.Figure
        ax : Axes

        """
        if not self.loss:
            raise ValueError("history: got no steps, wanted at least one to draw")
        window = min(check_int("window", window), self.steps)
        label, scale = UNITS.get(unit, (unit, 1.0))
        if ax is None:
            _, ax = subplots()
        loss = scale * np.array(self.loss)
        mean = np.convolve(loss, np.full(window, 1 / window), mode="valid")
        ax.plot(np.arange(1, self.steps + 1), loss, color=color("muted"), alpha=0.35, lw=0.6, ls="-", label="each step")
        ax.plot(np.arange(window, self.steps + 1), mean, color=color("blue"), ls="-", label=f"mean of {window} steps")
        if self.valid_loss:
            held_out = scale * np.array(self.valid_loss)
            ax.plot(self.valid_steps, held_out, color=color("orange"), ls="--", marker="o", label="held out")
        ax.set(xlabel="training step", ylabel=label)
        ax.legend()
        return cast("Figure", ax.figure), ax
