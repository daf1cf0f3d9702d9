"""Small models made of the layers: a sequence in; a value, a class, or the next token out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.checks import check_array, check_choice, check_int
from rnn_utils.data.tokens import one_hot
from rnn_utils.functional import cross_entropy, mse
from rnn_utils.layers import Embedding, Linear
from rnn_utils.recurrent import RNN
from rnn_utils.sampling import Choose, generate, greedy

LOSSES = {"mse": mse, "cross_entropy": cross_entropy}


class SequenceModel:
    """Recurrent layer → linear layer → loss, after the last step or after every one.

    A batch is a tuple: ``(x, y)``; or ``(x, y, lengths)`` for sequences of different lengths that are answered at their
    end; or ``(x, y, mask)`` where only some of the steps count.

    ========  ============================  ===================================================
    part      shape                         what it is
    ========  ============================  ===================================================
    x         (T, B, D) or int (T, B)       vectors, or token ids that become vectors
    y         (B,) or (B, O)                values or classes, answered at the end
    y         (T, B) or (T, B, O)           the same, answered at every step
    lengths   (B,)                          true lengths; what comes after is padding
    mask      bool (T, B)                   True where a step counts (with `every_step`)
    ========  ============================  ===================================================

    Parameters
    ----------
    input_size : int
        D, or the number of different tokens.
    hidden_size : int
        H.
    output_size : int
        O: 1 for one value, or the number of classes.
    rng : numpy.random.Generator
        Draws the initial parameters.
    layer : callable
        `RNN`, `LSTM`, `GRU`, or anything else that is called as ``layer(input_size, hidden_size, rng=…, dtype=…)`` and
        returns such a layer: ``functools.partial(Stacked.of, LSTM, num_layers=2)``, ``partial(RNN,
        nonlinearity="relu")``. (A `Bidirectional` one suits `every_step`: at the last step, its second half has only
        begun to read.)
    loss : {"mse", "cross_entropy"}
        Mean squared error of values, or cross-entropy of classes in nats.
    every_step : bool
        Answer at every step, not at the end alone.
    embedding_size : int, optional
        Token ids become learned vectors of this length; one-hot vectors without it.
    dtype : dtype
        float32 to train, float64 to check gradients.

    Attributes
    ----------
    rnn, linear, embedding
        The layers; `embedding` is None without `embedding_size`.

    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        rng: np.random.Generator,
        layer: Callable[..., Any] = RNN,
        loss: str = "mse",
        every_step: bool = False,
        embedding_size: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.input_size = check_int("input_size", input_size)
        self.dtype = np.dtype(dtype)
        self.embedding = None
        if embedding_size is not None:
            self.embedding = Embedding(input_size, embedding_size, rng=rng, dtype=dtype)
        self.rnn = layer(embedding_size or input_size, hidden_size, rng=rng, dtype=dtype)
        self.linear = Linear(self.rnn.output_size, output_size, rng=rng, dtype=dtype)
        self.every_step = every_step
        self._loss = LOSSES[check_choice("loss", loss, tuple(LOSSES))]

    @property
    def params(self) -> Mapping[str, np.ndarray]:
        """Every parameter by its dotted name, such as ``"rnn.weight_hh"``: the layers' own arrays, to change in place.

        Assign into them, ``model.params["rnn.bias_hh"][...] = 1``; a name cannot be given another array.
        """
        layers = {"embedding": self.embedding, "rnn": self.rnn, "linear": self.linear}
        return MappingProxyType(
            {f"{name}.{key}": p for name, layer in layers.items() if layer for key, p in layer.params.items()}
        )

    def zero_state(self, batch_size: int) -> Any:
        """Return the state before the first step: zeros (B, H), two for an LSTM, in a tuple by layer for a stack."""
        step = np.zeros((1, check_int("batch_size", batch_size), self.rnn.input_size), self.dtype)
        return _zeros_like(self.rnn.forward(step)[1])

    def encode(self, x: Any) -> np.ndarray:
        """Return what the recurrent layer reads, (T, B, D): token ids as their vectors, vectors as they are."""
        if self.embedding is not None:
            return self.embedding.forward(x)[0]
        if np.ndim(x) == 2:
            return one_hot(x, self.input_size, self.dtype)
        return check_array("x", x, ("T", "B", self.input_size))

    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> tuple[np.ndarray, Any, tuple[Any, ...]]:
        """Run the model.

        Parameters
        ----------
        x : array_like, shape (T, B, D), or of int, shape (T, B)
            Inputs.
        state : optional
            State before the first step; zeros without it.
        lengths : array_like of int, shape (B,), optional
            True lengths of padded sequences.

        Returns
        -------
        prediction : ndarray, shape (B, O), or (T, B, O) with `every_step`
            Values, or logits.
        state : ndarray or tuple of ndarray
            State after the last step.
        caches : tuple
            For the way back.

        """
        out, state, rnn_cache = self.rnn.forward(self.encode(x), state, lengths)  # (T, B, H)
        answered = out if self.every_step else out[_last(out, lengths)]  # (T, B, H) or (B, H)
        prediction, linear_cache = self.linear.forward(answered)
        return prediction, state, (rnn_cache, linear_cache, out.shape)

    def loss(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, Any]:
        """Return the mean loss of a batch and the final state."""
        x, y, lengths, mask = self._parts(batch)
        prediction, state, _ = self.forward(x, state, lengths)
        return self._compare(prediction, y, mask)[0], state

    def loss_and_grads(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, dict[str, np.ndarray], Any]:
        """Return the mean loss, the gradient of every parameter, and the final state.

        Parameters
        ----------
        batch : tuple
            As above.
        state : optional
            State to begin in; zeros without it. No gradient flows back into it: BPTT is truncated here.

        Returns
        -------
        loss : float
            In nats per target, or a mean squared error.
        grads : dict of ndarray
            With the names and shapes of `params`.
        state : ndarray or tuple of ndarray
            State after the last step.

        """
        x, y, lengths, mask = self._parts(batch)
        prediction, state, (rnn_cache, linear_cache, shape) = self.forward(x, state, lengths)
        loss, dprediction = self._compare(prediction, y, mask)
        danswered, dlinear = self.linear.backward(dprediction, linear_cache)
        dout = danswered
        if not self.every_step:  # only the last step was answered, so no other has a gradient of its own
            dout = np.zeros(shape, self.dtype)
            dout[_last(dout, lengths)] = danswered
        dx, _, drnn = self.rnn.backward(dout, rnn_cache)
        grads = {}
        if self.embedding is not None:
            grads["embedding.weight"] = self.embedding.backward(dx, np.asarray(x))[1]["weight"]
        grads |= {f"rnn.{name}": grad for name, grad in drnn.items()}
        return loss, grads | {f"linear.{name}": grad for name, grad in dlinear.items()}, state

    def count(self, batch: tuple[Any, ...]) -> int:
        """Return how many targets the loss of a batch is the mean of."""
        _, y, _, mask = self._parts(batch)
        return int(np.sum(mask)) if mask is not None else int(np.size(y))

    def _parts(self, batch: tuple[Any, ...]) -> tuple[Any, Any, Any, Any]:
        """Return x, y, lengths or None, mask or None."""
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            third = "mask" if self.every_step else "lengths"
            size = f" of {len(batch)}" if isinstance(batch, tuple | list) else ""
            raise TypeError(f"batch: got {type(batch).__name__}{size}, wanted a tuple (x, y) or (x, y, {third})")
        x, y, *rest = batch
        third = rest[0] if rest else None
        return (x, y, None, third) if self.every_step else (x, y, third, None)

    def _compare(self, prediction: np.ndarray, y: Any, mask: Any) -> tuple[float, np.ndarray]:
        if self._loss is mse and np.ndim(y) == prediction.ndim - 1 and prediction.shape[-1] == 1:
            y = np.asarray(y)[..., None]  # (B,) → (B, 1): one value each
        return self._loss(prediction, y, mask)


class LanguageModel(SequenceModel):
    """Token → one-hot or embedded vector → recurrent layer → logits of the next token, at every step.

    A batch is ``(x, y)`` or ``(x, y, mask)``, all of shape (T, B): token ids, the ids that come one step later, and
    where they count. The loss is the mean cross-entropy in nats per token, ln V before training.

    Parameters
    ----------
    vocab_size : int
        V.
    hidden_size, rng, layer, embedding_size, dtype
        As for `SequenceModel`.

    References
    ----------
    Mikolov et al. (2010), Recurrent neural network based language model.

    """

    def __init__(
        self,
        vocab_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        layer: Callable[..., Any] = RNN,
        embedding_size: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(
            vocab_size,
            hidden_size,
            vocab_size,
            rng=rng,
            layer=layer,
            loss="cross_entropy",
            every_step=True,
            embedding_size=embedding_size,
            dtype=dtype,
        )

    def step(self, ids: Any, state: Any = None) -> tuple[np.ndarray, Any]:
        """Read one token of each sequence.

        Parameters
        ----------
        ids : array_like of int, shape (B,)
            Token ids.
        state : optional
            State before them.

        Returns
        -------
        logits : ndarray, shape (B, V)
            Scores of the next token.
        state : ndarray or tuple of ndarray
            State after them.

        """
        logits, state, _ = self.forward(check_array("ids", ids, ("B",), kind="int")[None], state)
        return logits[0], state

    def generate(self, prompt: Any, length: int, choose: Choose = greedy, state: Any = None) -> np.ndarray:
        """Read a prompt (T,) or (T, B), then add `length` tokens, each chosen by `choose`: see `sampling.generate`."""
        return generate(self.step, prompt, length, choose, state)


def _zeros_like(state: Any) -> Any:
    return tuple(map(_zeros_like, state)) if isinstance(state, tuple) else np.zeros_like(state)


def _last(out: np.ndarray, lengths: Any) -> Any:
    """Return the index of every sequence's last true step in (T, B, H)."""
    return -1 if lengths is None else (np.asarray(lengths) - 1, np.arange(out.shape[1]))
