"""The page's own loops for `@` and `tanh`: the same numbers as NumPy's, in a fraction of the time."""

from collections.abc import Iterator

import pytest
from run_page import Cell, cells
from warm_python import WarmPython

CHAPTER = "book/05_rnn_from_scratch.html"
# The sums of A B one term after another, element by element: what every bit of `@` must equal.
PRODUCTS = """
import numpy as np
rng = np.random.default_rng(0)

def in_order(a, b):
    c = np.zeros(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + (a.shape[-2], b.shape[-1]), a.dtype)
    for k in range(a.shape[-1]):
        c += a[..., :, k, None] * b[..., k, None, :]
    return c

def forms(x):
    wide = np.empty((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return x, x.swapaxes(-1, -2).copy().swapaxes(-1, -2), x[..., ::-1, ::-1], wide[..., ::2]

def numbers(*shape):
    return rng.normal(size=shape).astype(TYPE)

wrong, count = [], 0
for m in (1, 3, 4, 5, 9, 32):
    for n in (0, 1, 7, 40):
        for p in (1, 3, 4, 7, 8, 9, 21):
            pairs = [(a, b) for a in forms(numbers(m, n)) for b in forms(numbers(n, p))]
            pairs += [(numbers(3, m, n), numbers(3, n, p)), (numbers(3, m, n), numbers(n, p))]
            for a, b in pairs:
                out = np.full((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), m, p + 2), 7, a.dtype)
                np.matmul(a, b, out=out[..., :p])
                right, beside = in_order(a, b), out[..., p:]
                if not (np.array_equal(a @ b, right) and np.array_equal(out[..., :p], right) and (beside == 7).all()):
                    wrong.append((m, n, p, a.strides, b.strides))
                count += 1
a, b = numbers(6, 8), numbers(8, 9)
assert np.allclose(a[0] @ b, in_order(a[:1], b)[0]) and np.allclose(a @ b[:, 0], in_order(a, b[:, :1])[:, 0])
print(count, len(wrong), wrong[:3])
"""
TANH = """
import numpy as np
x = np.concatenate([np.linspace(-11, 11, 100_001), np.logspace(-37, 1, 10_001), [np.inf, -np.inf, 0.0]]).astype("f4")
exact = np.tanh(x.astype(float))
apart = np.abs(np.tanh(x) - exact) / np.spacing(np.abs(exact).astype("f4"))
print(apart.max() < 3, np.tanh(x).dtype, np.abs(np.tanh(x)).max() <= 1)
print(np.tanh(np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], "f4")), np.signbit(np.tanh(np.float32(-0.0))))
for n in range(10):
    part, held = x[40_000 : 40_000 + 3 * n : 3], np.full(2 * n + 3, 7, "f4")
    np.tanh(part, out=held[: 2 * n : 2])
    assert np.array_equal(held[: 2 * n : 2], np.tanh(part.copy())) and (held[1 : 2 * n : 2] == 7).all(), n
    np.tanh(part.copy(), out=held[:n])
    assert np.array_equal(held[:n], np.tanh(part)) and (held[2 * n :] == 7).all(), n
"""
# `np.dot` and tanh in float64 are as Pyodide has them.
SPEED = """
import numpy as np, time
def least(f):
    times = []
    for _ in range(9):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)
for kind, factor in ("f4", 3), ("f8", 2):
    a, b = np.ones((64, 256), kind), np.ones((256, 256), kind)
    print(kind, least(lambda: np.dot(a, b)) > factor * least(lambda: a @ b))
x = np.linspace(-3, 3, 200_000)
y = x.astype("f4")
print("tanh", least(lambda: np.tanh(x)) > 4 * least(lambda: np.tanh(y)))
"""


@pytest.fixture(scope="module")
def cell(python: WarmPython) -> Iterator[Cell]:
    with python.opened(CHAPTER) as page:
        yield cells(page)[1]


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_products_are_the_same_to_the_last_bit(cell: Cell, kind: str) -> None:
    cell.write(PRODUCTS.replace("TYPE", repr(kind)))
    assert cell.run(), cell.error
    assert cell.output == "3024 0 []"


def test_tanh_is_right_for_every_number_wherever_it_lies(cell: Cell) -> None:
    cell.write(TANH)
    assert cell.run(), cell.error
    assert cell.output.splitlines() == ["True float32 True", "[ 1. -1. nan  0. -0.] True"]


def test_both_take_a_fraction_of_the_time(cell: Cell) -> None:
    cell.write(SPEED)
    assert cell.run(), cell.error
    assert cell.output.splitlines() == ["f4 True", "f8 True", "tanh True"]
