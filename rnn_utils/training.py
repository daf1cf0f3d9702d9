"""The training loop: batches in, a trained model and its history out; killed at any moment, it carries on.

What `fit` does at each step is this, which a chapter may write out by hand and get the same losses to the last bit::

    loss, grads, state = model.loss_and_grads(batch, state)
    clip_grad_norm_(grads, clip_norm)
    optimizer.step(grads, optimizer.lr * schedule(step, steps))

With ``carry_state=True`` the state that one batch ends in is the state that the next begins in, while the gradient
stops at the border between them: backpropagation through time, truncated (Williams and Peng, 1990). Here the state is
an array of numbers without a past, so there is nothing to ``detach``.
"""

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rnn_utils import checkpoint
from rnn_utils.checks import check_batches, check_int, check_number, check_path
from rnn_utils.history import History
from rnn_utils.optim import Optimizer, clip_grad_norm_, grad_norm
from rnn_utils.stream import Batch, Batches, BatchStream, one_pass, rng_state, set_rng_state

__all__ = ["Model", "evaluate", "fit"]

Schedule = Callable[[int, int], float]


class Model(Protocol):
    """What `fit` asks of a model. `rnn_utils.models` has some; any class with these will do.

    A model whose training draws numbers, as dropout does, draws them from its ``dropout_rng``, which `fit` saves.
    """

    @property
    def params(self) -> Mapping[str, np.ndarray]:
        """The parameters themselves, not copies, as the optimiser changes them in place."""

    def loss_and_grads(self, batch: Batch, state: Any = None) -> tuple[float, dict[str, np.ndarray], Any]:
        """Return the mean loss, the gradient of every parameter, and the final state. State None begins at zero."""

    def loss(self, batch: Batch, state: Any = None) -> tuple[float, Any]:
        """Return the mean loss and the final state."""

    def count(self, batch: Batch) -> int:
        """How many targets the mean loss of this batch is the mean of."""


def evaluate(model: Model, batches: Batches, *, carry_state: bool = False) -> float:
    """Return the mean loss per target over all batches, each weighted by the targets in it.

    Parameters
    ----------
    model : Model
        For example a `LanguageModel`.
    batches : tuple, iterable or callable
        Held-out data, gone through once: one batch, some, or a function without arguments that returns them.
    carry_state : bool
        Begin each batch in the state that the one before ended in.

    Returns
    -------
    float
        In the unit of the model's loss; NaN or infinity as soon as one batch's loss is.

    """
    total, targets, state = 0.0, 0, None
    for batch in one_pass(batches):
        loss, state = model.loss(batch, state if carry_state else None)
        if not math.isfinite(loss):
            return loss
        total += loss * model.count(batch)
        targets += model.count(batch)
    if not targets:
        raise ValueError("batches: got no targets, wanted at least one to evaluate")
    return total / targets


def fit(
    model: Model,
    batches: Batches,
    optimizer: Optimizer,
    *,
    steps: int,
    rng: np.random.Generator | None = None,
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    carry_state: bool = False,
    validation: Batches | None = None,
    eval_every: int = 100,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    save_every: int = 100,
    resume: bool = False,
    progress: bool | None = None,
) -> History:
    """Train a model, and return the record of it.

    Parameters
    ----------
    model : Model
        What to train; its parameters are changed in place.
    batches : tuple, iterable or callable
        One batch, a list of batches (gone through again and again), or a function that returns either: it is called
        with `rng` at the start of every pass, or without arguments when there is no `rng`.
    optimizer : Optimizer
        For example ``Adam(model.params, lr=3e-3)``.
    steps : int
        Updates in all, those before a resume included.
    rng : numpy.random.Generator, optional
        What the batches are drawn with. Its state is part of the checkpoint.
    schedule : callable, optional
        Factor of the learning rate from (step, steps), for example `linear_decay`.
    clip_norm : float, optional
        Longest gradient allowed (`clip_grad_norm_`).
    carry_state : bool
        Truncated BPTT: begin each batch in the last one's final state, and every pass, and evaluation, at zero.
    validation : tuple, iterable or callable, optional
        Held-out batches, as for `evaluate`.
    eval_every : int
        Steps between evaluations. There is one more at the end.
    patience : int, optional
        Stop after so many evaluations without a new lowest loss. The model ends with the parameters of the best one.
    checkpoint : path-like, optional
        File to save the run to, every `save_every` steps and at the end: parameters, optimiser, generators, position
        in the data, carried state, history. A kill at any moment loses the steps since the last save, no more.
    save_every : int
        Steps between saves.
    resume : bool
        Carry on from `checkpoint` if the file exists, as if the run had never stopped; otherwise start anew.
    progress : bool, optional
        Show a progress bar. Without it: in a terminal or a notebook that a person has open, not where output is kept.

    Raises
    ------
    FloatingPointError
        When a loss or gradient is not finite. Names the step and the last good checkpoint. The update is not made.
    ValueError, TypeError
        When an argument is wrong, or the checkpoint is damaged or of another model, optimiser or data.

    """
    run = _Run(
        model=model,
        stream=BatchStream(batches, rng),
        optimizer=optimizer,
        steps=steps,
        schedule=schedule,
        clip_norm=clip_norm,
        carry_state=carry_state,
        validation=validation,
        eval_every=eval_every,
        patience=patience,
        path=None if checkpoint is None else check_path("checkpoint", checkpoint),
        save_every=save_every,
    )
    if resume:
        run.load()
    run.train(progress)
    return run.history


@dataclass
class _Run:
    """A training run between two steps: everything that a checkpoint holds."""

    model: Model
    stream: BatchStream
    optimizer: Optimizer
    steps: int
    schedule: Schedule | None
    clip_norm: float | None
    carry_state: bool
    validation: Batches | None
    eval_every: int
    patience: int | None
    path: Path | None
    save_every: int
    history: History = field(default_factory=History)
    state: Any = None  # carried from batch to batch
    last: tuple[Batch, Any] | None = None  # the last batch, and the state that it began in
    best_params: dict[str, np.ndarray] = field(default_factory=dict)  # copies of the parameters at the best evaluation
    saved_at: int | None = None

    def __post_init__(self) -> None:
        mine, model = self.optimizer.params, self.model.params
        if mine.keys() != model.keys() or any(mine[name] is not model[name] for name in mine):
            raise ValueError("optimizer: got other parameters than the model's own, wanted one made from model.params")
        for name in ("steps", "eval_every", "save_every"):
            check_int(name, getattr(self, name))
        if self.clip_norm is not None:
            check_number("clip_norm", self.clip_norm, 0, open_ends=True)
        if self.validation is not None:
            check_batches("validation", self.validation)
        if self.patience is not None:
            check_int("patience", self.patience)
            if self.validation is None:
                raise ValueError("validation: got None, wanted held-out batches: patience counts evaluations")
        if self.carry_state and getattr(self.model, "reads_ahead", False):
            raise ValueError(
                "carry_state: got True with a layer that reads from the end too, wanted False: its state ends at step 1"
            )

    def train(self, progress: bool | None) -> None:
        """Take all the steps that are left, and give the model its best parameters where they were kept."""
        # Overflow is no surprise here: every loss and norm is looked at, and the error then says more than a warning.
        with _progress_bar(progress, self.steps, self.history.steps) as bar, np.errstate(all="ignore"):
            while not self.finished():
                self.advance()
                if bar is not None:
                    bar.set_postfix_str(f"loss {self.history.loss[-1]:.3f}", refresh=False)
                    bar.update()
        for name, p in self.best_params.items():
            self.model.params[name][...] = p

    def finished(self) -> bool:
        """Whether all steps are done, or the held-out loss has stopped falling."""
        h = self.history
        waited = len(h.valid_loss) - 1 - h.best if h.valid_loss else 0
        return h.steps >= self.steps or (self.patience is not None and waited >= self.patience)

    def advance(self) -> None:
        """Take one step, then evaluate and save when it is time to."""
        began = time.perf_counter()
        self.step()
        h = self.history
        h.seconds.append((h.seconds[-1] if h.seconds else 0.0) + time.perf_counter() - began)
        if self.validation is not None and (h.steps % self.eval_every == 0 or h.steps == self.steps):
            self.evaluate()
        if self.path is not None and (h.steps % self.save_every == 0 or self.finished()):
            self.save()

    def step(self) -> None:
        """One batch, one update."""
        batch, first = self.stream.next()
        if first and self.carry_state and self.stream.pass_length == 1:
            raise ValueError("carry_state: got True with one batch in a pass, wanted more: a pass begins at zero")
        start = self.state if self.carry_state and not first else None
        loss, grads, state = self.model.loss_and_grads(batch, start)
        norm = grad_norm(grads) if self.clip_norm is None else clip_grad_norm_(grads, self.clip_norm)
        factor = 1.0 if self.schedule is None else self.schedule(self.history.steps, self.steps)
        lr = self.optimizer.lr * factor
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise self.failure(f"loss {loss:.4g} and gradient norm {norm:.4g} at learning rate {lr:.4g}", 1)
        self.optimizer.step(grads, lr)
        self.last = batch, start
        self.state = state if self.carry_state else None
        self.history.loss.append(float(loss))
        self.history.grad_norm.append(norm)

    def evaluate(self) -> None:
        """Measure the held-out loss, and keep the parameters if it is the lowest yet."""
        assert self.validation is not None
        loss = evaluate(self.model, self.validation, carry_state=self.carry_state)
        if not math.isfinite(loss):
            raise self.failure(f"held-out loss {loss:.4g}")
        self.history.valid_steps.append(self.history.steps)
        self.history.valid_loss.append(loss)
        if self.patience is not None and self.history.best == len(self.history.valid_loss) - 1:
            self.best_params = {name: p.copy() for name, p in self.model.params.items()}

    def failure(self, what: str, ahead: int = 0) -> FloatingPointError:
        """Return the error that stops a run, with the step and where to go back to."""
        last = "no checkpoint was saved"
        if self.saved_at is not None:
            last = f"the last good checkpoint is {self.path}, saved after step {self.saved_at}"
        return FloatingPointError(
            f"step {self.history.steps + ahead} of {self.steps}: got {what}, wanted finite numbers; {last}"
        )

    @property
    def dropout_rng(self) -> np.random.Generator | None:
        """The generator that the model itself draws from in training, if it does."""
        return getattr(self.model, "dropout_rng", None)

    def settings(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one that was saved."""
        optimizer = {
            name: list(v) if isinstance(v, tuple) else v for name, v in self.optimizer.hyperparameters().items()
        }
        kind = type(self.optimizer).__name__
        return {"optimizer": kind, **optimizer, "clip_norm": self.clip_norm, "carry_state": bool(self.carry_state)}

    def save(self) -> None:
        """Write everything to the checkpoint, atomically, unless the last update has spoilt the model."""
        for name, p in self.model.params.items():
            if not np.isfinite(p).all():
                raise self.failure(f"values of {name} that are not")
        assert self.last is not None and self.path is not None
        loss, _ = self.model.loss(*self.last)
        if not math.isfinite(loss):
            raise self.failure(f"loss {loss:.4g} on the same batch after the update")
        arrays = checkpoint.under("params", self.model.params)
        arrays |= checkpoint.under("optimizer", self.optimizer.state_dict())
        arrays |= checkpoint.under("history", self.history.arrays())
        arrays |= checkpoint.under("best", self.best_params)
        state = checkpoint.pack(self.state, arrays, "state")
        meta = {"settings": self.settings(), "position": self.stream.position(), "state": state}
        meta["dropout_rng"] = rng_state(self.dropout_rng)
        checkpoint.write(self.path, arrays, meta)
        self.saved_at = self.history.steps

    def load(self) -> None:
        """Take over what `save` wrote, if it did; ValueError when it belongs to another run."""
        if self.path is None:
            raise ValueError("checkpoint: got None, wanted the file to resume from")
        if not self.path.exists():
            return
        arrays, meta = checkpoint.read(self.path)
        if "settings" not in meta:
            raise ValueError(f"{self.path}: got parameters alone, wanted a checkpoint written by fit")
        for name, mine in self.settings().items():
            if meta["settings"].get(name) != mine:
                raise ValueError(f"{name}: got {mine}, wanted {meta['settings'].get(name)}, as saved in {self.path}")
        if (meta.get("dropout_rng") is None) != (self.dropout_rng is None):
            got, wanted = ("none", "one") if self.dropout_rng is None else ("one", "none")
            raise ValueError(f"model: got {got} with dropout, wanted {wanted}, as saved in {self.path}")
        self.stream.seek(meta["position"])
        set_rng_state(self.dropout_rng, meta.get("dropout_rng"))
        checkpoint.fill(self.path, self.model.params, checkpoint.within("params", arrays))
        self.optimizer.load_state_dict(checkpoint.within("optimizer", arrays))
        self.history = History.from_arrays(checkpoint.within("history", arrays))
        self.state = checkpoint.unpack(meta["state"], arrays)
        self.best_params = checkpoint.within("best", arrays) if self.patience is not None else {}
        self.saved_at = self.history.steps


def _progress_bar(progress: bool | None, steps: int, done: int) -> Any:
    """Return a tqdm bar, or a stand-in that yields None.

    Where nobody said, a bar is for eyes, not for records: a terminal has one, and a kernel that a Jupyter server
    started for an open notebook (it sets JPY_SESSION_NAME). A notebook that a program executes has none, since there
    the bar would be stored among the outputs; nor has continuous integration (CI), nor a web page without tqdm.
    """
    terminal = bool(getattr(sys.stderr, "isatty", lambda: False)())
    leave = terminal or progress is True  # in a notebook, a bar that nobody asked for goes when it is done
    if progress is None:
        opened = "ipykernel" in sys.modules and "JPY_SESSION_NAME" in os.environ
        progress = (terminal or opened) and not os.environ.get("CI") and find_spec("tqdm") is not None
    if not progress:
        return nullcontext()
    from tqdm import tqdm

    return tqdm(total=steps, initial=done, unit="step", leave=leave)
