r"""Mathematics is HTML in the built page, numbered by Sphinx; TeX that cannot be read is a warning with its place."""

import re
from pathlib import Path

import pytest
from ext_book import ROOT, Book, build
from page import katex_math
from page.katex_math import ClashError, TexError, class_name, note_rule, render


def book(folder: Path, text: str, **pages: str) -> Book:
    listed = "```{toctree}\n" + "\n".join(pages) + "\n```\n"
    sources = {"index.md": f"# Book\n\n{text}\n\n{listed}", **{f"{name}.md": page for name, page in pages.items()}}
    return build(folder, sources, ["page.katex_math"])


def test_inline_and_display_are_html_and_mathml(tmp_path: Path) -> None:
    built = book(tmp_path, "An $x_t$ in a line.\n\n$$\nh_t = \\tanh(W x_t)\n$$\n")
    assert not built.warnings
    page = built.article()
    assert page.count('<span class="katex-html"') == 2
    assert page.count("<math ") == 2
    assert page.count('display="block"') == 1
    assert "$" not in re.sub(r"<[^>]+>", "", page)
    assert "mathjax" not in built.page().lower().replace("mathjax_ignore", "")


def test_numbers_and_references(tmp_path: Path) -> None:
    built = book(
        tmp_path,
        "$$ a = b $$ (eq-one)\n\n\\begin{align}\na &= b \\label{eq-two} \\\\\nc &= d\n\\end{align}\n\n"
        "$$\na = c\n$$\n\nAs {eq}`eq-one` and {eq}`eq-two` say.",
        other="# Other\n\nSee {eq}`eq-two`.",
    )
    assert not built.warnings
    page = built.article()
    assert re.findall(r'class="eqno">\((\d+)\)', page) == ["1", "2"]
    assert 'href="#equation-eq-one">(1)</a>' in page
    assert 'href="#equation-eq-two">(2)</a>' in page
    assert 'id="equation-eq-two"' in page
    assert 'href="index.html#equation-eq-two">(2)</a>' in built.article("other")
    assert page.count('title="Link to this equation"') == 2


@pytest.mark.parametrize("environment", ["align", "gather", "equation", "alignat"])
def test_katex_does_not_number_a_second_time(environment: str, tmp_path: Path) -> None:
    columns = "{1}" if environment == "alignat" else ""
    tex = f"\\begin{{{environment}}}{columns}\na = b\n\\end{{{environment}}}\n"
    built = book(tmp_path, tex)
    assert not built.warnings
    assert "eqn-num" not in built.article(), "KaTeX's own counter"
    assert 'class="tag"' not in built.article()


def test_lines_of_a_plain_display(tmp_path: Path) -> None:
    built = book(tmp_path, "$$\na = b \\\\\nc = d\n$$\n")
    assert not built.warnings
    assert "<mtable" in built.article(), "two rows, as in Jupyter"


def test_a_repeated_label_is_a_warning(tmp_path: Path) -> None:
    one = "\\begin{align}\na &= b \\label{eq-same}\n\\end{align}\n"
    assert "duplicate label of equation eq-same" in book(tmp_path, f"{one}\n{one}").warnings


def test_two_labels_in_one_display_are_a_warning(tmp_path: Path) -> None:
    tex = "\\begin{align}\na &= b \\label{eq-a} \\\\\nc &= d \\label{eq-b}\n\\end{align}\n"
    assert "one \\label for a display, not 2: eq-a, eq-b" in book(tmp_path, tex).warnings


def test_tex_that_cannot_be_read_names_page_line_and_tex(tmp_path: Path) -> None:
    built = book(tmp_path, "Line three.\n\nHere $\\frac{1}{$ and there.\n\n$$\n\\nonsense{x}\n$$\n")
    assert "index.md:5: WARNING: KaTeX cannot read \\frac{1}{: Unexpected end of input" in built.warnings
    assert (
        "index.md:7: WARNING: KaTeX cannot read \\nonsense{x}: Undefined control sequence: \\nonsense" in built.warnings
    )
    assert '<code class="tex-error">\\frac{1}{</code>' in built.article()


def test_tex_in_a_notebook_is_checked_too(tmp_path: Path) -> None:
    pages = {"index.md": "# Book\n\n```{toctree}\nchapter\n```\n", "chapter.ipynb": "# Chapter\n%%%\nA $\\wrong$ sign."}
    assert re.search(
        r"chapter\.ipynb:\d+: WARNING: KaTeX cannot read", build(tmp_path, pages, ["page.katex_math"]).warnings
    )


def test_the_message_is_katexs_own() -> None:
    with pytest.raises(TexError, match=r"Undefined control sequence: \\nonsense"):
        render(r"\nonsense", False)


def test_no_style_is_written_into_the_page_and_each_is_a_rule(tmp_path: Path) -> None:
    built = book(
        tmp_path,
        r"$$\frac{\sqrt{x^2}}{\hat{y}_t} \boxed{\color{red} \overbrace{a}} \xrightarrow{b}$$",
        other="# O\n\n$z$",
    )
    formula = re.search(r"<div class=\"math-scroll\">.*?</div>", built.article(), re.S)[0]
    assert " style=" not in formula
    sheet = built.output / "_static/katex/places.css"
    used = set(re.findall(r"\bk[a-z2-7]{7}\b", built.article()))
    assert len(used) > 10
    assert used <= set(re.findall(r"^\.(k[a-z2-7]{7})\{", sheet.read_text(), re.M))
    assert "height:" in sheet.read_text()
    built.rebuild(other="# O\n\n$w^3$")
    assert used <= set(re.findall(r"^\.(k[a-z2-7]{7})\{", sheet.read_text(), re.M)), (
        "pages not written again keep theirs"
    )


def test_two_styles_of_one_name_stop_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("page.katex_math.PLACE_RULES", {})
    render.cache_clear()
    monkeypatch.setattr("page.katex_math.DIGITS", 1)  # 32 names for all styles
    with pytest.raises(ClashError, match=r"\.k[a-z2-7]\{.* and \.k[a-z2-7]\{.* have one name"):
        book(tmp_path, r"$$\frac{\sqrt{x^2}}{\hat{y}_t} \boxed{\color{red} \overbrace{a}} \xrightarrow{b}$$")
    render.cache_clear()


def test_a_style_of_an_earlier_build_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = book(tmp_path, r"$\frac{x^2}{\hat{y}_t}$", other="# O\n\n$z$")
    sheet = built.output / "_static/katex/places.css"
    rule = sheet.read_text("utf8").splitlines()[0]
    sheet.write_text(rule.replace("{", "{color:red;") + "\n", "utf8")
    monkeypatch.setattr("page.katex_math.PLACE_RULES", {rule[1 : rule.index("{")]: rule})
    with pytest.raises(Exception, match="have one name"):
        built.rebuild(other="# O\n\n$w$")


def test_one_style_has_one_name_and_others_have_others() -> None:
    styles = [f"height:0.{number:04d}em;" for number in range(3000)]
    assert class_name(styles[0]) == class_name(styles[0])
    assert len({class_name(style) for style in styles}) == len(styles)
    rules = [f".{class_name(style)}{{{style}}}" for style in styles[:2]]
    for rule in (*rules, *rules):  # again and again the same is no clash
        note_rule(rule[1 : rule.index("{")], rule)


def test_every_font_that_the_styles_name_is_there(tmp_path: Path) -> None:
    static = book(tmp_path, "$x$").output / "_static/katex"
    fonts = set(re.findall(r"url\(([^)]+)\)", (static / "katex.min.css").read_text()))
    assert len(fonts) == 20
    assert all((static / font).is_file() for font in fonts)
    assert not list(static.rglob("*.js")), "KaTeX itself runs in the build only"


def test_version_is_the_one_that_the_note_names() -> None:
    vendor = ROOT / "book/_vendor/katex"
    version = re.search(r'version:"([\d.]+)"', (vendor / "katex.min.js").read_text())[1]
    assert f"KaTeX {version}" in (vendor / "README.md").read_text()


def test_the_next_build_asks_katex_for_new_formulas_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = book(tmp_path, "An $x_t$ in a line.\n\n$$\nx_t\n$$\n")
    shown = re.findall(r'<span class="katex">.*?</math>', first.article(), re.DOTALL)
    assert len(shown) == 2
    assert "block" not in shown[0]
    assert "block" in shown[1]
    asked, call = [], katex_math.MiniRacer.call
    monkeypatch.setattr(katex_math.MiniRacer, "call", lambda *given: asked.append(given[2]) or call(*given))
    for further, wanted in (("", []), (" And $y_t$.", ["y_t"])):
        katex_math.WRITTEN.clear()
        render.cache_clear()
        again = first.rebuild(index=f"# Book\n\nThe $x_t$ again.{further}\n\n$$\nx_t\n$$\n")
        assert not again.warnings
        now = re.findall(r'<span class="katex">.*?</math>', again.article(), re.DOTALL)
        assert [now[0], now[-1]] == shown
        assert again.article().count('<span class="katex-html"') == 2 + len(wanted)
        assert asked == wanted
