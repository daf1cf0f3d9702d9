"""A recurrent network whose gradient can be watched on its way back: ``book/_static/touch/gradients.js``.

A notebook, and the site where scripts are off, shows a table of a few settings. The element carries the matrices in
its attribute ``data-model``, from which the script computes every number it shows.
"""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_choice, check_int, check_number
from rnn_utils.touch.embed import embed, numbers
from rnn_utils.touch.unrolled import NONLINEARITIES, Functions

SLOPES: Functions = {"tanh": lambda h: 1 - h**2, "relu": lambda h: (h > 0).astype(float), "identity": np.ones_like}
SHOWN = (1, 10, 50)  # steps back in the table
SCALES = (0.8, 1.0, 1.5)  # scales in the table


class Gradients:
    """A network h_t = f(g W h_{t−1} + w_in x_t) and the gradient of its last state. Leave it on a cell's last line.

    The loss is v · h_T with a vector v of length 1. The scale g, the matrix W, the nonlinearity f and the number of
    steps T are the reader's.

    Parameters
    ----------
    matrices : mapping of str to ndarray, shape (H, H)
        Recurrent matrices at scale 1, by what to call them. They are handed over as they are: round them in the
        notebook to keep the page small.
    w_in : ndarray, shape (H,)
        Input weights.
    x : ndarray, shape (longest,)
        One input for each step; T steps take the first T.
    v : ndarray, shape (H,)
        Direction of the loss's gradient; it is divided by its length.

    Raises
    ------
    ValueError
        When a shape is wrong, or there is no matrix.

    """

    def __init__(self, matrices: Mapping[str, np.ndarray], w_in: np.ndarray, x: np.ndarray, v: np.ndarray) -> None:
        if not matrices:
            raise ValueError("matrices: got none, wanted at least one")
        self.w_in, self.x = check_array("w_in", w_in, ("H",)), check_array("x", x, ("longest",))
        H = len(self.w_in)
        self.matrices = {name: check_array(f"matrices: {name}", W, (H, H)) for name, W in matrices.items()}
        self.v = check_array("v", v, (H,))

    def __repr__(self) -> str:
        """Return the sizes: the text form of the figure."""
        return f"Gradients({', '.join(self.matrices)}; H={len(self.w_in)}, up to {len(self.x)} steps)"

    def norms(self, matrix: str, scale: float, T: int, nonlinearity: str) -> np.ndarray:
        """Return the length of ∂L/∂h_{T−k} for k = 0 … T.

        Parameters
        ----------
        matrix : str
            Name of the recurrent matrix.
        scale : float
            g.
        T : int
            How many of the inputs are read.
        nonlinearity : {"tanh", "relu", "identity"}
            f.

        Returns
        -------
        ndarray, shape (T + 1,)
            Begins with 1.

        """
        W = check_number("scale", scale, 0) * self.matrices[check_choice("matrix", matrix, tuple(self.matrices))]
        f = NONLINEARITIES[check_choice("nonlinearity", nonlinearity, tuple(NONLINEARITIES))]
        h = [np.zeros(len(W))]
        for x in self.x[: check_int("T", T)]:
            h.append(f(W @ h[-1] + self.w_in * x))
        dh, lengths = self.v / np.linalg.norm(self.v), [1.0]
        for state in h[:0:-1]:
            dh = W.T @ (SLOPES[nonlinearity](state) * dh)
            lengths.append(float(np.linalg.norm(dh)))
        return np.array(lengths)

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON: largest singular value and spectral radius with each matrix."""
        facts = {
            name: {
                "W": numbers(W),
                "sigma": round(float(np.linalg.norm(W, 2)), 6),
                "rho": round(float(np.abs(np.linalg.eigvals(W)).max()), 6),
            }
            for name, W in self.matrices.items()
        }
        return {"matrices": facts, "w_in": numbers(self.w_in), "x": numbers(self.x), "v": numbers(self.v)}

    def _repr_html_(self) -> str:
        """Return a table of some settings, with the model in an attribute."""
        distances = (*(k for k in SHOWN if k < len(self.x)), len(self.x))
        heads = ("matrix", "function", "scale", *(f"{k} step{'s' * (k > 1)} back" for k in distances))
        rows = []
        for name in self.matrices:
            for nonlinearity in ("tanh", "relu"):
                for scale in SCALES:
                    lengths = self.norms(name, scale, len(self.x), nonlinearity)
                    cells = (name, nonlinearity, scale, *(f"{lengths[k]:.0e}" for k in distances))
                    rows.append("".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells))
        return embed(
            "gradients",
            self.model(),
            f"<table><caption>Length of the gradient some steps back, {len(self.x)} steps in all</caption>\n<thead><tr>"
            + "".join(f'<th scope="col">{head}</th>' for head in heads)
            + "</tr></thead>\n<tbody>\n"
            + "".join(f"<tr>{row}</tr>\n" for row in rows)
            + "</tbody></table>",
            classes="gradients touch-frame",
        )
