r"""Mathematics turned into HTML and MathML while the book is built.

Sphinx's own renderer loads MathJax from another host and typesets in the reader's browser, and no extension does it at
build time without Node. KaTeX runs here in the V8 engine of the `mini-racer` wheel: the page needs no script for its
mathematics, and TeX that KaTeX cannot read is a warning that names page, line and TeX, which fails the build.

KaTeX places its boxes by style attributes, which the pages' policy forbids (`_templates/policy.html`); each different
one becomes a class of the sheet `katex/places.css`, which is lighter too.

Numbers and permalinks are Sphinx's. Environments of amsmath may carry one ``\label{name}``, referred to by
``{eq}`name```: the label is given to Sphinx, which alone counts equations.
"""

import atexit
import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains.math import MathDomain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from rnn_utils.atomic import write_whole

LOGGER = logging.getLogger(__name__)
VENDOR = Path(__file__).resolve().parents[2] / "_vendor/katex"
LABEL = re.compile(r"\s*\\label\{([^}]*)\}")
# KaTeX would number these environments itself, a second time; their starred forms are the same without the number.
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|alignat|multline|eqnarray|flalign)\}")


# In what KaTeX writes, a style comes last or right after the class.
STYLED = re.compile(r'<(?P<tag>\w+)(?: class="(?P<classes>[^"]*)")?(?P<more>[^<>]*?) style="(?P<style>[^"]*)"')
# What KaTeX writes against the rules of MathML: an attribute without a value, a second child in a script (σ_max).
INVALID = re.compile(' columnspacing=""|<mo>\N{FUNCTION APPLICATION}</mo>(?=</m(?:sub|sup|subsup)>)')
PLACES = "katex/places.css"
PLACE_RULES: dict[str, str] = {}
WRITTEN: dict[str, str] = {}  # what this KaTeX has made of formulas, in earlier builds too
DIGITS = 7  # of a hash, to base 32, in a class's name: of 1,000 styles two share one in a book out of 69,000


class ClashError(ValueError):
    """Two styles have a class of the same name: one of them would take the other's place in silence."""


class TexError(ValueError):
    """TeX that KaTeX cannot read; the message is KaTeX's."""


@cache
def engine() -> MiniRacer:
    """A V8 context with KaTeX loaded, made when the first formula is met (0.1 s)."""
    context = MiniRacer()
    atexit.register(context.close)
    context.eval((VENDOR / "katex.min.js").read_text("utf8"))
    return context


def close_engine(*_event: object) -> None:
    """Close the V8 context: left to the interpreter's exit, it waits for a thread that has gone (Python 3.13)."""
    if engine.cache_info().currsize:
        engine().close()
        engine.cache_clear()


@cache
def render(tex: str, display: bool) -> str:
    """A formula as HTML for the eye and MathML for screen readers.

    Raises
    ------
    TexError
        If KaTeX cannot read `tex`.
    """
    key = f"{'display' if display else 'inline'} {tex}"
    if key not in WRITTEN:
        options = {"displayMode": display, "throwOnError": True, "strict": "ignore"}
        try:
            WRITTEN[key] = cast(str, engine().call("katex.renderToString", tex, options))
        except JSEvalException as error:
            found = re.search(r"KaTeX parse error: (.*)", str(error))
            message = found[1] if found else str(error).splitlines()[0]
            raise TexError(message.replace("\N{COMBINING LOW LINE}", "")) from None
    return STYLED.sub(style_as_class, INVALID.sub("", WRITTEN[key]))


def style_as_class(element: re.Match[str]) -> str:
    """An element's start with a class in place of its style; named by the style, so that every build names it alike."""
    name = class_name(element["style"])
    declarations = [part for part in element["style"].split(";") if part]
    note_rule(name, f".{name}{{{';'.join(f'{part}!important' for part in declarations)}}}")
    classes = f"{element['classes']} {name}" if element["classes"] else name
    return f'<{element["tag"]} class="{classes}"{element["more"]}'


def class_name(style: str) -> str:
    """The name of the class of a style."""
    return f"k{base64.b32encode(hashlib.sha256(style.encode()).digest()).decode().lower()[:DIGITS]}"


def note_rule(name: str, rule: str) -> None:
    """Keep the rule of a class.

    Raises
    ------
    ClashError
        If the class has another rule already.
    """
    if PLACE_RULES.setdefault(name, rule) != rule:
        raise ClashError(f"{PLACE_RULES[name]} and {rule} have one name: make DIGITS in katex_math.py larger")


def display_tex(node: nodes.math_block) -> str:
    """The TeX of a display as KaTeX wants it: no numbers of its own, blank lines and line ends as Sphinx reads them."""
    tex = NUMBERED.sub(r"\\\1{\2*}", node.astext()).strip()
    if node.get("nowrap"):
        return tex
    parts = [part for part in tex.split("\n\n") if part.strip()]
    rows = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    return rows[0] if len(rows) == 1 else r"\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}"


class AmsmathLabels(SphinxTransform):
    r"""Take ``\label{name}`` out of TeX, where KaTeX refuses it, and give the name to Sphinx's equation."""

    default_priority = 200  # before docutils moves the targets' identifiers to the equations (260)

    def apply(self, **kwargs: Any) -> None:
        """Do so for every display on the page."""
        for node in list(self.document.findall(nodes.math_block)):
            labels = LABEL.findall(node.astext())
            if not labels:
                continue
            if len(labels) > 1:
                LOGGER.warning("one \\label for a display, not %d: %s", len(labels), ", ".join(labels), location=node)
            tex = LABEL.sub("", node.astext())
            node.children = [nodes.Text(tex)]
            node.children[0].parent = node
            self.relabel(node, labels[0])

    def relabel(self, node: nodes.math_block, label: str) -> None:
        """Replace the equation's random label and target, or number it if it had none."""
        domain = cast(MathDomain, self.env.get_domain("math"))
        if old := node.get("label"):
            number = domain.equations.pop(old)
            node.parent.remove(node.parent[node.parent.index(node) - 1])
            if label in domain.equations:
                where = domain.equations[label][0]
                LOGGER.warning("duplicate label of equation %s, other instance in %s", label, where, location=node)
            domain.equations[label] = number
        else:
            domain.note_equation(self.env.docname, label, location=node)
        node["label"], node["docname"] = label, self.env.docname
        node["number"] = domain.get_equation_number_for(label)
        target = nodes.target("", "", ids=[nodes.make_id(f"equation-{label}")])
        self.document.note_explicit_target(target)
        node.parent.insert(node.parent.index(node), target)


def rendered(translator: HTML5Translator, node: nodes.Element, tex: str, display: bool) -> str:
    """The formula's HTML; where KaTeX refuses, the TeX itself and a warning."""
    try:
        return render(tex, display)
    except TexError as error:
        LOGGER.warning("KaTeX cannot read %s: %s", node.astext().strip(), error, location=node, type="katex")
        return f'<code class="tex-error">{translator.encode(node.astext())}</code>'


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(rendered(self, node, node.astext(), False) + "</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display: its number and permalink, and the formula, which scrolls inside itself when it is wide."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f'<div class="math-scroll">{rendered(self, node, display_tex(node), True)}</div></div>\n')
    raise nodes.SkipNode


def configure(app: Sphinx, config: Config) -> None:
    """Render with KaTeX and copy its style sheet and fonts to the site."""
    config.html_math_renderer = "katex"
    config.html_static_path = [*config.html_static_path, str(VENDOR / "static")]


def write_places(app: Sphinx, error: Exception | None) -> None:
    """Write the sheet of the formulas' places; pages that were not written again keep theirs."""
    if error or app.builder.format != "html":
        return
    sheet = Path(app.outdir, "_static", PLACES)
    sheet.parent.mkdir(parents=True, exist_ok=True)
    before = sheet.read_text("utf8").splitlines() if sheet.exists() else []
    for rule in before:
        note_rule(rule[1 : rule.index("{")], rule)
    sheet.write_text("\n".join(sorted({*before, *PLACE_RULES.values()})) + "\n", "utf8")


def kept(app: Sphinx) -> Path:
    """Where formulas are kept from one build to the next, beside the pages that were read: a file for each KaTeX."""
    version = hashlib.sha256((VENDOR / "katex.min.js").read_bytes()).hexdigest()[:12]
    return Path(app.doctreedir, f"katex-{version}.json")


def take_up(app: Sphinx) -> None:
    """Take up the formulas of the builds before."""
    if kept(app).exists():
        WRITTEN.update(json.loads(kept(app).read_text("utf8")))


def put_down(app: Sphinx, error: Exception | None) -> None:
    """Keep the formulas for the next build."""
    if not error:
        write_whole(kept(app), json.dumps(WRITTEN).encode())


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.add_transform(AmsmathLabels)
    for sheet in ("katex/katex.min.css", PLACES, "math.css"):
        app.add_css_file(sheet)
    app.connect("config-inited", configure)
    app.connect("builder-inited", take_up)
    app.connect("build-finished", put_down)
    app.connect("build-finished", write_places)
    app.connect("build-finished", close_engine)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}  # one V8 context, not forkable
