"""What every layer has: parameters that stay the same arrays, and answers to options and calls of other libraries."""

import inspect
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.checks import check_array, check_dtype, check_int, check_lengths, check_rng, convert
from rnn_utils.padding import mark_padding

__all__ = ["Layer", "Params", "RecurrentLayer"]

Arrays = dict[str, np.ndarray]
State = np.ndarray | tuple[np.ndarray, np.ndarray]


class Params(Mapping[str, np.ndarray]):
    """Parameters by name. Their values may be changed, in place; a name cannot be given another array.

    An optimiser holds the same arrays. With another array in its place a parameter would stand still, and nothing
    would say so.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = dict(arrays)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the array itself."""
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._arrays)

    def __setitem__(self, name: str, value: Any) -> None:
        """Take the array that is there already, as after ``params[name] *= 2``, and refuse any other."""
        if name not in self._arrays:
            raise TypeError(f"params: got a new name {name!r}, wanted one of {', '.join(self._arrays)}")
        if value is not self._arrays[name]:
            raise TypeError(
                f"params[{name!r}]: got another array, wanted values for this one: params[{name!r}][...] = …"
            )

    def add(self, name: str, array: np.ndarray) -> None:
        """Add a parameter, as a layer of your own may in its constructor, before any optimiser has seen them.

        Parameters
        ----------
        name : str
            A new name.
        array : ndarray, any shape
            Its first values; training changes them in place.

        """
        if name in self._arrays:
            raise ValueError(f"name: got {name!r}, which is there already, wanted a new one")
        self._arrays[name] = array

    def __repr__(self) -> str:
        """Return them as a dictionary's."""
        return repr(self._arrays)


class Layer:
    """What all layers share: where parameters are kept, and what it says of options and calls of other libraries."""

    params: Params
    usage: ClassVar[str]  # how `forward` is called, for the message
    #: Options of PyTorch's layers that a layer here does not take, and what to write instead.
    elsewhere: ClassVar[Mapping[str, str]] = {
        "num_layers": "Stacked.of({name}, input_size, hidden_size, num_layers, rng=rng)",
        "bidirectional": "Bidirectional({name}(…), {name}(…)), or Stacked.of(…, bidirectional=True)",
        "dropout": "Stacked.of(…, dropout=…), which drops between its layers, or a layer of its own: Dropout",
        "batch_first": "layer.forward(x.swapaxes(0, 1)): time is the first axis everywhere",
        "bias": "layer.params, where every bias can be set to zero in place",
        "nonlinearity": "RNN(…, nonlinearity=…): the gates of {name} have theirs by definition",
        "proj_size": "a Linear layer after this one",
        "padding_idx": "lengths in layer.forward(x, state, lengths), which leave padding out",
        "device": "no device: NumPy computes on the processor",
    }

    __signature__: ClassVar[inspect.Signature]

    def __init_subclass__(cls, **options: Any) -> None:
        """Keep the signature of ``__init__`` for `help`, which ``__new__`` would hide."""
        super().__init_subclass__(**options)
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        cls.__signature__ = inspect.Signature(parameters)

    def __new__(cls, *_: Any, **options: Any) -> Self:
        """Refuse an option of PyTorch's that this layer does not take."""
        taken = cls.__signature__.parameters
        for option in options:
            if option in cls.elsewhere and option not in taken:
                instead = cls.elsewhere[option].format(name=cls.__name__)
                raise TypeError(
                    f"{option}: got {options[option]!r}, which {cls.__name__} does not take, wanted {instead}"
                )
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep `params` from being replaced as a whole, once it is there."""
        if name == "params" and "params" in self.__dict__:
            raise TypeError(f"params: got {type(value).__name__}, wanted new values in the arrays that are there")
        super().__setattr__(name, value)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to be called like a module of PyTorch."""
        raise TypeError(f"{type(self).__name__}: got a call, layer(x), wanted {self.usage}")


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share: parameters, and the checks before each pass.

    A layer has H hidden units, each with `gates` weighted sums of its inputs. `_forward` and `_backward` hold the
    mathematics.

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

    usage: ClassVar[str] = "out, state, cache = layer.forward(x, state, lengths)"
    reads_ahead: ClassVar[bool] = False  # no output depends on a later step
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
        self.params = Params(
            {name: init.uniform(shape, bound, rng=rng, dtype=self.dtype) for name, shape in shapes.items()}
        )

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``LSTM(32, 64, dtype=float32)``."""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}, dtype={self.dtype})"

    def _check_sequence(self, x: Any, lengths: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return x (T, B, D), zero wherever it is padding, and lengths (B,)."""
        x = check_array("x", x, ("T", "B", self.input_size), finite=lengths is None)
        if lengths is not None:
            lengths = check_lengths(lengths, *x.shape[:2])
            x = check_array("x", np.where(mark_padding(lengths, len(x))[..., None], 0, x), x.shape)
        return np.ascontiguousarray(convert("x", x, self.dtype)), lengths

    def _check_states(self, name: str, value: Any, batch: int, finite: bool) -> tuple[np.ndarray, ...]:
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

    def forward(
        self, x: np.ndarray, state: State | None = None, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, State, Any]:
        """Run over whole sequences.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
            `cache` may share its memory: write nothing into it before the way back.
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
        cache : NamedTuple
            What `backward` needs.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong, a length is out of range, or an entry is not finite.

        """
        x, lengths = self._check_sequence(x, lengths)
        return self._forward(x, self._check_states("state", state, x.shape[1], finite=True), lengths)

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
        dout = np.zeros(shape, self.dtype) if dout is None else check_array("dout", dout, shape, finite=False)
        dout = convert("dout", dout, self.dtype, strict=False)
        return self._backward(dout, cache, self._check_states("dstate", dstate, shape[1], finite=False))

    def _forward(
        self, x: np.ndarray, state: tuple[np.ndarray, ...], lengths: np.ndarray | None
    ) -> tuple[np.ndarray, State, Any]:
        raise NotImplementedError

    def _backward(
        self, dout: np.ndarray, cache: Any, dstate: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, State, Arrays]:
        raise NotImplementedError
