"""Stacked and bidirectional: recurrent layers made of recurrent layers, with the same `forward` and `backward`.

The parameters go by PyTorch's names: ``weight_ih_l0`` for the first layer of a stack, ``weight_ih_l0_reverse`` for the
direction that reads from the end.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Arrays, Layer, Params, RecurrentLayer
from rnn_utils.checks import check_array, check_int, check_lengths
from rnn_utils.layers import Dropout, DropoutCache

__all__ = ["Bidirectional", "Stacked"]

REVERSE = "_reverse"


class BidirectionalCache(NamedTuple):
    """What `Bidirectional.backward` needs: the caches of both layers."""

    forward: Any
    reverse: Any


class Bidirectional(Layer):
    """Two layers side by side: one reads the sequence from its beginning, the other from its end.

    Parameters
    ----------
    forward_layer, reverse_layer : RecurrentLayer
        `RNN`, `LSTM` or `GRU`, both with the same input size and dtype.

    Attributes
    ----------
    params : mapping of str to ndarray
        Those of the first layer, and those of the second with ``_reverse`` after their names. They are the layers' own
        arrays: change them in place.

    Raises
    ------
    TypeError, ValueError
        When an argument is no such layer, or the two do not fit together.

    References
    ----------
    Schuster and Paliwal (1997), Bidirectional recurrent neural networks.

    """

    usage: ClassVar[str] = RecurrentLayer.usage
    reads_ahead: ClassVar[bool] = True  # the outputs depend on later steps too

    def __init__(self, forward_layer: RecurrentLayer, reverse_layer: RecurrentLayer) -> None:
        for name, layer in (("forward_layer", forward_layer), ("reverse_layer", reverse_layer)):
            if not isinstance(layer, RecurrentLayer):
                raise TypeError(f"{name}: got {type(layer).__name__}, wanted an RNN, LSTM or GRU")
        _check_fit("reverse_layer", reverse_layer, forward_layer.input_size, forward_layer.dtype)
        self.forward_layer, self.reverse_layer = forward_layer, reverse_layer
        self.input_size, self.dtype = forward_layer.input_size, forward_layer.dtype
        self.output_size = forward_layer.output_size + reverse_layer.output_size

    def __repr__(self) -> str:
        """Return both layers."""
        return f"Bidirectional({self.forward_layer}, {self.reverse_layer})"

    @property
    def params(self) -> Params:  # type: ignore[override]
        """The parameters of both layers, by name."""
        return Params(_join(self.forward_layer.params, self.reverse_layer.params))

    def forward(
        self, x: np.ndarray, state: tuple[Any, Any] | None = None, lengths: np.ndarray | None = None
    ) -> tuple[np.ndarray, tuple[Any, Any], BidirectionalCache]:
        """Run both layers over whole sequences.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
        state : tuple, optional
            The initial states of the two layers; that of the second is before the sequence's last step.
        lengths : ndarray of int, shape (B,), optional
            How many steps of each sequence are true; the second layer begins at the last of them.

        Returns
        -------
        out : ndarray, shape (T, B, 2H)
            At step t what the first layer made of steps 0 … t, then what the second made of steps T − 1 … t.
        state : tuple
            The final states of the two layers; that of the second is after the sequence's first step.
        cache : BidirectionalCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong, a length is out of range, or an entry is not finite.

        """
        ahead, behind = (None, None) if state is None else _check_parts("state", state, 2)
        out_f, state_f, cache_f = self.forward_layer.forward(x, ahead, lengths)
        out_r, state_r, cache_r = self.reverse_layer.forward(reverse(x, lengths), behind, lengths)
        out = np.concatenate([out_f, reverse(out_r, lengths)], axis=2)
        return out, (state_f, state_r), BidirectionalCache(cache_f, cache_r)

    def backward(
        self, dout: np.ndarray | None, cache: BidirectionalCache, dstate: tuple[Any, Any] | None = None
    ) -> tuple[np.ndarray, tuple[Any, Any], Arrays]:
        """Return the gradients of everything that `forward` was given.

        Parameters
        ----------
        dout : ndarray, shape (T, B, 2H), or None
        cache : BidirectionalCache
        dstate : tuple, optional
            The gradients of the two final states.

        Returns
        -------
        dx : ndarray, shape (T, B, D)
        dstate : tuple
            The gradients of the two initial states.
        grads : dict
            With the keys and shapes of `params`.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong.

        """
        dstate_f, dstate_r = (None, None) if dstate is None else _check_parts("dstate", dstate, 2)
        lengths = cache.forward.lengths
        dout_f = dout_r = None
        if dout is not None:
            dout = check_array("dout", dout, (*cache.forward.x.shape[:2], self.output_size), finite=False)
            dout_f, dout_r = np.split(dout, [self.forward_layer.output_size], axis=2)
            dout_r = reverse(dout_r, lengths)
        dx_f, dstate_f, grads_f = self.forward_layer.backward(dout_f, cache.forward, dstate_f)
        dx_r, dstate_r, grads_r = self.reverse_layer.backward(dout_r, cache.reverse, dstate_r)
        return dx_f + reverse(dx_r, lengths), (dstate_f, dstate_r), _join(grads_f, grads_r)


class StackedCache(NamedTuple):
    """What `Stacked.backward` needs: the caches of the layers, and of the dropout between them."""

    layers: list[Any]
    dropouts: list[DropoutCache]


class Stacked(Layer):
    """Layers on top of each other: the outputs of one are the inputs of the next.

    Parameters
    ----------
    layers : sequence of RNN, LSTM, GRU or Bidirectional
        From the input up.
    dropout : float
        Probability with which `forward` drops each output of every layer but the last, when it is given a generator.

    Attributes
    ----------
    params : mapping of str to ndarray
        Those of the layers with ``_l0``, ``_l1`` … after their names. They are the layers' own arrays: change them in
        place.

    Raises
    ------
    TypeError, ValueError
        When there is no layer, or one does not fit the layer below it; when there is dropout with nothing to act on.

    """

    usage: ClassVar[str] = "out, state, cache = layer.forward(x, state, lengths, rng)"

    def __init__(self, layers: Sequence[RecurrentLayer | Bidirectional], *, dropout: float = 0.0) -> None:
        if not isinstance(layers, Sequence):
            got = layers.__name__ if isinstance(layers, type) else type(layers).__name__
            raise TypeError(f"layers: got {got}, wanted a list of layers, or Stacked.of(LSTM, …, num_layers, rng=rng)")
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("layers: got none, wanted at least one RNN, LSTM, GRU or Bidirectional")
        for k, layer in enumerate(self.layers):
            if not isinstance(layer, RecurrentLayer | Bidirectional):
                raise TypeError(f"layers[{k}]: got {type(layer).__name__}, wanted an RNN, LSTM, GRU or Bidirectional")
            if k:
                _check_fit(f"layers[{k}]", layer, self.layers[k - 1].output_size, self.layers[0].dtype)
        self.dropout = Dropout(dropout)
        if dropout and len(self.layers) == 1:
            raise ValueError(f"dropout: got {dropout} with one layer, wanted 0 or more layers: it acts between them")
        self.input_size, self.dtype = self.layers[0].input_size, self.layers[0].dtype
        self.output_size = self.layers[-1].output_size

    @classmethod
    def of(
        cls,
        kind: type[RecurrentLayer],
        input_size: int,
        hidden_size: int,
        num_layers: int,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
        **options: Any,
    ) -> "Stacked":
        """Return a stack of `num_layers` equal layers, as ``torch.nn.LSTM(…, num_layers=…)`` is.

        Parameters
        ----------
        kind : {RNN, LSTM, GRU}
        input_size, hidden_size, num_layers : int
        bidirectional : bool
            Make every layer a `Bidirectional`.
        dropout : float
        rng : numpy.random.Generator
        dtype : {numpy.float32, numpy.float64}
        **options
            What else `kind` takes: ``nonlinearity`` for an `RNN`.

        Returns
        -------
        Stacked

        """
        layers: list[RecurrentLayer | Bidirectional] = []
        for k in range(check_int("num_layers", num_layers)):
            size = layers[-1].output_size if k else input_size
            pair = [kind(size, hidden_size, rng=rng, dtype=dtype, **options) for _ in range(1 + bidirectional)]
            layers.append(Bidirectional(*pair) if bidirectional else pair[0])
        return cls(layers, dropout=dropout)

    def __repr__(self) -> str:
        """Return the layers, from the input up, and the dropout between them."""
        dropout = f", dropout={self.dropout.p}" if self.dropout.p else ""
        return f"Stacked([{', '.join(map(repr, self.layers))}]{dropout})"

    @property
    def reads_ahead(self) -> bool:
        """Whether an output depends on later steps too, as it does when one of the layers is `Bidirectional`."""
        return any(layer.reads_ahead for layer in self.layers)

    @property
    def params(self) -> Params:  # type: ignore[override]
        """The parameters of all layers, by name."""
        return Params(_number(layer.params for layer in self.layers))

    def forward(
        self,
        x: np.ndarray,
        state: Sequence[Any] | None = None,
        lengths: np.ndarray | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, tuple[Any, ...], StackedCache]:
        """Run all layers over whole sequences.

        Parameters
        ----------
        x : ndarray, shape (T, B, D)
        state : sequence, optional
            The initial states of the layers.
        lengths : ndarray of int, shape (B,), optional
            How many steps of each sequence are true.
        rng : numpy.random.Generator, optional
            The source of chance for dropout, in training; None in evaluation.

        Returns
        -------
        out : ndarray, shape (T, B, H)
            Of the last layer.
        state : tuple
            The final states of the layers.
        cache : StackedCache

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong, a length is out of range, or an entry is not finite.

        """
        initial = [None] * len(self.layers) if state is None else _check_parts("state", state, len(self.layers))
        final: list[Any] = []
        caches: list[Any] = []
        dropouts: list[Any] = []
        for layer, start in zip(self.layers, initial):
            if caches:
                x, dropped = self.dropout.forward(x, rng)
                dropouts.append(dropped)
            x, end, cache = layer.forward(x, start, lengths)
            final.append(end)
            caches.append(cache)
        return x, tuple(final), StackedCache(caches, dropouts)

    def backward(
        self, dout: np.ndarray | None, cache: StackedCache, dstate: Sequence[Any] | None = None
    ) -> tuple[np.ndarray, tuple[Any, ...], Arrays]:
        """Return the gradients of everything that `forward` was given.

        Parameters
        ----------
        dout : ndarray, shape (T, B, H), or None
        cache : StackedCache
        dstate : sequence, optional
            The gradients of the layers' final states.

        Returns
        -------
        dx : ndarray, shape (T, B, D)
        dstate : tuple
            The gradients of the layers' initial states.
        grads : dict
            With the keys and shapes of `params`.

        Raises
        ------
        TypeError, ValueError
            When a shape or dtype is wrong.

        """
        ends = [None] * len(self.layers) if dstate is None else _check_parts("dstate", dstate, len(self.layers))
        starts: list[Any] = [None] * len(self.layers)
        grads: list[Arrays] = [{}] * len(self.layers)
        for k in reversed(range(len(self.layers))):
            dx, starts[k], grads[k] = self.layers[k].backward(dout, cache.layers[k], ends[k])
            dout = self.dropout.backward(dx, cache.dropouts[k - 1])[0] if k else dx
        return dx, tuple(starts), _number(grads)


def reverse(x: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
    """Return each sequence back to front, (T, B, D); its padding stays at the end. Doing it twice undoes it."""
    if lengths is None:
        return np.asarray(x)[::-1]
    x = check_array("x", x, ("T", "B", "D"), finite=False)
    T, B, _ = x.shape
    lengths = check_lengths(lengths, T, B)
    t = np.arange(T)[:, None]
    return x[np.where(t < lengths, lengths - 1 - t, t), np.arange(B)]


def _join(forward: Mapping[str, np.ndarray], backward: Mapping[str, np.ndarray]) -> Arrays:
    return {**forward, **{name + REVERSE: array for name, array in backward.items()}}


def _number(layers: Any) -> Arrays:
    result = {}
    for k, arrays in enumerate(layers):
        for name, array in arrays.items():
            suffix = REVERSE if name.endswith(REVERSE) else ""
            result[f"{name.removesuffix(REVERSE)}_l{k}{suffix}"] = array
    return result


def _check_parts(name: str, value: Any, parts: int) -> Sequence[Any]:
    if not isinstance(value, tuple | list):
        raise TypeError(f"{name}: got {type(value).__name__}, wanted a tuple of {parts} states")
    if len(value) != parts:
        raise ValueError(f"{name}: got {len(value)} states, wanted {parts}")
    return value


def _check_fit(name: str, layer: RecurrentLayer | Bidirectional, input_size: int, dtype: np.dtype) -> None:
    if layer.input_size != input_size:
        raise ValueError(f"{name}: got input_size {layer.input_size}, wanted {input_size}")
    if layer.dtype != dtype:
        raise ValueError(f"{name}: got dtype {layer.dtype}, wanted {dtype}")
