"""What every recurrent layer and cell has: parameters in PyTorch's layout, and checks of what it is given."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.checks import check_array, check_int, check_rng
from rnn_utils.padding import mark_padding

Arrays = dict[str, np.ndarray]
State = np.ndarray | tuple[np.ndarray, np.ndarray]


class RecurrentBase:
    """Parameters of a recurrent layer or cell: H hidden units, each with `gates` weighted sums of its inputs.

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
    params : dict of str to ndarray
        ``weight_ih (kH, D)``, ``weight_hh (kH, H)``, ``bias_ih (kH,)``, ``bias_hh (kH,)`` for k gates.

    """

    gates: ClassVar[int]
    state_names: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(
        self, input_size: int, hidden_size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.input_size = check_int("input_size", input_size)
        self.hidden_size = self.output_size = check_int("hidden_size", hidden_size)
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
        self.params: Arrays = {
            name: init.uniform(shape, bound, rng=rng, dtype=self.dtype) for name, shape in shapes.items()
        }

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``LSTM(32, 64, dtype=float32)``."""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}, dtype={self.dtype})"

    def _check_sequence(self, x: Any, lengths: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return x (T, B, D), zero wherever it is padding, and lengths (B,)."""
        x = check_array("x", x, ("T", "B", self.input_size), finite=lengths is None)
        x = np.ascontiguousarray(x, self.dtype)
        if lengths is None:
            return x, None
        lengths = check_lengths(lengths, *x.shape[:2])
        x = np.where(mark_padding(lengths, len(x))[..., None], 0, x)
        return check_array("x", x, x.shape), lengths

    def _check_state(self, state: Any, batch: int) -> tuple[np.ndarray, ...]:
        """Return the initial state as a tuple, (h,) or (h, c), of arrays (B, H); zeros when it is None."""
        return self._check_states("state", state, batch, finite=True)

    def _check_gradients(self, dout: Any, dstate: Any, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        """Return dout (T, B, H) and the final state's gradients (B, H), zeros for what is None; none need be finite."""
        if dout is None:
            dout = np.zeros(shape, self.dtype)
        dout = check_array("dout", dout, shape, finite=False).astype(self.dtype, copy=False)
        return dout, *self._check_states("dstate", dstate, shape[1], finite=False)

    def _check_states(self, name: str, value: Any, batch: int, finite: bool) -> tuple[np.ndarray, ...]:
        shape = (batch, self.hidden_size)
        if value is None:
            return tuple(np.zeros(shape, self.dtype) for _ in self.state_names)
        parts = (value,) if len(self.state_names) == 1 else value
        if not isinstance(parts, tuple) or len(parts) != len(self.state_names):
            raise TypeError(f"{name}: got {type(value).__name__}, wanted a tuple ({', '.join(self.state_names)})")
        return tuple(
            check_array(name if part is value else f"{name}: {letter}", part, shape, finite=finite).astype(self.dtype)
            for letter, part in zip(self.state_names, parts)
        )


class RecurrentLayer(RecurrentBase):
    """What RNN, LSTM and GRU share: the checks before each pass; `_forward` and `_backward` hold the mathematics."""

    def forward(
        self, x: np.ndarray, state: State | None = None, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, State, Any]:
        """Run over whole sequences.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray), optional
            The initial state h_0, or (h_0, c_0); zeros when None.
        lengths : ndarray of int, shape (B,), optional
            How many steps of each sequence are true, 1 … T; what comes after is padding and changes nothing.

        Returns
        -------
        out : ndarray, shape (T, B, H)
            h_t of every step, zero in the padding. `cache` shares it: copy it before you write into it.
        state : ndarray, shape (B, H), or for an LSTM (ndarray, ndarray)
            The state after each sequence's last true step.
        cache : NamedTuple
            What `backward` needs.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong, a length is out of range, or an entry is not finite.

        """
        x, lengths = self._check_sequence(x, lengths)
        return self._forward(x, self._check_state(state, x.shape[1]), lengths)

    def backward(
        self, dout: np.ndarray | None, cache: Any, dstate: State | None = None
    ) -> tuple[np.ndarray, State, Arrays]:
        """Go back through time: return the gradients of everything that `forward` was given.

        Parameters
        ----------
        dout : ndarray, shape (T, B, H), or None
            The loss's gradient of `out`; None stands for zeros.
        cache : NamedTuple
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
        dout, *dstate = self._check_gradients(dout, dstate, shape)
        return self._backward(dout, cache, tuple(dstate))


def check_lengths(lengths: Any, steps: int, batch: int) -> np.ndarray:
    """Return `lengths` as an array of `batch` whole numbers in 1 … `steps`; TypeError or ValueError otherwise."""
    lengths = check_array("lengths", lengths, (batch,), kind="int")
    wrong = (lengths < 1) | (lengths > steps)
    if wrong.any():
        raise ValueError(f"lengths: got {lengths[wrong][0]}, wanted 1 … {steps}, the number of steps in x")
    return lengths


def check_dtype(dtype: DTypeLike) -> np.dtype:
    """Return `dtype` as float32 or float64; ValueError for any other."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        result = None
    if result not in (np.float32, np.float64):
        raise ValueError(f"dtype: got {dtype!r}, wanted float32 or float64")
    return result
