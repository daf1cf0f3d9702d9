"""Is a gradient right? Compare it with finite differences: move each entry a little and watch the loss."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from rnn_utils.checks import check_array, check_int, check_rng

__all__ = ["GradientError", "Worst", "gradcheck", "gradcheck_layer"]

SMALLEST_SCALE = 1e-4  # a gradient smaller than this counts as this large: its differences are mostly rounding


class GradientError(AssertionError):
    """A gradient that finite differences do not confirm."""


class Worst(NamedTuple):
    """The entry of one array where the two gradients differ most."""

    error: float
    index: tuple[int, ...]  # type: ignore[assignment]  # hides the tuple's method, which nobody needs
    analytic: float
    numerical: float


def gradcheck(
    loss: Callable[[], float],
    arrays: Mapping[str, np.ndarray],
    grads: Mapping[str, np.ndarray],
    *,
    eps: float = 1e-5,
    tolerance: float = 1e-6,
    max_entries: int | None = None,
    rng: np.random.Generator | None = None,
) -> dict[str, Worst]:
    """Check gradients against central differences, (loss(w + eps) − loss(w − eps)) / 2 eps for every entry w.

    Parameters
    ----------
    loss : callable
        Takes nothing and returns the loss for what `arrays` hold at that moment.
    arrays : mapping of str to ndarray of float64
        What the loss depends on: parameters, inputs, states. Changed in place during the check, and restored.
    grads : mapping of str to ndarray
        The gradients to check, by the same names.
    eps : float
        The step. Too large, and the loss's curvature shows; too small, and its rounding.
    tolerance : float
        The largest error allowed.
    max_entries : int, optional
        Check no more than this many entries of each array, chosen with `rng`.
    rng : numpy.random.Generator, optional

    Returns
    -------
    dict of str to Worst
        For each array the largest difference of the two, relative to the array's largest gradient, and where it is.

    Raises
    ------
    GradientError
        When an error exceeds the tolerance, naming the array, the entry and both values.
    TypeError, ValueError
        When an array is not float64, or a gradient is missing or of another shape.

    """
    report = {}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype != np.float64:
            raise TypeError(f"{name}: got {getattr(array, 'dtype', type(array).__name__)}, wanted an array of float64")
        if name not in grads:
            raise ValueError(f"grads: got {sorted(grads)}, wanted one for {name!r} too")
        analytic = check_array(f"grads[{name!r}]", grads[name], array.shape)
        report[name] = _worst(loss, array, analytic, eps, _entries(array.size, max_entries, rng))
    wrong = {name: worst for name, worst in report.items() if worst.error > tolerance}
    if wrong:
        lines = (
            f"{name}{list(worst.index)}: got {worst.analytic:.6g}, finite differences give {worst.numerical:.6g}"
            f" (relative error {worst.error:.1e}, allowed {tolerance:.0e})"
            for name, worst in wrong.items()
        )
        raise GradientError("\n".join(lines))
    return report


def gradcheck_layer(
    layer: Any, x: np.ndarray, *inputs: Any, rng: np.random.Generator, tolerance: float = 1e-6
) -> dict[str, Worst]:
    """Check all gradients of a layer: of its parameters, of x, and of its initial state if it has one.

    The loss is a random weighted sum of everything that `forward` returns, so that every output and final state counts.

    Parameters
    ----------
    layer : layer or cell of dtype float64
        Its `forward` returns outputs and a cache, its `backward` takes their gradients and returns the inputs'.
    x : ndarray of float64, shape (T, B, D), or of whatever shape the layer takes (of int for an `Embedding`)
    *inputs
        What else `forward` takes: state, lengths. A state's arrays are checked too.
    rng : numpy.random.Generator
        Source of the weights.
    tolerance : float

    Returns
    -------
    dict of str to Worst
        By parameter, and "x", "state[0]", "state[1]" …

    Raises
    ------
    GradientError
        When a gradient is wrong.

    """
    check_rng(rng)
    *outputs, cache = layer.forward(x, *inputs)
    weights = [_map(lambda array: rng.standard_normal(array.shape), output) for output in outputs]
    if len(weights) == 2:  # out and state; a cell has only a state, other layers only an output
        dx, dstate, grads = layer.backward(weights[0], cache, weights[1])
    else:
        dx, *dstate, grads = layer.backward(weights[0], cache)

    def loss() -> float:
        *results, _ = layer.forward(x, *inputs)
        return sum(float(np.sum(a * w)) for a, w in zip(_leaves(results), _leaves(weights)))

    arrays, grads = dict(layer.params), dict(grads)
    if dx is not None:
        arrays["x"], grads["x"] = x, dx
    if inputs and inputs[0] is not None:
        for k, (array, gradient) in enumerate(zip(_leaves(inputs[0]), _leaves(dstate))):
            arrays[f"state[{k}]"], grads[f"state[{k}]"] = array, gradient
    return gradcheck(loss, arrays, grads, tolerance=tolerance)


def _entries(size: int, max_entries: int | None, rng: np.random.Generator | None) -> np.ndarray:
    """Return the flat positions to check."""
    if max_entries is None or check_int("max_entries", max_entries) >= size:
        return np.arange(size)
    return check_rng(rng).choice(size, max_entries, replace=False)


def _worst(
    loss: Callable[[], float], array: np.ndarray, analytic: np.ndarray, eps: float, entries: np.ndarray
) -> Worst:
    """Return the entry where analytic and numerical gradient differ most."""
    numerical = np.empty(len(entries))
    for k, entry in enumerate(entries):
        kept = array.flat[entry]
        array.flat[entry] = kept + eps
        above = loss()
        array.flat[entry] = kept - eps
        below = loss()
        array.flat[entry] = kept
        numerical[k] = (above - below) / (2 * eps)
    analytic = analytic.ravel()[entries]
    errors = np.abs(analytic - numerical)
    scale = max(np.abs(analytic).max(), np.abs(numerical).max(), SMALLEST_SCALE)
    k = int(errors.argmax())
    index = tuple(map(int, np.unravel_index(entries[k], array.shape)))
    return Worst(float(errors[k] / scale), index, float(analytic[k]), float(numerical[k]))


def _map(function: Callable[[np.ndarray], Any], tree: Any) -> Any:
    """Apply a function to every array in nested tuples."""
    return tuple(_map(function, part) for part in tree) if isinstance(tree, tuple | list) else function(tree)


def _leaves(tree: Any) -> list[np.ndarray]:
    """Return the arrays in nested tuples, in order."""
    return [leaf for part in tree for leaf in _leaves(part)] if isinstance(tree, tuple | list) else [tree]
