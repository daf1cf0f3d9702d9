"""One memory cell whose gates the reader sets: every step's i, f, g and o by hand, and what they do to c and h.

A notebook, and the site where scripts are off, shows a table. The element carries the same numbers in its attribute
``data-model``, from which ``book/_static/touch/lstm_cell.js`` computes everything again when a slider moves.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_utils.checks import check_array
from rnn_utils.touch.embed import embed

GATES = {"i": (0.0, 1.0), "f": (0.0, 1.0), "g": (-1.0, 1.0), "o": (0.0, 1.0)}  # the range of each


class GatedCell:
    """One cell of an LSTM with given gates, to touch. Leave an instance on the last line of a cell.

    ::

        c_t = f_t c_{t−1} + i_t g_t        from c_0 = 0
        h_t = o_t tanh(c_t)
        ∂c_T/∂c_t = f_{t+1} … f_T          no gate depends on h, so this is all

    Parameters
    ----------
    tokens : sequence of str, length T
        What is read at each step.
    settings : mapping of str to mapping of str to array_like, shape (T,)
        Settings to choose from, by name: each has the gates ``i``, ``f``, ``o`` in [0, 1] and the candidate ``g`` in
        [−1, 1] of every step. The last one is shown first.
    title : str
        What the figure is called.

    Raises
    ------
    ValueError
        When there is no token or no setting, a gate is missing, has another length, or is out of its range.

    References
    ----------
    Gers, Schmidhuber and Cummins (2000), Learning to forget.

    """

    def __init__(self, tokens: Sequence[str], settings: Mapping[str, Mapping[str, Any]], title: str) -> None:
        self.tokens, self.title = list(tokens), title
        if not self.tokens or not settings:
            raise ValueError(f"got {len(self.tokens)} tokens and {len(settings)} settings, wanted at least one of each")
        self.settings = {name: self._gates(name, gates) for name, gates in settings.items()}

    def __repr__(self) -> str:
        """Return the sizes: the text form of the figure."""
        return f"GatedCell({len(self.tokens)} steps, {len(self.settings)} settings)"

    def run(self, gates: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return c (T,), h (T,) and the gradient's path ∂c_T/∂c_t (T,): what the script computes."""
        i, f, g, o = (np.asarray(gates[name], np.float64) for name in GATES)
        T = len(self.tokens)
        c, path = np.zeros(T), np.ones(T)
        for t in range(T):
            c[t] = f[t] * (c[t - 1] if t else 0.0) + i[t] * g[t]
        for t in reversed(range(T - 1)):
            path[t] = path[t + 1] * f[t + 1]
        return c, o * np.tanh(c), path

    def model(self) -> dict[str, Any]:
        """Return what the script reads, ready for JSON."""
        settings = {
            name: {gate: values.tolist() for gate, values in gates.items()} for name, gates in self.settings.items()
        }
        return {"title": self.title, "tokens": self.tokens, "settings": settings}

    def _gates(self, setting: str, gates: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return the checked gates of one setting."""
        checked = {}
        for name, (low, high) in GATES.items():
            if name not in gates:
                raise ValueError(f"settings[{setting!r}]: got {sorted(gates)}, wanted {name!r} too")
            label = f"settings[{setting!r}][{name!r}]"
            values = check_array(label, gates[name], (len(self.tokens),)).astype(np.float64)
            if values.min() < low or values.max() > high:
                raise ValueError(f"{label}: got {values.min():g} … {values.max():g}, wanted {low:g} … {high:g}")
            checked[name] = values
        return checked

    def _repr_html_(self) -> str:
        """Return a table of the last setting, with all settings in an attribute."""
        name, gates = next(reversed(self.settings.items()))
        columns = [*(gates[gate] for gate in GATES), *self.run(gates)]
        rows = "".join(
            f'<tr><th scope="row">{html.escape(token)}</th>{"".join(f"<td>{_signed(v[t])}</td>" for v in columns)}</tr>'
            for t, token in enumerate(self.tokens)
        )
        heads = "".join(f'<th scope="col">{head}</th>' for head in ("step", *GATES, "c", "h", "reaches the end"))
        return embed(
            "lstm-cell",
            self.model(),
            '<div class="scroll" tabindex="0">'
            f"<table>\n<caption>{html.escape(self.title)}: {html.escape(name)}</caption>\n"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody>\n</table></div>",
        )


def _signed(value: float) -> str:
    """Return a number with two digits and a true minus sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
