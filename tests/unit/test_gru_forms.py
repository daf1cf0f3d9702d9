"""GRUs that an experiment trains side by side: the whole one is the package's, and every form's gradient is right."""

import numpy as np
import pytest

from experiments._gru_forms import Adam, Form, forward, initialise, loss_and_grads
from rnn_utils import GRU, optim
from rnn_utils.gradcheck import gradcheck
from rnn_utils.models import SequenceModel

T, B, D, H, S = 4, 3, 2, 3, 2
FORMS = [Form(), Form("before"), Form("none"), Form("shared")] + [
    Form(update=update) for update in ("constant", "open", "none")
]
PACKAGE = {"linear.weight": "weight_hy", "linear.bias": "bias_y"}


def problem(form, every_step):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(T, S, B) if every_step else (S, B))
    return initialise(D, H, range(S), form, np.float64), rng.normal(size=(T, S, B, D)), y


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("every_step", [False, True])
def test_gradients_agree_with_finite_differences(form, every_step):
    p, x, y = problem(form, every_step)
    found = loss_and_grads(p, x, y, form)[1]
    fixed = {name: w for name, w in p.items() if not form.constant or "weight_" not in name}
    gradcheck(lambda: loss_and_grads(p, x, y, form)[0].sum(), fixed, {name: found[name] for name in fixed})


@pytest.mark.parametrize(("update", "start"), [("constant", 0.5), ("open", 0.95)])
def test_a_constant_update_gate_stays_constant(update, start):
    form = Form(update=update)
    p, x, y = problem(form, False)
    assert np.abs(forward(p, x, form)[1][:, 1] - start).max() < 0.25
    optimizer = Adam(p, np.full(S, 0.1))
    for _ in range(3):
        optimizer.update(loss_and_grads(p, x, y, form)[1])
    z = forward(p, x, form)[1][:, 1]
    np.testing.assert_allclose(z, np.broadcast_to(z[:1, :, :1], z.shape), atol=1e-15)
    assert np.ptp(z[0, 0, 0]) > 0.001


@pytest.mark.parametrize("every_step", [False, True])
def test_the_whole_form_trains_as_the_package_does(every_step):
    p, x, y = problem(Form(), every_step)
    model = SequenceModel(D, H, 1, rng=np.random.default_rng(0), every_step=every_step, layer=GRU, dtype=np.float64)
    ours = {name: PACKAGE.get(name, name.removeprefix("rnn.")) for name in model.params}
    for name, w in model.params.items():
        w[...] = p[ours[name]][1]
    mine, theirs = Adam(p, np.array([0.1, 0.05])), optim.Adam(model.params, lr=0.05)
    target = y[:, 1, :, None] if every_step else y[1]
    for _ in range(3):
        losses, grads = loss_and_grads(p, x, y, Form())
        loss, wanted, _ = model.loss_and_grads((x[:, 1], target))
        np.testing.assert_allclose(losses[1], loss, rtol=1e-12)
        for name in model.params:
            np.testing.assert_allclose(grads[ours[name]][1], wanted[name], atol=1e-12, err_msg=name)
        mine.update(grads)
        optim.clip_grad_norm_(wanted, 1.0)
        theirs.step(wanted)
    for name, w in model.params.items():
        np.testing.assert_allclose(p[ours[name]][1], w, atol=1e-6, err_msg=name)
