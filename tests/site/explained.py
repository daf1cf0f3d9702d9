"""What the tests of the RNN Explainer share: its networks in NumPy, texts, and the page once it is touched."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, WIDE
from playwright.sync_api import expect

from experiments import explainer
from experiments._reading import Change, read

KINDS = ("LSTM", "GRU", "RNN")
UNIT = "Unit (0–127)"  # what its field is called
FOLDER = ROOT / "book/_static/explainer"
TOKENS = "".join(explainer.texts()[2].tokens)
EVERY = "".join(np.random.default_rng(3).permutation(list(TOKENS * 2)))  # every character of the vocabulary
PLAY = "First Citizen:\nWe have not slept these seven nights.\n\nROMEO:\nThen sleep"
OTHERS = (
    "We’ve 3 “days” to sleep – até amanhã, ROMEO 😀:\nSo…"  # what the networks do not know, and what stands for others
)
READ = "We've  'days' to sleep - ate amanha, ROMEO :\nSo."


@pytest.fixture(scope="session", name="models")
def networks() -> dict[str, Any]:
    """The networks of the page, with the same rounded weights, in double precision."""
    return {kind: explainer.load(kind) for kind in KINDS}


@pytest.fixture(name="page")
def opened_page(browser: Any, server: str) -> Iterator[Any]:
    """The page as opened; what goes wrong on it fails the test."""
    context = browser.new_context(viewport=WIDE)
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    opened.goto(f"{server}book/explainer.html", wait_until="networkidle")
    yield opened
    context.close()
    assert wrong == [], wrong


def ids(text: str) -> np.ndarray:
    """The numbers of a text's characters."""
    return np.array([TOKENS.index(character) for character in text])


def gradient(model: Any, text: str, t: int, v: int) -> np.ndarray:
    """∂ log p(v) after step t by ∂x of every step up to it, by the package's own backward pass: (t + 1, V)."""
    numbers = ids(text)[: t + 1, None]
    logits, _, _ = model.forward(numbers)
    _, _, cache = model.rnn.forward(model.encode(numbers))
    dlogits = np.zeros_like(logits)
    p = np.exp(logits[-1, 0] - logits[-1, 0].max())
    dlogits[-1, 0] = np.eye(len(TOKENS))[v] - p / p.sum()
    return model.rnn.backward(dlogits @ model.params["linear.weight"], cache)[0][:, 0]


def touched(page: Any, text: str | None = None) -> Any:
    """Touch the page, write a text if one is given, and return the explainer once it is alive."""
    root = page.locator(".explainer")
    root.get_by_label("Your text").click()
    expect(root.locator(".live")).to_be_visible()
    if text is not None:
        root.get_by_label("Your text").fill(text)
    return root


def bars(root: Any) -> dict[str, float]:
    """The characters expected next, with their probabilities as shown."""
    names, shown = root.locator(".next dt").all_inner_texts(), root.locator(".next dd .now").all_inner_texts()
    return dict(zip(names, (float(one.removesuffix(" %")) / 100 for one in shown), strict=True))


def named(character: str) -> str:
    """A character as the page calls it."""
    return {" ": "space", "\n": "new line"}.get(character, character)


def expect_step(root: Any, model: Any, text: str, t: int, changes: Sequence[Change] = ()) -> None:
    """The page shows step t of a text, with NumPy's numbers."""
    reading = read(model, ids(text)[:, None], changes)
    p = np.exp(reading.logp[:, 0])
    shown = bars(root)
    assert shown, "no character is expected"
    assert shown == {name: pytest.approx(p[t, [named(c) for c in TOKENS].index(name)], abs=6e-4) for name in shown}
    assert list(shown.values()) == sorted(shown.values(), reverse=True)
    assert max(shown.values()) == pytest.approx(p[t].max(), abs=6e-4)
    said = root.locator(".whole .status").inner_text()
    assert said.startswith(f"Step {t + 1} of {len(text)}: the network reads “{named(text[t])}”")
    if t:
        surprise = -np.log2(p[t - 1, TOKENS.index(text[t])])
        assert f": {surprise:.1f} bits of surprise" in said
    unit = int(root.get_by_label(UNIT).input_value())
    assert f"{reading.c[t, 0, unit]:.2f}".replace("-", "−").replace("−0.00", "0.00") in said
