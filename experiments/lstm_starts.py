"""What do an LSTM's gate biases change before training, and how soon does it then learn to add?

The task, the finish line and the choice of learning rates are those of `updates_to_half`: the sum of two marked
numbers, until the mean error is below half that of the best constant answer. An LSTM of 16 units has about as many
parameters as the plain network of 32 units there.

A network is named by its forget bias and its input bias. After the comma stands what a control changes, for good and
not only at the start. "f fixed" keeps the forget gate at its bias: σ(0) = ½, and σ(20) = 1, the LSTM without a forget
gate. "writes ÷ 18.6" divides i ⊙ g by the ratio of the two input gates σ(2) and σ(−3), so that an open gate writes as
little as a nearly shut one; "writes × 18.6" is the reverse. Both are a change of units as well: a cell that writes k
times as much to c and shows o tanh(c / k) is the same network as before.

The full run takes about five minutes.
"""

import sys
from typing import Any

import numpy as np

from experiments import saving
from experiments._stacks import Arrays, Stack, _weights
from experiments.updates_to_half import BATCH, FIRST, LADDER, Race, choose
from rnn_utils import LSTM, data
from rnn_utils.init import forget_bias_
from rnn_utils.models import SequenceModel

SETTINGS: dict[str, Any] = {
    # forget bias, input bias, and what is changed: the lengths at which it is run, and updates at most
    "networks": {
        "0 0": {"10": 4000, "20": 10_000, "40": 20_000, "100": 4000},
        "1 0": {"10": 4000, "20": 10_000, "40": 20_000},
        "3 0": {"10": 4000, "20": 10_000, "40": 20_000},
        "0 0, f fixed": {"40": 3000},
        "20 -3, f fixed": {"40": 3000},
        "5 -3": {"40": 3000, "100": 4000},
        "5 2, writes ÷ 18.6": {"40": 3000},
        "5 2": {"40": 3000},
        "5 -3, writes × 18.6": {"40": 3000},
    },
    "seeds": 10,
    "tuning_seeds": 4,
}
HIDDEN = 16
RATIO = (1 + np.exp(3)) / (1 + np.exp(-2))  # σ(2) / σ(−3) = 18.6
TOLERANCE = 0.35


class LSTMStack(Stack):
    """S networks with an LSTM and a linear answer after the last step.

    Parameters
    ----------
    models : list of SequenceModel
        One for each network, with an `LSTM`; their parameters are copied.
    lr : ndarray, shape (S,)
        Learning rates of Adam.
    writes : float
        c_t = f c_{t−1} + writes · i g.
    learn_f : bool
        False keeps the forget gate at its bias.

    """

    def __init__(self, models: list[SequenceModel], lr: np.ndarray, writes: float = 1.0, learn_f: bool = True) -> None:
        super().__init__(models, lr)
        self.writes, self.learn_f = np.float32(writes), learn_f
        self.size = np.zeros(len(models))  # mean |c_T| in the last forward pass

    def _plain(self, p: Arrays, x: np.ndarray) -> Any:
        (S, T, B, _), H = x.shape, p["rnn.weight_hh"].shape[-1]
        W = p["rnn.weight_hh"].reshape(S, 4, H, H).swapaxes(0, 1).copy()  # one matrix for each gate: (4, S, H, H)
        W_T = W.swapaxes(2, 3).copy()
        bias = (p["rnn.bias_ih"] + p["rnn.bias_hh"])[:, None, None]
        gates = x @ p["rnn.weight_ih"].swapaxes(1, 2)[:, None] + bias  # (S, T, B, 4H)
        gates = gates.reshape(S, T, B, 4, H).transpose(1, 3, 0, 2, 4).copy()  # (T, 4, S, B, H)
        h, c = (np.zeros((T + 1, S, B, H), x.dtype) for _ in range(2))
        tanh_c = np.empty((T, S, B, H), x.dtype)
        half = np.array([0.5, 0.5, 1, 0.5], x.dtype)[:, None, None, None]
        for t in range(T):
            now = gates[t]  # σ(a) = ½ + ½ tanh(a / 2): one tanh serves all four
            now += h[t] @ W_T
            now *= half
            np.tanh(now, out=now)
            now *= half
            now += 1 - half
            i, f, g, o = now
            np.multiply(i, g, out=c[t + 1])
            c[t + 1] *= self.writes
            c[t + 1] += f * c[t]
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        self.size = np.abs(c[-1]).mean(axis=(1, 2))

        def back(dh: np.ndarray) -> Arrays:
            da, dc = np.empty_like(gates), np.zeros_like(dh)
            for t in reversed(range(T)):
                i, f, g, o = gates[t]
                dc += dh * o * (1 - tanh_c[t] ** 2)
                written = dc * self.writes
                da[t, 0] = written * g * i * (1 - i)
                da[t, 1] = dc * c[t] * f * (1 - f) if self.learn_f else 0
                da[t, 2] = written * i * (1 - g * g)
                da[t, 3] = dh * tanh_c[t] * o * (1 - o)
                dh = (da[t] @ W).sum(axis=0)
                dc *= f
            self.da = da.transpose(2, 0, 3, 1, 4).reshape(S, T, B, 4 * H)
            states = h[:-1].swapaxes(0, 1)
            grads = {"rnn.weight_ih": _weights(self.da, x), "rnn.weight_hh": _weights(self.da, states)}
            grads["rnn.bias_ih"] = grads["rnn.bias_hh"] = self.da.sum(axis=(1, 2))
            return grads

        return h[-1], back


class LSTMRace(Race):
    """LSTMs that are trained side by side; what is noted of each is its way back and the size of its cells."""

    def make(self, rng: np.random.Generator) -> SequenceModel:
        """Return one untrained network."""
        b_f, b_i = (float(bias) for bias in self.name.partition(",")[0].split())
        model = SequenceModel(2, HIDDEN, 1, layer=LSTM, rng=rng)
        forget_bias_(model.rnn.params, b_f)
        model.rnn.params["bias_ih"][:HIDDEN] = b_i
        model.rnn.params["bias_hh"][:HIDDEN] = 0
        if "f fixed" in self.name:
            for name in ("weight_ih", "weight_hh"):
                model.rnn.params[name][HIDDEN : 2 * HIDDEN] = 0
        return model

    def side_by_side(self, models: list[SequenceModel], lr: np.ndarray) -> Stack:
        """Return the networks as one stack, with what their name says is changed."""
        change = self.name.partition(", ")[2]
        changes: dict[str, dict[str, Any]] = {
            "": {},
            "f fixed": {"learn_f": False},
            "writes ÷ 18.6": {"writes": 1 / RATIO},
            "writes × 18.6": {"writes": RATIO},
        }
        return LSTMStack(models, lr, **changes[change])

    def look(self, i: int) -> Any:
        """Return how the lengths of ∂L/∂x at the first step and at the last compare, and the mean |c_T|."""
        rng = np.random.default_rng(0)
        x, _ = data.adding_problem(self.T, BATCH, rng)
        stack: Any = self.stack
        p = {name: values[i : i + 1] for name, values in stack.views(stack.flat).items()}
        h, back = stack._plain(p, x[None])
        back(rng.normal(size=h.shape).astype(h.dtype))
        dx = np.linalg.norm(stack.da[0, [0, -1]] @ p["rnn.weight_ih"][0], axis=2).mean(axis=1)
        return [float(f"{value:.3g}") for value in (dx[0] / dx[1], stack.size[0])]


def run(networks: dict[str, dict[str, int]], seeds: int, tuning_seeds: int) -> dict[str, Any]:
    """Return for every network and length the rate, the races for it, the updates of all seeds, and what was noted."""
    results: dict[str, Any] = {}
    for name, budgets in networks.items():
        place, results[name] = FIRST, {}
        for length, budget in budgets.items():
            others = range(1000, 1000 + tuning_seeds)  # the rate is chosen with other seeds
            place, races = choose(name, int(length), place, others, budget, LSTMRace)
            race = LSTMRace(name, int(length), [LADDER[place]], range(seeds))
            race.run(budget, enough=seeds)
            row = {"updates": race.arrived[LADDER[place]], "notes": race.ways[LADDER[place]]}
            results[name][length] = {"rate": LADDER[place], **row, "races": races}
            print(name, length, results[name][length], file=sys.stderr, flush=True)
    return results


def check_part(record: dict[str, Any]) -> None:
    """Train two kinds of network at the shortest length again, and compare the middle of their updates."""
    for name in ("0 0", "3 0"):
        row = record["results"][name]["10"]
        race = LSTMRace(name, 10, [row["rate"]], range(len(row["updates"])))
        race.run(1000, enough=len(row["updates"]))
        new, old = (np.median([n or np.inf for n in each]) for each in (race.arrived[row["rate"]], row["updates"]))
        assert abs(new - old) <= TOLERANCE * old, f"{name}: got {new} updates, wanted {old} ± {TOLERANCE:.0%}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)
