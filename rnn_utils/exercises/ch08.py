"""Checks of chapter 08, Vanishing and exploding gradients."""

from typing import Any

import numpy as np

from rnn_utils.exercises.feedback import Exercise, Mistake


def lengths(h, weight_hh, v):
    """Length of the gradient of h_T, h_{T−1}, …, h_0: (T + 1,), for a tanh network and the gradient v at h_T."""
    return going_back(h, weight_hh, v)


def going_back(h: np.ndarray, weight_hh: np.ndarray, v: np.ndarray, slope: str = "after") -> np.ndarray:
    """The walk back; `slope` says of which state the slope is taken."""
    found, T = [np.linalg.norm(v)], len(h) - 1
    for t in range(T, 0, -1):
        slopes = {"after": 1 - h[t] ** 2, "before": 1 - h[t - 1] ** 2, "none": np.ones_like(v), "linear": 1 - h[t]}
        v = (1 - h[t] ** 2) * (v @ weight_hh) if slope == "late" else (slopes[slope] * v) @ weight_hh
        found.append(np.linalg.norm(v))
    return np.array(found)


def product_of_norms(h, weight_hh, v):
    """The upper bound instead of the length."""
    found = [np.linalg.norm(v)]
    for t in range(len(h) - 1, 0, -1):
        found.append(found[-1] * np.linalg.norm(np.diag(1 - h[t] ** 2) @ weight_hh, 2))
    return np.array(found)


def make_walk(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """States of a network that really ran, the matrix and a gradient."""
    cases = []
    for T, H in ((6, 4), (1, 3), (9, 5)):
        weight_hh, h = 1.4 * rng.normal(size=(H, H)) / np.sqrt(H), [rng.uniform(-0.5, 0.5, H)]
        for a in rng.normal(size=(T, H)):
            h.append(np.tanh(a + weight_hh @ h[-1]))
        cases.append((np.array(h), weight_hh, rng.normal(size=H)))
    return cases


check_lengths = Exercise(
    name="lengths",
    solution=lengths,
    cases=make_walk,
    axes={"weight_hh": "H H"},
    mistakes=(
        Mistake(
            "no slope",
            lambda h, weight_hh, v: going_back(h, weight_hh, v, slope="none"),
            "the slope of tanh is missing: a step back is W_hhᵀ diag(1 − h_t²)",
        ),
        Mistake(
            "slope after the matrix",
            lambda h, weight_hh, v: going_back(h, weight_hh, v, slope="late"),
            "the slope comes first on the way back: (slope * v) @ weight_hh",
        ),
        Mistake(
            "h not squared",
            lambda h, weight_hh, v: going_back(h, weight_hh, v, slope="linear"),
            "the slope of tanh is 1 − h², not 1 − h",
        ),
        Mistake(
            "slope of the state before",
            lambda h, weight_hh, v: going_back(h, weight_hh, v, slope="before"),
            "the slope was taken one state too early: from h_t to h_{t−1} it is 1 − h_t²",
        ),
        Mistake(
            "not transposed",
            lambda h, weight_hh, v: going_back(h, weight_hh.T, v),
            "that goes forwards through W_hh: back it is W_hhᵀ, with a row v @ weight_hh",
        ),
        Mistake(
            "product of norms",
            product_of_norms,
            "the product of norms is only a bound: carry the vector back, then take its length",
        ),
        Mistake(
            "first is missing",
            lambda h, weight_hh, v: going_back(h, weight_hh, v)[1:],
            "the length at h_T itself is missing: T + 1 numbers, the first is the length of v",
        ),
        Mistake(
            "from h_0",
            lambda h, weight_hh, v: going_back(h, weight_hh, v)[::-1],
            "these are the lengths from h_0 to h_T: the first is wanted at h_T",
        ),
        Mistake(
            "squared",
            lambda h, weight_hh, v: going_back(h, weight_hh, v) ** 2,
            "these are the squares of the lengths: take the root",
        ),
    ),
)


def orthogonal(a):
    """The orthogonal matrix with the singular vectors of a: (H, H)."""
    u, _, vt = np.linalg.svd(a)
    return u @ vt


def make_square(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Square matrices, none of them symmetric."""
    return [(rng.normal(size=(n, n)),) for n in (3, 5, 8)]


check_orthogonal = Exercise(
    name="orthogonal",
    solution=orthogonal,
    cases=make_square,
    axes={"a": "H H", "result": "H H"},
    mistakes=(
        Mistake(
            "largest singular value",
            lambda a: a / np.linalg.norm(a, 2),
            "only the largest singular value is 1 now: set all of them to 1",
        ),
        Mistake(
            "spectral radius",
            lambda a: a / np.abs(np.linalg.eigvals(a)).max(),
            "that sets the largest eigenvalue to 1, not the singular values",
        ),
        Mistake(
            "columns",
            lambda a: a / np.linalg.norm(a, axis=0),
            "the columns have length 1, but they are not at right angles to each other",
        ),
        Mistake(
            "v not transposed",
            lambda a: np.linalg.svd(a)[0] @ np.linalg.svd(a)[2].T,
            "np.linalg.svd returns Vᵀ already: do not transpose it again",
        ),
        Mistake(
            "v first",
            lambda a: np.linalg.svd(a)[2] @ np.linalg.svd(a)[0],
            "orthogonal, but in the wrong order: a is U diag(s) Vᵀ, so U comes first",
        ),
        Mistake(
            "transposed",
            lambda a: orthogonal(a).T,
            "that is the transposed matrix: it takes the directions out back to those in",
        ),
        Mistake(
            "qr",
            lambda a: np.linalg.qr(a)[0],
            "orthogonal, but with other singular vectors than a: use the SVD",
        ),
    ),
)


def leaky_back(n, z, dout, weight_hh):
    """Gradients at the pre-activations (T, B, H) and at h_0 (B, H) of a leaky layer."""
    return leaky(n, z, dout, weight_hh)


def leaky(
    n: np.ndarray,
    z: float,
    dout: np.ndarray,
    weight_hh: np.ndarray,
    keep: bool = True,
    write: bool = True,
    slope: bool = True,
    last: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The walk back, from which each mistake takes something away; `last` leaves out all losses but the last."""
    da, dh = np.empty_like(n), np.zeros_like(n[0])
    for t in range(len(n) - 1, -1, -1):
        dh = dh + (0 if last and t < len(n) - 1 else dout[t])
        da[t] = (1 - z if write else 1) * (1 - n[t] ** 2 if slope else 1) * dh
        dh = (z * dh if keep else 0) + da[t] @ weight_hh
    return da, dh


def undamped(n, z, dout, weight_hh):
    """The whole gradient goes over the leak."""
    da, dh = np.empty_like(n), np.zeros_like(n[0])
    for t in range(len(n) - 1, -1, -1):
        dh = dh + dout[t]
        da[t] = (1 - z) * (1 - n[t] ** 2) * dh
        dh = dh + da[t] @ weight_hh
    return da, dh


def make_leaky(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Candidates of a leaky layer that really ran, with a gradient from outside at every step."""
    cases = []
    for (T, B, H), z in (((5, 2, 4), 0.9), ((1, 3, 2), 0.3), ((7, 1, 3), 0.6)):
        weight_hh, h, n = 2 * rng.normal(size=(H, H)) / np.sqrt(H), np.zeros((B, H)), []
        for a in rng.normal(size=(T, B, H)):
            n.append(np.tanh(a + h @ weight_hh.T))
            h = z * h + (1 - z) * n[-1]
        cases.append((np.array(n), z, rng.normal(size=(T, B, H)), weight_hh))
    return cases


check_leaky_back = Exercise(
    name="leaky_back",
    solution=leaky_back,
    cases=make_leaky,
    label="the gradient of {}",
    returns=("a", "h0"),
    axes={"dout": "T B H", "weight_hh": "H H", "a": "T B H", "h0": "B H"},
    mistakes=(
        Mistake(
            "no leak",
            lambda n, z, dout, weight_hh: leaky(n, z, dout, weight_hh, keep=False),
            "the gradient goes back through W_hh only: z times the gradient is handed on as well",
        ),
        Mistake(
            "undamped",
            undamped,
            "the whole gradient goes over the leak: h_{t−1} enters h_t with the factor z",
        ),
        Mistake(
            "the parts exchanged",
            lambda n, z, dout, weight_hh: leaky(n, 1 - z, dout, weight_hh),
            "z and 1 − z are exchanged: z belongs to the old state, 1 − z to the candidate",
        ),
        Mistake(
            "not transposed",
            lambda n, z, dout, weight_hh: leaky(n, z, dout, weight_hh.T),
            "that goes forwards through W_hh: back it is W_hhᵀ, with rows da[t] @ weight_hh",
        ),
        Mistake(
            "last loss only",
            lambda n, z, dout, weight_hh: leaky(n, z, dout, weight_hh, last=True),
            "only dout of the last step has come in: every step adds its own",
        ),
        Mistake(
            "1 − z missing",
            lambda n, z, dout, weight_hh: leaky(n, z, dout, weight_hh, write=False),
            "the factor 1 − z is missing: the candidate enters the state with it",
        ),
        Mistake(
            "no slope",
            lambda n, z, dout, weight_hh: leaky(n, z, dout, weight_hh, slope=False),
            "the slope of tanh is missing: 1 − n_t², of the candidate, not of the state",
        ),
    ),
)

EXERCISES = (check_lengths, check_orthogonal, check_leaky_back)
