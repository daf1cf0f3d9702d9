"""N-gram language models: the next token guessed by counting what followed the same few tokens before.

They are the bar for the book's networks. A network that does worse has not learned more than a table of counts holds.
"""

from typing import Any, NamedTuple

import numpy as np

from rnn_utils.checks import check_array, check_choice, check_ids, check_int, check_number

__all__ = ["NGram"]


class Table(NamedTuple):
    """The counts for one length n. N-grams and contexts (their first n − 1 tokens) are written as whole numbers."""

    grams: np.ndarray  # (G,) ascending
    counts: np.ndarray  # (G,) how often each occurs
    contexts: np.ndarray  # (C,) ascending
    totals: np.ndarray  # (C,) how often each is followed by something
    kinds: np.ndarray  # (C,) by how many different tokens


class NGram:
    """A language model that counts: the next token depends on the `order` − 1 tokens before it.

    The model of order n mixes what followed the last n − 1 tokens with the model of order n − 1, and so on down to
    1/V for every token, so no probability is zero and every loss is finite. Write N(uc) for the number of times that
    token c followed the context u, N(u) for the sum over c, and v for u without its oldest token.

    - "interpolated" adds k imagined tokens, k being the `strength`, spread as the shorter context would spread them:
      p(c | u) = (N(uc) + k p(c | v)) / (N(u) + k).
    - "witten-bell" adds k imagined tokens for each of the K(u) different tokens that followed u, spread likewise:
      p(c | u) = (N(uc) + k K(u) p(c | v)) / (N(u) + k K(u)).
    - "kneser-ney" takes the `discount` δ off every count and gives what it took to the shorter context:
      p(c | u) = (max(N(uc) − δ, 0) + δ K(u) p(c | v)) / N(u), and below the highest order N(uc) is not how
      often uc was seen, but how many different tokens were seen before it.

    Parameters
    ----------
    ids : array_like of int, shape (T,) or (T, B)
        The training split: one sequence, or B sequences side by side. Nothing is counted across two sequences.
    order : int
        Length n of the longest n-gram: 1 looks at nothing before (unigram), 2 at one token (bigram).
    V : int
        Size of the vocabulary; V to the power of `order` must be below 2⁶³.
    smoothing : {"kneser-ney", "interpolated", "witten-bell"}
        How counts become probabilities.
    strength : float
        k > 0, in tokens; for "interpolated", and for "witten-bell", which needs a smaller one. May be changed after
        counting.
    discount : float
        δ with 0 < δ < 1; for "kneser-ney". May be changed after counting.

    Attributes
    ----------
    tables : list of Table, length `order`
        The counts, shortest n-gram first.

    Raises
    ------
    TypeError
        When `ids` are not whole numbers.
    ValueError
        When an id is outside 0 … V − 1, a sequence is shorter than `order`, or an n-gram does not fit a 64-bit number.

    References
    ----------
    "interpolated": MacKay and Peto (1995), A hierarchical Dirichlet language model, with one k for all orders.
    "witten-bell": Witten and Bell (1991), The zero-frequency problem, where k is 1.
    "kneser-ney": Kneser and Ney (1995), Improved backing-off for M-gram language modeling, in the interpolated form of
    Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling.

    Examples
    --------
    >>> model = NGram([0, 1, 0, 1, 0, 2], order=2, V=3, smoothing="interpolated", strength=1)
    >>> model.probabilities([0]).round(3).tolist()
    [0.119, 0.583, 0.298]

    """

    def __init__(
        self,
        ids: Any,
        order: int,
        V: int,
        *,
        smoothing: str = "kneser-ney",
        strength: float = 50.0,
        discount: float = 0.9,
    ) -> None:
        """Count every n-gram up to `order`."""
        self.order, self.V = check_int("order", order), check_int("V", V)
        self.smoothing = check_choice("smoothing", smoothing, ("kneser-ney", "interpolated", "witten-bell"))
        self.strength = check_number("strength", strength, 0, open_ends=True)
        self.discount = check_number("discount", discount, 0, 1, open_ends=True)
        if self.V**self.order >= 2**63:
            raise ValueError(f"order: got {order}, but {V}-token n-grams of that length do not fit a 64-bit number")
        ids = self._check(ids, minimum=self.order)
        self.tables = [self._count(ids, n) for n in range(1, self.order + 1)]

    def __repr__(self) -> str:
        """Return the order, the smoothing and the size."""
        return f"NGram(order={self.order}, V={self.V}, {self.smoothing}, {self.size:,} counts)"

    @property
    def size(self) -> int:
        """Number of different n-grams of all lengths, each of which the model has to remember a count for."""
        return sum(len(table.grams) for table in self.tables)

    def losses(self, ids: Any) -> np.ndarray:
        """Return −ln of the probability given to every token after the first.

        These are the targets that `data.contiguous_streams` gives a network. A token near the start, with fewer than
        `order` − 1 tokens before it, is guessed from those it has.

        Parameters
        ----------
        ids : array_like of int, shape (T,) or (T, B)
            One sequence or several, of at least two tokens.

        Returns
        -------
        nats : ndarray, shape (T − 1,) or (T − 1, B)
            ``nats[t]`` is the loss of ``ids[t + 1]``. Its mean is the cross-entropy in nats per token.

        """
        ids = self._check(ids, minimum=2)
        p = np.full((len(ids) - 1, *ids.shape[1:]), 1 / self.V)
        for n, table in enumerate(self.tables[: len(ids)], start=1):
            start = max(n, 2) - 1  # the first token that has n − 1 tokens before it
            p[start - 1 :] = self._mix(table, self._grams(ids[start - n + 1 :], n), p[start - 1 :])
        return -np.log(p)

    def loss(self, ids: Any) -> float:
        """Return the mean of `losses`: the cross-entropy on a text, in nats per token."""
        return float(self.losses(ids).mean())

    def probabilities(self, context: Any = ()) -> np.ndarray:
        """Return the probability of every token to come next.

        Parameters
        ----------
        context : array_like of int, shape (T,)
            The tokens before, latest last; only the last `order` − 1 are looked at.

        Returns
        -------
        p : ndarray, shape (V,)
            They add up to 1.

        """
        known = check_ids("context", context, self.V, ndim=1).tolist() if np.size(context) else []
        p, before = np.full(self.V, 1 / self.V), 0
        for n, table in enumerate(self.tables[: len(known) + 1], start=1):
            if n > 1:
                before += known[-(n - 1)] * self.V ** (n - 2)  # one token further back
            p = self._mix(table, before * self.V + np.arange(self.V, dtype=np.int64), p)
        return p

    def _check(self, ids: Any, minimum: int) -> np.ndarray:
        """Return `ids` as an array (T,) or (T, B) of known tokens with T ≥ `minimum`."""
        ids = check_ids("ids", check_array("ids", ids, ("T", "B")[: max(1, np.ndim(ids))], kind="int"), self.V)
        if len(ids) < minimum:
            raise ValueError(f"ids: got {len(ids)} tokens, wanted at least {minimum}")
        return ids.astype(np.int64)

    def _grams(self, ids: np.ndarray, n: int) -> np.ndarray:
        """Return every n-gram of (T, …) as one number, its tokens being the digits to base V: (T − n + 1, …)."""
        count = len(ids) - n + 1
        grams = ids[:count].copy()
        for shift in range(1, n):
            grams = grams * self.V + ids[shift : shift + count]
        return grams

    def _count(self, ids: np.ndarray, n: int) -> Table:
        """Count the n-grams; below the highest order of Kneser–Ney count the different tokens before each instead."""
        if self.smoothing == "kneser-ney" and n < self.order:
            longer, _ = np.unique(
                self._grams(ids, n + 1), return_counts=True
            )  # sorts: on long texts, faster than hashing
            grams, counts = np.unique(longer % self.V**n, return_counts=True)
        else:
            grams, counts = np.unique(self._grams(ids, n), return_counts=True)
        contexts, first = np.unique(grams // self.V, return_index=True)
        return Table(grams, counts, contexts, np.add.reduceat(counts, first), np.diff(first, append=len(grams)))

    def _mix(self, table: Table, grams: np.ndarray, shorter: np.ndarray) -> np.ndarray:
        """Return p(c | u) for n-grams uc, given what the shorter context says; all of the same shape."""
        grams, where = np.unique(grams, return_inverse=True)  # each once and ascending: quicker to look up
        where = where.reshape(shorter.shape)
        count = _look_up(table.grams, table.counts, grams)[where]
        total = _look_up(table.contexts, table.totals, grams // self.V)[where]
        if self.smoothing == "interpolated":
            return (count + self.strength * shorter) / (total + self.strength)
        kinds = _look_up(table.contexts, table.kinds, grams // self.V)[where]
        if self.smoothing == "witten-bell":
            imagined = np.where(total > 0, self.strength * kinds, 1)  # any number: a context never seen says nothing
            return (count + imagined * shorter) / (total + imagined)
        taken = self.discount * kinds
        mixed = (np.maximum(count - self.discount, 0) + taken * shorter) / np.maximum(total, 1)
        return np.where(total > 0, mixed, shorter)  # a context never seen says nothing


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 for those that are not among the (ascending) keys."""
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[where] == wanted, values[where], 0)
