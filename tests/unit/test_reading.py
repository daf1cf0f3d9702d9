"""Reading with changes, as the RNN Explainer does it in NumPy: left alone it is the package's model."""

import numpy as np
import pytest

from experiments._reading import Change, read
from experiments.explainer import SETTINGS, untrained
from rnn_utils.functional import log_softmax

KINDS = ("LSTM", "GRU", "RNN")
V, T, B = 9, 7, 3
IDS = np.random.default_rng(1).integers(0, V, (T, B))


def network(kind):
    model = untrained(kind, SETTINGS | {"hidden": 6}, V, np.float64)
    for p in model.params.values():
        p *= 3
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_left_alone_it_is_the_model(kind):
    model = network(kind)
    logits, _, _ = model.forward(IDS)
    reading = read(model, IDS)
    np.testing.assert_allclose(reading.logp, log_softmax(logits), atol=1e-12)
    np.testing.assert_allclose(read(model, np.eye(V)[IDS]).logp, reading.logp, atol=1e-12)
    h, _, kept = model.rnn.forward(model.encode(IDS))
    np.testing.assert_allclose(reading.h, h, atol=1e-12)
    if kind != "RNN":
        np.testing.assert_allclose(np.stack(list(reading.gates.values()), axis=2), kept.gates, atol=1e-12)
    if kind == "LSTM":
        np.testing.assert_allclose(reading.c, kept.c[1:], atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_erased_before_a_step_it_is_as_at_the_beginning(kind):
    model = network(kind)
    erased = read(model, IDS, [Change(what, 0.0, slice(None), 4, 4) for what in "hc"])
    np.testing.assert_allclose(erased.logp[4:], read(model, IDS[4:]).logp, atol=1e-12)
    np.testing.assert_allclose(erased.logp[:4], read(model, IDS).logp[:4], atol=1e-12)


def test_a_gate_and_a_cell_have_the_value_that_they_are_given():
    model = network("LSTM")
    reading = read(model, IDS, [Change("f", 0.0, 2, 3, 5), Change("held", 0.7, [1, 4])])
    assert (reading.gates["f"][3:6, :, 2] == 0).all()
    assert (reading.gates["f"][:3, :, 2] > 0).all()
    assert (reading.c[:, :, [1, 4]] == 0.7).all()
    np.testing.assert_allclose(reading.c[3:6, :, 2], (reading.gates["i"] * reading.gates["g"])[3:6, :, 2])
    plain = read(model, IDS)
    assert (plain.gates["f"] > 0).all()
    assert not np.allclose(plain.c, reading.c)
