"""The benchmark races what it says: the naive layers compute what torch.nn's do, and a short run goes through."""

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def naive(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import naive

    return naive.NAIVE


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_naive_layer_computes_what_pytorchs_does(naive, kind):
    torch.manual_seed(0)
    layer, module, x = naive[kind](3, 4), getattr(torch.nn, kind)(3, 4), torch.randn(5, 2, 3)
    with torch.no_grad():
        if kind == "GRU":  # reset before or after the product: no difference if it is diagonal and without a bias
            module.weight_hh_l0[8:] = torch.diag(torch.randn(4))
            module.bias_hh_l0[8:] = 0
        for k, gate in enumerate(layer.gate.values()):
            rows = slice(4 * k, 4 * k + 4)
            gate.weight[:] = torch.cat([module.weight_ih_l0[rows], module.weight_hh_l0[rows]], 1)
            gate.bias[:] = module.bias_ih_l0[rows] + module.bias_hh_l0[rows]
        torch.testing.assert_close(layer(x)[0], module(x)[0])


def test_a_short_run_prints_every_ratio():
    command = [sys.executable, str(BENCHMARKS / "layers.py"), "--repeats", "1", "--sizes", "2,1,2,3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if "2, 1, 2, 3" in line]
    assert [row[0] for row in rows] == ["RNN", "LSTM", "GRU"]
    assert all(0 < float(ratio) < 1000 for row in rows for ratio in row[5:])
    assert "geometric mean" in done.stdout
