"""Chapter 06's derivation, done again by computer algebra: T = 3, H = 1, every term of every gradient.

The symbolic side knows the network and the loss, and differentiates; it uses none of the chapter's formulas. Each step
has its own copy of every parameter, so that the terms of the sums over time can be told apart. What is compared with it
is the page's own code, taken from the notebook, its equations as printed, and `rnn_utils.RNN`.
"""

import numpy as np
import pytest
from structure import ROOT, Chapter

from rnn_utils import RNN

sympy = pytest.importorskip("sympy")

T = 3
NAMES = {"weight_ih": "u", "weight_hh": "w", "bias_ih": "b", "bias_hh": "c"}
VALUES = {"u": 0.7, "w": -1.3, "b": 0.2, "c": -0.4, "h0": 0.6, "x": (0.5, -1.1, 0.9), "y": (0.3, -0.2, 0.8)}


class Symbolic:
    """The network with a copy of its parameters for each step, its states and the loss ½ Σ (h_t − y_t)²."""

    def __init__(self):
        self.copies = {name: sympy.symbols(f"{name}1:{T + 1}") for name in "uwbc"}
        self.x, self.y = sympy.symbols(f"x1:{T + 1}"), sympy.symbols(f"y1:{T + 1}")
        self.h0 = sympy.Symbol("h0")
        self.h, self.losses = [self.h0], []
        for u, w, b, c, x, y in zip(*self.copies.values(), self.x, self.y):
            self.h.append(sympy.tanh(u * x + b + w * self.h[-1] + c))
            self.losses.append((self.h[-1] - y) ** 2 / 2)
        self.loss = sum(self.losses)
        self.point = {self.h0: VALUES["h0"]}
        self.point |= dict(zip((*self.x, *self.y), (*VALUES["x"], *VALUES["y"])))
        self.point |= {copy: VALUES[name] for name, copies in self.copies.items() for copy in copies}

    def __call__(self, expression):
        return float(expression.subs(self.point))

    def derivative(self, of, by):
        return self(sympy.diff(of, by))


def column(numbers):
    """Numbers as an array (T, 1, 1)."""
    return np.array(numbers, dtype=float).reshape(-1, 1, 1)


@pytest.fixture(scope="module")
def symbolic():
    return Symbolic()


@pytest.fixture(scope="module")
def page():
    """The functions that the chapter defines, from the cells that define them."""
    names, wanted = {"np": np}, ("def forward(", "def by_distance(", "def truncated_bptt(")
    for cell in Chapter(ROOT / "book" / "06_backpropagation_through_time.ipynb").code:
        if cell.source.startswith(wanted):
            exec(cell.source.split("\n\n\n")[0], names)  # the functions, without the lines that use them
            if "def bptt(" in cell.source:
                exec(cell.source.split("\n\n\n")[1], names)
    return names


@pytest.fixture(scope="module")
def problem(page):
    p = {name: np.array([[VALUES[s]]]) if "weight" in name else np.array([VALUES[s]]) for name, s in NAMES.items()}
    x = column(VALUES["x"])
    h = page["forward"](p, x, np.array([[VALUES["h0"]]]))
    return p, x, h, h[1:] - column(VALUES["y"])


def test_states(symbolic, problem):
    np.testing.assert_allclose(problem[2].ravel(), [symbolic(h) for h in symbolic.h], rtol=1e-12)


def test_all_gradients_of_the_page_and_of_the_package(symbolic, page, problem):
    p, x, h, dout = problem
    layer = RNN(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    for name, array in p.items():
        layer.params[name][...] = array
    dx_layer, dh0_layer, layer_grads = layer.backward(dout, layer.forward(x, h[0])[2])
    for grads, dx, dh0 in (page["bptt"](p, x, h, dout), (layer_grads, dx_layer, dh0_layer)):
        for name, s in NAMES.items():
            wanted = sum(symbolic.derivative(symbolic.loss, copy) for copy in symbolic.copies[s])
            np.testing.assert_allclose(grads[name].item(), wanted, rtol=1e-12)
        wanted = [symbolic.derivative(symbolic.loss, x_t) for x_t in symbolic.x]
        np.testing.assert_allclose(dx.ravel(), wanted, rtol=1e-12)
        np.testing.assert_allclose(dh0.item(), symbolic.derivative(symbolic.loss, symbolic.h0), rtol=1e-12)


def test_each_term_of_the_sum_over_time(symbolic, problem):
    """∂L/∂a_t h_{t−1}, with the recursion as the page prints it, is the gradient of copy t of the weight."""
    x, h, dout = (part.ravel() for part in problem[1:])
    da = 0.0
    for t in range(T, 0, -1):
        da = (1 - h[t] ** 2) * (dout[t - 1] + VALUES["w"] * da)
        terms = {"w": h[t - 1], "u": x[t - 1], "b": 1.0, "c": 1.0}
        for s, factor in terms.items():
            wanted = symbolic.derivative(symbolic.loss, symbolic.copies[s][t - 1])
            np.testing.assert_allclose(da * factor, wanted, rtol=1e-12)


def test_each_term_of_the_sum_over_time_is_the_same_expression(symbolic):
    """The same recursion in symbols: the difference of the two sides is zero for all numbers, not for ours alone."""
    w = symbolic.copies["w"]
    da = sympy.Integer(0)
    for t in range(T, 0, -1):
        back = w[t] * da if t < T else 0  # through the copy that step t + 1 uses
        da = (1 - symbolic.h[t] ** 2) * (symbolic.h[t] - symbolic.y[t - 1] + back)
        for s, factor in {"w": symbolic.h[t - 1], "u": symbolic.x[t - 1], "b": 1, "c": 1}.items():
            difference = sympy.diff(symbolic.loss, symbolic.copies[s][t - 1]) - da * factor
            assert sympy.expand(difference) == 0


def test_each_term_of_the_double_sum_by_distance(symbolic, page, problem):
    """Part j holds the effect of copy t − j of W_hh on the loss of step t, summed over t."""
    p, _, h, dout = problem
    parts = page["by_distance"](p, h, dout, T)
    for j in range(T):
        wanted = sum(symbolic.derivative(symbolic.losses[t], symbolic.copies["w"][t - j]) for t in range(j, T))
        np.testing.assert_allclose(parts[j].item(), wanted, rtol=1e-12)


def test_total_derivative_is_the_immediate_one_and_what_comes_through_the_state_before(symbolic):
    """∂h_t/∂w = ∂⁺h_t/∂w + ∂h_t/∂h_{t−1} ∂h_{t−1}/∂w, where ∂⁺ nudges copy t alone."""
    total = 0.0
    for t in range(1, T + 1):
        h, copies = symbolic.h, symbolic.copies["w"]
        slope = 1 - symbolic(h[t]) ** 2
        immediate = symbolic.derivative(h[t], copies[t - 1])
        np.testing.assert_allclose(immediate, slope * symbolic(h[t - 1]), rtol=1e-12)
        total = immediate + slope * VALUES["w"] * total
        np.testing.assert_allclose(total, sum(symbolic.derivative(h[t], copy) for copy in copies), rtol=1e-12)


def test_truncation_drops_exactly_the_terms_that_cross_a_border(symbolic, page, problem):
    """Pieces of two steps: losses 1 and 2 with uses 1 and 2, loss 3 with use 3."""
    p, x, h, dout = problem
    kept = ((0, 0), (1, 0), (1, 1), (2, 2))
    wanted = sum(symbolic.derivative(symbolic.losses[t], symbolic.copies["w"][s]) for t, s in kept)
    found = page["truncated_bptt"](p, x, h, dout, 2)["weight_hh"].item()
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_numbers_on_the_arrows_of_the_drawing():
    """The two-step case worked by hand: what bptt_paths.svg shows."""
    w, h0 = 0.5, 0.4
    h1 = np.tanh(0.3 + w * h0)
    h2 = np.tanh(-1.0 + w * h1)
    arrows = ((1 - h1**2) * h0, (1 - h2**2) * h1, (1 - h2**2) * w, h1, h2 - 1)
    drawing = (ROOT / "book" / "figures" / "bptt_paths.svg").read_text("utf8").replace("−", "-")
    assert [f">{number:.4f}<" in drawing for number in arrows] == [True] * 5
