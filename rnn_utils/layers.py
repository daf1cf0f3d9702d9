"""Linear, Embedding and Dropout: the layers around a recurrent one. They act on every step and sequence alike."""

import math
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils import init
from rnn_utils.base import Arrays, Layer, Params
from rnn_utils.checks import check_array, check_dtype, check_int, check_rng, convert

__all__ = ["Dropout", "Embedding", "Linear"]


class Linear(Layer):
    """y = W x + b, on the last axis.

    Parameters
    ----------
    in_features, out_features : int
        The lengths of x and y.
    rng : numpy.random.Generator
        Source of the initial values, U(−1/√in, 1/√in) as in PyTorch.
    dtype : {numpy.float32, numpy.float64}

    Attributes
    ----------
    params : mapping of str to ndarray
        ``weight (out, in)`` and ``bias (out,)``.

    """

    usage: ClassVar[str] = "y, cache = layer.forward(x)"

    def __init__(
        self, in_features: int, out_features: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.in_features = check_int("in_features", in_features)
        self.out_features = check_int("out_features", out_features)
        self.dtype = check_dtype(dtype)
        check_rng(rng)
        bound = 1 / math.sqrt(in_features)
        weight = init.uniform((out_features, in_features), bound, rng=rng, dtype=self.dtype)
        bias = init.uniform((out_features,), bound, rng=rng, dtype=self.dtype)
        self.params = Params({"weight": weight, "bias": bias})

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``Linear(64, 10, dtype=float32)``."""
        return f"Linear({self.in_features}, {self.out_features}, dtype={self.dtype})"

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return y and the cache.

        Parameters
        ----------
        x : ndarray, shape (..., in)
            Such as (T, B, in). It may be non-finite: then so is the loss, where training stops.

        Returns
        -------
        y : ndarray, shape (..., out)
        cache : ndarray, shape (..., in)
            What `backward` needs: x.

        Raises
        ------
        TypeError, ValueError
            When the shape or dtype is wrong.

        """
        x = check_array("x", x, "." * (np.ndim(x) - 1) + "D", finite=False)
        x = convert("x", check_array("x", x, (*x.shape[:-1], self.in_features), finite=False), self.dtype)
        y = x.reshape(-1, self.in_features) @ self.params["weight"].T  # one product for all steps and sequences
        y += self.params["bias"]
        return y.reshape(*x.shape[:-1], self.out_features), x

    def backward(self, dout: np.ndarray, cache: np.ndarray) -> tuple[np.ndarray, Arrays]:
        """Return the gradients of x and the parameters from that of y.

        Parameters
        ----------
        dout : ndarray, shape (..., out)
        cache : ndarray, shape (..., in)
            From `forward`.

        Returns
        -------
        dx : ndarray, shape (..., in)
        grads : dict
            With the keys and shapes of `params`.

        Raises
        ------
        TypeError, ValueError
            When the shape or dtype is wrong.

        """
        dout = check_array("dout", dout, (*cache.shape[:-1], self.out_features), finite=False)
        dy = convert("dout", dout, self.dtype, strict=False).reshape(-1, self.out_features)  # (N, out)
        grads = {"weight": dy.T @ cache.reshape(-1, self.in_features), "bias": dy.sum(0)}
        return (dy @ self.params["weight"]).reshape(cache.shape), grads


class Embedding(Layer):
    """A table with one vector for every token: row v stands for W x with x the one-hot vector of token v.

    Parameters
    ----------
    num_embeddings : int
        V, the number of tokens.
    embedding_dim : int
        D, the length of a vector.
    rng : numpy.random.Generator
        Source of the initial values, N(0, 1) as in PyTorch.
    dtype : {numpy.float32, numpy.float64}

    Attributes
    ----------
    params : mapping of str to ndarray
        ``weight (V, D)``.

    """

    usage: ClassVar[str] = "out, cache = layer.forward(ids)"

    def __init__(
        self, num_embeddings: int, embedding_dim: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
    ) -> None:
        self.num_embeddings = check_int("num_embeddings", num_embeddings)
        self.embedding_dim = check_int("embedding_dim", embedding_dim)
        self.dtype = check_dtype(dtype)
        weight = check_rng(rng).standard_normal((num_embeddings, embedding_dim)).astype(self.dtype)
        self.params = Params({"weight": weight})

    def __repr__(self) -> str:
        """Return the sizes and the dtype, as in ``Embedding(65, 32, dtype=float32)``."""
        return f"Embedding({self.num_embeddings}, {self.embedding_dim}, dtype={self.dtype})"

    def forward(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look up the tokens' vectors.

        Parameters
        ----------
        ids : ndarray of int, shape (...)
            Tokens, 0 … V − 1, such as (T, B).

        Returns
        -------
        out : ndarray, shape (..., D)
        cache : ndarray of int, shape (...)
            What `backward` needs: the ids.

        Raises
        ------
        TypeError, ValueError
            When the ids are no whole numbers, or one is out of range.

        """
        ids = check_array("ids", ids, "." * np.ndim(ids), kind="int")
        if ids.min() < 0 or ids.max() >= self.num_embeddings:
            wrong = ids[(ids < 0) | (ids >= self.num_embeddings)].flat[0]
            raise ValueError(f"ids: got {wrong}, wanted tokens in 0 … {self.num_embeddings - 1}")
        return self.params["weight"][ids], ids

    def backward(self, dout: np.ndarray, cache: np.ndarray) -> tuple[None, Arrays]:
        """Return the gradient of the table; whole numbers have none, so that of the ids is None.

        Parameters
        ----------
        dout : ndarray, shape (..., D)
        cache : ndarray of int, shape (...)
            From `forward`.

        Returns
        -------
        dx : None
        grads : dict
            ``weight (V, D)``: each row the sum of `dout` over the places where its token stood.

        Raises
        ------
        TypeError, ValueError
            When the shape or dtype is wrong.

        """
        dout = check_array("dout", dout, (*cache.shape, self.embedding_dim), finite=False)
        rows = convert("dout", dout, self.dtype, strict=False).reshape(-1, self.embedding_dim)  # (N, D)
        # The rows of one token side by side, then the sum of each such run: np.add.at does it in one call, more slowly.
        order = np.argsort(cache, axis=None, kind="stable")
        tokens, starts = np.unique(cache.ravel()[order], return_index=True)
        weight = np.zeros_like(self.params["weight"])
        weight[tokens] = np.add.reduceat(rows[order], starts, axis=0)
        return None, {"weight": weight}


class DropoutCache(NamedTuple):
    """What `Dropout.backward` needs: 0 where a value was dropped, 1 / (1 − p) elsewhere; None when nothing was."""

    scale: np.ndarray | None


class Dropout(Layer):
    """Set each value to zero with probability p in training, and divide the others by 1 − p to keep the mean.

    Parameters
    ----------
    p : float
        0 ≤ p < 1.

    Attributes
    ----------
    params : mapping
        Empty.

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    """

    usage: ClassVar[str] = "out, cache = layer.forward(x, rng) in training, layer.forward(x) in evaluation"

    def __init__(self, p: float = 0.5) -> None:
        if isinstance(p, bool) or not isinstance(p, int | float | np.number):
            raise TypeError(f"p: got {p!r} ({type(p).__name__}), wanted a number, 0 ≤ p < 1")
        if not 0 <= p < 1:
            raise ValueError(f"p: got {p}, wanted 0 ≤ p < 1")
        self.p = float(p)
        self.params = Params({})

    def __repr__(self) -> str:
        """Return the probability, as in ``Dropout(0.5)``."""
        return f"Dropout({self.p})"

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> tuple[np.ndarray, DropoutCache]:
        """Drop values in training; return `x` as it is in evaluation.

        Parameters
        ----------
        x : ndarray, any shape
        rng : numpy.random.Generator, optional
            The source of chance, in training. None means evaluation: there is no mode that one could forget to set.

        Returns
        -------
        out : ndarray, the shape of `x`
        cache : DropoutCache

        Raises
        ------
        TypeError, ValueError
            When `x` holds no numbers or is empty, or `rng` is no generator.

        """
        x = check_array("x", x, "." * np.ndim(x), finite=False)
        if rng is None or self.p == 0:
            return x, DropoutCache(None)
        kept = check_rng(rng).random(x.shape, dtype=np.float32) >= self.p
        scale = (kept / (1 - self.p)).astype(np.result_type(x, np.float32))
        return x * scale, DropoutCache(scale)

    def backward(self, dout: np.ndarray, cache: DropoutCache) -> tuple[np.ndarray, Arrays]:
        """Return the gradient of x from that of the output, and that of no parameters.

        Parameters
        ----------
        dout : ndarray, the shape of x
        cache : DropoutCache
            From `forward`.

        Returns
        -------
        dx : ndarray, the shape of x
        grads : dict
            Empty.

        Raises
        ------
        TypeError, ValueError
            When the shape or dtype is wrong.

        """
        if cache.scale is None:
            return check_array("dout", dout, "." * np.ndim(dout), finite=False), {}
        return check_array("dout", dout, cache.scale.shape, finite=False) * cache.scale, {}
