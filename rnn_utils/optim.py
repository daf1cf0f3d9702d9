"""Optimisers, a learning-rate schedule and gradient clipping, with the names and the arithmetic of ``torch.optim``.

An optimiser is given the parameters once and changes them in place, so that the layers that own the arrays see every
step. Work is done in buffers that live as long as the optimiser: a step allocates nothing, and on a small model costs
a few per cent of the gradients it uses.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from rnn_utils.checks import check_int, check_number

__all__ = ["SGD", "Adam", "Optimizer", "clip_grad_norm_", "clip_grad_value_", "grad_norm", "linear_decay"]

Arrays = Mapping[str, np.ndarray]


class Optimizer:
    """What all optimisers share: parameters, learning rate, step count, and a state that can be saved.

    A subclass lists its `settings` and the `buffers` it keeps for every parameter, and defines ``_update``.

    Attributes
    ----------
    params : mapping of str to ndarray
        The parameters, changed in place.
    lr : float
        Learning rate.
    steps : int
        Steps taken.
    state : dict of dict of ndarray
        ``state["weight"]["exp_avg"]``: the running averages of each parameter, by torch's names.

    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay")
    buffers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Arrays, lr: float, weight_decay: float) -> None:
        for name, p in params.items():
            if not isinstance(p, np.ndarray) or p.dtype.kind != "f":
                got = getattr(p, "dtype", type(p).__name__)
                raise TypeError(f"params[{name!r}]: got {got}, wanted an array of floats")
        self.params = params
        self.lr = check_number("lr", lr, 0)
        self.weight_decay = check_number("weight_decay", weight_decay, 0)
        self.steps = 0
        self.state = {name: {key: np.zeros_like(p) for key in self.buffers} for name, p in params.items()}
        self._scratch = {name: np.empty_like(p) for name, p in params.items()}

    def step(self, grads: Arrays, lr: float | None = None) -> None:
        """Change every parameter by one step down its gradient.

        Parameters
        ----------
        grads : mapping of str to ndarray
            One gradient for every parameter, with its key and shape.
        lr : float, optional
            Learning rate of this step alone, as a schedule gives it; ``self.lr`` without it.

        Raises
        ------
        ValueError
            When a key is missing or unknown, or a shape differs.

        """
        lr = self.lr if lr is None else check_number("lr", lr, 0)
        if grads.keys() != self.params.keys():
            raise ValueError(f"grads: got keys {sorted(grads)}, wanted {sorted(self.params)}")
        for name, p in self.params.items():
            if grads[name].shape != p.shape:
                raise ValueError(f"grads[{name!r}]: got shape {grads[name].shape}, wanted {p.shape}")
        self.steps += 1
        for name, p in self.params.items():
            grad = grads[name] + self.weight_decay * p if self.weight_decay else grads[name]
            self._update(p, grad, lr, self.state[name], self._scratch[name])

    def _update(self, p: np.ndarray, grad: np.ndarray, lr: float, state: Arrays, scratch: np.ndarray) -> None:
        raise NotImplementedError

    def hyperparameters(self) -> dict[str, float]:
        """Return the settings by name, learning rate first."""
        return {name: getattr(self, name) for name in self.settings}

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return the step count and every buffer, not copied: ``"steps"``, ``"exp_avg/rnn.weight_hh"`` …"""
        arrays = {f"{key}/{name}": a for name, kept in self.state.items() for key, a in kept.items()}
        return {"steps": np.asarray(self.steps), **arrays}

    def load_state_dict(self, arrays: Arrays) -> None:
        """Take over the step count and buffers of ``state_dict``; ValueError when they are another optimiser's."""
        own = self.state_dict()
        if arrays.keys() != own.keys():
            raise ValueError(f"arrays: got keys {sorted(arrays)}, wanted {sorted(own)}")
        for key, mine in own.items():
            if arrays[key].shape != mine.shape or arrays[key].dtype.kind != mine.dtype.kind:
                got = f"{arrays[key].dtype} {arrays[key].shape}"
                raise ValueError(f"arrays[{key!r}]: got {got}, wanted {mine.dtype} {mine.shape}")
        for key, mine in own.items():
            mine[...] = arrays[key]
        self.steps = int(arrays["steps"])


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted: ``v ← μ v + g``, ``p ← p − lr · v``.

    As in ``torch.optim.SGD`` the learning rate multiplies the velocity when it is used, not when it is gathered, so
    that a schedule acts at once.

    Parameters
    ----------
    params : mapping of str to ndarray
        Parameters, changed in place.
    lr : float
        Learning rate.
    momentum : float
        μ in [0, 1]; 0 is plain gradient descent.
    nesterov : bool
        Look ahead: step along ``g + μ v`` (Sutskever et al., 2013).
    weight_decay : float
        Adds ``weight_decay · p`` to each gradient.

    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay", "momentum", "nesterov")
    buffers: ClassVar[tuple[str, ...]] = ("momentum_buffer",)

    def __init__(
        self, params: Arrays, lr: float, momentum: float = 0.0, *, nesterov: bool = False, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, lr, weight_decay)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.nesterov = bool(nesterov)
        if nesterov and momentum == 0:
            raise ValueError("momentum: got 0, wanted more than 0 with nesterov=True")

    def _update(self, p: np.ndarray, grad: np.ndarray, lr: float, state: Arrays, scratch: np.ndarray) -> None:
        if self.momentum:
            v = state["momentum_buffer"]
            v *= self.momentum
            v += grad
            grad = grad + self.momentum * v if self.nesterov else v
        p -= np.multiply(grad, lr, out=scratch)


class Adam(Optimizer):
    """Running means of the gradient and of its square, both corrected for starting at zero (Kingma and Ba, 2015).

    ``m ← β₁ m + (1 − β₁) g``, ``v ← β₂ v + (1 − β₂) g²``, and with ``m̂ = m / (1 − β₁ᵗ)``, ``v̂ = v / (1 − β₂ᵗ)``:
    ``p ← p − lr · m̂ / (√v̂ + ε)``.

    Parameters
    ----------
    params : mapping of str to ndarray
        Parameters, changed in place.
    lr : float
        Learning rate.
    betas : tuple of float
        β₁ and β₂, each in [0, 1).
    eps : float
        ε, added outside the root as in torch.
    weight_decay : float
        Adds ``weight_decay · p`` to each gradient (this is Adam with an L2 penalty, not AdamW).

    """

    settings: ClassVar[tuple[str, ...]] = ("lr", "weight_decay", "betas", "eps")
    buffers: ClassVar[tuple[str, ...]] = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Arrays,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        *,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, weight_decay)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"betas: got {betas!r}, wanted two numbers in [0, 1)")
        self.betas = tuple(check_number("betas", beta, 0, np.nextafter(1, 0)) for beta in betas)
        self.eps = check_number("eps", eps, 0)

    def _update(self, p: np.ndarray, grad: np.ndarray, lr: float, state: Arrays, scratch: np.ndarray) -> None:
        m, v = state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = self.betas
        np.subtract(grad, m, out=scratch)
        scratch *= 1 - beta1
        m += scratch  # m + (1 − β₁)(g − m)
        np.multiply(grad, grad, out=scratch)
        scratch *= 1 - beta2
        v *= beta2
        v += scratch
        np.sqrt(v, out=scratch)
        scratch /= np.sqrt(1 - beta2**self.steps).item()
        scratch += self.eps
        np.divide(m, scratch, out=scratch)
        scratch *= lr / (1 - beta1**self.steps)
        p -= scratch


def linear_decay(step: int, steps: int, end: float = 0.05) -> float:
    """Factor of the learning rate that falls in a straight line from 1 at step 0 to `end` at step `steps`.

    Parameters
    ----------
    step : int
        Steps taken so far.
    steps : int
        Steps of the whole run; from there on the factor stays at `end`.
    end : float
        Last factor.

    """
    done = min(check_int("step", step, 0) / check_int("steps", steps), 1.0)
    return 1 - (1 - end) * done


def grad_norm(grads: Arrays) -> float:
    """Return the Euclidean norm of all gradients taken as one long vector.

    The squares are summed in double precision: a float32 sum would overflow at gradients of 1e19, which an exploding
    recurrence reaches, and report infinity.
    """
    total = 0.0
    for grad in grads.values():
        flat = grad.astype(np.float64).ravel()
        total += float(flat @ flat)
    return float(np.sqrt(total))


def clip_grad_norm_(grads: Arrays, max_norm: float) -> float:
    """Shorten the gradient, as one vector, to `max_norm` if it is longer: its direction stays (Pascanu et al., 2013).

    Parameters
    ----------
    grads : mapping of str to ndarray
        Gradients, scaled in place.
    max_norm : float
        Longest norm allowed.

    Returns
    -------
    float
        The norm before clipping.

    """
    max_norm = check_number("max_norm", max_norm, 0, open_ends=True)
    norm = grad_norm(grads)
    factor = max_norm / (norm + 1e-6)  # torch's guard against a norm of zero
    if factor < 1:
        for grad in grads.values():
            grad *= factor
    return norm


def clip_grad_value_(grads: Arrays, clip_value: float) -> None:
    """Cut every entry of every gradient to [−clip_value, clip_value], in place: this turns the gradient's direction."""
    clip_value = check_number("clip_value", clip_value, 0, open_ends=True)
    for grad in grads.values():
        np.clip(grad, -clip_value, clip_value, out=grad)
