"""RNN, LSTM and GRU over whole sequences: the equations of `cells`, arranged so that NumPy runs them fast.

Three arrangements make the difference, and none of them changes what is computed:

- W_ih x_t waits for nothing, so one product computes it for every step before the loop begins.
- Going back, a gate passes on the gradient that arrives times a factor known since the forward pass. One expression
  computes these factors for every step; the loop multiplies them by what arrives.
- The gradients of the weights are sums over time and batch: one product after the loop, not one in every step.

Small steps cost mostly overhead, so the loops write into arrays that exist already (``out=``) and call NumPy seldom.
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


def states_from(initial: np.ndarray, steps: int) -> np.ndarray:
    """Return room for the states after 0 … T steps, (T + 1, B, H), of which the first is filled."""
    states = np.empty((steps + 1, *initial.shape), initial.dtype)
    states[0] = initial
    return states


def squash_(a: np.ndarray, scale: np.ndarray | float, shift: np.ndarray | float) -> None:
    """Replace `a` by σ(a) = ½ tanh(½ a) + ½ where scale and shift are ½, and by tanh(a) where they are 1 and 0.

    So one call of NumPy's fast tanh serves all gates.
    """
    a *= scale
    np.tanh(a, out=a)
    a *= scale
    a += shift


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
        h = states_from(state[0], len(x))  # (T + 1, B, H)
        for t in range(len(x)):
            a = h[t + 1]  # h_t takes shape where it will stay
            np.matmul(h[t], p["weight_hh"].T, out=a)
            a += a_x[t]
            if self.nonlinearity == "tanh":
                np.tanh(a, out=a)
            else:
                np.maximum(a, 0, out=a)
        return h[1:], final_state(h, lengths), RNNCache(x, h, lengths)

    def _backward(
        self, dout: np.ndarray, cache: RNNCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, lengths = cache
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        # The slope of the nonlinearity; the loop multiplies it by the gradient of h_t and so makes it that of a_t.
        da = 1 - h[1:] ** 2 if self.nonlinearity == "tanh" else (h[1:] > 0).astype(self.dtype)
        for t in reversed(range(len(x))):
            dh += dout[t]
            da[t] *= dh
            np.matmul(da[t], self.params["weight_hh"], out=dh)
        dx = time_product(da, self.params["weight_ih"])
        return dx, dh, {**product_gradients("ih", da, x), **product_gradients("hh", da, h[:-1])}


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

    def _per_gate(self, batch: int, values: list[float]) -> np.ndarray:
        """Return one number for each gate, written out over (B, 4H): broadcasting it in every step takes longer."""
        return np.tile(np.repeat(np.array(values, self.dtype), self.hidden_size), (batch, 1))

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], LSTMCache]:
        p, (steps, batch, _) = self.params, x.shape
        gates = time_product(x, p["weight_ih"].T, p["bias_ih"] + p["bias_hh"])  # (T, B, 4H)
        scale = self._per_gate(batch, [0.5, 0.5, 1, 0.5])  # σ for i, f and o, tanh for g
        shift = self._per_gate(batch, [0.5, 0.5, 0, 0.5])
        h, c = states_from(state[0], steps), states_from(state[1], steps)
        tanh_c = np.empty_like(h[1:])
        a_h, ig = np.empty_like(gates[0]), np.empty_like(h[0])
        for t in range(steps):
            # i, f, g and o, of the sum of W_ih x_t + b_ih + b_hh, there already, and W_hh h_{t−1}
            np.matmul(h[t], p["weight_hh"].T, out=a_h)
            gates[t] += a_h
            squash_(gates[t], scale, shift)
            i, f, g, o = gates[t].reshape(batch, 4, -1).swapaxes(0, 1)  # each (B, H)
            # c_t = f c_{t−1} + i g
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += np.multiply(i, g, out=ig)
            # h_t = o tanh(c_t)
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        gates = gates.reshape(steps, batch, 4, -1)
        if lengths is not None:  # a step of padding keeps the cell: f = 1, the other gates are shut
            gates[mark_padding(lengths, steps)] = np.array([[0], [1], [0], [0]])
        final = final_state(h, lengths), final_state(c, lengths)
        return h[1:], final, LSTMCache(x, h, c, gates, tanh_c, lengths)

    def _backward(
        self, dout: np.ndarray, cache: LSTMCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Arrays]:
        x, h, c, gates, tanh_c, lengths = cache
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        dc = dstate[1]  # with lengths too: the padding, where f = 1, hands it on
        i, f, g, o = gates.transpose(2, 0, 1, 3)  # each (T, B, H)
        # What each gate passes on of the gradient that arrives: its slope times what it multiplied.
        da = 1 - gates  # (T, B, 4, H)
        da *= gates  # σ' = σ (1 − σ)
        np.subtract(1, g**2, out=da[:, :, 2])  # tanh' = 1 − tanh²
        for k, other in enumerate((g, c[:-1], i, tanh_c)):
            da[:, :, k] *= other
        da_rows = da.reshape(*dout.shape[:2], -1)  # the same memory as (T, B, 4H)
        dc_dh = 1 - tanh_c**2
        dc_dh *= o  # c_t reaches the loss by itself and through h_t
        for t in reversed(range(len(x))):
            dh += dout[t]
            dc_dh[t] *= dh
            dc += dc_dh[t]
            da[t, :, :3] *= dc[:, None]
            da[t, :, 3] *= dh
            dc *= f[t]
            np.matmul(da_rows[t], self.params["weight_hh"], out=dh)
        dx = time_product(da_rows, self.params["weight_ih"])
        return dx, (dh, dc), {**product_gradients("ih", da_rows, x), **product_gradients("hh", da_rows, h[:-1])}


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
        gates = time_product(x, p["weight_ih"].T, p["bias_ih"]).reshape(steps, batch, 3, -1)
        h = states_from(state[0], steps)
        hn = np.empty_like(h[1:])
        a_h, keep = np.empty_like(gates[0]), np.empty_like(h[0])
        for t in range(steps):
            np.matmul(h[t], p["weight_hh"].T, out=a_h.reshape(batch, -1))
            a_h += p["bias_hh"].reshape(3, -1)
            r, z, n = gates[t].swapaxes(0, 1)  # each (B, H), and W_ih x_t + b_ih so far
            # r and z, of the sum with W_hh h_{t−1} + b_hh
            rz = gates[t, :, :2]
            rz += a_h[:, :2]
            squash_(rz, 0.5, 0.5)
            # n = tanh(W_in x_t + b_in + r (W_hn h_{t−1} + b_hn))
            hn[t] = a_h[:, 2]
            n += np.multiply(r, hn[t], out=keep)
            np.tanh(n, out=n)
            # h_t = n + z (h_{t−1} − n), the same as (1 − z) n + z h_{t−1}
            np.subtract(h[t], n, out=keep)
            keep *= z
            np.add(n, keep, out=h[t + 1])
        return h[1:], final_state(h, lengths), GRUCache(x, h, gates, hn, lengths)

    def _backward(
        self, dout: np.ndarray, cache: GRUCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        x, h, gates, hn, lengths = cache
        dout, dh = outside_gradient(dout, dstate[0], lengths)
        r, z, n = gates.transpose(2, 0, 1, 3)  # each (T, B, H)
        # What each gate passes on, of the gradient that arrives at h_t, to its part of W_hh h_{t−1} + b_hh.
        da_n = (1 - z) * (1 - n**2)  # (T, B, H)
        da = np.empty_like(gates)  # (T, B, 3, H)
        da[:, :, 0] = da_n * hn * r * (1 - r)
        da[:, :, 1] = (h[:-1] - n) * z * (1 - z)
        da[:, :, 2] = da_n * r
        da_rows = da.reshape(*hn.shape[:2], -1)  # the same memory as (T, B, 3H)
        dh_next = np.empty_like(dh)
        for t in reversed(range(len(x))):
            dh += dout[t]
            da[t] *= dh[:, None]
            da_n[t] *= dh
            np.matmul(da_rows[t], self.params["weight_hh"], out=dh_next)
            dh *= z[t]
            dh += dh_next
        grads = product_gradients("hh", da_rows, h[:-1])
        da[:, :, 2] = da_n  # and now to W_ih x_t + b_ih, before which there is no reset gate
        grads |= product_gradients("ih", da_rows, x)
        return time_product(da_rows, self.params["weight_ih"]), dh, grads
