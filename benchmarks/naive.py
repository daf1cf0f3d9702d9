"""RNN, LSTM and GRU as most courses write them: one product for each gate and step, gradients by autograd."""

import torch


class Naive(torch.nn.Module):
    """What the three share: for each gate one matrix, which multiplies x and h side by side."""

    gates = ""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        gates = {gate: torch.nn.Linear(input_size + hidden_size, hidden_size) for gate in self.gates}
        self.gate = torch.nn.ModuleDict(gates)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the outputs (T, B, H) and the final state, from a state of zeros."""
        state = [torch.zeros(x.shape[1], self.hidden_size)] * (2 if self.gates == "ifgo" else 1)
        outputs = []
        for x_t in x:
            state = self.step(x_t, *state)
            outputs.append(state[0])
        return torch.stack(outputs), state[0]


class NaiveRNN(Naive):
    """One sum and a tanh."""

    gates = "h"

    def step(self, x: torch.Tensor, h: torch.Tensor) -> list[torch.Tensor]:
        """Return [h_t]."""
        return [torch.tanh(self.gate["h"](torch.cat([x, h], 1)))]


class NaiveLSTM(Naive):
    """Input, forget, cell and output gate."""

    gates = "ifgo"

    def step(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> list[torch.Tensor]:
        """Return [h_t, c_t]."""
        xh = torch.cat([x, h], 1)  # (B, D + H)
        i = torch.sigmoid(self.gate["i"](xh))
        f = torch.sigmoid(self.gate["f"](xh))
        g = torch.tanh(self.gate["g"](xh))
        o = torch.sigmoid(self.gate["o"](xh))
        c = f * c + i * g
        return [o * torch.tanh(c), c]


class NaiveGRU(Naive):
    """Reset gate, update gate and candidate, the reset before the product as in the paper."""

    gates = "rzn"

    def step(self, x: torch.Tensor, h: torch.Tensor) -> list[torch.Tensor]:
        """Return [h_t]."""
        xh = torch.cat([x, h], 1)  # (B, D + H)
        r = torch.sigmoid(self.gate["r"](xh))
        z = torch.sigmoid(self.gate["z"](xh))
        n = torch.tanh(self.gate["n"](torch.cat([x, r * h], 1)))
        return [(1 - z) * n + z * h]


NAIVE = {"RNN": NaiveRNN, "LSTM": NaiveLSTM, "GRU": NaiveGRU}
