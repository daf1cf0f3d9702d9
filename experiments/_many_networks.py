"""Many recurrent networks at once: every parameter has a leading axis for the seed, so ten cost little more than one.

All of them read the same ids. Their gradient may be cut, or have a mistake planted in it; without either it is that of
`rnn_utils.SequenceModel` with a loss at every step.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import data

Arrays = dict[str, np.ndarray]
# What people get wrong on the way back. The last is no mistake but a control: W_hh keeps its first, random values.
MISTAKES = (
    "no slope",
    "W_hh transposed",
    "h_t for h_{t−1}",
    "nothing handed back",
    "last loss only",
    "= for +=",
    "W_hh not trained",
)

LEFT_OUT = "first input left out"  # of the sum for W_ih: for an experiment on which term a cut takes away


def initialise(inputs: int, hidden: int, outputs: int, seeds: Iterable[int], dtype: DTypeLike = np.float32) -> Arrays:
    """Draw each network with its own generator, evenly from −1/√H to 1/√H, with chapter 5's names and layouts."""
    shapes: dict[str, tuple[int, ...]] = {
        "weight_ih": (hidden, inputs),
        "weight_hh": (hidden, hidden),
        "weight_hy": (outputs, hidden),
    }
    shapes |= {"bias_ih": (hidden,), "bias_hh": (hidden,), "bias_y": (outputs,)}
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn.append({name: rng.uniform(-1, 1, shape) / np.sqrt(hidden) for name, shape in shapes.items()})
    return {name: np.stack([each[name] for each in drawn]).astype(dtype) for name in shapes}


def forward(p: Arrays, x: np.ndarray, h: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read ids x (T, B) from states h (S, B, H): logits (S, T·B, V) and all states (S, T + 1, B, H)."""
    W_ih, W_hh = (p[name].swapaxes(1, 2).copy() for name in ("weight_ih", "weight_hh"))
    a = W_ih[:, x] + (p["bias_ih"] + p["bias_hh"])[:, None, None]
    S, T, B, H = a.shape
    states = np.empty((S, T + 1, B, H), a.dtype)
    states[:, 0] = 0 if h is None else h
    for t in range(T):
        states[:, t + 1] = np.tanh(a[:, t] + states[:, t] @ W_hh)
    return flat(states[:, 1:]) @ p["weight_hy"].swapaxes(1, 2) + p["bias_y"][:, None], states


def flat(a: np.ndarray) -> np.ndarray:
    """Lay steps and sequences in one row: (S, T, B, H) → (S, T·B, H)."""
    return a.reshape(len(a), -1, a.shape[-1])


def score(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return −ln of the probability of each target y (T, B), and its gradient: (S, T·B) and (S, T·B, V)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=-1, keepdims=True)
    here = np.arange(y.size), y.ravel()
    nats = np.log(total[..., 0]) - shifted[:, *here]
    e /= total
    e[:, *here] -= 1
    return nats, e


def back(dout: np.ndarray, states: np.ndarray, W_hh: np.ndarray, cut: int, mistake: str) -> np.ndarray:
    """Return ∂L/∂a (S, T, B, H), cut every so many steps if `cut` is not 0, and with a mistake if one is named."""
    T = dout.shape[1]
    da, dh = np.empty_like(dout), np.zeros_like(dout[:, 0])
    W_back = W_hh.swapaxes(1, 2).copy() if mistake == "W_hh transposed" else W_hh
    cut = 1 if mistake == "nothing handed back" else cut
    slopes = np.ones_like(dout) if mistake == "no slope" else 1 - states[:, 1:] ** 2
    for t in range(T, 0, -1):
        if cut and t % cut == 0:
            dh = np.zeros_like(dh)  # the border: nothing comes from the next piece
        if t == T or mistake != "last loss only":
            dh = dh + dout[:, t - 1]
        da[:, t - 1] = slopes[:, t - 1] * dh
        dh = da[:, t - 1] @ W_back
    return da


def gradients(
    p: Arrays, x: np.ndarray, y: np.ndarray, h: np.ndarray | None = None, cut: int = 0, mistake: str = "", last: int = 0
) -> tuple[np.ndarray, Arrays, np.ndarray]:
    """Return mean losses (S,), their gradients, and states (S, T + 1, B, H); `last` steps count, all if it is 0."""
    logits, states = forward(p, x, h)
    nats, dlogits = score(logits, y)
    S, (T, B) = len(nats), x.shape
    counted = (last or T) * B
    dlogits[:, : T * B - counted] = 0
    dlogits /= counted
    da = back((dlogits @ p["weight_hy"]).reshape(S, T, B, -1), states, p["weight_hh"], cut, mistake)
    before = states[:, 1:] if mistake == "h_t for h_{t−1}" else states[:, :-1]
    steps = slice(0, 1) if mistake == "= for +=" else slice(None)  # step 1 comes last and overwrites the others
    used, ids = flat(da[:, steps]), x[steps].ravel()
    one_hot = data.one_hot(ids, p["weight_ih"].shape[-1], dtype=used.dtype)
    first = B if mistake == LEFT_OUT else 0
    grads = {"weight_ih": used[:, first:].swapaxes(1, 2) @ one_hot[first:]}
    grads |= {"weight_hh": used.swapaxes(1, 2) @ flat(before[:, steps])}
    grads |= {"weight_hy": dlogits.swapaxes(1, 2) @ flat(states[:, 1:]), "bias_y": dlogits.sum(axis=1)}
    grads |= {name: used.sum(axis=1) for name in ("bias_ih", "bias_hh")}
    if mistake == "W_hh not trained":
        grads["weight_hh"][:] = 0
    return nats[:, T * B - counted :].mean(axis=1), grads, states


def clip(grads: Arrays, longest: float) -> None:
    """Shorten each network's gradient, as one vector, in place; its direction stays."""
    squares = (np.square(g.reshape(len(g), -1), dtype=np.float64).sum(axis=1) for g in grads.values())
    factor = np.minimum(1, longest / (np.sqrt(sum(squares)) + 1e-6))
    for g in grads.values():
        g *= factor.astype(g.dtype).reshape(-1, *[1] * (g.ndim - 1))


def held_out(p: Arrays, ids: np.ndarray, streams: int = 32, steps: int = 128) -> list[float]:
    """Return each network's mean loss on a text, its state carried from piece to piece."""
    h, total, count = None, np.zeros(len(p["bias_y"])), 0
    for x, y in data.contiguous_streams(ids, streams, steps, drop_last=False):
        logits, states = forward(p, x, h)
        h = states[:, -1]
        total += score(logits, y)[0].sum(axis=1, dtype=np.float64)
        count += y.size
    return [round(float(each), 4) for each in total / count]
