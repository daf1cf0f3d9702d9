"""Dates as people write them, each with its ISO form: the pairs of a sequence-to-sequence task."""

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from rnn_utils.checks import check_int, check_rng
from rnn_utils.data.files import read_text

# Babel's named styles and some patterns (d day, MMM month in short, MMMM in full, y year, EEE weekday). Its style
# "short" is not among them: 5/6/09 is in May or in June, in this century or another.
STYLES = ("medium", "long", "full", "d MMMM y", "MMMM d, y", "d MMM y", "MMM d y", "EEE d MMM y", "EEEE, MMMM d, y")


def date_pairs(
    n: int,
    rng: np.random.Generator,
    *,
    locales: Sequence[str] = ("en_GB", "en_US"),
    styles: Sequence[str] = STYLES,
    first: date = date(1900, 1, 1),
    last: date = date(2099, 12, 31),
) -> list[tuple[str, str]]:
    """Draw days at random and write each as a person would, and as ISO 8601 has it.

    No day is drawn twice. However the pairs are split, no date of the test set has been seen in training.

    Parameters
    ----------
    n : int
        Number of pairs.
    rng : numpy.random.Generator
        Draws the day, the locale and the style.
    locales : sequence of str
        Whose way of writing, by Babel's names.
    styles : sequence of str
        Babel's styles or patterns; "short" is refused, for it is ambiguous.
    first, last : datetime.date
        The days to draw from, both included.

    Returns
    -------
    pairs : list of (str, str)
        ``("Saturday, 29 March 1958", "1958-03-29")``; the second always has 10 characters.

    Raises
    ------
    ModuleNotFoundError
        When the package babel is not installed.
    ValueError
        When there are fewer than `n` days, or "short" is among the styles.

    Notes
    -----
    Source of the ways of writing: the Unicode Common Locale Data Repository, as packaged in Babel.

    """
    try:
        from babel.dates import format_date
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "dates are written by the package babel, which is not installed: pip install babel"
        ) from error
    if isinstance(styles, str) or isinstance(locales, str):
        raise TypeError(f"styles, locales: got {styles!r}, {locales!r}, wanted lists of strings")
    if "short" in styles or not styles or not locales:
        raise ValueError(f"styles: got {list(styles)} for {list(locales)}, wanted one or more of each, and not 'short'")
    days = (last - first).days + 1
    if check_int("n", n) > days:
        raise ValueError(f"n: got {n}, but there are only {days} days from {first} to {last}")
    pairs = []
    for offset in check_rng(rng).choice(days, size=n, replace=False).tolist():
        day = first + timedelta(offset)
        style, locale = rng.choice(styles), rng.choice(locales)
        pairs.append((format_date(day, str(style), str(locale)), day.isoformat()))
    return pairs


def load_pairs(source: str | os.PathLike[str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the reader's own pairs of texts, input and wanted output.

    Parameters
    ----------
    source : path, str or iterable of (str, str)
        A UTF-8 file with a pair on each line, the two separated by a tab; or such pairs.

    Returns
    -------
    pairs : list of (str, str)
        In the order given.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    TypeError
        When `source` is neither a path nor pairs of strings.
    ValueError
        When a line is no pair (it is named), or there are none.

    """
    if isinstance(source, str | os.PathLike):
        rows: Iterable = csv.reader(read_text(source).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    elif isinstance(source, Iterable):
        rows = source
    else:
        raise TypeError(f"source: got {type(source).__name__}, wanted a file's path or pairs of strings")
    pairs = []
    for line, row in enumerate(rows, start=1):
        if isinstance(row, str) or not all(isinstance(text, str) for text in row):
            raise TypeError(f"source: got {row!r} as item {line}, wanted a pair of strings")
        if len(row) != 2 or not all(row):
            raise ValueError(f"source: got {list(row)} in line {line}, wanted two texts separated by a tab")
        pairs.append((row[0], row[1]))
    if not pairs:
        raise ValueError("source: got no pairs, wanted at least one")
    return pairs
