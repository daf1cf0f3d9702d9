"""Small models made of the layers: a sequence in; a value, a class, or the next token out."""

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.base import Params
from rnn_utils.checks import check_array, check_choice, check_dtype, check_int, check_lengths
from rnn_utils.data.tokens import one_hot
from rnn_utils.functional import cross_entropy, mse
from rnn_utils.layers import Embedding, Linear
from rnn_utils.padding import mark_padding
from rnn_utils.recurrent import RNN
from rnn_utils.sampling import Choose, generate, greedy

__all__ = ["LanguageModel", "SequenceModel"]

LOSSES = {"mse": mse, "cross_entropy": cross_entropy}


class _Answers(NamedTuple):
    """A batch taken apart: inputs and wanted answers, what of the inputs is data, and which answers count."""

    x: Any
    y: Any
    lengths: np.ndarray | None  # int (B,)
    mask: np.ndarray | None  # bool, the shape of the answers


class SequenceModel:
    """Recurrent layer → linear layer → loss, after the last step or after every one.

    A batch is a tuple: ``(x, y)``; ``(x, y, lengths)`` or ``(x, y, mask)``, told apart by what they hold; or both,
    ``(x, y, lengths, mask)``. Where one of them is None, it is as if it were not there.

    ========  ============================  ===========================================================
    part      shape                         what it is
    ========  ============================  ===========================================================
    x         (T, B, D) or int (T, B)       vectors, or token ids that become vectors
    y         (B,) or (B, O)                values or classes, answered at the end
    y         (T, B) or (T, B, O)           the same, answered at every step
    lengths   int (B,)                      true lengths: what comes after is padding, which nothing reads
                                            and where no answer counts
    mask      bool (B,) or (T, B)           True where an answer counts; all steps are read nevertheless
    ========  ============================  ===========================================================

    A layer that reads from the end as well has to know where the end is. Given a mask without lengths, it begins at
    each sequence's last answer that counts.

    Parameters
    ----------
    input_size : int
        D, or the number of different tokens.
    hidden_size : int
        H.
    output_size : int
        O: 1 for one value, or the number of classes.
    rng : numpy.random.Generator
        Draws the initial parameters. Where the layer drops values, a child of this generator draws which.
    layer : callable
        `RNN`, `LSTM`, `GRU`, or anything else that is called as ``layer(input_size, hidden_size, rng=…, dtype=…)`` and
        returns such a layer: ``functools.partial(Stacked.of, LSTM, num_layers=2, dropout=0.2)``, ``partial(RNN,
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
    dropout_rng : numpy.random.Generator or None
        What `loss_and_grads` draws from for the layer's dropout; None where it has none. `fit` saves it with the run.

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
        self.dtype = check_dtype(dtype)
        self.embedding = None
        if embedding_size is not None:
            self.embedding = Embedding(input_size, embedding_size, rng=rng, dtype=dtype)
        self.rnn = _make_layer(layer, embedding_size or input_size, hidden_size, rng, self.dtype)
        self.linear = Linear(self.rnn.output_size, output_size, rng=rng, dtype=dtype)
        self.every_step = every_step
        self._loss = LOSSES[check_choice("loss", loss, tuple(LOSSES))]
        drops = getattr(getattr(self.rnn, "dropout", None), "p", 0) > 0
        self.dropout_rng = rng.spawn(1)[0] if drops else None

    @property
    def params(self) -> Params:
        """Every parameter by its dotted name, such as ``"rnn.weight_hh"``: the layers' own arrays, to change in place.

        Assign into them, ``model.params["rnn.bias_hh"][...] = 1``; a name cannot be given another array.
        """
        layers = {"embedding": self.embedding, "rnn": self.rnn, "linear": self.linear}
        return Params(
            {f"{name}.{key}": p for name, layer in layers.items() if layer for key, p in layer.params.items()}
        )

    @property
    def reads_ahead(self) -> bool:
        """Whether an answer depends on later steps too, as it does when the layer reads in both directions."""
        return getattr(self.rnn, "reads_ahead", False)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to be called like a module of PyTorch."""
        name = type(self).__name__
        raise TypeError(f"{name}: got a call, model(x), wanted prediction, state, caches = model.forward(x)")

    def zero_state(self, batch_size: int) -> Any:
        """Return the state before the first step: zeros (B, H), two for an LSTM, in a tuple by layer for a stack."""
        step = np.zeros((1, check_int("batch_size", batch_size), self.rnn.input_size), self.dtype)
        return _zeros_like(self.rnn.forward(step)[1])

    def encode(self, x: Any) -> np.ndarray:
        """Return what the recurrent layer reads, (T, B, D): token ids as their vectors, vectors as they are."""
        return self._encode(x, None)[0]

    def _encode(self, x: Any, lengths: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the recurrent layer reads, and the token ids if there are any; the padding may hold anything."""
        tokens = self.embedding is not None
        if not tokens and np.ndim(x) != 2:
            hint = (
                " (a series by itself is one sequence of single numbers: x[:, None, None])" if np.ndim(x) == 1 else ""
            )
            try:
                return check_array("x", x, ("T", "B", self.input_size), finite=lengths is None), None
            except ValueError as error:
                raise ValueError(f"{error}{hint}") from None
        if not tokens:
            self._check_tokens(x)
        if lengths is not None:
            ids = check_array("ids", x, ("T", "B"), kind="int")
            x = np.where(mark_padding(lengths, len(ids)), 0, ids)
        if self.embedding is not None:
            return self.embedding.forward(x)
        return one_hot(x, self.input_size, self.dtype), np.asarray(x)

    def _check_tokens(self, x: Any) -> None:
        """Refuse numbers (T, B) that are no token ids but a series of values."""
        dtype = np.asarray(x).dtype
        if dtype.kind == "f" or (self.input_size == 1 and dtype.kind in "iu"):
            wanted = "(T, B, 1) for values, x[..., None]" if self.input_size == 1 else f"(T, B, {self.input_size})"
            raise TypeError(
                f"x: got {dtype} numbers of shape {np.shape(x)}, wanted {wanted}; or token ids, whole numbers"
            )

    def forward(
        self, x: Any, state: Any = None, lengths: Any = None, *, rng: np.random.Generator | None = None
    ) -> tuple[np.ndarray, Any, tuple[Any, ...]]:
        """Run the model.

        Parameters
        ----------
        x : array_like, shape (T, B, D), or of int, shape (T, B)
            Inputs.
        state : optional
            State before the first step; zeros without it.
        lengths : array_like of int, shape (B,), optional
            True lengths of padded sequences.
        rng : numpy.random.Generator, optional
            What the layer's dropout draws from. Without it nothing is dropped: this is evaluation.

        Returns
        -------
        prediction : ndarray, shape (B, O), or (T, B, O) with `every_step`
            Values, or logits.
        state : ndarray, shape (B, H), or a tuple of such
            State after the last step.
        caches : tuple
            For the way back.

        """
        if lengths is not None:
            lengths = check_lengths(lengths, *_sizes(x))
        vectors, ids = self._encode(x, lengths)
        drawn = {} if rng is None else {"rng": rng}
        out, state, rnn_cache = self.rnn.forward(vectors, state, lengths, **drawn)  # (T, B, H)
        answered = out if self.every_step else out[_last(out, lengths)]  # (T, B, H) or (B, H)
        prediction, linear_cache = self.linear.forward(answered)
        return prediction, state, (rnn_cache, linear_cache, out.shape, ids)

    def loss(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, Any]:
        """Return the mean loss of a batch, with nothing dropped, and the final state."""
        x, y, lengths, mask = self._parts(batch)
        prediction, state, _ = self.forward(x, state, lengths)
        return self._compare(prediction, y, mask)[0], state

    def loss_and_grads(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, dict[str, np.ndarray], Any]:
        """Return the mean loss, the gradient of every parameter, and the final state: a step of training.

        Parameters
        ----------
        batch : tuple
            As above.
        state : optional
            State to begin in; zeros without it. No gradient flows back into it: BPTT is truncated here.

        Returns
        -------
        loss : float
            In nats per target, or a mean squared error. Where the layer has dropout, it acts.
        grads : dict of ndarray
            With the names and shapes of `params`.
        state : ndarray, shape (B, H), or a tuple of such
            State after the last step.

        """
        x, y, lengths, mask = self._parts(batch)
        prediction, state, caches = self.forward(x, state, lengths, rng=self.dropout_rng)
        rnn_cache, linear_cache, shape, ids = caches
        loss, dprediction = self._compare(prediction, y, mask)
        danswered, dlinear = self.linear.backward(dprediction, linear_cache)
        dout = danswered
        if not self.every_step:  # only the last step was answered, so no other has a gradient of its own
            dout = np.zeros(shape, self.dtype)
            dout[_last(dout, lengths)] = danswered
        dx, _, drnn = self.rnn.backward(dout, rnn_cache)
        grads = {}
        if self.embedding is not None:
            grads["embedding.weight"] = self.embedding.backward(dx, ids)[1]["weight"]
        grads |= {f"rnn.{name}": grad for name, grad in drnn.items()}
        return loss, grads | {f"linear.{name}": grad for name, grad in dlinear.items()}, state

    def count(self, batch: tuple[Any, ...]) -> int:
        """Return how many targets the loss of a batch is the mean of."""
        _, y, _, mask = self._parts(batch)
        return int(np.size(y)) if mask is None else int(np.sum(mask)) * (np.size(y) // mask.size)

    def _parts(self, batch: tuple[Any, ...]) -> _Answers:
        """Take a batch apart."""
        if not isinstance(batch, tuple | list) or not 2 <= len(batch) <= 4:
            size = f" of {len(batch)}" if isinstance(batch, tuple | list) else ""
            forms = "(x, y), (x, y, lengths), (x, y, mask) or (x, y, lengths, mask)"
            raise TypeError(f"batch: got {type(batch).__name__}{size}, wanted a tuple {forms}")
        x, y, *rest = batch
        if len(rest) == 1:  # lengths are numbers; a mask is true or false
            rest = [None, rest[0]] if np.asarray(rest[0]).dtype == bool else [rest[0], None]
        lengths, mask = rest or (None, None)
        if lengths is None and mask is None:
            return _Answers(x, y, None, None)
        T, B = _sizes(x)
        if mask is not None:
            mask = check_array("mask", mask, (T, B) if self.every_step else (B,), kind="bool")
        if lengths is not None:
            lengths = check_lengths(lengths, T, B)
            data = ~mark_padding(lengths, T)
            mask = mask if not self.every_step else data if mask is None else data & mask
        elif mask is not None and self.every_step and self.reads_ahead:
            lengths = np.where(mask, np.arange(1, T + 1)[:, None], 1).max(axis=0)
        return _Answers(x, y, lengths, mask)

    def _compare(self, prediction: np.ndarray, y: Any, mask: Any) -> tuple[float, np.ndarray]:
        if self._loss is mse and np.ndim(y) == prediction.ndim - 1 and prediction.shape[-1] == 1:
            y = np.asarray(y)[..., None]  # (B,) → (B, 1): one value each
        return self._loss(prediction, y, mask)


class LanguageModel(SequenceModel):
    """Token → one-hot or embedded vector → recurrent layer → logits of the next token, at every step.

    A batch is a `SequenceModel`'s: x and y of shape (T, B) hold token ids and the ids that come one step later. The
    loss is the mean cross-entropy in nats per token, ln V before training.

    Parameters
    ----------
    vocab_size : int
        V.
    hidden_size, rng, layer, embedding_size, dtype
        As for `SequenceModel`. The layer reads in one direction: one that reads from the end too has seen the answer.

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
        if self.reads_ahead:
            raise ValueError(
                "layer: got one that reads in both directions, wanted one that reads forwards: the next token, which a "
                "language model has to guess, is what such a layer reads first from the end"
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
        state : ndarray, shape (B, H), or a tuple of such
            State after them.

        """
        logits, state, _ = self.forward(check_array("ids", ids, ("B",), kind="int")[None], state)
        return logits[0], state

    def generate(self, prompt: Any, length: int, choose: Choose = greedy, state: Any = None) -> np.ndarray:
        """Read a prompt, then add tokens one by one, each chosen from the model's scores: see `sampling.generate`.

        Parameters
        ----------
        prompt : array_like of int, shape (T,) or (T, B)
            Token ids to begin with.
        length : int
            How many tokens to add.
        choose : callable
            From logits (B, V) to ids (B,), such as `greedy`.
        state : optional
            State before the prompt; zeros without it.

        Returns
        -------
        ids : ndarray of int, shape (length,) or (length, B)
            The tokens added.

        """
        return generate(self.step, prompt, length, choose, state)


def _make_layer(layer: Any, input_size: int, hidden_size: int, rng: np.random.Generator, dtype: np.dtype) -> Any:
    """Return the recurrent layer that `layer` makes, after checking that it is of the sizes and dtype asked for."""
    if not callable(layer) or (hasattr(layer, "forward") and not isinstance(layer, type)):
        got = f"a {type(layer).__name__} made already" if hasattr(layer, "forward") else repr(layer)
        raise TypeError(f"layer: got {got}, wanted what makes one: LSTM, or partial(Stacked.of, LSTM, num_layers=2)")
    made = layer(input_size, hidden_size, rng=rng, dtype=dtype)
    checked: dict[str, Any] = {"input_size": input_size, "dtype": dtype}
    for name, wanted in checked.items():
        got = getattr(made, name, wanted)
        if got != wanted:
            raise ValueError(f"layer: got a layer of {name} {got}, wanted {wanted}")
    return made


def _sizes(x: Any) -> tuple[int, int]:
    """Return T and B of inputs (T, B) or (T, B, D)."""
    shape = np.shape(x)
    if len(shape) not in (2, 3):
        raise ValueError(f"x: got shape {shape}, wanted (T, B, D), or (T, B) for token ids")
    return shape[0], shape[1]


def _zeros_like(state: Any) -> Any:
    return tuple(map(_zeros_like, state)) if isinstance(state, tuple) else np.zeros_like(state)


def _last(out: np.ndarray, lengths: np.ndarray | None) -> Any:
    """Return the index of every sequence's last true step in (T, B, H)."""
    return -1 if lengths is None else (lengths - 1, np.arange(out.shape[1]))
