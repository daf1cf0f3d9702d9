"""What every layer has: parameters that stay the same arrays, and answers to options and calls of other libraries."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

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
        """Add a parameter, as a layer of one's own may in its constructor, before any optimiser has seen them."""
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
