"""Time series: sunspots, El Niño, carbon dioxide, and the reader's own."""

import csv
import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from rnn_utils.checks import check_array, check_choice
from rnn_utils.data.files import package_file, read_text
from rnn_utils.data.table import Table, decimal_year_of


@dataclass(frozen=True, eq=False)
class Series:
    """A series of numbers, with what one must know to plot and to judge it.

    Attributes
    ----------
    name : str
        What it is, in two or three words.
    values : ndarray, shape (T,)
        float64; NaN where a value is missing.
    times : ndarray, shape (T,)
        When each interval begins, in decimal years: 1950.5 is the first of July 1950. A reader's own series may have
        any increasing numbers.
    unit : str
        The unit of the values.
    period : int or None
        How many steps make one season; None where there is no fixed season.
    description : str
        One sentence.
    source : str
        Where the numbers come from.

    """

    name: str
    values: np.ndarray
    times: np.ndarray
    unit: str
    period: int | None
    description: str
    source: str

    def __post_init__(self) -> None:
        """Check the two arrays against each other and make them read-only."""
        values = check_array("values", self.values, ("T",), finite=False).astype(np.float64)
        times = check_array("times", self.times, (len(values),)).astype(np.float64)
        if not (np.diff(times) > 0).all():
            t = int(np.argmax(np.diff(times) <= 0)) + 1
            raise ValueError(f"times: {times[t]} at position {t} comes after {times[t - 1]}, wanted increasing times")
        for field, array in (("values", values), ("times", times)):
            array.setflags(write=False)
            object.__setattr__(self, field, array)

    def __len__(self) -> int:
        """Return T, the number of steps, gaps included."""
        return len(self.values)

    @property
    def gaps(self) -> int:
        """How many values are missing."""
        return int(np.isnan(self.values).sum())


def sunspots() -> Series:
    """Return the number of sunspots in each year from 1700 to 2008.

    Returns
    -------
    series : Series
        T = 309, no gaps. The activity rises and falls in cycles of about eleven years, of no fixed length: hence
        `period` is None.

    Raises
    ------
    ModuleNotFoundError
        When the package statsmodels is not installed.

    """
    rows = _rows("sunspots")
    return Series(
        name="Sunspots",
        values=_column(rows, 1),
        times=_column(rows, 0),
        unit="sunspots",
        period=None,
        description="Yearly sunspot activity, 1700 to 2008.",
        source="National Geophysical Data Center; public domain; in statsmodels.datasets.sunspots",
    )


def elnino() -> Series:
    """Return the monthly temperature of the sea surface off Peru and Ecuador, 1950 to 2010.

    Returns
    -------
    series : Series
        T = 732, no gaps, period 12. Region Niño 1+2: 0–10 degrees south, 80–90 degrees west.

    Raises
    ------
    ModuleNotFoundError
        When the package statsmodels is not installed.

    """
    rows = _rows("elnino")  # one row a year: the year, then twelve months
    months = np.array([row[1:] for row in rows], dtype=np.float64)  # (61, 12)
    return Series(
        name="El Niño",
        values=months.ravel(),
        times=(_column(rows, 0)[:, None] + np.arange(12) / 12).ravel(),
        unit="°C",
        period=12,
        description="Monthly mean sea surface temperature in region Niño 1+2 of the Pacific Ocean, 1950 to 2010.",
        source="NOAA National Weather Service, ERSST.V3B; public domain; in statsmodels.datasets.elnino",
    )


def co2() -> Series:
    """Return the weekly carbon dioxide in the air at Mauna Loa, Hawaii, March 1958 to December 2001.

    Returns
    -------
    series : Series
        T = 2284 weeks, of which 59 are missing (NaN: see `fill_gaps`); period 52, though a year has 52.18 weeks.

    Raises
    ------
    ModuleNotFoundError
        When the package statsmodels is not installed.

    """
    rows = _rows("co2")
    return Series(
        name="Carbon dioxide",
        values=np.array([float(value or "nan") for _, value in rows]),
        times=np.array([decimal_year_of(date.fromisoformat(day)) for day, _ in rows]),
        unit="ppmv",
        period=52,
        description="Weekly mean concentration of carbon dioxide in the air at Mauna Loa, Hawaii, 1958 to 2001.",
        source="Keeling and Whorf (2004), Carbon Dioxide Information Analysis Center; public domain; "
        "in statsmodels.datasets.co2",
    )


def fill_gaps(series: Series) -> tuple[Series, int]:
    """Replace each missing value by the straight line between its neighbours, and say how many there were.

    The line uses the first value *after* the gap. So fill before splitting only where no gap lies across the border
    between training and test: there it would let the future into the past.

    Parameters
    ----------
    series : Series
        With NaN where a value is missing.

    Returns
    -------
    filled : Series
        The same without gaps.
    count : int
        How many values were filled in.

    Raises
    ------
    ValueError
        When the first or the last value is missing: no line can be drawn.

    """
    if not isinstance(series, Series):
        raise TypeError(f"series: got {type(series).__name__}, wanted a Series: load_series(values, allow_gaps=True)")
    missing = np.isnan(series.values)
    if missing[0] or missing[-1]:
        position = 0 if missing[0] else len(series) - 1
        raise ValueError(
            f"series: the value at position {position} is missing, with no neighbour on one side: cut it off"
        )
    values = series.values.copy()
    values[missing] = np.interp(series.times[missing], series.times[~missing], series.values[~missing])
    return replace(series, values=values), int(missing.sum())


def load_series(
    source: str | os.PathLike[str] | Any,
    *,
    column: int | str | None = None,
    times: int | str | np.ndarray | None = None,
    name: str = "My series",
    unit: str = "",
    period: int | None = None,
    allow_gaps: bool = False,
    decimal: str = ".",
    encoding: str = "utf-8",
) -> Series:
    """Return the reader's own series, from a file or an array.

    Parameters
    ----------
    source : path, str or array_like, shape (T,)
        A text file with one number a line or with columns separated by commas, semicolons or tabs, with or without a
        line of headings; or the numbers themselves.
    column : int or str, optional
        The column that holds the values, by position or by heading (files only); the last one if not given.
    times : int, str or array_like, shape (T,), optional
        The column that holds the times (numbers, or dates such as 1958-03-29), or the times themselves; 0, 1, 2 …
        when not given.
    name, unit, period
        As in `Series`.
    allow_gaps : bool
        Keep missing values as NaN instead of refusing them: empty cells, NaN, NA, null, ``?`` and the like.
    decimal : {".", ","}
        What separates the decimals of a number in the file. With a comma, columns are separated by semicolons or tabs.
    encoding : str
        How the file stores its characters; "cp1252" is what Windows and Excel often write.

    Returns
    -------
    series : Series
        With `source` set to the file's name.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    TypeError
        When `source` is neither a path nor numbers.
    ValueError
        When it is empty, or a value is no number, missing or infinite: its position or line is named. Also when lines
        such as ``20,7`` leave open whether a comma separates columns or decimals.

    """
    check_choice("decimal", decimal, (".", ","))
    origin = "an array"
    if isinstance(source, str | os.PathLike):
        table = Table(source, decimal=decimal, encoding=encoding)
        if column is None and not isinstance(times, int | str):
            table.check_columns_told_from_decimals()
        origin = Path(source).name
        source = table.values("column", -1 if column is None else column, allow_gaps=allow_gaps)
        if isinstance(times, int | str):
            times = table.times("times", times)
    if isinstance(source, np.ma.MaskedArray):
        source = np.ma.filled(source.astype(np.float64), np.nan)
    if np.size(source) == 0:
        raise ValueError("source: got no values, wanted at least one")
    values = check_array("source", source, ("T",), finite=False).astype(np.float64)
    bad = np.isinf(values) if allow_gaps else ~np.isfinite(values)
    if bad.any():
        t = int(np.argmax(bad))
        hint = "; allow_gaps=True keeps missing values" if np.isnan(values[t]) else ""
        raise ValueError(f"source: got {values[t]} at position {t}, wanted finite numbers{hint}")
    when = np.arange(len(values)) if times is None else np.asarray(times)
    return Series(name, values, when, unit, period, f"{len(values)} values from {origin}.", origin)


def _rows(dataset: str) -> list[list[str]]:
    """Return the rows of a data set of statsmodels without its line of headings, each cell a string."""
    path = package_file("statsmodels", "datasets", dataset, f"{dataset}.csv")
    return list(csv.reader(read_text(path).splitlines()))[1:]


def _column(rows: list[list[str]], index: int) -> np.ndarray:
    """Return one column of `rows` as float64, shape (T,)."""
    return np.array([float(row[index]) for row in rows])
