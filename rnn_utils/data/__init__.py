"""The book's data, offline: text, series, names, dates and synthetic streams, and the batches made from them."""

from rnn_utils.data.batches import contiguous_streams, length_mask, pad, random_windows, split, windows
from rnn_utils.data.series import Series, co2, elnino, fill_gaps, load_series, sunspots
from rnn_utils.data.text import load_text, python_docs, shakespeare
from rnn_utils.data.tokens import Vocabulary, one_hot, words

__all__ = [
    "Series",
    "Vocabulary",
    "co2",
    "contiguous_streams",
    "elnino",
    "fill_gaps",
    "length_mask",
    "load_series",
    "load_text",
    "one_hot",
    "pad",
    "python_docs",
    "random_windows",
    "shakespeare",
    "split",
    "sunspots",
    "windows",
    "words",
]
