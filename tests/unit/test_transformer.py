"""The causal Transformer is PyTorch's own layer with a causal mask; its cache changes nothing; it cannot see ahead."""

import ast
import math
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

from rnn_utils import transformer  # noqa: E402
from rnn_utils.transformer import (  # noqa: E402
    Attention,
    Block,
    Recurrent,
    Transformer,
    attend,
    attend_fused,
    positions,
)

KINDS = ("RNN", "LSTM", "GRU")


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def build(kind, tokens=True, **how):
    """A small model of one kind, in float64."""
    size = 7 if tokens else 3
    if kind == "Transformer":
        model = Transformer(size, 8, 2, 2, 5, tokens=tokens, **how)
    else:
        model = Recurrent(kind, size, 6, 5, tokens=tokens)
    return model.double()


def sequences(tokens=True, T=9, B=3):
    return torch.randint(7, (T, B)) if tokens else torch.randn(T, B, 3, dtype=torch.float64)


def close(a, b, atol=1e-10):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize("T, S", [(1, 1), (6, 6), (1, 6), (4, 6)])
def test_attention_is_that_of_pytorch(T, S):
    q = torch.randn(2, 3, T, 4, dtype=torch.float64)
    k, v = torch.randn(2, 2, 3, S, 4, dtype=torch.float64)
    past = torch.tensor([[s <= S - T + t for s in range(S)] for t in range(T)])
    wanted = F.scaled_dot_product_attention(q, k, v, attn_mask=past)
    close(attend(q, k, v), wanted)
    close(attend_fused(q, k, v), wanted)
    if T == S:
        close(attend(q, k, v), F.scaled_dot_product_attention(q, k, v, is_causal=True))


@pytest.mark.parametrize("attend", [attend, attend_fused])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_a_block_is_pytorchs_layer_forward_and_every_gradient(heads, attend):
    T, B, D = 6, 3, 8
    block = Block(D, heads, 20, attend=attend).double()
    layer = nn.TransformerEncoderLayer(D, heads, 20, dropout=0.0, norm_first=True).double()
    for p in layer.parameters():
        nn.init.normal_(p, std=0.5)
    block.load_state_dict({k.replace("in_proj_", "in_proj."): v for k, v in layer.state_dict().items()})
    x, dout = torch.randn(2, T, B, D, dtype=torch.float64)
    out, _ = block(x)
    wanted = layer(x, src_mask=nn.Transformer.generate_square_subsequent_mask(T, dtype=x.dtype), is_causal=True)
    close(out, wanted)
    (out * dout).sum().backward()
    (wanted * dout).sum().backward()
    theirs = dict(layer.named_parameters())
    for name, p in block.named_parameters():
        close(p.grad, theirs[name.replace("in_proj.", "in_proj_")].grad)


def test_the_network_inside_a_block_has_four_times_the_width_when_none_is_given():
    assert Block(8, 2).linear1.out_features == 32


def test_positions_are_the_waves_of_the_paper():
    got = positions(50, 6, start=3)
    for t, i in [(0, 0), (1, 0), (7, 2), (49, 4)]:
        angle = (3 + t) / 10000 ** (i / 6)
        assert got[t, i].item() == pytest.approx(math.sin(angle), abs=1e-5)
        assert got[t, i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


@pytest.mark.parametrize("attend", [attend, attend_fused])
@pytest.mark.parametrize("parts", [[1] * 9, [4, 3, 2], [5, 1, 3], [9]])
@pytest.mark.parametrize("tokens", [True, False])
def test_in_parts_with_the_cache_the_transformer_says_what_it_says_of_the_whole(tokens, parts, attend):
    model, x = build("Transformer", tokens, attend=attend), sequences(tokens)
    whole, _ = model(x)
    cache, outs = None, []
    for part in x.split(parts):
        out, cache = model(part, cache)
        outs.append(out)
    close(torch.cat(outs), whole)
    assert [tuple(kept.shape) for kept in cache[1]] == [(3, 2, 9, 4)] * 2  # B, heads, t, d


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", [True, False])
def test_a_recurrent_model_goes_on_from_its_state(kind, tokens):
    model, x = build(kind, tokens), sequences(tokens)
    whole, _ = model(x)
    first, state = model(x[:4])
    second, _ = model(x[4:], state)
    close(torch.cat((first, second)), whole)
    assert whole.shape == (9, 3, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recurrent_model_is_the_books(kind):
    import numpy as np

    import rnn_utils
    from rnn_utils.interop import from_torch
    from rnn_utils.models import LanguageModel

    model, x = build(kind), sequences()
    book = LanguageModel(7, 6, rng=np.random.default_rng(0), layer=getattr(rnn_utils, kind), dtype=np.float64)
    book.rnn, book.linear = from_torch(model.rnn), from_torch(nn.Linear(6, 7))
    hidden = book.rnn.forward(book.encode(x.numpy()))[0]
    wanted = hidden @ model.linear.weight.detach().numpy().T + model.linear.bias.detach().numpy()
    np.testing.assert_allclose(model(x)[0].detach().numpy(), wanted, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", [*KINDS, "Transformer"])
@pytest.mark.parametrize("tokens", [True, False])
def test_no_output_changes_with_a_later_input(kind, tokens):
    model, x = build(kind, tokens), sequences(tokens)
    before, _ = model(x)
    x[5] = (x[5] + 1) % 7 if tokens else x[5] + 1
    after, _ = model(x)
    assert torch.equal(before[:5], after[:5])
    assert ((before - after)[5:].abs().amax((1, 2)) > 1e-6).all()  # and all those that may change do


def test_sequences_of_a_batch_do_not_see_each_other():
    model, x = build("Transformer"), sequences()
    close(model(x)[0][:, 1:2], model(x[:, 1:2])[0])


def test_without_positions_the_last_step_would_not_know_the_order(monkeypatch):
    x = sequences(B=1)
    mixed = x[[3, 1, 0, 2, *range(4, 9)]]
    assert not torch.equal(x, mixed)
    shallow = Transformer(7, 8, 2, 1, 5).double()  # deeper, what the earlier steps could see gives the order away
    assert (shallow(x)[0][-1] - shallow(mixed)[0][-1]).abs().max() > 1e-4
    monkeypatch.setattr(transformer, "positions", lambda T, d, start, device: torch.zeros(T, d))
    close(shallow(x)[0][-1], shallow(mixed)[0][-1])


@pytest.mark.parametrize("kind", [*KINDS, "Transformer"])
@pytest.mark.parametrize("tokens", [True, False])
def test_every_parameter_has_a_gradient(kind, tokens):
    model = build(kind, tokens)
    model(sequences(tokens))[0].square().sum().backward()
    for name, p in model.named_parameters():
        assert p.grad is not None and p.grad.abs().sum() > 0, name


@pytest.mark.parametrize("kind", [*KINDS, "Transformer"])
def test_a_few_steps_of_training_learn_a_batch_by_heart(kind):
    model, x = build(kind), sequences(T=6)
    y = torch.randint(5, (6, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(300):
        loss = F.cross_entropy(model(x)[0].flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3  # nothing learned: ln 5 = 1.6


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Attention(8, 3), ValueError, "heads: got 3, wanted a divisor of d_model = 8"),
        (lambda: Attention(8, 0), ValueError, "heads: got 0, wanted a whole number ≥ 1"),
        (lambda: Block(8, 2, -1), ValueError, "dim_feedforward: got -1"),
        (lambda: Transformer(7, 9, 3, 2, 5), ValueError, "d_model: got 9, wanted an even number"),
        (lambda: Transformer(7, 8, 2, 0, 5), ValueError, "layers: got 0"),
        (lambda: Transformer(0, 8, 2, 1, 5), ValueError, "input_size: got 0"),
        (lambda: Transformer(7, 8, 2, 1, 2.0), TypeError, r"output_size: got 2\.0"),
        (lambda: Recurrent("Elman", 7, 8, 5), ValueError, "kind: got 'Elman', wanted one of 'RNN', 'LSTM', 'GRU'"),
        (lambda: Recurrent("GRU", 7, 0, 5), ValueError, "hidden_size: got 0"),
    ],
)
def test_sizes_that_will_not_do_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("kind", ["GRU", "Transformer"])
@pytest.mark.parametrize(
    ("tokens", "x", "error", "message"),
    [
        (True, [[1, 2]], TypeError, r"x: got list, wanted a Tensor of token ids \(T, B\), 0 to 6"),
        (True, torch.zeros(3, 2), TypeError, r"x: got numbers of torch\.float32, wanted token ids \(T, B\)"),
        (True, torch.zeros(3, 2, 1, dtype=int), ValueError, r"x: got shape \(3, 2, 1\), wanted token ids \(T, B\)"),
        (True, torch.tensor([[0, 7]]), ValueError, "x: got ids from 0 to 7, wanted token ids .* 0 to 6"),
        (True, torch.tensor([[-1, 3]]), ValueError, "x: got ids from -1 to 3"),
        (False, torch.zeros(3, 2, 3, dtype=int), TypeError, r"x: got numbers of torch\.int64, wanted vectors"),
        (False, torch.zeros(3, 2, 4), ValueError, r"x: got shape \(3, 2, 4\), wanted vectors \(T, B, 3\)"),
        (False, torch.zeros(0, 2, 3), ValueError, r"x: got shape \(0, 2, 3\), wanted vectors \(T, B, 3\)"),
    ],
)
def test_input_that_will_not_do_is_named(kind, tokens, x, error, message):
    with pytest.raises(error, match=message):
        build(kind, tokens)(x)


def test_a_cache_of_other_blocks_or_sequences_is_refused():
    model, x = build("Transformer"), sequences()
    _, cache = model(x)
    with pytest.raises(ValueError, match="cache: got 1 blocks, 3 sequences, wanted 2 and 3, as in x"):
        model(x, cache[:1])
    with pytest.raises(ValueError, match="cache: got 2 blocks, 3 sequences, wanted 2 and 2"):
        model(x[:, :2], cache)
    with pytest.raises(ValueError, match="cache: got 0 blocks"):
        model(x, [])


def test_without_torch_the_package_imports_and_this_module_says_what_it_needs():
    code = "import sys; sys.modules['torch'] = None; import rnn_utils; import rnn_utils.transformer"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "ModuleNotFoundError: rnn_utils.transformer needs PyTorch: pip install torch" in run.stderr


def test_the_model_is_under_sixty_lines_without_docstrings():
    text = Path(transformer.__file__).read_text("utf8")
    lines = text.splitlines()
    wanted = {"attend", "Attention", "Block", "positions", "Transformer"}
    parts = [node for node in ast.parse(text).body if getattr(node, "name", "") in wanted]
    code: set[int] = set()
    for part in parts:
        code |= set(range(part.lineno, part.end_lineno + 1))
        for node in ast.walk(part):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                code -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    assert len(parts) == len(wanted)
    assert 40 < sum(bool(lines[number - 1].strip()) for number in code) < 60
