"""Many forecasting networks at once: GRUs, LSTMs and window networks, with several numbers as the answer at every step.

Every array has a leading axis for the network behind the one for time. Each network has its own initialisation, data
and learning rate. The GRU's layer and the optimiser are those of `_gru_forms`; the others are initialised alike. An
answer that is NaN is not asked for. Window networks may also read the same data: their axis then has length 1.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from experiments import _gru_forms
from experiments._gru_forms import Adam, Arrays, Form

BLOCKS = {"GRU": 3, "LSTM": 4, "window": 1}
Batch = tuple[np.ndarray, np.ndarray]


def initialise(kind: str, D: int, H: int, outputs: int, seeds: Iterable[int]) -> Arrays:
    """Draw each network with its own generator, in PyTorch's layout: a layer of H units, and what reads it."""
    k = BLOCKS[kind]
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (k * H, D), "bias_ih": (k * H,)}
    if kind != "window":
        shapes |= {"weight_hh": (k * H, H), "bias_hh": (k * H,)}
    shapes |= {"weight_hy": (outputs, H), "bias_y": (outputs,)}
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        fan = {name: D if kind == "window" and "ih" in name else H for name in shapes}
        drawn.append({name: rng.uniform(-1, 1, shape) / np.sqrt(fan[name]) for name, shape in shapes.items()})
    return {name: np.stack([each[name] for each in drawn]).astype(np.float32) for name in shapes}


def parameters(p: Arrays) -> int:
    """Return how many numbers one network has."""
    return sum(w[0].size for w in p.values())


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the sums over steps and sequences: (T, S, B, M) and (T, S, B, N) to (S, M, N)."""
    rows, columns = (a.swapaxes(0, 1).reshape(a.shape[1], -1, a.shape[-1]) for a in (left, right))
    return rows.swapaxes(1, 2) @ columns


def states(kind: str, p: Arrays, x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], Arrays]]:
    """Read x (T, S, B, D): what the answers are computed from (T, S, B, H), and the way back to the gradients."""
    if kind == "GRU":
        h, parts = _gru_forms.forward(p, x, Form())
        return h[1:], lambda dout: _gru_forms.backward(p, x, h, parts, dout, Form())
    if kind == "LSTM":
        return _lstm(p, x)
    h = np.tanh(x @ p["weight_ih"].swapaxes(1, 2) + p["bias_ih"][:, None])

    def back(dout: np.ndarray) -> Arrays:
        da = dout * (1 - h**2)
        return {"weight_ih": _outer(da, x), "bias_ih": da.sum(axis=(0, 2))}

    return h, back


def _lstm(p: Arrays, x: np.ndarray) -> tuple[np.ndarray, Callable[[np.ndarray], Arrays]]:
    """Return the states of an LSTM with gates i, f, g, o, and its way back."""
    (T, S, B, _), H = x.shape, p["weight_hh"].shape[-1]
    W = p["weight_hh"]
    W_T = W.swapaxes(1, 2).copy()
    gates = x @ p["weight_ih"].swapaxes(1, 2) + (p["bias_ih"] + p["bias_hh"])[:, None]  # (T, S, B, 4H)
    h, c = (np.zeros((T + 1, S, B, H), x.dtype) for _ in range(2))
    tanh_c = np.empty((T, S, B, H), x.dtype)
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], x.dtype), H)
    for t in range(T):
        now = gates[t]  # σ(a) = ½ + ½ tanh(a / 2): one tanh serves all four
        now += h[t] @ W_T
        now *= half
        np.tanh(now, out=now)
        now *= half
        now += 1 - half
        i, f, g, o = (now[..., k * H : (k + 1) * H] for k in range(4))
        c[t + 1] = i * g + f * c[t]
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o, tanh_c[t], out=h[t + 1])

    def back(dout: np.ndarray) -> Arrays:
        da, dh, dc = np.empty_like(gates), np.zeros_like(h[0]), np.zeros_like(h[0])
        for t in reversed(range(T)):
            i, f, g, o = (gates[t, ..., k * H : (k + 1) * H] for k in range(4))
            dh = dh + dout[t]
            dc = dc + dh * o * (1 - tanh_c[t] ** 2)
            da[t, ..., :H] = dc * g * i * (1 - i)
            da[t, ..., H : 2 * H] = dc * c[t] * f * (1 - f)
            da[t, ..., 2 * H : 3 * H] = dc * i * (1 - g * g)
            da[t, ..., 3 * H :] = dh * tanh_c[t] * o * (1 - o)
            dh, dc = da[t] @ W, dc * f
        bias = da.sum(axis=(0, 2))
        return {"weight_ih": _outer(da, x), "weight_hh": _outer(da, h[:-1]), "bias_ih": bias, "bias_hh": bias.copy()}

    return h[1:], back


def answers(kind: str, p: Arrays, x: np.ndarray) -> np.ndarray:
    """Return the answers at every step: x (T, S, B, D), or (T, B, D) for all networks alike, to (T, S, B, O)."""
    if x.ndim == 3:
        x = np.broadcast_to(x[:, None], (len(x), len(p["bias_y"]), *x.shape[1:]))
    x = np.ascontiguousarray(x, dtype=p["bias_y"].dtype)
    return states(kind, p, x)[0] @ p["weight_hy"].swapaxes(1, 2) + p["bias_y"][:, None]


def loss_and_grads(
    kind: str, p: Arrays, x: np.ndarray, y: np.ndarray, levels: np.ndarray | None = None
) -> tuple[np.ndarray, Arrays]:
    """Return mean losses (S,) and gradients for answers y (T, S, B, O), NaN where none is asked for.

    The loss is the squared error; with `levels` (O,) it is the pinball loss of these quantiles.
    """
    h, back = states(kind, p, x)
    asked = np.isfinite(y)
    error = np.where(asked, h @ p["weight_hy"].swapaxes(1, 2) + p["bias_y"][:, None] - np.nan_to_num(y), 0)
    if levels is None:
        each, slope = error**2, 2 * error
    else:
        slope = np.where(error > 0, 1 - levels, -levels).astype(x.dtype) * (error != 0)
        each = slope * error
    number = asked.sum(axis=(0, 2, 3))
    d = slope / number[:, None, None].astype(x.dtype)
    grads = back(d @ p["weight_hy"])
    grads |= {"weight_hy": _outer(d, h), "bias_y": d.sum(axis=(0, 2))}
    return each.sum(axis=(0, 2, 3)) / number, grads


def train(
    kind: str,
    p: Arrays,
    rates: Any,
    draw: Callable[[int], Batch],
    updates: int,
    *,
    fall: bool = True,
    levels: np.ndarray | None = None,
    look: dict[int, Callable[[Arrays], None]] | None = None,
) -> None:
    """Train in place: `draw(k)` gives x (T, S, B, D) and y (T, S, B, O) of update k; the rates fall to 0 or stay.

    `look` holds what to call after so many updates.
    """
    optimizer = Adam(p, np.broadcast_to(np.asarray(rates, dtype=float), (len(p["bias_y"]),)))
    for k in range(updates):
        x, y = (a.astype(np.float32) for a in draw(k))
        optimizer.update(loss_and_grads(kind, p, x, y, levels)[1], 1 - k / updates if fall else 1.0)
        if look and k + 1 in look:
            look[k + 1](p)
