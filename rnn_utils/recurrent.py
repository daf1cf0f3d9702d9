"""RNN, LSTM and GRU over whole sequences, written as their equations are. A cell (`cells`) is one step of a layer.

The equations multiply a matrix by a column vector, W x. A batch holds one vector in each row, so the code has x Wᵀ.
What has nothing to wait for stands outside the loops, over all steps at once:

- W_ih x_t + b_ih on the way forward;
- on the way back the slopes, by which the gradients that arrive are multiplied;
- the gradients of the weights, which are sums over time and batch.
"""

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, RecurrentLayer
from rnn_utils.checks import check_choice
from rnn_utils.padding import final_state, mark_padding, outside_gradient

__all__ = ["GRU", "LSTM", "RNN"]


def _time_product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
    """Return x_t @ weight + bias of all steps and sequences, (T, B, N) and (N, K) to (T, B, K), as one product."""
    result = x.reshape(-1, x.shape[2]) @ weight
    result += bias
    return result.reshape(*x.shape[:2], -1)


def product_gradients(name: str, da: np.ndarray, x: np.ndarray) -> Arrays:
    """Return the gradients of W and b in a_t = W x_t + b from da (T, B, K), x (T, B, N): sums over time and batch."""
    da = da.reshape(-1, da.shape[2])  # (TB, K)
    return {f"weight_{name}": da.T @ x.reshape(-1, x.shape[2]), f"bias_{name}": da.sum(0)}


def _states_from(initial: np.ndarray, T: int) -> np.ndarray:
    """Return room for the states after 0 … T steps, (T + 1, B, H), of which the first is filled."""
    states = np.empty((T + 1, *initial.shape), initial.dtype)
    states[0] = initial
    return states


def _split(a: np.ndarray, gates: int) -> np.ndarray:
    """Return what belongs to each gate, (B, kH) to (k, B, H), as a view: `np.split` takes ten times as long."""
    return a.reshape(len(a), gates, -1).swapaxes(0, 1)


def _sigmoid(a: np.ndarray) -> np.ndarray:
    """Return σ(a) = ½ tanh(½ a) + ½: tanh is much faster than e⁻ᵃ, above all in the page, and overflows nowhere."""
    result = np.tanh(0.5 * a)
    result *= 0.5
    result += 0.5
    return result


def _relu(a: np.ndarray) -> np.ndarray:
    """Return max(a, 0)."""
    return np.maximum(a, 0)


class RNNCache(NamedTuple):
    """What `RNN.backward` needs; h holds the states after 0 … T steps."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H)
    lengths: np.ndarray | None  # (B,)


class RNN(RecurrentLayer):
    """A simple recurrent network: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    nonlinearity : {"tanh", "relu"}
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H).
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Elman (1990), Finding structure in time.

    """

    gates: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        nonlinearity: str = "tanh",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.nonlinearity = check_choice("nonlinearity", nonlinearity, ("tanh", "relu"))

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, RNNCache]:
        p = self.params
        a_x = _time_product(x, p["weight_ih"].T, p["bias_ih"] + p["bias_hh"])  # (T, B, H)
        W_hh = p["weight_hh"]
        f = np.tanh if self.nonlinearity == "tanh" else _relu
        h = _states_from(state[0], len(x))  # (T + 1, B, H)
        for t in range(len(x)):
            h[t + 1] = f(a_x[t] + h[t] @ W_hh.T)
        final = final_state(h, lengths)
        return h[1:].copy(), final, RNNCache(x, h, lengths)

    def _backward(
        self, dout: np.ndarray, cache: RNNCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        slope = 1 - h[1:] ** 2 if self.nonlinearity == "tanh" else h[1:] > 0  # of f, at every step: (T, B, H)
        da = np.empty_like(dout)
        for t in reversed(range(len(x))):
            da[t] = slope[t] * (dh + dout[t])
            dh = da[t] @ W_hh
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[:-1])
        return _time_product(da, W_ih), dh, grads


class LSTMCache(NamedTuple):
    """What `LSTM.backward` needs; h and c hold the states after 0 … T steps, gates are i, f, g, o."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H)
    c: np.ndarray  # (T + 1, B, H)
    gates: np.ndarray  # (T, B, 4, H)
    tanh_c: np.ndarray  # (T, B, H)
    lengths: np.ndarray | None  # (B,)


class LSTM(RecurrentLayer):
    """A long short-term memory, which adds to its cell state c where an RNN overwrites its h.

    ::

        i = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)        how much to write
        f = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)        how much to keep
        g = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)     what to write
        o = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)        how much to show
        c_t = f c_{t−1} + i g
        h_t = o tanh(c_t)

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H).
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Hochreiter and Schmidhuber (1997), Long short-term memory; the forget gate is from Gers, Schmidhuber and Cummins
    (2000), Learning to forget.

    """

    gates: ClassVar[int] = 4
    state_names: ClassVar[tuple[str, ...]] = ("h", "c")

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], LSTMCache]:
        p, T = self.params, len(x)
        a_x = _time_product(x, p["weight_ih"].T, p["bias_ih"] + p["bias_hh"])  # (T, B, 4H)
        W_hh = p["weight_hh"]
        h, c = _states_from(state[0], T), _states_from(state[1], T)  # (T + 1, B, H) each
        steps: list[tuple[np.ndarray, ...]] = []
        for t in range(T):
            i, f, g, o = _split(a_x[t] + h[t] @ W_hh.T, 4)  # each (B, H)
            i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
            c[t + 1] = f * c[t] + i * g
            tanh_c = np.tanh(c[t + 1])
            h[t + 1] = o * tanh_c
            steps.append((i, f, g, o, tanh_c))
        kept = np.array(steps).swapaxes(1, 2)  # (T, B, 5, H)
        gates, tanh_c = kept[:, :, :4], kept[:, :, 4]
        if lengths is not None:  # a step of padding keeps the cell: f = 1, the other gates are shut
            gates[mark_padding(lengths, T)] = np.array([[0], [1], [0], [0]])
        final = final_state(h, lengths), final_state(c, lengths)
        return h[1:].copy(), final, LSTMCache(x, h, c, gates, tanh_c, lengths)

    def _backward(
        self, dout: np.ndarray, cache: LSTMCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Arrays]:
        x, h, c, gates, tanh_c, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        dc = dstate[1]  # with lengths too: the padding, where f = 1, hands it on
        i, f, g, o = gates.transpose(2, 0, 1, 3)  # each (T, B, H), and so are the slopes:
        to_i = g * i * (1 - i)  # ∂c_t by what is inside i, f and g
        to_f = c[:-1] * f * (1 - f)
        to_g = i * (1 - g**2)
        to_o = tanh_c * o * (1 - o)  # ∂h_t by what is inside o
        to_c = o * (1 - tanh_c**2)  # ∂h_t by c_t
        da = np.empty((*dout.shape[:2], 4 * self.hidden_size), self.dtype)  # (T, B, 4H)
        for t in reversed(range(len(x))):
            dh = dh + dout[t]
            dc = dc + dh * to_c[t]  # c_t reaches the loss by itself and through h_t
            np.concatenate([dc * to_i[t], dc * to_f[t], dc * to_g[t], dh * to_o[t]], axis=1, out=da[t])
            dh, dc = da[t] @ W_hh, dc * f[t]
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[:-1])
        return _time_product(da, W_ih), (dh, dc), grads


class GRUCache(NamedTuple):
    """What `GRU.backward` needs; h holds the states after 0 … T steps, gates are r, z, n, and hn = W_hn h + b_hn."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H)
    gates: np.ndarray  # (T, B, 3, H)
    hn: np.ndarray  # (T, B, H)
    lengths: np.ndarray | None  # (B,)


class GRU(RecurrentLayer):
    """A gated recurrent unit, in the form that PyTorch has: the reset gate acts after the product.

    ::

        r = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)              how much of the past the candidate sees
        z = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)              how much of the state to keep
        n = tanh(W_in x_t + b_in + r (W_hn h_{t−1} + b_hn))       the candidate
        h_t = (1 − z) n + z h_{t−1}

    The published paper applies r before the product, W_hn (r h_{t−1}), which needs a second product that waits for r.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H).
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder–decoder for statistical machine translation.

    """

    gates: ClassVar[int] = 3

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, GRUCache]:
        p, T = self.params, len(x)
        a_x = _time_product(x, p["weight_ih"].T, p["bias_ih"])  # (T, B, 3H)
        W_hh, b_hh = p["weight_hh"], p["bias_hh"]
        h = _states_from(state[0], T)  # (T + 1, B, H)
        steps: list[tuple[np.ndarray, ...]] = []
        for t in range(T):
            xr, xz, xn = _split(a_x[t], 3)  # each (B, H)
            hr, hz, hn = _split(h[t] @ W_hh.T + b_hh, 3)
            r, z = _sigmoid(xr + hr), _sigmoid(xz + hz)
            n = np.tanh(xn + r * hn)
            h[t + 1] = (1 - z) * n + z * h[t]
            steps.append((r, z, n, hn))
        kept = np.array(steps).swapaxes(1, 2)  # (T, B, 4, H)
        final = final_state(h, lengths)
        return h[1:].copy(), final, GRUCache(x, h, kept[:, :, :3], kept[:, :, 3], lengths)

    def _backward(
        self, dout: np.ndarray, cache: GRUCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, gates, hn, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        r, z, n = gates.transpose(2, 0, 1, 3)  # each (T, B, H), and so are the slopes:
        to_n = (1 - z) * (1 - n**2)  # ∂h_t by what is inside n, z and r
        to_z = (h[:-1] - n) * z * (1 - z)
        to_r = to_n * hn * r * (1 - r)
        da_x = np.empty((*dout.shape[:2], 3 * self.hidden_size), self.dtype)  # (T, B, 3H)
        da_h = np.empty_like(da_x)
        for t in reversed(range(len(x))):
            dh = dh + dout[t]
            da_r, da_z, da_n = dh * to_r[t], dh * to_z[t], dh * to_n[t]
            np.concatenate([da_r, da_z, da_n], axis=1, out=da_x[t])
            np.concatenate([da_r, da_z, da_n * r[t]], axis=1, out=da_h[t])  # the reset gate stands before this product
            dh = dh * z[t] + da_h[t] @ W_hh
        grads = product_gradients("ih", da_x, x) | product_gradients("hh", da_h, h[:-1])
        return _time_product(da_x, W_ih), dh, grads
