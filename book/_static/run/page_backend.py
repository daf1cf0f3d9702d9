"""Matplotlib's backend in the page: `plt.show()` hands every open figure over, as Jupyter's inline backend does."""

from base64 import b64encode
from io import BytesIO

import cell_runner
from matplotlib import pyplot as plt
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rnn_utils.plotting import themed

LARGEST = 1_500_000  # characters of SVG; what is denser becomes a picture of points


def show(*_arguments: object, **_options: object) -> None:
    """Hand over and close every open figure."""
    for number in plt.get_fignums():
        cell_runner.put("image", picture(plt.figure(number)))
    plt.close("all")


def picture(figure: "plt.Figure") -> str:
    """Return a figure as the book's pages have it, an SVG that follows the theme, in the form of a data address."""
    options = {"bbox_inches": "tight", "facecolor": figure.get_facecolor(), "edgecolor": figure.get_edgecolor()}
    file = BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None}, dpi=figure.dpi, **options)
    kind, data = "svg+xml", themed(file.getvalue().decode()).encode()
    if len(data) > LARGEST:
        file = BytesIO()
        figure.savefig(file, format="png", dpi=2 * figure.dpi, **{**options, "facecolor": "white"})
        kind, data = "png", file.getvalue()
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


class FigureManager(FigureManagerBase):
    """Shows through this module."""

    pyplot_show = staticmethod(show)


class FigureCanvas(FigureCanvasAgg):
    """Draws with Agg."""

    manager_class = FigureManager
