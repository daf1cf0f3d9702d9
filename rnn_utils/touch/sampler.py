"""A trained character model that writes in the page: temperature, top-k and a beginning of the reader's own.

A notebook, and the site where scripts are off, shows a text that the model wrote. The element carries the weights in
its attribute ``data-model``, one byte each, from which ``book/_static/touch/sampler.js`` computes everything.
"""

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_utils.checks import check_array
from rnn_utils.functional import softmax
from rnn_utils.touch.embed import embed

LEVELS = 127  # a signed byte: −127 … 127


def rounded(w: Any) -> np.ndarray:
    """Return weights rounded to multiples of their largest magnitude / 127: what a byte each can hold.

    Parameters
    ----------
    w : array_like, any shape
        One array of weights.

    Returns
    -------
    ndarray, the shape of `w`

    """
    codes, scale = quantise(w)
    return codes * scale


class Sampler:
    """A recurrent language model of characters, to write with. Leave an instance on the last line of a cell.

    It computes h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh) from h_0 = 0 and the logits z_t = W h_t + b, with
    every array `rounded`.

    Parameters
    ----------
    params : mapping of str to ndarray
        Of a `LanguageModel` with a tanh `RNN`: ``rnn.weight_ih (H, V)``, ``rnn.weight_hh (H, H)``,
        ``rnn.bias_ih (H,)``, ``rnn.bias_hh (H,)``, ``linear.weight (V, H)``, ``linear.bias (V,)``.
    tokens : sequence of str, length V
        The characters, by number.
    prompt : str
        What the text begins with, at first.
    example : str
        What the model wrote after it: shown where scripts do not run.

    Raises
    ------
    KeyError, ValueError
        When a parameter is missing or a shape is wrong, or the prompt is empty or has an unknown character.

    """

    def __init__(self, params: Mapping[str, np.ndarray], tokens: Sequence[str], prompt: str, example: str) -> None:
        self.tokens, self.prompt, self.example = list(tokens), prompt, example
        V, H = len(self.tokens), len(params["rnn.bias_hh"])
        shapes = {"rnn.weight_ih": (H, V), "rnn.weight_hh": (H, H), "rnn.bias_ih": (H,), "rnn.bias_hh": (H,)}
        shapes |= {"linear.weight": (V, H), "linear.bias": (V,)}
        self.params = {name: check_array(name, params[name], shape) for name, shape in shapes.items()}
        if not prompt or set(prompt) - set(self.tokens):
            raise ValueError(f"prompt: got {prompt!r}, wanted at least one of the {V} characters, and no other")

    def __repr__(self) -> str:
        """Return the sizes: the text form of the sampler."""
        return f"Sampler({len(self.tokens)} characters, H={len(self.params['rnn.bias_hh'])})"

    def logits(self, text: str) -> np.ndarray:
        """Return the scores of the next character after each one of a text, (T, V): what the script computes."""
        p = {name: rounded(array) for name, array in self.params.items()}
        h, scores = np.zeros(len(p["rnn.bias_hh"])), []
        for character in text:
            from_input = p["rnn.weight_ih"][:, self.tokens.index(character)] + p["rnn.bias_ih"]
            h = np.tanh(from_input + p["rnn.weight_hh"] @ h + p["rnn.bias_hh"])
            scores.append(p["linear.weight"] @ h + p["linear.bias"])
        return np.array(scores)

    def probabilities(self, text: str, tau: float, k: int) -> np.ndarray:
        """Return the probability of every character to come next, (V,), at temperature `tau` among the k likeliest."""
        z = self.logits(text)[-1]
        kept = np.full_like(z, -np.inf)
        best = np.argsort(-z, kind="stable")[:k]
        kept[best] = z[best]
        return softmax((kept - z.max()) / tau)

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON: bytes as base64, row by row."""
        weights: dict[str, Any] = {}
        for name, array in self.params.items():
            codes, scale = quantise(array)
            weights[name] = {"shape": array.shape, "scale": scale, "bytes": base64.b64encode(codes.tobytes()).decode()}
        return {"tokens": self.tokens, "prompt": self.prompt, "weights": weights}

    def _repr_html_(self) -> str:
        """Return the example, with the model in an attribute."""
        return embed(
            "sampler",
            self.model(),
            f"<p>The model was given <code>{html.escape(repr(self.prompt))}</code> and went on:</p>\n"
            f"<pre>{html.escape(self.example)}</pre>",
        )


def quantise(w: Any) -> tuple[np.ndarray, float]:
    """Return int8 codes, the shape of `w`, and their unit: the product is closest to `w`."""
    w = np.asarray(w, np.float64)
    scale = float(np.abs(w).max(initial=0)) / LEVELS or 1.0
    return np.rint(w / scale).astype(np.int8), scale
