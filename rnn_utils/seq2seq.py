"""An encoder–decoder: one sequence in, another one out, with a length of its own."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.attention import look_back, look_back_grads
from rnn_utils.base import Params
from rnn_utils.checks import check_array, check_dtype, check_int, check_lengths
from rnn_utils.data.tokens import one_hot
from rnn_utils.functional import cross_entropy
from rnn_utils.layers import Linear
from rnn_utils.padding import mark_padding
from rnn_utils.recurrent import LSTM
from rnn_utils.sampling import generate
from rnn_utils.stacked import Bidirectional

__all__ = ["EncoderDecoder"]

Halves = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class EncoderDecoder:
    """Two-way LSTM → its last h and c → LSTM, which writes token by token and may look back at the first one's states.

    A batch is ``(source, lengths, target)`` or ``(source, lengths, target, mask)``:

    =======  ===========  =====================================================================
    part     shape        what it is
    =======  ===========  =====================================================================
    source   int (T, B)   token ids to read; anything in the padding
    lengths  int (B,)     true lengths of the sources, or None where nothing is padded
    target   int (U, B)   token ids to write, the mark last
    mask     bool (U, B)  True where a target counts; without it all do
    =======  ===========  =====================================================================

    In training step u of the decoder reads the target of step u − 1, whatever the model would have written: *teacher
    forcing*. Step 0 reads the mark.

    Parameters
    ----------
    source_size, target_size : int
        How many different tokens there are to read, and to write.
    hidden_size : int
        H, even: units of the decoder, and of both directions of the encoder together.
    mark : int
        The token that begins and ends every target.
    rng : numpy.random.Generator
        Draws the initial parameters.
    attention : bool
        Look back. Without it everything passes through the two vectors h and c.
    dtype : dtype
        float32 to train, float64 to check gradients.

    Attributes
    ----------
    encoder, decoder, linear
        The layers.

    References
    ----------
    Sutskever, Vinyals and Le (2014), Sequence to sequence learning with neural networks; for the way to look back,
    Luong, Pham and Manning (2015).

    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        hidden_size: int,
        *,
        mark: int,
        rng: np.random.Generator,
        attention: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.source_size, self.target_size = (
            check_int("source_size", source_size),
            check_int("target_size", target_size),
        )
        if check_int("hidden_size", hidden_size, 2) % 2:
            raise ValueError(f"hidden_size: got {hidden_size}, wanted an even number: half of it for each direction")
        if check_int("mark", mark, 0) >= target_size:
            raise ValueError(f"mark: got {mark}, wanted a token in 0 … {target_size - 1}")
        self.mark, self.attention, self.dtype = mark, bool(attention), check_dtype(dtype)
        options: dict[str, Any] = {"rng": rng, "dtype": self.dtype}
        ahead, behind = (LSTM(source_size, hidden_size // 2, **options) for _ in range(2))
        self.encoder = Bidirectional(ahead, behind)
        self.decoder = LSTM(target_size, hidden_size, **options)
        self.linear = Linear(2 * hidden_size if attention else hidden_size, target_size, **options)

    @property
    def params(self) -> Params:
        """Every parameter by its dotted name, such as ``"encoder.weight_ih_reverse"``, to change in place."""
        layers = {"encoder": self.encoder, "decoder": self.decoder, "linear": self.linear}
        return Params({f"{name}.{key}": p for name, layer in layers.items() for key, p in layer.params.items()})

    def forward(self, source: Any, lengths: Any, ids: Any) -> tuple[np.ndarray, np.ndarray | None, tuple[Any, ...]]:
        """Read the sources, then read `ids` and score what should come after each of them.

        Parameters
        ----------
        source : array_like of int, shape (T, B)
        lengths : array_like of int, shape (B,), or None
        ids : array_like of int, shape (U, B)
            What the decoder reads: the mark, then what has been written.

        Returns
        -------
        logits : ndarray, shape (U, B, V)
        weights : ndarray, shape (U, B, T), or None without attention
        cache : tuple
            What `backward` needs.

        """
        memory, state, lengths, encoded = self._read(source, lengths)
        h, _, decoded = self.decoder.forward(one_hot(ids, self.target_size, self.dtype), state)
        seen, weights = h, None
        if self.attention:
            context, weights = look_back(h, memory, lengths)
            seen = np.concatenate([h, context], axis=-1)
        logits, linear = self.linear.forward(seen)
        return logits, weights, (h, memory, weights, encoded, decoded, linear)

    def backward(self, dlogits: np.ndarray, cache: tuple[Any, ...]) -> dict[str, np.ndarray]:
        """Return the gradient of every parameter.

        Parameters
        ----------
        dlogits : ndarray, shape (U, B, V)
        cache : tuple
            From `forward`.

        Returns
        -------
        grads : dict of ndarray
            With the names and shapes of `params`.

        """
        h, memory, weights, encoded, decoded, linear = cache
        dseen, dlinear = self.linear.backward(dlogits, linear)
        dh, dcontext = np.split(dseen, [h.shape[-1]], axis=-1)
        dmemory = None
        if self.attention:
            dqueries, dmemory = look_back_grads(dcontext, weights, h, memory)
            dh = dh + dqueries
        _, dstate, ddecoder = self.decoder.backward(dh, decoded)
        _, _, dencoder = self.encoder.backward(dmemory, encoded, _halves(*dstate))
        parts = {"encoder": dencoder, "decoder": ddecoder, "linear": dlinear}
        return {f"{name}.{key}": grad for name, grads in parts.items() for key, grad in grads.items()}

    def loss_and_grads(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, dict[str, np.ndarray], None]:
        """Return the mean loss in nats per token that counts, and all gradients; `state` is ignored."""
        source, lengths, target, mask = _parts(batch)
        logits, _, cache = self.forward(source, lengths, self.shifted(target))
        loss, dlogits = cross_entropy(logits, target, mask)
        return loss, self.backward(dlogits, cache), None

    def loss(self, batch: tuple[Any, ...], state: Any = None) -> tuple[float, None]:
        """Return the mean loss in nats per token that counts; `state` is ignored."""
        source, lengths, target, mask = _parts(batch)
        return cross_entropy(self.forward(source, lengths, self.shifted(target))[0], target, mask)[0], None

    def count(self, batch: tuple[Any, ...]) -> int:
        """Return how many tokens the loss of a batch is the mean of."""
        _, _, target, mask = _parts(batch)
        return int(np.size(target) if mask is None else np.sum(mask))

    def shifted(self, target: Any) -> np.ndarray:
        """Return what the decoder reads under teacher forcing: the mark, then all targets but the last, (U, B)."""
        target = check_array("target", target, ("U", "B"), kind="int")
        return np.concatenate([np.full_like(target[:1], self.mark), target[:-1]])

    def start(self, source: Any, lengths: Any = None) -> tuple[np.ndarray, ...]:
        """Read the sources, and return the state that `step` begins in: every array has the batch on its first axis."""
        memory, state, lengths, _ = self._read(source, lengths)
        if lengths is None:
            lengths = np.full(memory.shape[1], len(memory))
        return (*state, memory.swapaxes(0, 1), lengths)

    def step(self, ids: Any, state: tuple[np.ndarray, ...]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Read one token of each line that is being written: what `sampling.generate` and `beam_search` ask for.

        Parameters
        ----------
        ids : array_like of int, shape (B,)
        state : tuple (h, c, memory, lengths) of ndarray, shapes (B, H), (B, H), (B, T, H), (B,)
            From `start`, or from the step before.

        Returns
        -------
        logits : ndarray, shape (B, V)
            Scores of the next token.
        state : tuple of ndarray, shapes as above
            As it came, with the new h and c.

        """
        h, c, memory, lengths = state
        read = one_hot(check_array("ids", ids, ("B",), kind="int"), self.target_size, self.dtype)
        out, (h, c), _ = self.decoder.forward(read[None], (h, c))
        seen = out
        if self.attention:
            seen = np.concatenate([out, look_back(out, memory.swapaxes(0, 1), lengths)[0]], axis=-1)
        return self.linear.forward(seen)[0][0], (h, c, memory, lengths)

    def generate(self, source: Any, lengths: Any, length: int) -> np.ndarray:
        """Write greedily, and return `length` tokens of each line, (length, B); what follows a mark means nothing."""
        state = self.start(source, lengths)
        return generate(self.step, np.full((1, len(state[0])), self.mark), length, state=state)

    def _read(self, source: Any, lengths: Any) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Any, Any]:
        """Run the encoder: its states (T, B, H), what the decoder begins with, checked lengths and a cache."""
        source = check_array("source", source, ("T", "B"), kind="int")
        if lengths is not None:
            lengths = check_lengths(lengths, *source.shape)
            source = np.where(mark_padding(lengths, len(source)), 0, source)
        memory, (ahead, behind), cache = self.encoder.forward(
            one_hot(source, self.source_size, self.dtype), None, lengths
        )
        h, c = (np.concatenate(pair, axis=-1) for pair in zip(ahead, behind))
        return memory, (h, c), lengths, cache


def _halves(h: np.ndarray, c: np.ndarray) -> Halves:
    """Return what belongs to each direction of the encoder, (h, c) twice."""
    (h_ahead, h_behind), (c_ahead, c_behind) = (np.split(a, 2, axis=-1) for a in (h, c))
    return (h_ahead, c_ahead), (h_behind, c_behind)


def _parts(batch: Any) -> tuple[Any, Any, Any, Any]:
    """Take a batch apart."""
    if not isinstance(batch, tuple | list) or len(batch) not in (3, 4):
        got = f"{type(batch).__name__}{f' of {len(batch)}' if isinstance(batch, tuple | list) else ''}"
        raise TypeError(
            f"batch: got {got}, wanted a tuple (source, lengths, target) or (source, lengths, target, mask)"
        )
    source, lengths, target, *rest = batch
    return source, lengths, target, rest[0] if rest else None
