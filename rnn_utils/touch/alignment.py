"""A trained encoder–decoder that writes what the reader types, and shows where each step of the writing looks.

A notebook, and the site where scripts are off, shows a table of one example. The element carries the weights in its
attribute ``data-model``, one byte each, from which ``book/_static/touch/alignment.js`` computes everything.
"""

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_utils.checks import check_array
from rnn_utils.functional import sigmoid, softmax
from rnn_utils.touch.embed import embed
from rnn_utils.touch.sampler import quantise, rounded

LONGEST = 40  # characters read or written
LAYERS = {"ahead": ("encoder", ""), "behind": ("encoder", "_reverse"), "decoder": ("decoder", "")}


class Alignment:
    """An encoder–decoder with attention, to write to. Leave an instance on the last line of a cell.

    It computes what a `seq2seq.EncoderDecoder` with these parameters does, with every array `rounded` and the two
    biases of each LSTM added up before.

    Parameters
    ----------
    params : mapping of str to ndarray
        Of an `EncoderDecoder` with attention: ``encoder.weight_ih``, ``encoder.weight_ih_reverse``, … ``linear.bias``.
    source, target : sequence of str
        The characters that can be read, and those that can be written, by number.
    mark : str
        The character of `target` that ends a line.
    example : str
        What is read at first.

    Raises
    ------
    KeyError, ValueError
        When a parameter is missing or a shape is wrong, or the mark or a character of the example is unknown.

    """

    def __init__(
        self, params: Mapping[str, np.ndarray], source: Sequence[str], target: Sequence[str], mark: str, example: str
    ) -> None:
        self.source, self.target, self.mark, self.example = list(source), list(target), mark, example
        read, written, H = len(self.source), len(self.target), params["decoder.weight_hh"].shape[-1]
        self.params: dict[str, np.ndarray] = {}
        for name, (layer, end) in LAYERS.items():
            D, units = (written, H) if name == "decoder" else (read, H // 2)
            shapes = {"weight_ih": (4 * units, D), "weight_hh": (4 * units, units)}
            for key, shape in shapes.items():
                full = f"{layer}.{key}{end}"
                self.params[f"{name}.{key}"] = check_array(full, params[full], shape)
            both = [check_array(each, params[each], (4 * units,)) for each in _biases(layer, end)]
            self.params[f"{name}.bias"] = both[0] + both[1]
        for key, linear_shape in (("weight", (written, 2 * H)), ("bias", (written,))):
            self.params[f"linear.{key}"] = check_array(f"linear.{key}", params[f"linear.{key}"], linear_shape)
        if mark not in self.target:
            raise ValueError(f"mark: got {mark!r}, wanted one of {''.join(self.target)!r}")
        if not example or set(example) - set(self.source) or len(example) > LONGEST:
            raise ValueError(f"example: got {example!r}, wanted 1 to {LONGEST} of the characters that can be read")

    def __repr__(self) -> str:
        """Return the sizes: the text form of the figure."""
        H = self.params["decoder.weight_hh"].shape[-1]
        return f"Alignment({len(self.source)} characters read, {len(self.target)} written, H={H})"

    def write(self, text: str) -> tuple[str, np.ndarray]:
        """Return what the network writes of a text, up to and with the mark, and the weights of each step (U, T)."""
        p = {name: rounded(array) for name, array in self.params.items()}
        ids = [self.source.index(character) for character in text]
        ahead, end = _read(p, "ahead", ids)
        behind, start = _read(p, "behind", ids[::-1])
        memory = np.concatenate([ahead, behind[::-1]], axis=1)  # (T, H)
        h, c = (np.concatenate(pair) for pair in zip(end, start))
        written, rows, token = "", [], self.mark
        while len(written) < LONGEST and (not written or token != self.mark):
            h, c = _step(p, "decoder", self.target.index(token), h, c)
            rows.append(softmax(memory @ h))
            scores = p["linear.weight"] @ np.concatenate([h, rows[-1] @ memory]) + p["linear.bias"]
            token = self.target[int(scores.argmax())]
            written += token
        return written, np.array(rows)

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON: bytes as base64, row by row."""
        weights: dict[str, Any] = {}
        for name, array in self.params.items():
            codes, scale = quantise(array)
            weights[name] = {"shape": array.shape, "scale": scale, "bytes": base64.b64encode(codes.tobytes()).decode()}
        sizes = {"longest": LONGEST, "mark": self.mark, "example": self.example}
        return {"source": self.source, "target": self.target, **sizes, "weights": weights}

    def _repr_html_(self) -> str:
        """Return a table of the example, with the model in an attribute."""
        written, weights = self.write(self.example)
        rows = ""
        for character, row in zip(written, weights):
            seen = (_named(self.example[row.argmax()]), row.argmax() + 1, f"{row.max():.2f}")
            cells = "".join(f"<td>{html.escape(str(each))}</td>" for each in seen)
            rows += f'<tr><th scope="row">{html.escape(character)}</th>{cells}</tr>'
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("written", "looks most at", "place", "weight"))
        return embed(
            "alignment",
            self.model(),
            '<div class="scroll" tabindex="0">'
            f"<table>\n<caption>{html.escape(self.example)} → {html.escape(written)}</caption>\n"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody>\n</table></div>",
        )


def _biases(layer: str, end: str) -> tuple[str, str]:
    """Return the names of a layer's two biases."""
    return f"{layer}.bias_ih{end}", f"{layer}.bias_hh{end}"


def _step(p: Mapping[str, np.ndarray], name: str, token: int, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
    """Read one token with an LSTM: h and c, (H,) each."""
    a = p[f"{name}.weight_ih"][:, token] + p[f"{name}.weight_hh"] @ h + p[f"{name}.bias"]
    i, f, g, o = np.split(a, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _read(p: Mapping[str, np.ndarray], name: str, ids: Sequence[int]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Read all tokens with an LSTM: every h, (T, H), and the last h and c."""
    units = p[f"{name}.weight_hh"].shape[-1]
    state: tuple[np.ndarray, ...] = (np.zeros(units), np.zeros(units))
    states = []
    for token in ids:
        state = _step(p, name, token, *state)
        states.append(state[0])
    return np.array(states), state


def _named(character: str) -> str:
    """Return a character's name where it cannot be seen."""
    return "space" if character == " " else character
