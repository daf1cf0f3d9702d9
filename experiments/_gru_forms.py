"""Many GRUs at once, whole or with a part taken away: every array has a leading axis for the network.

Each network has PyTorch's initialisation, data, rate and clipping of its own. With nothing taken away it is the
package's `GRU` with a linear answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Form:
    """Which GRU it is.

    Attributes
    ----------
    reset : {"after", "before", "none", "shared"}
        Where the reset gate stands; "none": r = 1. "shared": before the product with r = 1 − z, the minimal gated unit.
    update : {"gate", "constant", "open", "none"}
        "constant": z is learned, one number a unit, and does not look at x or h; "open": the same, from about 0.95 on
        instead of about ½. "none": z = 0.

    """

    reset: str = "after"
    update: str = "gate"

    @property
    def constant(self) -> bool:
        """Whether z is the same at all steps."""
        return self.update in ("constant", "open")


def initialise(D: int, H: int, seeds: Iterable[int], form: Form, dtype: DTypeLike = np.float32) -> Arrays:
    """Draw each network with its own generator, evenly from −1/√H to 1/√H, in PyTorch's layout."""
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (3 * H, D), "weight_hh": (3 * H, H)}
    shapes |= {"bias_ih": (3 * H,), "bias_hh": (3 * H,), "weight_hy": (1, H), "bias_y": (1,)}
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn.append({name: rng.uniform(-1, 1, shape) / np.sqrt(H) for name, shape in shapes.items()})
    p = {name: np.stack([each[name] for each in drawn]).astype(dtype) for name in shapes}
    if form.constant:
        p["weight_ih"][:, H : 2 * H] = p["weight_hh"][:, H : 2 * H] = 0
    if form.update == "open":
        p["bias_ih"][:, H : 2 * H] += 3
    if form.reset == "before":
        p["bias_hh"][:, 2 * H :] = 0  # the papers have one bias
    return p


def _sigmoid_(a: np.ndarray) -> np.ndarray:
    """Replace a by σ(a), in place."""
    a *= 0.5
    np.tanh(a, out=a)
    a *= 0.5
    a += 0.5
    return a


def _blocks(a: np.ndarray) -> np.ndarray:
    """Bring the three blocks to the front, so that each is one piece of memory: (S, 3H, …) to (3, S, H, …)."""
    S, three_H = a.shape[:2]
    return a.reshape(S, 3, three_H // 3, *a.shape[2:]).swapaxes(0, 1).copy()


def forward(p: Arrays, x: np.ndarray, form: Form) -> tuple[np.ndarray, np.ndarray]:
    """Read x (T, S, B, D): states h_0 … h_T (T + 1, S, B, H), and r, z, n, m of every step, (T, 4, S, B, H)."""
    W = _blocks(p["weight_hh"]).swapaxes(2, 3).copy()  # (3, S, H, H)
    b, b_hn = _blocks(p["bias_ih"])[:, :, None], _blocks(p["bias_hh"])[2, :, None]
    b[:2] += _blocks(p["bias_hh"])[:2, :, None]
    T, S, B, D = x.shape
    H = W.shape[-1]
    a = x.swapaxes(0, 1).reshape(S, T * B, D) @ p["weight_ih"].swapaxes(1, 2)
    a = a.reshape(S, T, B, 3, H).transpose(1, 3, 0, 2, 4) + b  # (T, 3, S, B, H)
    late = form.reset in ("before", "shared")  # the third product has to wait for r
    h, parts = np.zeros((T + 1, S, B, H), x.dtype), np.empty((T, 4, S, B, H), x.dtype)
    for t in range(T):
        r, z, n, m = parts[t]
        gates = parts[t, :2]
        np.matmul(h[t], W[:2], out=gates)
        gates += a[t, :2]
        _sigmoid_(gates)
        if form.update == "none":
            z[...] = 0
        if form.reset in ("none", "shared"):
            r[...] = 1 if form.reset == "none" else 1 - z
        np.matmul(r * h[t] if late else h[t], W[2], out=m)
        m += b_hn
        np.add(a[t, 2], m if late else r * m, out=n)
        np.tanh(n, out=n)
        np.add(n, z * (h[t] - n), out=h[t + 1])
    return h, parts


def backward(p: Arrays, x: np.ndarray, h: np.ndarray, parts: np.ndarray, dout: np.ndarray, form: Form) -> Arrays:
    """Gradients of the layer's parameters from ∂⁺L/∂h of every step, dout (T, S, B, H)."""
    W, dh = _blocks(p["weight_hh"]), np.zeros_like(h[0])
    r, z, n, m = parts.swapaxes(0, 1)
    late = form.reset in ("before", "shared")
    to_n, to_z = (1 - n**2) * (1 - z), z * (1 - z) * (h[:-1] - n)  # 0 where z = 0
    to_r = r * (1 - r) * (h[:-1] if late else m)  # 0 where r = 1
    da = np.empty((len(x), 3, *dh.shape), x.dtype)  # what reaches the products with h
    da_n = np.empty_like(dout)
    for t in reversed(range(len(x))):
        dh += dout[t]
        d_r, d_z, d_m = da[t]
        np.multiply(to_n[t], dh, out=da_n[t])
        np.multiply(to_z[t], dh, out=d_z)
        dh *= z[t]
        if late:
            d_m[...] = da_n[t]
            seen = d_m @ W[2]
            np.multiply(to_r[t], seen, out=d_r)
            dh += r[t] * seen
        else:
            np.multiply(to_r[t], da_n[t], out=d_r)
            np.multiply(r[t], da_n[t], out=d_m)
            dh += d_m @ W[2]
        if form.reset == "shared":  # r = 1 − z: its share goes to z
            d_z -= d_r
            d_r[...] = 0
        dh += d_r @ W[0]
        dh += d_z @ W[1]
    return _sums(x, h, r, da, da_n, form)


def _sums(x: np.ndarray, h: np.ndarray, r: np.ndarray, da: np.ndarray, da_n: np.ndarray, form: Form) -> Arrays:
    """Sums over steps and sequences."""
    H = h.shape[-1]

    def outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        rows, columns = (np.swapaxes(a, 0, 1).reshape(a.shape[1], -1, a.shape[-1]) for a in (left, right))
        return rows.swapaxes(1, 2) @ columns

    d_r, d_z, d_m = da.swapaxes(0, 1)
    seen = r * h[:-1] if form.reset in ("before", "shared") else h[:-1]
    grads = {"weight_ih": np.concatenate([outer(d, x) for d in (d_r, d_z, da_n)], axis=1)}
    grads["weight_hh"] = np.concatenate([outer(d_r, h[:-1]), outer(d_z, h[:-1]), outer(d_m, seen)], axis=1)
    grads["bias_ih"] = np.concatenate([d.sum(axis=(0, 2)) for d in (d_r, d_z, da_n)], axis=1)
    grads["bias_hh"] = np.concatenate([d.sum(axis=(0, 2)) for d in (d_r, d_z, d_m)], axis=1)
    if form.constant:
        grads["weight_ih"][:, H : 2 * H] = grads["weight_hh"][:, H : 2 * H] = 0
    return grads


def answers(p: Arrays, h: np.ndarray) -> np.ndarray:
    """The linear answer to states (…, S, B, H): (…, S, B)."""
    return (h @ p["weight_hy"].swapaxes(1, 2))[..., 0] + p["bias_y"]


def loss_and_grads(p: Arrays, x: np.ndarray, y: np.ndarray, form: Form) -> tuple[np.ndarray, Arrays]:
    """Mean squared errors (S,) and gradients; y is (S, B), for the last step, or (T, S, B), for every one."""
    h, parts = forward(p, x, form)
    scored = slice(1, None) if y.ndim == 3 else slice(-1, None)
    error = answers(p, h[scored]) - y  # (1 or T, S, B)
    d = 2 * error / (len(error) * error.shape[-1])
    dout = np.zeros_like(h[1:])
    dout[-len(error) :] = d[..., None] * p["weight_hy"][:, 0][:, None]
    grads = backward(p, x, h, parts, dout, form)
    grads["weight_hy"] = np.einsum("tsb,tsbh->sh", d, h[scored])[:, None]
    grads["bias_y"] = d.sum(axis=(0, 2))[:, None]
    return np.square(error).mean(axis=(0, 2)), grads


class Adam:
    """Adam with clipping by norm, for every network by itself, each with its own rate (S,)."""

    def __init__(self, p: Arrays, lr: np.ndarray) -> None:
        self.p, self.lr, self.steps = p, np.asarray(lr), 0
        self.m, self.v = ({name: np.zeros_like(w) for name, w in p.items()} for _ in range(2))

    def update(self, grads: Arrays, share: float = 1.0, longest: float = 1.0) -> None:
        """Take one step, of `share` times the rate."""
        squares = (np.square(g.reshape(len(g), -1)).sum(axis=1) for g in grads.values())
        factor = np.minimum(1, longest / (np.sqrt(sum(squares)) + 1e-6))
        self.steps += 1
        rate = self.lr * share / (1 - 0.9**self.steps)
        for name, w in self.p.items():
            column = (-1, *[1] * (w.ndim - 1))
            g = grads[name] * factor.reshape(column).astype(w.dtype)
            self.m[name] += 0.1 * (g - self.m[name])
            self.v[name] += 0.001 * (g * g - self.v[name])
            scale = np.sqrt(self.v[name] / (1 - 0.999**self.steps)) + 1e-8
            w -= rate.reshape(column).astype(w.dtype) * self.m[name] / scale
