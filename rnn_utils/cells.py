"""RNNCell, LSTMCell, GRUCell: one step of each network, forward and backward, written as its equations are.

The equations multiply a matrix by a column vector, W x. A batch holds one vector in each row, so the code has x Wᵀ.

`forward` and `backward` of a cell check what they are given and multiply by W_ih; `_step` and `_step_back` hold the
rest, the equations. A layer takes the very same steps (`recurrent`), but multiplies by W_ih for all of them at once.
"""

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.base import Arrays, Layer, Params, State
from rnn_utils.checks import check_array, check_choice, check_dtype, check_int, check_rng, convert


def _gate(a: np.ndarray) -> np.ndarray:
    """Return σ(a) = ½ + ½ tanh(½ a): NumPy computes tanh faster than e⁻ᵃ, above all in the page."""
    result = np.tanh(0.5 * a)
    result *= 0.5
    result += 0.5
    return result


def _split(a: np.ndarray, gates: int) -> np.ndarray:
    """Return what belongs to each gate, (B, kH) to (k, B, H), without copying."""
    return a.reshape(len(a), gates, -1).swapaxes(0, 1)


class CellCache(NamedTuple):
    """What the `backward` of a cell needs: x_t, the state before it, and what the step computed."""

    x: np.ndarray  # (B, D)
    state: tuple[np.ndarray, ...]  # (B, H) each
    step: Any  # RNNStep, LSTMStep or GRUStep


class Cell(Layer):
    """What the cells share: parameters, the checks of a step, and the product that it begins with.

    H hidden units, each with `gates` weighted sums of its inputs.

    Parameters
    ----------
    input_size : int
        D, the length of an input vector.
    hidden_size : int
        H, the length of the hidden state.
    rng : numpy.random.Generator
        Source of the initial values, U(−1/√H, 1/√H) as in PyTorch.
    dtype : {numpy.float32, numpy.float64}
        What is computed in; arrays of other dtypes are converted. Train in the first, check gradients in the second.

    Attributes
    ----------
    params : mapping of str to ndarray
        ``weight_ih (kH, D)``, ``weight_hh (kH, H)``, ``bias_ih (kH,)``, ``bias_hh (kH,)`` for k gates.

    """

    usage: ClassVar[str] = "state, cache = cell.forward(x, state)"
    gates: ClassVar[int]
    state_names: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.input_size = check_int("input_size", input_size)
        self.hidden_size = check_int("hidden_size", hidden_size)
        self.dtype = check_dtype(dtype)
        rows = self.gates * hidden_size
        shapes = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }
        bound = 1 / math.sqrt(hidden_size)
        check_rng(rng)
        self.params = Params(
            {name: init.uniform(shape, bound, rng=rng, dtype=self.dtype) for name, shape in shapes.items()}
        )

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``LSTMCell(32, 64, dtype=float32)``."""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}, dtype={self.dtype})"

    def forward(self, x: np.ndarray, state: State | None = None) -> tuple[State, CellCache]:
        """Take one step.

        Parameters
        ----------
        x : ndarray, shape (B, D)
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray), optional
            h_{t−1}, or (h_{t−1}, c_{t−1}); zeros when None.

        Returns
        -------
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
            h_t, or (h_t, c_t).
        cache : CellCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong or an entry is not finite.

        """
        x = convert("x", check_array("x", x, ("B", self.input_size)), self.dtype)
        before = self.check_states("state", state, len(x), finite=True)
        a_x = x @ self.params["weight_ih"].T + self.params["bias_ih"]
        after, step = self._step(a_x, *before)
        return self.as_state(after), CellCache(x, before, step)

    def backward(self, dstate: State, cache: CellCache) -> tuple[np.ndarray, State, Arrays]:
        """Return the gradients of x_t, of the state before it and of the parameters from that of the state after it.

        Parameters
        ----------
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
        cache : CellCache

        Returns
        -------
        dx : ndarray, shape (B, D)
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
        grads : dict
            With the keys and shapes of `params`.

        """
        x, before, step = cache
        dafter = self.check_states("dstate", dstate, len(x), finite=False)
        da_x, da_h, dbefore = self._step_back(*dafter, *before, step)
        grads = {
            "weight_ih": da_x.T @ x,
            "weight_hh": da_h.T @ before[0],
            "bias_ih": da_x.sum(0),
            "bias_hh": da_h.sum(0),
        }
        return da_x @ self.params["weight_ih"], self.as_state(dbefore), grads

    def check_states(self, name: str, value: Any, batch: int, finite: bool) -> tuple[np.ndarray, ...]:
        """Return a state as a tuple, (h,) or (h, c), of arrays (B, H); zeros when it is None."""
        shape = (batch, self.hidden_size)
        if value is None:
            return tuple(np.zeros(shape, self.dtype) for _ in self.state_names)
        parts = (value,) if len(self.state_names) == 1 else value
        if not isinstance(parts, tuple) or len(parts) != len(self.state_names):
            raise TypeError(f"{name}: got {type(value).__name__}, wanted a tuple ({', '.join(self.state_names)})")
        names = (name,) if len(parts) == 1 else [f"{name}: {letter}" for letter in self.state_names]
        arrays = (check_array(label, part, shape, finite=finite) for label, part in zip(names, parts))
        return tuple(convert(label, a, self.dtype, strict=finite) for label, a in zip(names, arrays))

    def as_state(self, parts: tuple[np.ndarray, ...]) -> State:
        """Return (h,) as h, and (h, c) as it is: the reverse of `check_states`."""
        return parts[0] if len(parts) == 1 else parts

    def _recurrent_sum(self, h_prev: np.ndarray) -> np.ndarray:
        """Return W_hh h_{t−1} + b_hh, (B, kH)."""
        return h_prev @ self.params["weight_hh"].T + self.params["bias_hh"]

    def _step(self, a_x: np.ndarray, *before: np.ndarray) -> tuple[tuple[np.ndarray, ...], Any]:
        """Return the state after a step, and what the way back needs of it, from a_x = W_ih x_t + b_ih."""
        raise NotImplementedError

    def _step_back(self, *gradients_state_and_step: Any) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
        """Return the gradients of W_ih x_t + b_ih, of W_hh h_{t−1} + b_hh, and of the state before the step."""
        raise NotImplementedError


class RNNStep(NamedTuple):
    """What a step of an RNN computes, (B, H)."""

    h: np.ndarray


class RNNCell(Cell):
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

    def _step(self, a_x: np.ndarray, h_prev: np.ndarray) -> tuple[tuple[np.ndarray], RNNStep]:
        a = a_x + self._recurrent_sum(h_prev)
        h = np.tanh(a) if self.nonlinearity == "tanh" else np.maximum(a, 0)
        return (h,), RNNStep(h)

    def _step_back(
        self, dh: np.ndarray, h_prev: np.ndarray, step: RNNStep
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray]]:
        da = dh * (1 - step.h**2) if self.nonlinearity == "tanh" else dh * (step.h > 0)
        return da, da, (da @ self.params["weight_hh"],)


class LSTMStep(NamedTuple):
    """What a step of an LSTM computes, (B, H) each."""

    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    tanh_c: np.ndarray


class LSTMCell(Cell):
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

    def _step(
        self, a_x: np.ndarray, h_prev: np.ndarray, c_prev: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray], LSTMStep]:
        i, f, g, o = _split(a_x + self._recurrent_sum(h_prev), 4)  # each (B, H)
        i, f, g, o = _gate(i), _gate(f), np.tanh(g), _gate(o)
        c = f * c_prev + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        return (h, c), LSTMStep(i, f, g, o, tanh_c)

    def _step_back(
        self, dh: np.ndarray, dc: np.ndarray, h_prev: np.ndarray, c_prev: np.ndarray, step: LSTMStep
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
        i, f, g, o, tanh_c = step
        dc = dc + dh * o * (1 - tanh_c**2)  # c_t reaches the loss by itself and through h_t
        da_i = dc * g * i * (1 - i)
        da_f = dc * c_prev * f * (1 - f)
        da_g = dc * i * (1 - g**2)
        da_o = dh * tanh_c * o * (1 - o)
        da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (B, 4H)
        return da, da, (da @ self.params["weight_hh"], dc * f)


class GRUStep(NamedTuple):
    """What a step of a GRU computes, (B, H) each; hn is W_hn h_{t−1} + b_hn."""

    r: np.ndarray
    z: np.ndarray
    n: np.ndarray
    hn: np.ndarray


class GRUCell(Cell):
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

    def _step(self, a_x: np.ndarray, h_prev: np.ndarray) -> tuple[tuple[np.ndarray], GRUStep]:
        xr, xz, xn = _split(a_x, 3)  # each (B, H)
        hr, hz, hn = _split(self._recurrent_sum(h_prev), 3)
        r, z = _gate(xr + hr), _gate(xz + hz)
        n = np.tanh(xn + r * hn)
        h = (1 - z) * n + z * h_prev
        return (h,), GRUStep(r, z, n, hn)

    def _step_back(
        self, dh: np.ndarray, h_prev: np.ndarray, step: GRUStep
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray]]:
        r, z, n, hn = step
        da_n = dh * (1 - z) * (1 - n**2)
        da_z = dh * (h_prev - n) * z * (1 - z)
        da_r = da_n * hn * r * (1 - r)
        da_x = np.concatenate([da_r, da_z, da_n], axis=1)  # (B, 3H)
        da_h = np.concatenate([da_r, da_z, da_n * r], axis=1)  # the reset gate stands before this product alone
        return da_x, da_h, (dh * z + da_h @ self.params["weight_hh"],)
