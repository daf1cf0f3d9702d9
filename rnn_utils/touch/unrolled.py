"""A recurrent network, step by step: ``book/_static/touch/unrolled.js``."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_choice
from rnn_utils.data.tokens import words
from rnn_utils.functional import sigmoid, softmax
from rnn_utils.touch.embed import embed, numbers

Functions = dict[str, Callable[[np.ndarray], np.ndarray]]
NONLINEARITIES: Functions = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "identity": lambda a: a}
OUTPUTS: Functions = {"softmax": softmax, "sigmoid": sigmoid, "linear": lambda o: o}
UNITS = ("word", "character")


class Unrolled:
    """A recurrent network to be stepped through, one element of a text at a time: ``book/_static/touch/unrolled.js``.

    It computes h_t = f(W_ih x_t + W_hh h_{t−1} + b) from h_0 = 0, and ŷ_t = g(W_hy h_t + b_y). Leave an instance on
    the last line of a cell.

    Parameters
    ----------
    tokens : sequence of str, length V
        What a text may consist of, by number.
    weights : mapping of str to ndarray
        ``W_ih (H, D)``, ``W_hh (H, H)``, ``b (H,)``, ``W_hy (O, H)``, ``b_y (O,)``. They are handed over as they are:
        round them in the notebook, and use the rounded ones there, to keep the page small.
    texts : sequence of str
        Texts to choose from. The first is shown at once.
    inputs : ndarray, shape (V, D), optional
        The vector of each token; one-hot without it, with D = V.
    unit : {"word", "character"}
        What a token is.
    nonlinearity : {"tanh", "relu", "identity"}
        The function f.
    output : {"softmax", "sigmoid", "linear"}
        The function g.
    outputs : sequence of str, length O, optional
        Names of the outputs; the tokens without it.
    title : str
        What the network does, for the table's caption and for screen readers.

    Raises
    ------
    TypeError, ValueError
        When a shape or a choice is wrong, or a text has an unknown token.

    """

    def __init__(
        self,
        tokens: Sequence[str],
        weights: Mapping[str, np.ndarray],
        texts: Sequence[str],
        *,
        inputs: np.ndarray | None = None,
        unit: str = "word",
        nonlinearity: str = "tanh",
        output: str = "softmax",
        outputs: Sequence[str] | None = None,
        title: str = "A recurrent network, step by step",
    ) -> None:
        self.tokens, self.texts, self.title = list(tokens), list(texts), title
        self.outputs = self.tokens if outputs is None else list(outputs)
        self.inputs = inputs
        self.unit = check_choice("unit", unit, UNITS)
        self.nonlinearity = check_choice("nonlinearity", nonlinearity, tuple(NONLINEARITIES))
        self.output = check_choice("output", output, tuple(OUTPUTS))
        if inputs is not None:
            self.inputs = check_array("inputs", inputs, (len(self.tokens), "D"))
        D = len(self.tokens) if self.inputs is None else self.inputs.shape[1]
        H, answers = np.shape(weights["b"])[0], len(self.outputs)
        shapes = {"W_ih": (H, D), "W_hh": (H, H), "b": (H,), "W_hy": (answers, H), "b_y": (answers,)}
        self.weights = {name: check_array(f"weights: {name}", weights[name], shape) for name, shape in shapes.items()}
        for text in self.texts:
            self.encode(text)

    def __repr__(self) -> str:
        """Return the sizes: the text form of the figure."""
        return f"Unrolled({len(self.tokens)} tokens, H={len(self.weights['b'])}, {len(self.outputs)} outputs)"

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens; ValueError names one that is unknown."""
        parts = words(text) if self.unit == "word" else list(text)
        unknown = [part for part in parts if part not in self.tokens]
        if unknown:
            raise ValueError(f"text: {unknown[0]!r} in {text!r} is not among the {len(self.tokens)} tokens")
        return [self.tokens.index(part) for part in parts]

    def forward(self, text: str, *, cut: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Read a text.

        Parameters
        ----------
        text : str
            T tokens.
        cut : bool
            Set W_hh to zero: cut the loop.

        Returns
        -------
        h : ndarray, shape (T, H)
            The state after each step.
        y : ndarray, shape (T, O)
            The output at each step.

        """
        w, ids = self.weights, self.encode(text)
        inputs = np.eye(len(self.tokens)) if self.inputs is None else self.inputs
        h, after = np.zeros(len(w["b"])), []
        for x in inputs[ids]:
            h = NONLINEARITIES[self.nonlinearity](w["W_ih"] @ x + (0 if cut else w["W_hh"] @ h) + w["b"])
            after.append(h)
        states = np.array(after)
        return states, OUTPUTS[self.output](states @ w["W_hy"].T + w["b_y"])

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON."""
        return {
            **{name: getattr(self, name) for name in ("tokens", "outputs", "texts", "title")},
            **{name: getattr(self, name) for name in ("unit", "nonlinearity", "output")},
            "inputs": None if self.inputs is None else numbers(self.inputs),
            "weights": {name: numbers(weight) for name, weight in self.weights.items()},
        }

    def _repr_html_(self) -> str:
        """Return the table, with the model in its attribute."""
        h, y = self.forward(self.texts[0])
        rows = "".join(map(self._row, range(len(h)), self.encode(self.texts[0]), h, y))
        heads = "".join(f'<th scope="col">{name}</th>' for name in ("step", "reads", "state", "answers"))
        return embed(
            "unrolled",
            self.model(),
            f"<table><caption>{html.escape(self.title)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
            f"<tbody>\n{rows}</tbody></table>",
        )

    def _row(self, t: int, token: int, h: np.ndarray, y: np.ndarray) -> str:
        """Return the table's row of one step: at most eight numbers of the state, and the largest output."""
        state = " ".join(f"{value:.2f}" for value in h[:8] + 0.0) + (" …" if len(h) > 8 else "")
        best = int(y.argmax())
        cells = (t + 1, self.tokens[token], state, f"{self.outputs[best]} {y[best]:.2f}")
        return f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}</tr>\n"
