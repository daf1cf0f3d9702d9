"""The RNN Explainer computes what NumPy computes, left alone and changed, on any text; a fault in it is seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from explained import EVERY, FOLDER, KINDS, OTHERS, PLAY, READ, TOKENS, gradient, ids, networks, opened_page  # noqa: F401

from experiments._reading import Change, read

# What the page's module says: log p after every step, states, and the gradient of log p(v) after step t.
CALL = """async ([kind, text, changes, t, v]) => {
    const { backward, encode, run, unpack } = await import("/_static/explainer/model.js");
    const weights = await (await fetch(`/_static/explainer/${kind.toLowerCase()}.f16`)).arrayBuffer();
    const { tokens, hidden } = await (await fetch("/_static/explainer/facts.json")).json();
    const net = unpack(kind, tokens, hidden, weights);
    const ids = encode(net, text).map(({ id }) => id).filter((id) => id >= 0);
    const all = changes.map((one) => ({ from: 0, to: 1e9, ...one }));
    const steps = run(net, ids, all);
    const plain = (values) => [...values];
    return {
        ids,
        logp: steps.map((step) => plain(step.logp)),
        h: steps.map((step) => plain(step.h)),
        c: steps.map((step) => plain(step.c)),
        gates: steps.map((step) => Object.values(step.gates).map(plain)),
        dx: backward(net, steps, t, v, all).map(plain),
    }; }"""
CHANGES: list[dict[str, Any]] = [
    {"what": "h", "unit": -1, "from": 5, "to": 5, "value": 0},
    {"what": "held", "unit": 17, "value": 0.25},
]
OF_GATES: dict[str, list[dict[str, Any]]] = {
    "LSTM": [
        {"what": "c", "unit": -1, "from": 9, "to": 9, "value": 0},
        {"what": "c", "unit": 6, "from": 11, "to": 12, "value": 0.5},
        *({"what": gate, "unit": k, "from": 3 * k, "value": 0.3 * k} for k, gate in enumerate("ifgo", start=1)),
    ],
    "GRU": [{"what": gate, "unit": k, "from": 3 * k, "value": 0.3 * k} for k, gate in enumerate("rzn", start=1)],
    "RNN": [],
}


def as_changes(changes: list[dict[str, Any]]) -> list[Change]:
    """The same changes for NumPy."""
    return [
        Change(
            one["what"],
            one["value"],
            slice(None) if one["unit"] < 0 else one["unit"],
            one.get("from", 0),
            one.get("to", 10**9),
        )
        for one in changes
    ]


TEXTS = {EVERY: EVERY, PLAY: PLAY, OTHERS: READ}


def differences(page: Any, model: Any, kind: str, texts: Sequence[str] = tuple(TEXTS)) -> dict[str, float]:
    """How far the page's numbers are from NumPy's, at most, over several texts, left alone and changed."""
    found = {"logp": 0.0, "gates": 0.0, "state": 0.0, "gradient": 0.0, "gradient, changed": 0.0}
    for text in texts:
        known = TEXTS[text]
        for changes in ([], CHANGES + OF_GATES[kind]):
            t, v = len(known) - 2, 7
            got = page.evaluate(CALL, [kind, text, changes, t, v])
            assert got["ids"] == ids(known).tolist()
            wanted = read(model, ids(known)[:, None], as_changes(changes))
            found["logp"] = max(found["logp"], np.abs(np.array(got["logp"]) - wanted.logp[:, 0]).max())
            found["state"] = max(found["state"], np.abs(np.array(got["h"]) - wanted.h[:, 0]).max())
            if kind == "LSTM":
                found["state"] = max(found["state"], np.abs(np.array(got["c"]) - wanted.c[:, 0]).max())
            for k, gate in enumerate(wanted.gates.values()):
                found["gates"] = max(found["gates"], np.abs(np.array(got["gates"])[:, k] - gate[:, 0]).max())
            if changes:
                off = by_differences(model, known, as_changes(changes), t, v, np.array(got["dx"]))
                found["gradient, changed"] = max(found["gradient, changed"], off)
            else:
                wanted_dx = gradient(model, known, t, v)
                found["gradient"] = max(found["gradient"], np.abs(np.array(got["dx"]) - wanted_dx).max())
    return found


def by_differences(model: Any, text: str, changes: list[Change], t: int, v: int, dx: np.ndarray) -> float:
    """How far some entries of a gradient are from finite differences, through a network that is changed."""
    x, step, worst = np.eye(len(TOKENS))[ids(text)][:, None], 1e-6, 0.0
    for s, u in ((t, 3), (t - 1, 20), (t - 3, 40), (max(t - 30, 0), 5), (4, 11), (1, 50)):
        values = []
        for sign in (1, -1):
            moved = x.copy()
            moved[s, 0, u] += sign * step
            values.append(read(model, moved, changes).logp[t, 0, v])
        worst = max(worst, abs((values[0] - values[1]) / (2 * step) - dx[s, u]))
    return worst


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_computes_what_numpy_computes(page: Any, models: dict[str, Any], kind: str) -> None:
    off = differences(page, models[kind], kind)
    assert off["logp"] < 1e-9
    assert off["state"] < 1e-9
    assert off["gates"] < 1e-9
    assert off["gradient"] < 1e-9
    assert off["gradient, changed"] < 1e-6


@pytest.mark.parametrize(
    ("kind", "was", "planted", "where"),
    [
        ("LSTM", "gates.f[k] * kept +", "gates.f[k] * kept -", "logp"),
        ("LSTM", "dc[k] = into * f[k]", "dc[k] = into * i[k]", "gradient"),
        ("LSTM", 'if (!fixed("f", k))', "if (true)", "gradient, changed"),
        ("LSTM", "exponent - 15", "exponent - 14", "logp"),
        ("GRU", "dh[k] = into * z[k]", "dh[k] = into", "gradient"),
        ("GRU", "gates.r[k] * a_h[2 * H + k]", "a_h[2 * H + k]", "gates"),
        ("RNN", "t > one.to", "t >= one.to", "state"),
        ("RNN", "1 - value * value", "1 - value", "gradient"),
    ],
)
def test_a_fault_in_the_module_is_caught(
    page: Any, models: dict[str, Any], kind: str, was: str, planted: str, where: str
) -> None:
    module = (FOLDER / "model.js").read_text("utf8")
    assert was in module
    body = module.replace(was, planted)
    page.route("**/explainer/model.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page.reload(wait_until="networkidle")
    assert differences(page, models[kind], kind, [PLAY])[where] > 1e-5


def test_the_first_file_is_small_and_all_are_light() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sizes["lstm.f16"] < 0.25 * 2**20
    assert sum(size for name, size in sizes.items() if not name.endswith(".f16")) <= 120 * 2**10
