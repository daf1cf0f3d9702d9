"""RNNCell, LSTMCell, GRUCell: one step of a layer, for what has to decide between the steps. See `recurrent`."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, Layer, RecurrentLayer, State
from rnn_utils.checks import check_array
from rnn_utils.recurrent import GRU, LSTM, RNN

__all__ = ["Cell", "GRUCell", "LSTMCell", "RNNCell"]


class Cell(Layer):
    """A recurrent layer that is given its sequences step by step.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
    dtype : {numpy.float32, numpy.float64}
    **options
        What else the layer takes.

    Attributes
    ----------
    layer : RecurrentLayer
        What takes the step, as a sequence of length one.
    params : mapping of str to ndarray
        The layer's.

    """

    usage: ClassVar[str] = "state, cache = cell.forward(x, state)"
    layer_type: ClassVar[type[RecurrentLayer]]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
        **options: Any,
    ) -> None:
        self.layer = self.layer_type(input_size, hidden_size, rng=rng, dtype=dtype, **options)
        self.input_size, self.hidden_size, self.dtype = self.layer.input_size, self.layer.hidden_size, self.layer.dtype
        self.state_names = self.layer.state_names
        self.params = self.layer.params

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``LSTMCell(32, 64, dtype=float32)``."""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}, dtype={self.dtype})"

    def forward(self, x: np.ndarray, state: State | None = None) -> tuple[State, Any]:
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
        cache : NamedTuple
            What `backward` needs.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong or an entry is not finite.

        """
        x = check_array("x", x, ("B", self.input_size))
        _, state, cache = self.layer.forward(x[None], state)
        return state, cache

    def backward(self, dstate: State, cache: Any) -> tuple[np.ndarray, State, Arrays]:
        """Return the gradients of x_t, of the state before it and of the parameters from that of the state after it.

        Parameters
        ----------
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
        cache : NamedTuple
            From `forward`.

        Returns
        -------
        dx : ndarray, shape (B, D)
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
        grads : dict
            With the keys and shapes of `params`.

        """
        dx, dstate, grads = self.layer.backward(None, cache, dstate)
        return dx[0], dstate, grads


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

    layer_type: ClassVar[type[RecurrentLayer]] = RNN

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        nonlinearity: str = "tanh",
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype, nonlinearity=nonlinearity)


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

    layer_type: ClassVar[type[RecurrentLayer]] = LSTM


class GRUCell(Cell):
    """One step of a gated recurrent unit, in the form that PyTorch has: the reset gate acts after the product.

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
    dtype : {numpy.float32, numpy.float64}

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder–decoder for statistical machine translation.

    """

    layer_type: ClassVar[type[RecurrentLayer]] = GRU
