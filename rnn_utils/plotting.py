"""One look for every figure: readable in light and dark, in grey, and by the colour-blind.

``use_style()`` goes into a notebook's set-up cell. Notebooks store PNG pictures on white. The site build asks for SVG
(``RNN_FIGURES=svg``), in which every colour below becomes a CSS variable with a value for each theme.
"""

import itertools
import os
import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .checks import check_array, check_int

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["color", "heatmap", "line_labels", "signed_map", "subplots", "use_style"]

WIDTH = 6.0  #: width of every figure, inches: its text is then still readable on a phone
FACE = "STIXGeneral"  #: the face of figures: the text face of the book's pages as every Matplotlib brings it along
SIZE = 13.0  #: size of their text, points; the face's small letters are small, as high as those of DejaVu Sans at 10.7

#: Colours by role on a light page and on a dark one; all at least 4.5 : 1 against their background, and apart in
#: lightness or hue under the three common colour deficiencies (after Okabe and Ito, 2008).
LIGHT = {
    "ink": "#1f2933",
    "muted": "#5f6b7a",
    "grid": "#d7dce2",
    "paper": "#fdfdfe",
    "blue": "#0b63a5",
    "orange": "#b8500a",
    "green": "#00775a",
    "purple": "#8a3f86",
    "gold": "#8a6100",
    "sky": "#1f7490",
}
DARK = {
    "ink": "#e4e8ed",
    "muted": "#a3adba",
    "grid": "#3a434f",
    "paper": "#14181e",
    "blue": "#6db3f2",
    "orange": "#ff9a57",
    "green": "#4fcba5",
    "purple": "#dd9ad8",
    "gold": "#e3b94e",
    "sky": "#7fcde6",
}
CYCLE = ("blue", "orange", "green", "purple", "gold", "sky")
SIGNED_MIDDLE = "#b4bac2"  #: the colour of 0 where negative values are orange and positive ones blue
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


def color(name: str) -> str:
    """Hex code of one of the book's colours by its name or role, for example ``"blue"`` or ``"muted"``."""
    if name not in LIGHT:
        raise ValueError(f"name: got {name!r}, wanted one of {', '.join(LIGHT)}")
    return LIGHT[name]


def signed_map() -> "Colormap":
    """Return the colour map of signed values: orange below the middle, grey at it, blue above.

    The grey stands out from a white page and from a dark one, and is lighter than both ends: in print without colour
    a value's size still shows, if not its sign.
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [LIGHT["orange"], SIGNED_MIDDLE, LIGHT["blue"]])


def style() -> dict[str, Any]:
    """Return Matplotlib's settings for the book, as a dict for ``matplotlib.rc_context`` or ``rcParams.update``."""
    from cycler import cycler

    ink, muted, grid = LIGHT["ink"], LIGHT["muted"], LIGHT["grid"]
    return {
        "figure.figsize": (WIDTH, 2.8),
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "font.family": FACE,
        "mathtext.fontset": "stix",
        "font.size": SIZE,
        "axes.titlesize": SIZE,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=[LIGHT[c] for c in CYCLE], linestyle=LINES),
        "grid.linewidth": 0.6,
        "grid.color": grid,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "legend.frameon": False,
        "legend.labelspacing": 0.3,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.titlecolor": ink,
        "axes.edgecolor": muted,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "svg.hashsalt": "rnn_utils",
        "svg.fonttype": "path",
    }


def use_style() -> None:
    """Give Matplotlib the book's style, and the notebook the picture format that its reader needs."""
    import matplotlib as mpl

    mpl.rcParams.update(cast(Any, style()))
    svg = os.environ.get("RNN_FIGURES") == "svg"
    # Jupyter saves a figure with the figure's own background: none lets the page's show through.
    mpl.rcParams["figure.facecolor"] = mpl.rcParams["axes.facecolor"] = "none" if svg else "white"
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside Jupyter, and in the page, there is no inline backend to set
        return
    set_matplotlib_formats("svg" if svg else "png", bbox_inches="tight", metadata={"Date": None} if svg else {})


def themed(svg: str) -> str:
    """Turn the book's colours in a Matplotlib SVG into CSS variables with a light and a dark value.

    Parameters
    ----------
    svg : str
        A picture in the book's style, as Matplotlib writes it.

    Returns
    -------
    svg : str
        The same picture, which follows the reader's theme.

    """
    names = {code: name for name, code in LIGHT.items()}
    pattern = re.compile("|".join(names), re.IGNORECASE)
    svg = pattern.sub(lambda found: f"var(--{names[found[0].lower()]},{found[0]})", svg)
    values = ";".join(f"--{name}:{code}" for name, code in DARK.items())
    rule = f"<style>@media (prefers-color-scheme:dark){{svg{{{values}}}}}</style>"
    return re.sub(r"(<svg\b[^>]*>)", lambda found: found[0] + rule, svg, count=1)


def subplots(rows: int = 1, columns: int = 1, *, height: float = 2.8, **options: Any) -> tuple["Figure", Any]:
    """``matplotlib.pyplot.subplots`` at the book's width.

    Parameters
    ----------
    rows, columns : int
        Panels.
    height : float
        Height of the whole figure, inches.
    **options
        Passed on: ``sharex``, ``sharey``, ``width_ratios`` …

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : Axes, or where there are several panels an ndarray of them, shape (rows, columns) or (panels,)

    """
    import matplotlib.pyplot as plt

    return plt.subplots(check_int("rows", rows), check_int("columns", columns), figsize=(WIDTH, height), **options)


def heatmap(
    matrix: Any, *, ax: "Axes | None" = None, label: str = "", center: float | None = None, **options: Any
) -> tuple["Figure", "Axes"]:
    """Draw a matrix as coloured squares with a colour bar.

    Parameters
    ----------
    matrix : array_like, shape (rows, columns)
        What to draw; rows run downwards.
    ax : Axes, optional
        Where to draw; a new figure without it.
    label : str
        What the colours mean, with its unit.
    center : float, optional
        A value to put in the middle of a two-sided colour scale, usually 0: see ``signed_map``.
    **options
        Passed to ``Axes.imshow``.

    """
    matrix = check_array("matrix", matrix, ("rows", "columns"))
    if ax is None:
        _, ax = subplots()
    if center is not None:
        reach = float(np.abs(matrix - center).max()) or 1.0
        options = {"cmap": signed_map(), "vmin": center - reach, "vmax": center + reach, **options}
    image = ax.imshow(matrix, **{"cmap": "cividis", "aspect": "auto", "interpolation": "nearest", **options})
    ax.grid(False)
    figure = cast("Figure", ax.figure)
    figure.colorbar(image, ax=ax, label=label)
    return figure, ax


def line_labels(ax: "Axes", *, gap: float = 4) -> None:
    """Write every line's label ``gap`` points right of its end, in its colour: no legend to match colours with.

    Labels that would stand on one another are moved apart. Call it when the limits of the axes are set.
    """
    import matplotlib as mpl

    named = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_") and np.size(line.get_xdata())]
    ends = [(np.asarray(line.get_xdata())[-1], np.asarray(line.get_ydata())[-1]) for line in named]
    points = np.array([ax.transData.transform(end) for end in ends]).reshape(-1, 2) * 72 / ax.figure.dpi
    heights = apart(points[:, 1], 0.9 * mpl.rcParams["font.size"])
    for line, end, up in zip(named, ends, heights - points[:, 1], strict=True):
        place: dict[str, Any] = {"xytext": (gap, up), "textcoords": "offset points", "annotation_clip": False}
        ax.annotate(str(line.get_label()), end, color=line.get_color(), va="center", **place)


def apart(heights: np.ndarray, distance: float) -> np.ndarray:
    """Move heights as little as brings neighbours ``distance`` apart, each pair by equal parts; shape (labels,)."""
    heights, order = heights.astype(float), np.argsort(heights, kind="stable")
    for _ in range(50):
        for low, high in itertools.pairwise(order):
            lack = distance - (heights[high] - heights[low])
            if lack > 1e-6:
                heights[low], heights[high] = heights[low] - lack / 2, heights[high] + lack / 2
    return heights
