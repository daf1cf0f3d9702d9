"""The networks of ``sequence_models.py`` as they are before training, and how one of them takes a training step."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from experiments._tasks import Task
from rnn_utils import GRU, LSTM, RNN, init
from rnn_utils.interop import to_torch
from rnn_utils.layers import Linear
from rnn_utils.transformer import Recurrent, Transformer, attend_fused

LAYERS: dict[str, Any] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
KINDS = (*LAYERS, "Transformer")
#: The starts that are tried of each recurrent kind; what comes after "bias" is the bias of the gate that keeps. With
#: ", shut" after it, an LSTM's input gate gets the opposite.
STARTS = {
    "RNN": ("plain", "orthogonal", "identity"),
    "LSTM": ("plain", "bias 1", "bias 3"),
    "GRU": ("plain", "bias 1", "bias 3"),
}


class _Pass(torch.autograd.Function):
    """Forward and backward pass of a layer of `rnn_utils`, as PyTorch wants them."""

    @staticmethod
    def forward(ctx: Any, layer: Any, x: Tensor, state: Tensor | None, *_: Tensor) -> tuple[Tensor, Tensor]:
        out, h, ctx.cache = layer.forward(x.numpy(), None if state is None else state[0].numpy())
        ctx.layer, final = layer, torch.from_numpy(h)[None]
        ctx.mark_non_differentiable(final)
        return torch.from_numpy(out), final

    @staticmethod
    def backward(ctx: Any, *dout: Tensor) -> tuple[Tensor | None, ...]:
        _, _, grads = ctx.layer.backward(np.ascontiguousarray(dout[0].numpy()), ctx.cache)
        return None, None, None, *(torch.from_numpy(grads[name]) for name in ctx.layer.params)


class Borrowed(nn.Module):
    """A layer of `rnn_utils` called like one of torch.nn, with parameters that share its memory.

    Tanh network and GRU are trained in this form: on one thread it computes the same as `torch.nn.RNN` and
    `torch.nn.GRU` in half the time. The LSTM is `torch.nn.LSTM`, which has a faster kernel.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer, self.input_size = layer, layer.input_size
        for name, array in layer.params.items():
            self.register_parameter(name, nn.Parameter(torch.from_numpy(array)))

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states (T, B, H), and the last of them (1, B, H)."""
        return _Pass.apply(self.layer, x, state, *self.parameters())


def begin_(layer: Any, start: str, rng: np.random.Generator) -> None:
    """Give a recurrent layer one of its kind's starts, in place."""
    p, H = layer.params, layer.hidden_size
    if start == "orthogonal":
        p["weight_hh"][...] = init.orthogonal((H, H), rng=rng)
    elif start == "identity":
        p["weight_hh"][...] = init.identity(H)
    elif start.startswith("bias "):
        bias, _, shut = start.removeprefix("bias ").partition(", ")
        if isinstance(layer, LSTM):
            init.forget_bias_(p, float(bias))
            if shut:  # and the input gate of i, f, g, o
                p["bias_ih"][:H], p["bias_hh"][:H] = -float(bias), 0
        else:
            p["bias_ih"][H : 2 * H], p["bias_hh"][H : 2 * H] = float(bias), 0  # r, z, n: the middle third is z
    elif start != "plain":
        raise ValueError(f"start: got {start!r}, wanted one of {STARTS}")


def recurrent(task: Task, kind: str, hidden: int, start: str, seed: int, borrow: bool = True) -> Recurrent:
    """Return an untrained recurrent network, with the initial numbers of `SequenceModel` in `rnn_utils`.

    Without `borrow` the layer is torch.nn's in any case.
    """
    rng = np.random.default_rng(seed)
    layer, linear = LAYERS[kind](task.sizes[0], hidden, rng=rng), Linear(hidden, task.sizes[1], rng=rng)
    begin_(layer, start, rng)
    model = Recurrent(kind, task.sizes[0], hidden, task.sizes[1], tokens=task.tokens)
    model.rnn = Borrowed(layer) if borrow and kind != "LSTM" else to_torch(layer)
    model.linear = to_torch(linear)  # type: ignore[assignment]
    return model


def transformer(task: Task, shape: dict[str, int], start: str, seed: int) -> Transformer:
    """Return an untrained Transformer, with torch.nn's initial numbers or Xavier's, as `nn.Transformer` has them."""
    sizes = {"input_size": task.sizes[0], "output_size": task.sizes[1]}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Transformer(**sizes, **shape, tokens=task.tokens, attend=attend_fused)
        for p in model.parameters() if start == "Xavier" else ():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)
    return model


def losses(task: Task, out: Tensor, y: np.ndarray) -> Tensor:
    """Return the loss at every place that is answered: the last step, or every one."""
    target = torch.from_numpy(np.asarray(y))
    if not task.tokens:
        return (out[-1, :, 0] - target) ** 2
    if not task.every_step:
        return F.cross_entropy(out[-1], target, reduction="none")
    return F.cross_entropy(out.flatten(0, 1), target.flatten(), reduction="none")


def share_right(task: Task, out: Tensor, y: np.ndarray) -> float | None:
    """Return the share of right answers; None where the loss says it all."""
    if not task.scored:
        return None
    answers = out[-task.scored :].argmax(-1).numpy()
    return float((answers == (y[-task.scored :] if task.every_step else y)).mean())


def detached(state: Any) -> Any:
    """Return a state cut off from the steps that led to it."""
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


def batches(training: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield training batches for ever, and whether a pass over the data begins."""
    given = training["batches"]
    while True:
        for number, batch in enumerate(given(training["rng"]) if callable(given) else given):
            yield batch, number == 0


class Trainer:
    """A network, Adam, and the state that it carries from batch to batch where the task says so."""

    def __init__(self, task: Task, model: Recurrent | Transformer, clip: float) -> None:
        self.task, self.model, self.clip = task, model, clip
        self.carry = task.carry_state and isinstance(model, Recurrent)
        self.optimizer = torch.optim.Adam(model.parameters())
        self.state: Any = None

    def step(self, batch: tuple[np.ndarray, np.ndarray], rate: float, first: bool = True) -> float:
        """Take one training step, and return the loss before it; the first of a pass begins without a state."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        x, y = batch
        out, state = self.model(torch.from_numpy(x), self.state if self.carry and not first else None)
        self.optimizer.zero_grad()
        loss = losses(self.task, out, y).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.state = detached(state) if self.carry else None
        return loss.item()

    @torch.no_grad()
    def evaluate(self, batches: list[Any]) -> tuple[float, float | None]:
        """Return the mean loss in the task's unit, and the share of right answers."""
        parts, shares, state = [], [], None
        for x, y in batches:
            out, state = self.model(torch.from_numpy(x), state if self.carry else None)
            parts.append(losses(self.task, out, y))
            shares.append(share_right(self.task, out, y))
        told = [share for share in shares if share is not None]
        return float(torch.cat(parts).mean()) * self.task.unit, float(np.mean(told)) if told else None

    @torch.no_grad()
    def windows(self, ids: np.ndarray, T: int, stride: int) -> float:
        """Return the mean loss over a text, each window begun without a memory and scored in its last `stride` steps.

        Every character is scored once; it is predicted from T − stride + 1 to T characters, itself not among them.
        """
        starts = np.arange(0, len(ids) - T, stride)
        parts = []
        for some in np.array_split(starts, -(-len(starts) * T // 8192)):
            x, y = (ids[some + np.arange(shift, shift + T)[:, None]] for shift in (0, 1))  # (T, windows)
            out, _ = self.model(torch.from_numpy(x))
            parts.append(losses(self.task, out[-stride:], y[-stride:]))
        return float(torch.cat(parts).mean()) * self.task.unit
