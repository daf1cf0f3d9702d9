"""A line that a network of the RNN Explainer continues: ``{live-line} GRU``, with the beginning of the line as content.

The continuation that stands on the page is written here, while the book is built, by the book's own code: a
`LanguageModel` with the Explainer's weights, and `sampling.temperature` with NumPy's generator. `front/line.js`
does the same in the page for what a reader types. Its random numbers are NumPy's too: the page gets the states of the
generator.
"""

import json
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rnn_utils import GRU, LSTM, RNN
from rnn_utils.models import LanguageModel
from rnn_utils.sampling import temperature

WEIGHTS = Path(__file__).resolve().parents[2] / "_static/explainer"
LAYERS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
TAU = 0.5  # at 1 the networks of this size misspell too much for a first page, near 0 they repeat themselves
LENGTH = 180  # characters
INVITATION = '<p class="invitation">A network continues this line. <strong>Type your own.</strong></p>'
SEEDS = 8  # how many continuations one beginning has


@cache
def network(kind: str) -> tuple[LanguageModel, str]:
    """A network with the weights that the page has, and the characters that it knows, in order."""
    facts = json.loads((WEIGHTS / "facts.json").read_text("utf8"))
    tokens, layer = facts["tokens"], LAYERS[kind]
    rng = np.random.default_rng(0)  # for weights that are overwritten
    model = LanguageModel(len(tokens), facts["hidden"], layer=layer, rng=rng, dtype=np.float64)
    path = WEIGHTS / f"{kind.lower()}.f16"
    numbers, wanted = np.fromfile(path, "<f2"), sum(p.size for p in model.params.values())
    if len(numbers) != wanted:
        raise ValueError(f"{path}: got {len(numbers)} numbers, wanted {wanted}")
    for p in model.params.values():
        part, numbers = numbers[: p.size], numbers[p.size :]
        p[...] = part.reshape(p.shape)
    return model, tokens


def continuation(kind: str, beginning: str, seed: int = 0, length: int = LENGTH) -> str:
    """What a network writes after `beginning`, which may only have characters that it knows."""
    model, tokens = network(kind)
    ids = np.array([tokens.index(character) for character in beginning])[:, None]
    choose = partial(temperature, tau=TAU, rng=np.random.default_rng(seed))
    return "".join(tokens[k] for k in model.generate(ids, length, choose)[:, 0])


def generator_states() -> list[list[str]]:
    """State and increment of NumPy's generator for each seed, in hexadecimal."""
    states = (np.random.default_rng(seed).bit_generator.state["state"] for seed in range(SEEDS))
    return [[format(one["state"], "x"), format(one["inc"], "x")] for one in states]


class LiveLine(SphinxDirective):
    """The line, complete without a script."""

    required_arguments = 1
    has_content = True
    option_spec = {"label": directives.unchanged_required}  # noqa: RUF012 (as docutils has it)

    def run(self) -> list[nodes.Node]:
        """Write what the network writes."""
        kind, beginning = self.arguments[0], "\n".join(self.content) + " "
        if kind not in LAYERS:
            raise self.error(f"live-line: got {kind!r}, wanted one of {', '.join(LAYERS)}")
        tokens = network(kind)[1]
        if unknown := sorted(set(beginning) - set(tokens)):
            raise self.error(f"live-line: the network does not know {unknown[0]!r}")
        data = {
            "kind": kind,
            "hidden": network(kind)[0].rnn.hidden_size,
            "tokens": tokens,
            "tau": TAU,
            "length": LENGTH,
            "states": json.dumps(generator_states()),
        }
        written = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
        parts = {"yours": beginning, "its": continuation(kind, beginning)}
        text = "".join(f'<span class="{name}">{escape(words)}</span>' for name, words in parts.items())
        html = f'<div class="live-line"{written}>{INVITATION}<p class="line">{text}</p></div>'
        return [nodes.raw("", html, format="html")]


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script on the page that has a line."""
    if doctree and any('class="live-line"' in node.astext() for node in doctree.findall(nodes.raw)):
        app.add_js_file("front/live-line.js", type="module")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("live-line", LiveLine)
    app.add_css_file("front/front.css")
    app.connect("html-page-context", add_script, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
