"""The book's style: contrast in both themes, and functions that draw what they were given."""

import itertools
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from rnn_utils import plotting

mpl.use("agg")
BACKGROUNDS = ("grid", "paper")


@pytest.fixture(autouse=True)
def clean_figures():
    """Leave neither figures nor settings behind."""
    import matplotlib.pyplot as plt

    with mpl.rc_context(plotting.style()):
        yield
    plt.close("all")


def luminance(code: str) -> float:
    """Relative luminance of a hex colour (WCAG 2)."""
    channels = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    dark, light = sorted([luminance(first), luminance(second)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [plotting.LIGHT, plotting.DARK], ids=["light", "dark"])
def test_every_colour_can_be_read_on_its_page(theme):
    weak = {n: c for n, c in theme.items() if n not in BACKGROUNDS and contrast(c, theme["paper"]) < 4.5}
    assert not weak


def test_the_themes_have_the_same_colours_by_name_and_no_code_twice():
    assert list(plotting.LIGHT) == list(plotting.DARK)
    assert len(set(plotting.LIGHT.values())) == len(plotting.LIGHT)


def test_neighbouring_lines_differ_without_colour():
    assert len(set(map(str, plotting.LINES))) == len(plotting.LINES) == len(plotting.CYCLE)
    assert all(first != second for first, second in itertools.pairwise(plotting.LINES))


def test_color_knows_its_names_and_says_so():
    assert plotting.color("blue") == plotting.LIGHT["blue"]
    with pytest.raises(ValueError, match="name: got 'pink', wanted one of ink, muted"):
        plotting.color("pink")


@pytest.mark.parametrize(("figures", "background"), [("svg", "none"), ("png", "white")])
def test_use_style_follows_the_build(monkeypatch, figures, background):
    monkeypatch.setenv("RNN_FIGURES", figures)
    with mpl.rc_context():
        plotting.use_style()
        assert mpl.rcParams["figure.facecolor"] == background
        assert mpl.rcParams["svg.hashsalt"] == "rnn_utils"


def test_subplots_have_the_books_width():
    figure, axes = plotting.subplots(2, 3, height=4)
    assert axes.shape == (2, 3)
    assert tuple(figure.get_size_inches()) == (plotting.WIDTH, 4)
    with pytest.raises(ValueError, match="rows: got 0"):
        plotting.subplots(0)


def test_heatmap_shows_the_matrix_with_its_middle_at_the_center():
    matrix = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    _, ax = plotting.heatmap(matrix, label="nats", center=1.0)
    image = ax.get_images()[0]
    np.testing.assert_array_equal(image.get_array(), matrix)
    assert image.get_clim() == (-3.0, 5.0)
    assert ax.figure.axes[-1].get_ylabel() == "nats"
    _, plain = plotting.heatmap(matrix)
    assert plain.get_images()[0].get_clim() == (0.0, 5.0)
    with pytest.raises(ValueError, match=r"matrix: got shape \(3,\), wanted \(rows, columns\)"):
        plotting.heatmap(np.zeros(3))


def test_signed_values_are_orange_below_the_middle_and_blue_above_in_both_themes_lighter_between():
    low, middle, high = (mpl.colors.to_hex(c) for c in plotting.signed_map()([0.0, 0.5, 1.0]))
    assert (low, high) == (plotting.LIGHT["orange"], plotting.LIGHT["blue"])
    assert min(contrast(middle, end) for end in (low, high)) > 2.5
    assert min(contrast(middle, theme["paper"]) for theme in (plotting.LIGHT, plotting.DARK)) > 1.8
    _, ax = plotting.heatmap(np.array([[-1.0, 0.0, 0.5]]), center=0)
    shown = ax.get_images()[0].to_rgba(np.array([-1.0, 1.0]))
    assert [mpl.colors.to_hex(c) for c in shown] == [low, high]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_line_labels_stand_right_of_the_ends_of_named_lines(scale):
    figure, ax = plotting.subplots()
    ax.plot([1, 100], [2, 3], label="rising")
    ax.plot([1, 100], [1, 1])
    ax.set(xscale=scale, xlim=(1, 100))
    plotting.line_labels(ax, gap=6)
    (text,) = ax.texts
    assert text.get_text() == "rising"
    assert text.get_color() == plotting.LIGHT["blue"]
    figure.canvas.draw()
    end = ax.transData.transform((100, 3))
    box = text.get_window_extent()
    assert box.x0 - end[0] == pytest.approx(6 * figure.dpi / 72, abs=2)
    assert abs((box.y0 + box.y1) / 2 - end[1]) < 3


def test_line_labels_do_not_stand_on_one_another():
    figure, ax = plotting.subplots()
    for end, name in ((1.0, "one"), (0.2, "far"), (1.02, "two"), (0.97, "three")):
        ax.plot([0, 1], [0, end], label=name)
    plotting.line_labels(ax)
    figure.canvas.draw()
    at = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert [at[name].y0 for name in ("far", "three", "one", "two")] == sorted(box.y0 for box in at.values())
    steps = np.diff([at[name].y0 + at[name].y1 for name in ("three", "one", "two")]) / 2
    assert min(steps) > 0.7 * plotting.SIZE * figure.dpi / 72
    far = at["far"]
    assert (far.y0 + far.y1) / 2 == pytest.approx(ax.transData.transform((1, 0.2))[1], abs=3)


def test_apart_moves_no_more_than_it_must():
    np.testing.assert_allclose(plotting.apart(np.array([50.0, 0.0, 1.0]), 10), [50, -4.5, 5.5])
    assert plotting.apart(np.array([]), 10).size == 0


def test_importing_plotting_leaves_matplotlib_alone():
    code = "import sys, rnn_utils.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def said(monkeypatch):
    """What Matplotlib warns of while it looks for a face; another test may have silenced its log."""
    from matplotlib import font_manager

    heard = []
    monkeypatch.setattr(font_manager._log, "warning", lambda text, *given: heard.append(text % given))
    return heard


SPECIMEN = "The quick brown fox −0.5 ≥ 1 → ½ · × ÷ ° ± “σ τ η κ λ δ ∂ ⊙” – ñ"


def drawn(text: str, **options: str) -> None:
    figure, ax = plotting.subplots()
    ax.set(title=text, xlabel="$W_{hh}$, $\\eta = 10^{-3}$")
    ax.text(0, 0, text, **options)
    figure.canvas.draw()


def test_figures_are_drawn_in_the_face_of_the_pages_which_every_matplotlib_has(said):
    from matplotlib import font_manager

    for name in (*mpl.rcParams["font.family"], plotting.FACE):
        for weight in ("normal", "bold"):
            wanted = font_manager.FontProperties(family=name, weight=weight)
            path = Path(font_manager.findfont(wanted, fallback_to_default=False)).resolve()
            assert path.name.startswith("STIXGeneral")
            assert path.is_relative_to(Path(mpl.get_data_path()).resolve())
    drawn(SPECIMEN)
    assert not said


def test_a_face_that_is_not_there_is_noticed(said):
    with mpl.rc_context({"font.family": "STIXSpecial"}):
        drawn("a")
    assert any("'STIXSpecial' not found" in one for one in said)


def test_a_sign_that_the_face_lacks_is_noticed():
    with pytest.raises(UserWarning, match="Glyph 8322"):
        drawn("CO₂")


def test_small_letters_are_as_high_as_they_were_in_a_face_with_large_ones():
    from matplotlib.textpath import TextPath

    def high(**font: str | float) -> float:
        properties = mpl.font_manager.FontProperties(**font)
        return TextPath((0, 0), "x", prop=properties, size=properties.get_size()).get_extents().height

    assert high(family=plotting.FACE, size=plotting.SIZE) > 0.9 * high(family="DejaVu Sans", size=11)
