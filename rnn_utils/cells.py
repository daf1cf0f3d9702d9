"""RNNCell, LSTMCell, GRUCell: one step of each layer, forward and backward, written as its equations are.

The equations multiply a matrix by a column vector, W x. A batch holds one vector in each row, so the code has x Wᵀ.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, RecurrentBase
from rnn_utils.checks import check_array, check_choice
from rnn_utils.functional import sigmoid


class RNNCellCache(NamedTuple):
    """What `RNNCell.backward` needs."""

    x: np.ndarray
    h_prev: np.ndarray
    h: np.ndarray


class LSTMCellCache(NamedTuple):
    """What `LSTMCell.backward` needs."""

    x: np.ndarray
    h_prev: np.ndarray
    c_prev: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    tanh_c: np.ndarray


class GRUCellCache(NamedTuple):
    """What `GRUCell.backward` needs; `hn` is W_hn h + b_hn."""

    x: np.ndarray
    h_prev: np.ndarray
    r: np.ndarray
    z: np.ndarray
    n: np.ndarray
    hn: np.ndarray


class _Cell(RecurrentBase):
    """Checks, and the products that every cell begins and ends with."""

    def _check_step(self, x: Any, state: Any) -> tuple[np.ndarray, ...]:
        x = check_array("x", x, ("B", self.input_size)).astype(self.dtype)
        return x, *self._check_state(state, len(x))

    def _products(self, x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return W_ih x + b_ih and W_hh h + b_hh, both (B, kH)."""
        p = self.params
        return x @ p["weight_ih"].T + p["bias_ih"], h @ p["weight_hh"].T + p["bias_hh"]

    def _products_backward(
        self, da_x: np.ndarray, da_h: np.ndarray, x: np.ndarray, h: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, Arrays]:
        """Return the gradients of x, h and the parameters from those of the two products, summed over the batch."""
        grads = {"weight_ih": da_x.T @ x, "weight_hh": da_h.T @ h, "bias_ih": da_x.sum(0), "bias_hh": da_h.sum(0)}
        return da_x @ self.params["weight_ih"], da_h @ self.params["weight_hh"], grads


class RNNCell(_Cell):
    """One step of a simple recurrent network: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    nonlinearity : {"tanh", "relu"}
    rng : numpy.random.Generator
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

    def forward(self, x: np.ndarray, state: np.ndarray | None = None) -> tuple[np.ndarray, RNNCellCache]:
        """Take one step.

        Parameters
        ----------
        x : ndarray, shape (B, D)
        state : ndarray, shape (B, H), optional
            h_{t−1}; zeros when None.

        Returns
        -------
        state : ndarray, shape (B, H)
            h_t.
        cache : RNNCellCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong or an entry is not finite.

        """
        x, h_prev = self._check_step(x, state)
        a_x, a_h = self._products(x, h_prev)
        h = np.tanh(a_x + a_h) if self.nonlinearity == "tanh" else np.maximum(a_x + a_h, 0)
        return h, RNNCellCache(x, h_prev, h)

    def backward(self, dstate: np.ndarray, cache: RNNCellCache) -> tuple[np.ndarray, np.ndarray, Arrays]:
        """Return the gradients of x_t, h_{t−1} and the parameters from that of h_t.

        Parameters
        ----------
        dstate : ndarray, shape (B, H)
        cache : RNNCellCache

        Returns
        -------
        dx : ndarray, shape (B, D)
        dstate : ndarray, shape (B, H)
        grads : dict
            With the keys and shapes of `params`.

        """
        x, h_prev, h = cache
        (dh,) = self._check_states("dstate", dstate, len(x), finite=False)
        da = dh * (1 - h**2) if self.nonlinearity == "tanh" else dh * (h > 0)
        return self._products_backward(da, da, x, h_prev)


class LSTMCell(_Cell):
    """One step of a long short-term memory, which adds to its cell state c where an RNN overwrites its h.

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
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Hochreiter and Schmidhuber (1997), Long short-term memory; the forget gate is from Gers, Schmidhuber and Cummins
    (2000), Learning to forget.

    """

    gates: ClassVar[int] = 4
    state_names: ClassVar[tuple[str, ...]] = ("h", "c")

    def forward(
        self, x: np.ndarray, state: tuple[np.ndarray, np.ndarray] | None = None
    ) -> tuple[tuple[np.ndarray, np.ndarray], LSTMCellCache]:
        """Take one step.

        Parameters
        ----------
        x : ndarray, shape (B, D)
        state : (ndarray, ndarray), shapes (B, H), optional
            (h_{t−1}, c_{t−1}); zeros when None.

        Returns
        -------
        state : (ndarray, ndarray), shapes (B, H)
            (h_t, c_t).
        cache : LSTMCellCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong or an entry is not finite.

        """
        x, h_prev, c_prev = self._check_step(x, state)
        a_x, a_h = self._products(x, h_prev)
        i, f, g, o = np.split(a_x + a_h, 4, axis=1)  # each (B, H)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c_prev + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        return (h, c), LSTMCellCache(x, h_prev, c_prev, i, f, g, o, tanh_c)

    def backward(
        self, dstate: tuple[np.ndarray, np.ndarray], cache: LSTMCellCache
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Arrays]:
        """Return the gradients of x_t, (h_{t−1}, c_{t−1}) and the parameters from those of (h_t, c_t).

        Parameters
        ----------
        dstate : (ndarray, ndarray), shapes (B, H)
        cache : LSTMCellCache

        Returns
        -------
        dx : ndarray, shape (B, D)
        dstate : (ndarray, ndarray), shapes (B, H)
        grads : dict
            With the keys and shapes of `params`.

        """
        x, h_prev, c_prev, i, f, g, o, tanh_c = cache
        dh, dc = self._check_states("dstate", dstate, len(x), finite=False)
        dc = dc + dh * o * (1 - tanh_c**2)  # c_t reaches the loss by itself and through h_t
        da_i = dc * g * i * (1 - i)
        da_f = dc * c_prev * f * (1 - f)
        da_g = dc * i * (1 - g**2)
        da_o = dh * tanh_c * o * (1 - o)
        da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (B, 4H)
        dx, dh_prev, grads = self._products_backward(da, da, x, h_prev)
        return dx, (dh_prev, dc * f), grads


class GRUCell(_Cell):
    """One step of a gated recurrent unit, in the form that PyTorch has: the reset gate acts after the product.

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
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder–decoder for statistical machine translation.

    """

    gates: ClassVar[int] = 3

    def forward(self, x: np.ndarray, state: np.ndarray | None = None) -> tuple[np.ndarray, GRUCellCache]:
        """Take one step.

        Parameters
        ----------
        x : ndarray, shape (B, D)
        state : ndarray, shape (B, H), optional
            h_{t−1}; zeros when None.

        Returns
        -------
        state : ndarray, shape (B, H)
            h_t.
        cache : GRUCellCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong or an entry is not finite.

        """
        x, h_prev = self._check_step(x, state)
        a_x, a_h = self._products(x, h_prev)
        xr, xz, xn = np.split(a_x, 3, axis=1)  # each (B, H)
        hr, hz, hn = np.split(a_h, 3, axis=1)
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        n = np.tanh(xn + r * hn)
        h = (1 - z) * n + z * h_prev
        return h, GRUCellCache(x, h_prev, r, z, n, hn)

    def backward(self, dstate: np.ndarray, cache: GRUCellCache) -> tuple[np.ndarray, np.ndarray, Arrays]:
        """Return the gradients of x_t, h_{t−1} and the parameters from that of h_t.

        Parameters
        ----------
        dstate : ndarray, shape (B, H)
        cache : GRUCellCache

        Returns
        -------
        dx : ndarray, shape (B, D)
        dstate : ndarray, shape (B, H)
        grads : dict
            With the keys and shapes of `params`.

        """
        x, h_prev, r, z, n, hn = cache
        (dh,) = self._check_states("dstate", dstate, len(x), finite=False)
        da_n = dh * (1 - z) * (1 - n**2)
        da_z = dh * (h_prev - n) * z * (1 - z)
        da_r = da_n * hn * r * (1 - r)
        da_x = np.concatenate([da_r, da_z, da_n], axis=1)  # (B, 3H)
        da_h = np.concatenate([da_r, da_z, da_n * r], axis=1)  # the reset gate stands before this product alone
        dx, dh_prev, grads = self._products_backward(da_x, da_h, x, h_prev)
        return dx, dh_prev + dh * z, grads
