"""RNN, LSTM and GRU over whole sequences, written as their equations are. A cell (`cells`) is one step of a layer.

The equations multiply a matrix by a column vector, W x. A batch holds one vector in each row, so the code has x Wᵀ.
Two products have nothing to wait for and stand outside the loops, over all steps at once:

- W_ih x_t + b_ih on the way forward;
- the gradients of the weights, which are sums over time and batch, on the way back.
"""

from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, RecurrentLayer
from rnn_utils.checks import check_choice
from rnn_utils.padding import final_state, mark_padding, outside_gradient


def time_product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
    """Return x_t @ weight + bias of all steps and sequences, (T, B, N) and (N, K) to (T, B, K), as one product."""
    result = x.reshape(-1, x.shape[2]) @ weight
    result += bias
    return result.reshape(*x.shape[:2], -1)


def product_gradients(name: str, da: np.ndarray, x: np.ndarray) -> Arrays:
    """Return the gradients of W and b in a_t = W x_t + b from da (T, B, K), x (T, B, N): sums over time and batch."""
    da = da.reshape(-1, da.shape[2])  # (TB, K)
    return {f"weight_{name}": da.T @ x.reshape(-1, x.shape[2]), f"bias_{name}": da.sum(0)}


def _states_from(initial: np.ndarray, steps: int) -> np.ndarray:
    """Return room for the states after 0 … T steps, (T + 1, B, H), of which the first is filled."""
    states = np.empty((steps + 1, *initial.shape), initial.dtype)
    states[0] = initial
    return states


def _split(a: np.ndarray, gates: int) -> np.ndarray:
    """Return what belongs to each gate, (B, kH) to (k, B, H): `np.split`, at a tenth of its cost."""
    return a.reshape(len(a), gates, -1).swapaxes(0, 1)


def _sigmoid(a: np.ndarray) -> np.ndarray:
    """Return σ(a) = ½ tanh(½ a) + ½: tanh is much faster than e⁻ᵃ, above all in the page, and overflows nowhere."""
    result = np.tanh(0.5 * a)
    result *= 0.5
    result += 0.5
    return result


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
        a_x = time_product(x, p["weight_ih"].T, p["bias_ih"] + p["bias_hh"])  # (T, B, H)
        W_hh = p["weight_hh"]
        h = _states_from(state[0], len(x))  # (T + 1, B, H)
        for t in range(len(x)):
            a = a_x[t] + h[t] @ W_hh.T
            h[t + 1] = np.tanh(a) if self.nonlinearity == "tanh" else np.maximum(a, 0)
        final = final_state(h, lengths)
        return h[1:].copy(), final, RNNCache(x, h, lengths)

    def _backward(
        self, dout: np.ndarray, cache: RNNCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        da = np.empty_like(dout)  # (T, B, H)
        for t in reversed(range(len(x))):
            dh = dh + dout[t]
            slope = 1 - h[t + 1] ** 2 if self.nonlinearity == "tanh" else h[t + 1] > 0
            da[t] = dh * slope
            dh = da[t] @ W_hh
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[:-1])
        return time_product(da, W_ih), dh, grads


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
        p, (steps, batch, _) = self.params, x.shape
        a_x = time_product(x, p["weight_ih"].T, p["bias_ih"] + p["bias_hh"])  # (T, B, 4H)
        W_hh = p["weight_hh"]
        h, c = _states_from(state[0], steps), _states_from(state[1], steps)  # (T + 1, B, H) each
        gates = np.empty((steps, 4, batch, self.hidden_size), self.dtype)
        tanh_c = np.empty_like(h[1:])
        for t in range(steps):
            i, f, g, o = _split(a_x[t] + h[t] @ W_hh.T, 4)  # each (B, H)
            i, f, g, o = gates[t] = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
            c[t + 1] = f * c[t] + i * g
            tanh_c[t] = np.tanh(c[t + 1])
            h[t + 1] = o * tanh_c[t]
        gates = gates.swapaxes(1, 2)  # (T, B, 4, H)
        if lengths is not None:  # a step of padding keeps the cell: f = 1, the other gates are shut
            gates[mark_padding(lengths, steps)] = np.array([[0], [1], [0], [0]])
        final = final_state(h, lengths), final_state(c, lengths)
        return h[1:].copy(), final, LSTMCache(x, h, c, gates, tanh_c, lengths)

    def _backward(
        self, dout: np.ndarray, cache: LSTMCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Arrays]:
        x, h, c, gates, tanh_c, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        dc = dstate[1]  # with lengths too: the padding, where f = 1, hands it on
        da = np.empty((*dout.shape[:2], 4 * self.hidden_size), self.dtype)  # (T, B, 4H)
        for t in reversed(range(len(x))):
            i, f, g, o = gates[t].swapaxes(0, 1)  # each (B, H)
            dh = dh + dout[t]
            dc = dc + dh * o * (1 - tanh_c[t] ** 2)  # c_t reaches the loss by itself and through h_t
            da_i = dc * g * i * (1 - i)
            da_f = dc * c[t] * f * (1 - f)
            da_g = dc * i * (1 - g**2)
            da_o = dh * tanh_c[t] * o * (1 - o)
            np.concatenate([da_i, da_f, da_g, da_o], axis=1, out=da[t])
            dh, dc = da[t] @ W_hh, dc * f
        grads = product_gradients("ih", da, x) | product_gradients("hh", da, h[:-1])
        return time_product(da, W_ih), (dh, dc), grads


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

    The paper applies r before the product, W_hn (r h_{t−1}), which needs a second product that has to wait for r.

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
        p, (steps, batch, _) = self.params, x.shape
        a_x = time_product(x, p["weight_ih"].T, p["bias_ih"])  # (T, B, 3H)
        W_hh, b_hh = p["weight_hh"], p["bias_hh"]
        h = _states_from(state[0], steps)  # (T + 1, B, H)
        gates = np.empty((steps, 3, batch, self.hidden_size), self.dtype)
        hn = np.empty_like(h[1:])
        for t in range(steps):
            xr, xz, xn = _split(a_x[t], 3)  # each (B, H)
            hr, hz, hn[t] = _split(h[t] @ W_hh.T + b_hh, 3)
            r, z = _sigmoid(xr + hr), _sigmoid(xz + hz)
            n = np.tanh(xn + r * hn[t])
            h[t + 1] = (1 - z) * n + z * h[t]
            gates[t] = r, z, n
        final = final_state(h, lengths)
        return h[1:].copy(), final, GRUCache(x, h, gates.swapaxes(1, 2), hn, lengths)

    def _backward(
        self, dout: np.ndarray, cache: GRUCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, gates, hn, lengths = cache
        W_ih, W_hh = self.params["weight_ih"], self.params["weight_hh"]
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        da_x = np.empty((*dout.shape[:2], 3 * self.hidden_size), self.dtype)  # (T, B, 3H)
        da_h = np.empty_like(da_x)
        for t in reversed(range(len(x))):
            r, z, n = gates[t].swapaxes(0, 1)  # each (B, H)
            dh = dh + dout[t]
            da_n = dh * (1 - z) * (1 - n**2)
            da_z = dh * (h[t] - n) * z * (1 - z)
            da_r = da_n * hn[t] * r * (1 - r)
            np.concatenate([da_r, da_z, da_n], axis=1, out=da_x[t])
            np.concatenate([da_r, da_z, da_n * r], axis=1, out=da_h[t])  # the reset gate stands before this product
            dh = dh * z + da_h[t] @ W_hh
        grads = product_gradients("ih", da_x, x) | product_gradients("hh", da_h, h[:-1])
        return time_product(da_x, W_ih), dh, grads
