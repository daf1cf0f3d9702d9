"""Attention against hand-worked cases, PyTorch and finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils.attention import look_back, look_back_grads
from rnn_utils.gradcheck import gradcheck


def test_attend_by_hand():
    memory = np.array([[[1.0, 0.0]], [[0.0, 2.0]]])  # (2, 1, 2)
    context, weights = look_back(np.array([[[np.log(3.0), 0.0]], [[0.0, np.log(3.0)]]]), memory)
    np.testing.assert_allclose(weights, [[[0.75, 0.25]], [[0.1, 0.9]]])
    np.testing.assert_allclose(context, [[[0.75, 0.5]], [[0.1, 1.8]]])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_attend_is_pytorchs(U, B, T, H, padded, seed):
    rng = np.random.default_rng(seed)
    queries, memory, dcontext = rng.normal(size=(U, B, H)), rng.normal(size=(T, B, H)), rng.normal(size=(U, B, H))
    lengths = rng.integers(1, T + 1, size=B) if padded else None
    q, m = (torch.tensor(a, requires_grad=True) for a in (queries, memory))
    seen = None if lengths is None else torch.arange(T) < torch.tensor(lengths)[:, None, None]
    keys = m.transpose(0, 1)
    theirs = F.scaled_dot_product_attention(q.transpose(0, 1), keys, keys, seen, scale=1.0)
    theirs.transpose(0, 1).backward(torch.tensor(dcontext))
    context, weights = look_back(queries, memory, lengths)
    np.testing.assert_allclose(context, theirs.transpose(0, 1).detach(), atol=1e-10)
    dqueries, dmemory = look_back_grads(dcontext, weights, queries, memory)
    np.testing.assert_allclose(dqueries, q.grad, atol=1e-10)
    np.testing.assert_allclose(dmemory, m.grad, atol=1e-10)


@pytest.mark.parametrize("lengths", [None, [3, 1]])
def test_gradients_are_those_of_finite_differences(lengths):
    rng = np.random.default_rng(0)
    arrays = {"queries": rng.normal(size=(2, 2, 4)), "memory": rng.normal(size=(3, 2, 4))}
    weighted = rng.normal(size=(2, 2, 4))
    _, weights = look_back(**arrays, lengths=lengths)
    grads = dict(zip(arrays, look_back_grads(weighted, weights, **arrays)))
    gradcheck(lambda: float((look_back(**arrays, lengths=lengths)[0] * weighted).sum()), arrays, grads)


def test_padding_gets_no_weight_and_no_gradient():
    rng = np.random.default_rng(0)
    queries, memory = rng.normal(size=(2, 2, 3)), rng.normal(size=(4, 2, 3))
    memory[2:, 1] = 3 * queries[0, 1]  # would be looked at first
    context, weights = look_back(queries, memory, [4, 2])
    assert not weights[:, 1, 2:].any()
    np.testing.assert_allclose(context[:, 1:], look_back(queries[:, 1:], memory[:2, 1:])[0])
    assert not look_back_grads(np.ones_like(queries), weights, queries, memory)[1][2:, 1].any()


def test_bad_input_is_named():
    queries, memory = np.zeros((2, 3, 4)), np.zeros((5, 3, 4))
    with pytest.raises(ValueError, match=r"memory: got shape \(5, 3, 2\), wanted \(T, 3, 4\)"):
        look_back(queries, memory[..., :2])
    with pytest.raises(ValueError, match="lengths: got 6, wanted 1 … 5"):
        look_back(queries, memory, [5, 6, 1])
    with pytest.raises(ValueError, match=r"weights: got shape \(2, 3, 4\), wanted \(2, 3, 5\)"):
        look_back_grads(queries, np.zeros((2, 3, 4)), queries, memory)
