"""minGRU and minLSTM: gated layers whose gates do not read the state, so that all steps can be computed together.

Both are h_t = a_t h_{t−1} + b_t, with a_t and b_t made from x_t alone. Without a product by W_hh, the layer keeps the
units apart in time; what one of them knows of another comes through the layer above.
"""

import math
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.base import Arrays, Params, RecurrentLayer
from rnn_utils.checks import check_dtype, check_int, check_rng
from rnn_utils.padding import final_state, outside_gradient
from rnn_utils.recurrent import _sigmoid, _time_product, product_gradients
from rnn_utils.scan import scan, scan_gradients

__all__ = ["MinGRU", "MinLSTM"]


class MinimalCache(NamedTuple):
    """What `backward` needs; h holds the states after 0 … T steps, gates what the layer's gates are."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H)
    a: np.ndarray  # (T, B, H)
    gates: tuple[np.ndarray, ...]  # (T, B, H) each
    lengths: np.ndarray | None  # (B,)


class _Minimal(RecurrentLayer):
    """What both share: parameters for the input alone, and the scan both ways."""

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.input_size = check_int("input_size", input_size)
        self.hidden_size = self.output_size = check_int("hidden_size", hidden_size)
        self.dtype = check_dtype(dtype)
        rows, bound = self.gates * hidden_size, 1 / math.sqrt(hidden_size)
        check_rng(rng)
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, input_size), "bias_ih": (rows,)}
        self.params = Params(
            {name: init.uniform(shape, bound, rng=rng, dtype=self.dtype) for name, shape in shapes.items()}
        )

    def _steps(self, sums: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
        """Return a and b of every step, and the gates, from the weighted sums of the inputs."""
        raise NotImplementedError

    def _slopes(self, da: np.ndarray, db: np.ndarray, gates: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        """Return the gradients of the weighted sums from those of a and b."""
        raise NotImplementedError

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, MinimalCache]:
        p, (h0,) = self.params, state
        sums = _time_product(x, p["weight_ih"].T, p["bias_ih"])  # (T, B, kH)
        a, b, gates = self._steps(np.split(sums, self.gates, axis=-1))
        h = np.concatenate([h0[None], scan(a, b, h0)])  # (T + 1, B, H)
        if lengths is None:
            return h[1:].copy(), h[-1].copy(), MinimalCache(x, h, a, gates, lengths)
        out = h.copy()
        final = final_state(out, lengths)
        return out[1:], final, MinimalCache(x, h, a, gates, lengths)

    def _backward(
        self, dout: np.ndarray, cache: MinimalCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, a, gates, lengths = cache
        dout, dfinal = outside_gradient(dout, dstate[0], lengths)
        dout = np.concatenate([dout[:-1], dout[-1:] + dfinal])
        da, db, dh0 = scan_gradients(dout, a, h[1:], h[0])
        dsums = np.concatenate(self._slopes(da, db, gates), axis=-1)  # (T, B, kH)
        return _time_product(dsums, self.params["weight_ih"]), dh0, product_gradients("ih", dsums, x)


class MinGRU(_Minimal):
    """A GRU without the state in its gate and its candidate, and so without a reset gate.

    ::

        z = σ(W_iz x_t + b_iz)         how much of the state to keep
        n = W_in x_t + b_in            the candidate
        h_t = z h_{t−1} + (1 − z) n

    The paper has z and 1 − z the other way round; here z = 1 means keep, as in `GRU`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H): ``weight_ih (2H, D)`` and ``bias_ih (2H,)``, in the order z, n.
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), Were RNNs all we needed?

    """

    gates: ClassVar[int] = 2

    def _steps(self, sums: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
        z, n = _sigmoid(sums[0]), sums[1]
        return z, (1 - z) * n, (z, n)

    def _slopes(self, da: np.ndarray, db: np.ndarray, gates: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        z, n = gates
        return [(da - db * n) * z * (1 - z), db * (1 - z)]


class MinLSTM(_Minimal):
    """An LSTM without the state in its gates, without an output gate, and with f and i scaled to a sum of 1.

    ::

        i = σ(W_ii x_t + b_ii)                 the input gate
        f = σ(W_if x_t + b_if)                 the forget gate
        g = W_ig x_t + b_ig                    the candidate
        h_t = (f h_{t−1} + i g) / (f + i)

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H): ``weight_ih (3H, D)``, ``bias_ih (3H,)``, in the order i, f, g.
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), Were RNNs all we needed?

    """

    gates: ClassVar[int] = 3

    def _steps(self, sums: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
        e_i, e_f = (np.exp(-np.maximum(part, -60)) for part in sums[:2])  # beyond, float32 would overflow
        i, f, g = 1 / (1 + e_i), 1 / (1 + e_f), sums[2]
        keep = (1 + e_i) / (2 + e_i + e_f)  # f / (f + i), without dividing 0 by 0
        return keep, (1 - keep) * g, (i, f, g, keep)

    def _slopes(self, da: np.ndarray, db: np.ndarray, gates: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        i, f, g, keep = gates
        dkeep = (da - db * g) * keep * (1 - keep)  # by ln f − ln i: keep is its logistic function
        return [-dkeep * (1 - i), dkeep * (1 - f), db * (1 - keep)]
