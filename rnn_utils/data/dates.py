"""Dates as people write them, each with its ISO form: the pairs of a sequence-to-sequence task."""

import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from rnn_utils.checks import check_int, check_rng
from rnn_utils.data.files import read_text
from rnn_utils.data.table import as_pair, lines_of, shorten

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


def load_pairs(
    source: str | os.PathLike[str] | Iterable[tuple[str, str]],
    *,
    columns: tuple[int, int] | None = None,
    encoding: str = "utf-8",
) -> list[tuple[str, str]]:
    """Return the reader's own pairs of texts, input and wanted output.

    Parameters
    ----------
    source : path, str or iterable of (str, str)
        A file with a pair on each line, the two separated by a tab; or such pairs.
    columns : (int, int), optional
        Which columns of the file to take, counted from 0, when it has more than two.
    encoding : str
        How the file stores its characters; "cp1252" is what Windows and Excel often write.

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
        pairs = _pairs_of_file(source, columns, encoding)
    elif isinstance(source, Iterable):
        pairs = [as_pair(row, item, "(input, output)") for item, row in enumerate(source, 1)]
    else:
        raise TypeError(f"source: got {type(source).__name__}, wanted a file's path or pairs of strings")
    for item, pair in enumerate(pairs, 1):
        if not all(text.strip() for text in pair):
            raise ValueError(f"source: got {pair!r} in line {item}, wanted two texts that are not blank")
    if not pairs:
        raise ValueError("source: got no pairs, wanted at least one")
    return pairs


def _pairs_of_file(
    path: str | os.PathLike[str], columns: tuple[int, int] | None, encoding: str
) -> list[tuple[str, str]]:
    """Return two columns of a file, as they are written."""
    pairs = []
    for line, text in enumerate(lines_of(read_text(path, encoding)), 1):
        row = text.split("\t")
        if columns is None and len(row) != 2:
            hint = "; columns=(0, 1) takes the first two" if len(row) > 2 else ""
            raise ValueError(
                f"source: line {line} has {len(row)} columns, wanted two texts separated by a tab: "
                f"{shorten(text)!r}{hint}"
            )
        first, second = (0, 1) if columns is None else columns
        if not (0 <= first < len(row) and 0 <= second < len(row)):
            raise ValueError(f"columns: got {columns}, but line {line} has {len(row)} columns: {shorten(text)!r}")
        pairs.append((row[first], row[second]))
    return pairs
