"""The benchmark races what it says: the naive layers compute what torch.nn's do, and a short run goes through."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def naive(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.naive import NAIVE

    return NAIVE


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


def bench(*arguments, **environment):
    """Run what `make bench` runs, as the Makefile writes it, with this Python and some arguments more."""
    (recipe,) = re.findall(
        r"^bench:.*\n\t\$\(THREADS\) \$\(RUN\) (.*) \$\(BENCH\)$", (ROOT / "Makefile").read_text("utf8"), re.M
    )
    command = [sys.executable, *recipe.split(), *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment
    return subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment).stdout


def test_a_short_run_of_the_makefiles_command_prints_every_ratio():
    printed = bench("--repeats", "1", "--sizes", "2,1,2,3").decode("utf8")
    rows = [line.split() for line in printed.splitlines() if "2, 1, 2, 3" in line]
    assert [row[0] for row in rows] == ["RNN", "LSTM", "GRU"]
    assert all(0 < float(ratio) < 1000 for row in rows for ratio in row[5:])
    assert "geometric mean" in printed


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read as Linux has it")
def test_memory_is_measured_in_a_process_that_the_same_command_starts():
    assert 0 < float(bench("--peak", "RNN", "ours")) < 1000


def test_the_table_prints_where_the_terminal_has_few_characters():
    assert b"ours / torch <= 0.70" in bench("--repeats", "1", "--sizes", "2,1,2,3", PYTHONIOENCODING="ascii")
