"""RNN, LSTM and GRU over whole sequences: each takes the steps of its cell, one after the other.

The equations stand in `cells`. A layer differs from its cell's steps in two places, where one product over all steps
takes the place of one in every step and nothing has to wait for it:

- going forward, W_ih x_t + b_ih is there for every t before the loop begins;
- going back, the gradients of the weights are sums over time, computed when the loop is over.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, Layer, Params, State
from rnn_utils.cells import Cell, GRUCell, LSTMCell, RNNCell
from rnn_utils.checks import check_array, check_lengths, convert
from rnn_utils.padding import mark_padding


def time_product(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
    """Return x_t @ weight + bias of all steps and sequences, (T, B, N) and (N, K) to (T, B, K), as one product."""
    result = x.reshape(-1, x.shape[2]) @ weight
    result += bias
    return result.reshape(*x.shape[:2], -1)


def product_gradients(name: str, da: np.ndarray, x: np.ndarray) -> Arrays:
    """Return the gradients of W and b in a_t = W x_t + b from da (T, B, K), x (T, B, N): sums over time and batch."""
    da = da.reshape(-1, da.shape[2])  # (TB, K)
    return {f"weight_{name}": da.T @ x.reshape(-1, x.shape[2]), f"bias_{name}": da.sum(0)}


class SequenceCache(NamedTuple):
    """What `RecurrentLayer.backward` needs, and what one may want to look at."""

    x: np.ndarray  # (T, B, D)
    states: list[tuple[np.ndarray, ...]]  # after 0 … T steps: (h,) or (h, c), each (B, H)
    steps: list[Any]  # what each of the T steps computed: RNNStep, LSTMStep or GRUStep
    lengths: np.ndarray | None  # (B,)

    @property
    def h(self) -> np.ndarray:
        """The hidden states after 0 … T steps, (T + 1, B, H)."""
        return np.stack([state[0] for state in self.states])

    @property
    def c(self) -> np.ndarray:
        """The cell states of an LSTM after 0 … T steps, (T + 1, B, H)."""
        return np.stack([state[1] for state in self.states])

    @property
    def gates(self) -> np.ndarray:
        """The gates at every step: i, f, g, o of an LSTM, (T, B, 4, H), or r, z, n of a GRU, (T, B, 3, H)."""
        return np.stack([np.stack(step[:-1], axis=1) for step in self.steps])


class RecurrentLayer(Layer):
    """A cell that is taken along a sequence.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    rng : numpy.random.Generator
        Source of the initial weights, U(−1/√H, 1/√H).
    dtype : {numpy.float32, numpy.float64}
    **options
        What else the cell takes.

    Attributes
    ----------
    cell : Cell
        What takes a single step. Its parameters are the layer's.
    params : mapping of str to ndarray
        ``weight_ih (kH, D)``, ``weight_hh (kH, H)``, ``bias_ih (kH,)``, ``bias_hh (kH,)`` for k gates.

    """

    usage: ClassVar[str] = "out, state, cache = layer.forward(x, state, lengths)"
    reads_ahead: ClassVar[bool] = False  # no output depends on a later step
    cell_type: ClassVar[type[Cell]]
    gates: ClassVar[int]
    state_names: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        """Take over what the cell's class says of itself."""
        super().__init_subclass__(**options)
        cls.gates, cls.state_names = cls.cell_type.gates, cls.cell_type.state_names

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
        **options: Any,
    ) -> None:
        self.cell = self.cell_type(input_size, hidden_size, rng=rng, dtype=dtype, **options)
        self.input_size, self.dtype = self.cell.input_size, self.cell.dtype
        self.hidden_size = self.output_size = self.cell.hidden_size
        self.params = Params(self.cell.params)  # the same arrays, and room for more in a layer of one's own

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``LSTM(32, 64, dtype=float32)``."""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}, dtype={self.dtype})"

    def forward(
        self, x: np.ndarray, state: State | None = None, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, State, SequenceCache]:
        """Run over whole sequences.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
            `cache` may share it: do not write into it before the way back.
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray), optional
            The initial state h_0, or (h_0, c_0); zeros when None.
        lengths : ndarray of int, shape (B,), optional
            How many steps of each sequence are true, 1 … T; what comes after is padding and changes nothing.

        Returns
        -------
        out : ndarray, shape (T, B, H)
            h_t of every step, zero in the padding.
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
            The state after each sequence's last true step.
        cache : SequenceCache
            What `backward` needs.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong, a length is out of range, or an entry is not finite.

        """
        x, lengths = self._check_sequence(x, lengths)
        states, steps = self._run(x, self.cell.check_states("state", state, x.shape[1], finite=True), lengths)
        out = np.stack([state[0] for state in states[1:]])
        if lengths is not None:
            out[mark_padding(lengths, len(x))] = 0
        final = tuple(part.copy() for part in states[-1])
        return out, self.cell.as_state(final), SequenceCache(x, states, steps, lengths)

    def _check_sequence(self, x: Any, lengths: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return x (T, B, D), zero wherever it is padding, and lengths (B,)."""
        x = check_array("x", x, ("T", "B", self.input_size), finite=lengths is None)
        if lengths is not None:
            lengths = check_lengths(lengths, *x.shape[:2])
            x = check_array("x", np.where(mark_padding(lengths, len(x))[..., None], 0, x), x.shape)
        return np.ascontiguousarray(convert("x", x, self.dtype)), lengths

    def _run(
        self, x: np.ndarray, initial: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
        """Return the states after 0 … T steps, and what each step computed."""
        states, steps = [initial], []
        a_x = time_product(x, self.params["weight_ih"].T, self.params["bias_ih"])  # (T, B, kH)
        for t in range(len(x)):
            after, step = self.cell._step(a_x[t], *states[-1])
            if lengths is not None:
                after = _where(t < lengths, after, states[-1])  # in the padding the state stays what it was
            states.append(after)
            steps.append(step)
        return states, steps

    def backward(
        self, dout: np.ndarray | None, cache: SequenceCache, dstate: State | None = None
    ) -> tuple[np.ndarray, State, Arrays]:
        """Go back through time: return the gradients of everything that `forward` was given.

        Parameters
        ----------
        dout : ndarray, shape (T, B, H), or None
            The loss's gradient of `out`; None stands for zeros.
        cache : SequenceCache
            From the call of `forward` to go back through.
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray), optional
            The loss's gradient of the final state; zeros when None.

        Returns
        -------
        dx : ndarray, shape (T, B, D)
        dstate : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
            The gradient of the initial state.
        grads : dict
            With the keys and shapes of `params`.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong. A gradient may be non-finite: training looks at its norm.

        """
        shape = (len(cache.x), cache.x.shape[1], self.hidden_size)
        dout = np.zeros(shape, self.dtype) if dout is None else check_array("dout", dout, shape, finite=False)
        if cache.lengths is not None:
            dout = np.where(mark_padding(cache.lengths, len(dout))[..., None], 0, dout)
        dout = convert("dout", dout, self.dtype, strict=False)
        dstate = self.cell.check_states("dstate", dstate, shape[1], finite=False)
        return self._run_back(dout, cache, dstate)

    def _run_back(
        self, dout: np.ndarray, cache: SequenceCache, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, State, Arrays]:
        """Take the steps back, from the last to the first."""
        x, states, steps, lengths = cache
        da_x = np.empty((*dout.shape[:2], self.gates * self.hidden_size), self.dtype)  # (T, B, kH)
        da_h = np.empty_like(da_x)
        for t in reversed(range(len(x))):
            dh, *rest = dstate
            da_x[t], da_h[t], before = self.cell._step_back(dh + dout[t], *rest, *states[t], steps[t])
            if lengths is not None:  # the state passed through the padding as it was, and so does its gradient
                data = t < lengths
                da_x[t], da_h[t], *before = _where(data, (da_x[t], da_h[t], *before), (0, 0, *dstate))
            dstate = tuple(before)
        h = np.stack([state[0] for state in states[:-1]])  # (T, B, H): before each step
        grads = product_gradients("ih", da_x, x) | product_gradients("hh", da_h, h)
        return time_product(da_x, self.params["weight_ih"]), self.cell.as_state(dstate), grads


def _where(data: np.ndarray, arrays: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    """Return each array's rows where `data` (B,) is true, and the other's rows elsewhere."""
    return tuple(np.where(data[:, None], array, other) for array, other in zip(arrays, others))


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

    cell_type = RNNCell

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
        self.nonlinearity = nonlinearity


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

    cell_type = LSTMCell


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

    cell_type = GRUCell
