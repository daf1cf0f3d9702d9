"""Many small recurrent networks trained side by side: every array has a leading axis for the network.

At 32 units Python and NumPy's overhead cost more than the arithmetic, so that fifty networks in one stack take little
longer than a few. Each network is initialised by the package's own layer with its own seed, has its own data, its own
learning rate and its own clipping: none knows of the others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnn_utils.models import SequenceModel

Arrays = dict[str, np.ndarray]


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def _weights(da: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the sums over steps and sequences of da x^T: (S, T, B, H) and (S, T, B, D) to (S, H, D)."""
    S = len(da)
    return da.reshape(S, -1, da.shape[-1]).swapaxes(1, 2) @ x.reshape(S, -1, x.shape[-1])


class Stack:
    """S networks of one kind: a recurrent layer and a linear answer after the last step.

    Parameters
    ----------
    models : list of SequenceModel
        One for each network, with a layer of `rnn_utils.remedies` or `RNN`; their parameters are copied.
    lr : ndarray, shape (S,)
        Learning rates of Adam.

    """

    def __init__(self, models: list[SequenceModel], lr: np.ndarray) -> None:
        layer: Any = models[0].rnn
        self.relu = getattr(layer, "nonlinearity", "tanh") == "relu"
        self.d = getattr(layer, "d", None)
        self.gated = getattr(layer, "learn_gate", None)  # None: no gate; False: leaky
        params = [model.params for model in models]
        self.shapes = {name: p.shape for name, p in params[0].items()}
        self.flat = np.stack([np.concatenate([p.ravel() for p in each.values()]) for each in params])
        self.lr = np.asarray(lr, self.flat.dtype)[:, None]
        self.moments = np.zeros((2, *self.flat.shape), self.flat.dtype)
        self.steps = 0

    def __len__(self) -> int:
        return len(self.flat)

    def views(self, flat: np.ndarray) -> Arrays:
        """Return every parameter by name, (S, …), as a view into the flat array (S, P)."""
        found, at = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            found[name] = flat[:, at : at + size].reshape(len(flat), *shape)
            at += size
        return found

    def keep(self, which: np.ndarray) -> None:
        """Drop all networks but these."""
        self.flat, self.lr, self.moments = self.flat[which], self.lr[which], self.moments[:, which]

    def loss_and_grads(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the squared errors (S,) and their gradients (S, P) for x (S, T, B, D) and y (S, B)."""
        p = self.views(self.flat)
        back: Callable[..., Any]
        if self.gated is None:
            h, back = self._plain(p, x)
        else:
            h, back = self._gate(p, x)
        w = p["linear.weight"]  # (S, 1, H)
        error = (h @ w.swapaxes(1, 2))[..., 0] + p["linear.bias"] - y  # (S, B)
        dy = 2 * error / error.shape[1]
        flat = np.zeros_like(self.flat)
        grads = self.views(flat)
        grads["linear.weight"][...] = dy[:, None] @ h
        grads["linear.bias"][...] = dy.sum(axis=1, keepdims=True)
        for name, g in back(dy[:, :, None] * w).items():
            grads[name][...] = g
        return (error**2).mean(axis=1), flat

    def _plain(self, p: Arrays, x: np.ndarray) -> Any:
        (S, T, B, _), H, d = x.shape, p["rnn.weight_hh"].shape[-1], self.d or 1
        W_hh, W_d = p["rnn.weight_hh"], p.get("rnn.weight_skip")
        W_hh_T = W_hh.swapaxes(1, 2).copy()  # faster when copied
        a = (x.reshape(S, T * B, -1) @ p["rnn.weight_ih"].swapaxes(1, 2)).reshape(S, T, B, H)
        a += (p["rnn.bias_ih"] + p["rnn.bias_hh"])[:, None, None]
        h = np.zeros((S, d + T, B, H), x.dtype)
        f = (lambda a, out: np.maximum(a, 0, out=out)) if self.relu else np.tanh
        for t in range(T):
            now = h[:, d + t - 1] @ W_hh_T
            now += a[:, t]
            if W_d is not None and t >= d:
                now += h[:, t] @ W_d.swapaxes(1, 2)
            f(now, out=h[:, d + t])

        def back(dh_end: np.ndarray) -> Arrays:
            slope = (h[:, d:] > 0).astype(x.dtype) if self.relu else 1 - h[:, d:] ** 2
            da = np.empty_like(slope)
            dh = dh_end
            for t in reversed(range(T)):
                np.multiply(slope[:, t], dh, out=da[:, t])
                dh = da[:, t] @ W_hh
                if W_d is not None and t + d - 1 < T and t >= 1:
                    dh += da[:, t + d - 1] @ W_d
            grads = {"rnn.weight_ih": _weights(da, x), "rnn.weight_hh": _weights(da, h[:, d - 1 : d - 1 + T])}
            grads["rnn.bias_ih"] = grads["rnn.bias_hh"] = da.sum(axis=(1, 2))
            if W_d is not None:
                grads["rnn.weight_skip"] = _weights(da, h[:, :T])
            return grads

        return h[:, -1], back

    def _gate(self, p: Arrays, x: np.ndarray) -> Any:
        (S, T, B, _), H = x.shape, p["rnn.weight_hh"].shape[-1]
        W, U = p["rnn.weight_hh"], p["rnn.weight_u"]
        W_T, U_T = W.swapaxes(1, 2).copy(), U.swapaxes(1, 2).copy()  # faster when copied
        rows = x.reshape(S, T * B, -1)
        n = (rows @ p["rnn.weight_ih"].swapaxes(1, 2)).reshape(S, T, B, H)
        n += (p["rnn.bias_ih"] + p["rnn.bias_hh"])[:, None, None]
        if self.gated:
            z = (rows @ p["rnn.weight_z"].swapaxes(1, 2)).reshape(S, T, B, H)
            z += p["rnn.bias_z"][:, None, None]
        else:
            z = np.broadcast_to(_sigmoid(p["rnn.bias_z"])[:, None, None], n.shape)
        h = np.zeros((S, 1 + T, B, H), x.dtype)
        for t in range(T):
            n[:, t] += h[:, t] @ W_T
            np.tanh(n[:, t], out=n[:, t])
            if self.gated:
                z[:, t] += h[:, t] @ U_T
                z[:, t] = _sigmoid(z[:, t])
            h[:, t + 1] = n[:, t] + z[:, t] * (h[:, t] - n[:, t])

        def back(dh: np.ndarray) -> Arrays:
            to_n, to_z = (1 - n**2) * (1 - z), z * (1 - z) * (h[:, :-1] - n)
            da, dz = np.empty_like(n), np.empty_like(n)
            for t in reversed(range(T)):
                np.multiply(to_n[:, t], dh, out=da[:, t])
                after = z[:, t] * dh + da[:, t] @ W
                if self.gated:
                    np.multiply(to_z[:, t], dh, out=dz[:, t])
                    after += dz[:, t] @ U
                dh = after
            grads = {"rnn.weight_ih": _weights(da, x), "rnn.weight_hh": _weights(da, h[:, :-1])}
            grads["rnn.bias_ih"] = grads["rnn.bias_hh"] = da.sum(axis=(1, 2))
            if self.gated:
                grads |= {"rnn.weight_z": _weights(dz, x), "rnn.weight_u": _weights(dz, h[:, :-1])}
                grads["rnn.bias_z"] = dz.sum(axis=(1, 2))
            return grads

        return h[:, -1], back

    def update(self, x: np.ndarray, y: np.ndarray, clip_norm: float = 1.0) -> np.ndarray:
        """Clip, take one step of Adam, and return the losses before it, (S,)."""
        loss, g = self.loss_and_grads(x, y)
        norm = np.sqrt(np.einsum("sp,sp->s", g, g))
        g *= np.minimum(1, clip_norm / (norm + 1e-6))[:, None].astype(g.dtype)
        m, v = self.moments
        self.steps += 1
        m += (1 - 0.9) * (g - m)
        v += (1 - 0.999) * (g * g - v)
        scale = np.sqrt(v / (1 - 0.999**self.steps)) + 1e-8
        self.flat -= self.lr / (1 - 0.9**self.steps) * m / scale
        return loss
