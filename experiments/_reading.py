"""Read with a trained network of the page "RNN Explainer" and change gates and states on the way, as the page does.

It is the NumPy side of ``book/_static/explainer/model.js``: the same names, the same order, and for a network that is
left alone the numbers of `LanguageModel.forward`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_utils.functional import log_softmax, sigmoid
from rnn_utils.models import LanguageModel

GATES = {1: "h", 3: "rzn", 4: "ifgo"}


class Change(NamedTuple):
    """A change of the network while it reads, at the steps `first` to `last`.

    `what` is a gate, "h" or "c" before a step is read, or "held": the state of the cell as the step has computed it, c
    in an LSTM. `units` is one of them, several, or all.
    """

    what: str
    value: Any  # a number, or one for each unit
    units: Any = slice(None)
    first: int = 0
    last: int = 1_000_000_000


class Reading(NamedTuple):
    """What every step of reading (T, B) characters has computed."""

    h: np.ndarray  # (T, B, H)
    c: np.ndarray  # (T, B, H); without an LSTM the same as h
    gates: dict[str, np.ndarray]  # (T, B, H) each
    logp: np.ndarray  # (T, B, V), of the next character


def read(model: LanguageModel, x: Any, changes: Sequence[Change] = ()) -> Reading:
    """Read from zero; x holds the numbers of characters (T, B), or any vectors (T, B, V)."""
    p, x = model.params, np.asarray(x)
    W_ih, W_hh = p["rnn.weight_ih"], p["rnn.weight_hh"]
    H, k = W_hh.shape[1], len(W_hh) // W_hh.shape[1]
    a_x = (W_ih.T[x] if x.ndim == 2 else x @ W_ih.T) + p["rnn.bias_ih"]
    h, c = np.zeros((2, x.shape[1], H), a_x.dtype)
    kept: list[tuple[np.ndarray, ...]] = []
    for t in range(len(x)):

        def edit(values: np.ndarray, what: str, t: int = t) -> np.ndarray:
            acting = [one for one in changes if one.what == what and one.first <= t <= one.last]
            for one in acting:
                values = values.copy()
                values[:, one.units] = one.value
            return values

        h, c = edit(h, "h"), edit(c, "c")
        parts = np.split(a_x[t], k, axis=-1), np.split(h @ W_hh.T + p["rnn.bias_hh"], k, axis=-1)
        h, c, *gates = STEPS[k](*parts, h, c, edit)
        kept.append((h, c, *gates))
    arrays = [np.stack(each) for each in zip(*kept, strict=True)]
    logits = arrays[0] @ p["linear.weight"].T + p["linear.bias"]
    gates_by_name = dict(zip(GATES[k], arrays[2:], strict=False))
    return Reading(arrays[0], arrays[1], gates_by_name, log_softmax(logits))


def _rnn(a_x: Any, a_h: Any, h: np.ndarray, c: np.ndarray, edit: Any) -> tuple[np.ndarray, ...]:
    """One step of a tanh network."""
    h = edit(np.tanh(a_x[0] + a_h[0]), "held")
    return h, h


def _gru(a_x: Any, a_h: Any, h: np.ndarray, c: np.ndarray, edit: Any) -> tuple[np.ndarray, ...]:
    """One step of a GRU."""
    r, z = edit(sigmoid(a_x[0] + a_h[0]), "r"), edit(sigmoid(a_x[1] + a_h[1]), "z")
    n = edit(np.tanh(a_x[2] + r * a_h[2]), "n")
    h = edit((1 - z) * n + z * h, "held")
    return h, h, r, z, n


def _lstm(a_x: Any, a_h: Any, h: np.ndarray, c: np.ndarray, edit: Any) -> tuple[np.ndarray, ...]:
    """One step of an LSTM."""
    a = [x + y for x, y in zip(a_x, a_h, strict=True)]
    i, f, o = (edit(sigmoid(a[place]), name) for place, name in ((0, "i"), (1, "f"), (3, "o")))
    g = edit(np.tanh(a[2]), "g")
    c = edit(f * c + i * g, "held")
    return o * np.tanh(c), c, i, f, g, o


STEPS = {1: _rnn, 3: _gru, 4: _lstm}
