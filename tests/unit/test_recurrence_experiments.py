"""The networks of chapter 17's experiments are the package's layers; its Newton iterations find the loop's states."""

import numpy as np
import pytest

from rnn_utils.minimal import MinGRU

torch = pytest.importorskip("torch")
from experiments import newton_over_time as over_time  # noqa: E402
from experiments import parity_by_scan as by_scan  # noqa: E402


def networks(layers, hidden=6):
    """Two networks in one stack, in float64, and their bits (2, T, B)."""
    net = {"kind": "minGRU", "hidden": hidden, "layers": layers}
    p = by_scan.stacked(by_scan.build(net, seed).double() for seed in (0, 1))
    return p, torch.randint(2, (2, 9, 3), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("layers", [1, 2])
def test_a_network_with_z_is_made_of_the_packages_layers(layers):
    p, bits = networks(layers)
    logits = by_scan.run_minimal(p, bits, signed=False).detach().numpy()
    for n in range(2):
        x = np.eye(2)[bits[n].numpy()]
        for level in range(layers):
            layer = MinGRU(x.shape[-1], 6, rng=np.random.default_rng(0), dtype=np.float64)
            for name in ("weight", "bias"):
                layer.params[f"{name}_ih"][...] = p[f"{name}_l{level}"][n].detach().numpy()
            x = layer.forward(x)[0]
            if level < layers - 1:
                x = torch.nn.functional.gelu(torch.tensor(x)).numpy()
        wanted = x @ p["linear.weight"][n].detach().numpy().T + p["linear.bias"][n].detach().numpy()
        np.testing.assert_allclose(logits[n], wanted, rtol=0, atol=1e-12)


def unit(z_zero, z_one, above=0.51):
    """One network of one unit with these gates on a zero and on a one; it answers 1 where its state is above that."""
    sums = [[np.log(z / (1 - z)) for z in (z_zero, z_one)], [1.0, 1.0]]
    p = {"weight_l0": sums, "bias_l0": [0.0, 0.0], "linear.weight": [[-1.0], [1.0]], "linear.bias": [above, -above]}
    return {name: torch.tensor([value], dtype=torch.float64) for name, value in p.items()}


def test_the_signed_unit_of_the_chapter_counts_parity_when_its_gates_are_sharp():
    net = {"kind": "minGRU", "signed": True}
    sharp = by_scan.right(unit(1 - 1e-9, 1e-9), net, [20, 500])
    assert sharp["1 to 24"] == sharp["401 to 500"] == [1.0]
    dull = unit(0.99, 0.01)
    assert by_scan.right(dull, net, [20, 500])["1 to 24"] == [1.0]
    assert by_scan.right(dull, net, [20, 500])["401 to 500"][0] < 0.7
    assert by_scan.right(dull, net, [20, 500], sharper=4)["401 to 500"] == [1.0]
    assert by_scan.right(unit(1 - 1e-9, 1e-9), net | {"signed": False}, [20, 500])["401 to 500"][0] < 0.7


def test_what_is_kept_by_hand():
    assert by_scan.most_kept(unit(0.99, 0.02), 1) == [pytest.approx(np.sqrt(0.98 * 0.96), abs=1e-4)]
    assert by_scan.most_kept(unit(0.99, 0.6), 1) == [0.0], "a unit that turns nothing round"


def test_newton_finds_the_states_of_the_loop_and_says_when_it_does_not():
    rng = np.random.default_rng(0)
    W, c = rng.normal(size=(8, 8)) / np.sqrt(8), 0.5 * rng.normal(size=(40, 8))
    states = over_time.loop(W, c)
    np.testing.assert_allclose(states[0], np.tanh(c[0]))
    found, largest = over_time.newton(W, c, np.zeros_like(c), states, 40)
    assert 3 <= found <= 10 and largest > 1e-3
    assert over_time.newton(W, c, states, states, 40)[0] == 1
    assert over_time.newton(W, c, np.zeros_like(c), states, 2)[0] is None
    assert over_time.newton(5 * W, c, np.zeros_like(c), over_time.loop(5 * W, c), 5)[0] is None


def test_the_exponent_of_states_at_rest_is_that_of_the_matrix():
    W = np.diag([0.5, -0.8, 0.3])
    assert over_time.lyapunov(W, np.zeros((2000, 3))) == pytest.approx(np.log(0.8), abs=1e-3)
    slopes = np.full((2000, 3), np.sqrt(0.5))  # 1 − h² is a half
    assert over_time.lyapunov(W, slopes) == pytest.approx(np.log(0.4), abs=1e-3)
