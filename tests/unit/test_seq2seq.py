"""The encoder–decoder: gradients, padding, writing step by step, and what `fit` and `beam_search` ask of it."""

import numpy as np
import pytest

from experiments._translators import Form, Translators, initialise
from rnn_utils import Adam, evaluate, fit
from rnn_utils.gradcheck import gradcheck
from rnn_utils.sampling import beam_search
from rnn_utils.seq2seq import EncoderDecoder


def model(attention=True, dtype=np.float64, H=6, seed=0):
    return EncoderDecoder(5, 4, H, mark=3, rng=np.random.default_rng(seed), attention=attention, dtype=dtype)


def batch(T=4, U=3, B=2, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, size=B)
    lengths[0] = T
    mask = np.arange(U)[:, None] < rng.integers(1, U + 1, size=B)
    return rng.integers(5, size=(T, B)), lengths, rng.integers(4, size=(U, B)), mask


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize(("T", "U", "B"), [(1, 1, 1), (4, 3, 2), (2, 5, 3)])
def test_gradients_are_those_of_finite_differences(attention, T, U, B):
    net, data = model(attention), batch(T, U, B)
    loss, grads, state = net.loss_and_grads(data)
    assert state is None and loss == pytest.approx(net.loss(data)[0])
    assert grads.keys() == net.params.keys()
    gradcheck(lambda: net.loss(data)[0], net.params, grads)


@pytest.mark.parametrize("attention", [True, False])
def test_it_is_the_one_of_the_experiments(attention):
    form = Form(two_way=True, bridge="h and c", scores="dot" if attention else "none")
    stack = Translators(initialise((5, 4, 6), [7, 8], form, np.float64), form)
    net = model(attention, seed=8)
    names = {
        name: name.replace("encoder", "reverse").removesuffix("_reverse") if "reverse" in name else name
        for name in net.params
    }
    for name, p in net.params.items():
        np.testing.assert_array_equal(p, stack.p[names[name]][1])
    source, _, target, _ = batch(B=3)
    loss, grads, _ = net.loss_and_grads((source, None, target))
    theirs, own = stack.loss_and_grads(*(np.stack([a, a], axis=1) for a in (source, net.shifted(target), target)))
    assert loss == pytest.approx(theirs[1])
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, own[names[name]][1], atol=1e-12)


@pytest.mark.parametrize("attention", [True, False])
def test_padding_changes_nothing(attention):
    net, (source, lengths, target, mask) = model(attention), batch(T=6, B=3)
    logits, weights, _ = net.forward(source, lengths, net.shifted(target))
    for b, n in enumerate(lengths):
        alone, own, _ = net.forward(source[:n, b : b + 1], None, net.shifted(target)[:, b : b + 1])
        np.testing.assert_allclose(alone[:, 0], logits[:, b], atol=1e-12)
        if attention:
            np.testing.assert_allclose(own[:, 0], weights[:, b, :n], atol=1e-12)
    source = source.copy()
    source[lengths[1] :, 1] = -9  # what stands in the padding is never read
    assert net.loss((source, lengths, target, mask))[0] == net.loss((*batch(T=6, B=3),))[0]


@pytest.mark.parametrize("attention", [True, False])
def test_what_is_written_freely_is_what_the_forced_steps_choose(attention):
    net, (source, lengths, _, _) = model(attention), batch(B=4)
    for p in net.params.values():
        p *= 4
    written = net.generate(source, lengths, 5)
    logits, _, _ = net.forward(source, lengths, net.shifted(written))
    np.testing.assert_array_equal(logits.argmax(axis=-1), written)
    state = net.start(source[: lengths[1], 1:2])
    (best,) = beam_search(net.step, 3, width=1, length=5, state=state)
    assert best.ids == tuple(written[:, 1])


def test_a_wide_beam_finds_the_likeliest_line():
    net = model()
    for p in net.params.values():
        p *= 4
    state = net.start(batch()[0][:, :1])
    likeliest = max(
        sum(
            float(z[i] - np.log(np.exp(z).sum()))
            for z, i in zip(net.forward(batch()[0][:, :1], None, np.array([[3], [a], [b]]))[0][:, 0], (a, b, c))
        )
        for a, b, c in np.ndindex(4, 4, 4)
    )
    assert beam_search(net.step, 3, width=64, length=3, state=state)[0].log_prob == pytest.approx(likeliest)


def test_shifted_by_hand():
    np.testing.assert_array_equal(model().shifted([[1, 2], [0, 3], [3, 1]]), [[3, 3], [1, 2], [0, 3]])


def test_it_learns_to_copy_two_letters():
    net = model(dtype=np.float32, H=16)
    source = np.array(np.meshgrid(range(3), range(3))).reshape(2, 9)
    data = (source, None, np.concatenate([source, np.full((1, 9), 3)]))
    assert net.loss(data)[0] == pytest.approx(np.log(4), abs=0.1)
    fit(net, data, Adam(net.params, lr=0.03), steps=100, progress=False)
    assert evaluate(net, data) < 0.05
    np.testing.assert_array_equal(net.generate(source, None, 3), data[2])


def test_count_and_bad_input():
    net, data = model(), batch()
    assert net.count(data) == data[3].sum() and net.count(data[:3]) == data[2].size
    with pytest.raises(ValueError, match="hidden_size: got 5, wanted an even number"):
        EncoderDecoder(5, 4, 5, mark=3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="mark: got 4, wanted a token in 0 … 3"):
        EncoderDecoder(5, 4, 6, mark=4, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"batch: got tuple of 2, wanted a tuple \(source, lengths, target\)"):
        net.loss(data[:2])
    with pytest.raises(TypeError, match="batch: got int"):
        net.loss(3)
    with pytest.raises(ValueError, match="lengths: got 9"):
        net.forward(data[0], [9, 1], data[2])
