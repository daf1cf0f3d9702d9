"""Encoder–decoders in a stack: gradients by finite differences, one by one as in a stack, and a step at a time."""

import numpy as np
import pytest

from experiments._translators import Form, Translators, initialise, lstm, one_line
from rnn_utils.gradcheck import gradcheck
from rnn_utils.sampling import beam_search

FORMS = [
    Form(two_way=False, bridge="h", scores="none"),
    Form(two_way=True, bridge="every step", scores="none"),
    Form(two_way=True, bridge="h at every step", scores="none"),
    Form(two_way=False, bridge="h and c", scores="dot"),
    Form(two_way=True, bridge="h", scores="dot"),
    Form(two_way=True, bridge="every step", scores="additive"),
]


def batch(S, T=4, U=3, B=2, V=5, seed=0):
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(V, size=(n, S, B)) for n in (T, U, U))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_gradients_are_those_of_finite_differences(form):
    net = Translators(initialise((5, 5, 4), [0, 1], form, np.float64), form)
    for w in net.p.values():
        w += 0.3 * np.random.default_rng(1).standard_normal(w.shape)  # nothing zero that could hide a mistake
    source, ids, target = batch(2)
    _, grads = net.loss_and_grads(source, ids, target)
    assert grads.keys() == net.p.keys()
    gradcheck(lambda: float(net.loss_and_grads(source, ids, target)[0].sum()), net.p, grads)


@pytest.mark.parametrize("form", FORMS[-3:], ids=str)
def test_a_stack_is_its_networks_one_by_one(form):
    net = Translators(initialise((5, 5, 4), [3, 4, 5], form, np.float64), form)
    source, ids, target = batch(3)
    loss, grads = net.loss_and_grads(source, ids, target)
    alone = Translators(initialise((5, 5, 4), [4], form, np.float64), form)
    one, own = alone.loss_and_grads(*(a[:, 1:2] for a in (source, ids, target)))
    np.testing.assert_allclose(one[0], loss[1], rtol=1e-12)
    for name, grad in own.items():
        np.testing.assert_allclose(grad[0], grads[name][1], atol=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_writing_step_by_step_is_reading_the_right_letters_at_once(form):
    net = Translators(initialise((5, 5, 4), [0, 1], form, np.float64), form)
    source, ids, target = batch(2, U=4)
    ids[0] = 2
    ids[1:] = target[:-1]
    memory, (h, c), _ = net.encode(source)
    hs = lstm(net.decoder_inputs(ids, h), net.p["decoder.weight_hh"], h, c)[0]
    at_once = net.answer(hs[1:], memory)[0].argmax(axis=-1).reshape(2, 4, 2).swapaxes(0, 1)
    given, weights = net.translate(source, 2, 4, given=target, free=False)
    np.testing.assert_array_equal(given, at_once)
    assert (weights is None) == (form.scores == "none")
    if weights is not None:
        np.testing.assert_allclose(weights.sum(axis=-1), 1)
        assert weights.shape == (2, 2, 4, 4)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_beam_of_one_is_greedy(form):
    net = Translators(initialise((5, 5, 4), [0, 1], form, np.float64), form)
    for w in net.p.values():
        w *= 3
    source = batch(2)[0]
    written, _ = net.translate(source, 2, 6)
    for s, b in np.ndindex(2, 2):
        step, state = one_line(net, s, source[:, s, b])
        (best,) = beam_search(step, 2, width=1, length=6, state=state)
        assert best.ids == tuple(written[:, s, b])


def test_some_steps_may_read_their_own():
    form = Form(scores="dot")
    net = Translators(initialise((5, 5, 4), [0], form, np.float64), form)
    for w in net.p.values():
        w *= 6
    source, _, target = batch(1, U=6, B=30)
    free, _ = net.translate(source, 2, 6)
    given, _ = net.translate(source, 2, 6, given=target, free=False)
    assert (free != given).any()
    np.testing.assert_array_equal(net.translate(source, 2, 6, given=target, free=np.ones((6, 1, 30), bool))[0], free)
    half, _ = net.translate(source, 2, 6, given=target, free=np.arange(6)[:, None, None] < 3)
    np.testing.assert_array_equal(half[:4], free[:4])
