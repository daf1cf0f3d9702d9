"""The two ways of taking a training step that ``compare.py`` races: this package's and PyTorch's."""

from typing import Any

import numpy as np
import torch

from rnn_utils.interop import to_torch
from rnn_utils.models import SequenceModel
from rnn_utils.optim import Adam, clip_grad_norm_


class Ours:
    """A network of this package, answered at its last step, with Adam."""

    def __init__(self, model: SequenceModel, clip: float) -> None:
        self.model, self.clip = model, clip
        self.optimizer = Adam(model.params)

    def step(self, x: np.ndarray, y: np.ndarray, rate: float) -> None:
        """Take one training step at a learning rate."""
        _, grads, _ = self.model.loss_and_grads((x, y))
        clip_grad_norm_(grads, self.clip)
        self.optimizer.step(grads, rate)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the mean squared error."""
        return self.model.loss((x, y))[0]


class Torch:
    """The same network in PyTorch, from the same initial values, on one thread."""

    def __init__(self, model: SequenceModel, clip: float) -> None:
        torch.set_num_threads(1)
        self.rnn, self.linear, self.clip = to_torch(model.rnn), to_torch(model.linear), clip
        self.parameters = [*self.rnn.parameters(), *self.linear.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters)

    def _error(self, x: np.ndarray, y: np.ndarray) -> torch.Tensor:
        out, _ = self.rnn(torch.from_numpy(x))
        return torch.nn.functional.mse_loss(self.linear(out[-1])[:, 0], torch.from_numpy(y))

    def step(self, x: np.ndarray, y: np.ndarray, rate: float) -> None:
        """Take one training step at a learning rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        self._error(x, y).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the mean squared error."""
        with torch.no_grad():
            return float(self._error(x, y))


RACERS: dict[str, Any] = {"rnn_utils": Ours, "torch": Torch}
