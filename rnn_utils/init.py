"""Ways to fill a weight matrix before training."""

import numpy as np
from numpy.typing import DTypeLike

from rnn_utils.checks import check_array, check_int, check_rng

__all__ = ["forget_bias_", "identity", "orthogonal", "uniform"]


def uniform(
    shape: tuple[int, ...], bound: float, *, rng: np.random.Generator, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Return draws from U(−bound, bound); PyTorch's layers use bound = 1 / √H, or 1 / √in for `Linear`.

    Parameters
    ----------
    shape : tuple of int
    bound : float
    rng : numpy.random.Generator
    dtype : dtype

    Returns
    -------
    ndarray, shape `shape`

    """
    return check_rng(rng).uniform(-bound, bound, size=shape).astype(dtype)


def orthogonal(
    shape: tuple[int, int],
    *,
    rng: np.random.Generator,
    gates: int = 1,
    gain: float = 1.0,
    dtype: DTypeLike = np.float32,
) -> np.ndarray:
    """Return a random matrix all of whose singular values are `gain`, evenly distributed over such matrices.

    Parameters
    ----------
    shape : (int, int)
        (rows, columns), or (gates · rows, columns): then every gate's block is orthogonal by itself.
    rng : numpy.random.Generator
    gates : int
    gain : float
    dtype : dtype

    Returns
    -------
    ndarray, shape `shape`
        Its rows are orthogonal when rows ≤ columns, its columns otherwise.

    Raises
    ------
    ValueError
        When the rows do not divide into `gates`.

    References
    ----------
    Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep linear networks.

    """
    rows, columns = _one_gate(shape, gates)
    check_rng(rng)
    blocks = []
    for _ in range(gates):
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))  # without this, QR's choice of signs would bias the draw
        blocks.append(gain * (q if rows >= columns else q.T))
    return np.concatenate(blocks).astype(dtype)


def identity(size: int, *, scale: float = 1.0, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Return `scale` times the identity: a recurrent weight that starts by repeating the state.

    Parameters
    ----------
    size : int
        H.
    scale : float
    dtype : dtype

    Returns
    -------
    ndarray, shape (H, H)

    References
    ----------
    Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks of rectified linear units.

    """
    return (scale * np.eye(check_int("size", size))).astype(dtype)


def forget_bias_(params: dict[str, np.ndarray], value: float = 1.0) -> None:
    """Set an LSTM's forget-gate bias to `value`, in place, so that the cell starts by remembering.

    Parameters
    ----------
    params : dict
        The parameters of an `LSTM` or `LSTMCell`. The gate sees the sum of its two biases: its part of ``bias_ih`` gets
        `value`, that of ``bias_hh`` zero.
    value : float

    Raises
    ------
    ValueError
        When the biases are not those of an LSTM.

    References
    ----------
    Gers, Schmidhuber and Cummins (2000), Learning to forget; Jozefowicz, Zaremba and Sutskever (2015), section 2.1.

    """
    hidden = params["weight_hh"].shape[1]
    for name, number in (("bias_ih", value), ("bias_hh", 0.0)):
        check_array(name, params[name], (4 * hidden,), finite=False)
        params[name][hidden : 2 * hidden] = number  # gates lie in the order i, f, g, o


def _one_gate(shape: tuple[int, int], gates: int) -> tuple[int, int]:
    """Return the shape of one gate's block."""
    rows, columns = (check_int("shape", size) for size in shape)
    if rows % check_int("gates", gates):
        raise ValueError(f"shape: got {rows} rows, wanted a multiple of gates = {gates}")
    return rows // gates, columns
