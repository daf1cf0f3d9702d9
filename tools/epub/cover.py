"""The cover: the title, and the states of a recurrent network that reads it."""

import io
import textwrap

import numpy as np

from rnn_utils.plotting import FACE
from rnn_utils.recurrent import RNN

WIDTH, HEIGHT, DPI = 6, 9, 200  # inches, and pixels to the inch
UNITS, SEED = 40, 4
PAPER, INK, MUTED = "#10202f", "#ffffff", "#a9c4dc"


def states(text: str) -> np.ndarray:
    """States (UNITS, T) of an untrained network that reads a text letter by letter."""
    rng = np.random.default_rng(SEED)
    ids = np.array([ord(letter) % 64 for letter in text])
    network = RNN(64, UNITS, rng=rng)
    out, _, _ = network.forward(4 * np.eye(64)[ids][:, None])  # (T, 1, UNITS)
    return out[:, 0].T


def cover(title: str, authors: str) -> bytes:
    """The cover as a PNG of 1200 by 1800 pixels; the same words give the same picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=PAPER)
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.42))
    axes.imshow(states(title), cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    axes.axis("off")
    said = "\n".join(textwrap.wrap(title, 11))
    figure.text(0.1, 0.9, said, color=INK, family=FACE, fontsize=44, fontweight="bold", va="top", linespacing=1)
    for place, letter in enumerate(title):
        across = 0.1 + 0.8 * (place + 0.5) / len(title)
        figure.text(across, 0.53, letter, color=MUTED, fontsize=10, family="monospace", ha="center")
    figure.text(0.1, 0.05, authors, color=MUTED, family=FACE, fontsize=14)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
