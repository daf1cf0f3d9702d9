"""The book's data, offline: text, series, names, dates and synthetic streams, and the batches made from them."""

from rnn_utils.data.batches import (
    contiguous_streams,
    grouped_split,
    last_inputs,
    length_batches,
    length_mask,
    pad,
    random_windows,
    split,
    windows,
    windows_ahead,
)
from rnn_utils.data.dates import date_pairs, load_pairs
from rnn_utils.data.names import Names, fold_accents, load_names, surnames
from rnn_utils.data.series import Series, co2, elnino, fill_gaps, load_series, sunspots
from rnn_utils.data.synthetic import (
    adding_problem,
    copy_memory,
    counter,
    pattern_search,
    switch,
    temporal_order,
    turtle_walk,
)
from rnn_utils.data.text import load_text, shakespeare
from rnn_utils.data.tokens import Vocabulary, one_hot, words
from rnn_utils.data.toy_text import human_numbers

__all__ = [
    "Names",
    "Series",
    "Vocabulary",
    "adding_problem",
    "co2",
    "contiguous_streams",
    "copy_memory",
    "counter",
    "date_pairs",
    "elnino",
    "fill_gaps",
    "fold_accents",
    "grouped_split",
    "human_numbers",
    "last_inputs",
    "length_batches",
    "length_mask",
    "load_names",
    "load_pairs",
    "load_series",
    "load_text",
    "one_hot",
    "pad",
    "pattern_search",
    "random_windows",
    "shakespeare",
    "split",
    "sunspots",
    "surnames",
    "switch",
    "temporal_order",
    "turtle_walk",
    "windows",
    "windows_ahead",
    "words",
]
