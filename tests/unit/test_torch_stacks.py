"""Networks in a stack compute, and learn, what each of them would alone."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from experiments import parity_beyond  # noqa: E402
from experiments._torch_stacks import clip, positions, run_transformer, stacked  # noqa: E402

NETWORKS = {
    "RNN": {"kind": "RNN", "hidden": 5, "updates": 4},
    "LSTM": {"kind": "LSTM", "hidden": 5, "updates": 4},
    "GRU": {"kind": "GRU", "hidden": 5, "updates": 4},
    "one block": {"kind": "Transformer", "d_model": 6, "heads": 3, "layers": 1, "updates": 4},
    "two blocks": {"kind": "Transformer", "d_model": 4, "heads": 2, "layers": 2, "updates": 4},
}
GIVEN = {"T": 7, "batch": 3, "rate": 0.05, "clip": 0.1}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_stack_gives_what_its_networks_give_one_by_one(name):
    models = [parity_beyond.build(NETWORKS[name], seed) for seed in (3, 4)]
    x = torch.randint(2, (2, 7, 3), generator=torch.Generator().manual_seed(0))
    together = parity_beyond.answer(stacked(models), NETWORKS[name], x)
    alone = torch.stack([model(ids)[0] for model, ids in zip(models, x)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_of_a_stack_learns_as_it_would_alone(name):
    net = NETWORKS[name]
    together = parity_beyond.train(net, (3, 4), GIVEN)
    for place, seed in enumerate((3, 4)):
        model, generator = parity_beyond.build(net, seed), torch.Generator().manual_seed(seed)
        optimizer = torch.optim.Adam(model.parameters(), lr=GIVEN["rate"])
        decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, net["updates"])
        for _ in range(net["updates"]):
            x, y = parity_beyond.bits(GIVEN["T"], GIVEN["batch"], generator)
            loss = F.cross_entropy(model(x)[0].flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), GIVEN["clip"])
            optimizer.step()
            decay.step()
        for key, p in model.named_parameters():
            if not key.endswith("in_proj.bias"):  # a key's bias has the gradient 0, up to rounding, which Adam enlarges
                torch.testing.assert_close(together[key][place], p, rtol=0, atol=1e-3, msg=key)


def test_clipping_shortens_each_network_by_itself():
    p = {"a": torch.zeros(2, 3, requires_grad=True), "b": torch.zeros(2, 1, requires_grad=True)}
    p["a"].grad, p["b"].grad = torch.tensor([[3.0, 0, 0], [0.3, 0, 0]]), torch.tensor([[4.0], [0.4]])
    clip(p, 1.0)
    np.testing.assert_allclose(p["a"].grad[:, 0], [0.6, 0.3], rtol=1e-5)
    np.testing.assert_allclose(p["b"].grad[:, 0], [0.8, 0.4], rtol=1e-5)


def test_positions_without_and_from_anywhere_are_what_they_say():
    net = NETWORKS["one block"]
    p, x = stacked([parity_beyond.build(net, 0)]), torch.tensor([1, 0, 1, 1])[None, :, None]
    swapped = x[:, [1, 0, 2, 3]]
    gap = {}
    for kind in ("waves", "none"):
        told = net | {"positions": kind}
        gap[kind] = (parity_beyond.answer(p, told, x) - parity_beyond.answer(p, told, swapped))[:, -1].abs().max()
    assert gap["none"] < 1e-6 < 1e-3 < gap["waves"]
    anywhere, generators = net | {"positions": "anywhere"}, [torch.Generator().manual_seed(1)]
    start = int(torch.randint(117, (), generator=torch.Generator().manual_seed(1)))
    shifted = parity_beyond.answer(p, anywhere, x, generators)
    torch.testing.assert_close(shifted, run_transformer(p, x, net["heads"], positions(4, net["d_model"], [start])))
    assert not torch.allclose(shifted, parity_beyond.answer(p, anywhere, x), atol=1e-3)  # in a test they start at 0
