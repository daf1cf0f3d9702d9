"""Small files of columns: their rows, what separates them, headings, and cells as numbers and dates."""

import csv
import os
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import numpy as np

from rnn_utils.data.files import read_text

SEPARATORS = "\t;,"  # a file that has tabs or semicolons may have commas inside its cells
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
INFINITE = re.compile(r"[-+]?inf(?:inity)?", re.IGNORECASE)
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", ".", "missing"})
SHOWN = 40  # characters of a line in a message


def shorten(text: str) -> str:
    """Return the beginning of a long text, for a message."""
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def find_separator(line: str, allowed: str = SEPARATORS) -> str:
    """Return the first of `allowed` that a line has outside quotation marks; a comma when it has none."""
    outside = re.sub(r'"[^"]*"', "", line)
    return next((mark for mark in allowed if mark in outside), ",")


def read_rows(lines: list[str], separator: str, *, first_line: int = 1) -> list[list[str]]:
    """Cut lines into cells, each line by itself, so that a stray quotation mark is found where it stands.

    Parameters
    ----------
    lines : list of str
        The lines, without their ends.
    separator : str
        The character between two cells.
    first_line : int
        The number of the first one, for messages.

    Returns
    -------
    rows : list of list of str
        Cells without the blanks around them; one empty cell for an empty line.

    Raises
    ------
    ValueError
        When a quotation mark is not closed in its line, or is followed by something else than a separator.

    """
    rows = []
    for number, line in enumerate(lines, first_line):
        try:
            cells = next(csv.reader([line], delimiter=separator, strict=True), [""])
        except csv.Error:
            raise ValueError(
                f"source: line {number} has a stray or unclosed quotation mark: {shorten(line)!r}"
            ) from None
        rows.append([cell.strip() for cell in cells] or [""])
    return rows


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without blank ones at its end; only a line end divides lines, no form feed."""
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def as_pair(row: Any, item: int, wanted: str) -> tuple[str, str]:
    """Return an item of the reader's own as a pair of strings, or say which item is none."""
    if isinstance(row, str | bytes) or not isinstance(row, Iterable):
        raise TypeError(f"source: got {row!r} as item {item}, wanted a pair of strings {wanted}")
    pair = tuple(row)
    if len(pair) != 2 or not all(isinstance(text, str) for text in pair):
        raise TypeError(f"source: got {row!r} as item {item}, wanted a pair of strings {wanted}")
    return pair


class Table:
    """A small file of columns, every cell a string until asked for as a number.

    Parameters
    ----------
    path : path or str
        The file.
    decimal : {".", ","}
        What separates the decimals of a number. Where it is a comma, columns are separated by semicolons or tabs.
    encoding : str
        As in `read_text`.

    Attributes
    ----------
    rows : list of list of str
        The cells, without the headings.
    headings : list of str
        Empty when the file has none.
    width : int
        Number of columns.
    first_line : int
        The number of the line with which the table begins: blank lines may come before it.

    """

    def __init__(self, path: str | os.PathLike[str], *, decimal: str = ".", encoding: str = "utf-8") -> None:
        """Read the file, find out what separates its columns and whether it begins with headings."""
        self.first_line = 1
        lines = lines_of(read_text(path, encoding))
        while not lines[0].strip():
            lines.pop(0)
            self.first_line += 1
        self.decimal = decimal
        self.separator = find_separator(lines[0], SEPARATORS if decimal == "." else "\t;")
        if decimal == "," and self.separator == ",":
            self.separator = ";"  # one column
        self.rows = read_rows(lines, self.separator, first_line=self.first_line)
        self.width = len(self.rows[0])
        for row, text, line in zip(self.rows, lines, count(self.first_line)):
            if len(row) != self.width:
                hint = "; if a comma begins the decimals, say decimal=','" if self.separator == "," else ""
                raise ValueError(
                    f"source: line {line} has {len(row)} columns, wanted {self.width} as in line {self.first_line}: "
                    f"{shorten(text)!r}{hint}"
                )
        self.headings = self.rows.pop(0) if self._has_headings() else []
        if not self.rows:
            raise ValueError(f"source: {str(path)!r} has headings but no values")

    def _has_headings(self) -> bool:
        """Say whether the first row names the columns: cells that begin with a letter, or are empty, and no data."""
        cells = self.rows[0]
        return any(cells) and all(not cell or (cell[0].isalpha() and not self._is_data(cell)) for cell in cells)

    def _is_data(self, cell: str) -> bool:
        """Say whether a cell that is not empty is a number, a date or a mark of a missing value."""
        return cell.lower() in MISSING or can(self.number, cell) or can(decimal_year, cell)

    def check_columns_told_from_decimals(self) -> None:
        """Refuse a file whose lines read ``20,7``: two columns, or 20.7 with a decimal comma."""
        told = self.separator != "," or self.width == 1 or self.headings
        if not told and all(re.fullmatch(r"[-+]?\d+", row[-2]) and row[-1].isdigit() for row in self.rows):
            raise ValueError(
                f"source: line {self.first_line} reads {','.join(self.rows[0][-2:])!r}: two columns, or a number with "
                "a decimal comma? Say column=-1 (the last one) for columns, decimal=',' for a decimal comma"
            )

    def position(self, argument: str, which: int | str) -> int:
        """Return the position of a column that is named by its position or heading."""
        if isinstance(which, str):
            if which not in self.headings:
                raise ValueError(f"{argument}: got {which!r}, wanted one of the headings {self.headings}")
            return self.headings.index(which)
        if not -self.width <= which < self.width:
            raise ValueError(f"{argument}: got column {which}, but the file has {self.width}")
        return which

    def cells(self, which: int) -> list[tuple[int, str]]:
        """Return the cells of a column, each with the number of its line."""
        return [(line, row[which]) for line, row in enumerate(self.rows, self.first_line + bool(self.headings))]

    def values(self, argument: str, which: int | str, *, allow_gaps: bool) -> np.ndarray:
        """Return one column as numbers, shape (T,): NaN where a value is missing, if gaps are allowed."""
        found = []
        for line, cell in self.cells(self.position(argument, which)):
            if cell.lower() in MISSING:
                if not allow_gaps:
                    raise ValueError(
                        f"source: got {cell!r} in line {line}, wanted a number; allow_gaps=True keeps missing values"
                    )
                found.append(np.nan)
            else:
                found.append(self._read(self.number, cell, line, "a number"))
        values = np.array(found)
        if np.isnan(values).all():
            raise ValueError(f"{argument}: got column {which!r}, in which every value is missing, wanted numbers")
        return values

    def times(self, argument: str, which: int | str) -> np.ndarray:
        """Return one column as times, shape (T,): numbers, or decimal years where the first cell is a date."""
        column = self.cells(self.position(argument, which))
        dates = not can(self.number, column[0][1])
        read = decimal_year if dates else self.number
        wanted = "a date with the year first, such as 1958-03-29" if dates else "a number"
        times = np.array([self._read(read, cell, line, wanted) for line, cell in column])
        if not (np.diff(times) > 0).all():
            t = int(np.argmax(np.diff(times) <= 0))
            (before, one), (after, other) = column[t], column[t + 1]
            raise ValueError(
                f"{argument}: {other} in line {after} does not come after {one} in line {before}, "
                "wanted times that increase"
            )
        return times

    def _read(self, read: Callable[[str], float], cell: str, line: int, wanted: str) -> float:
        """Return a cell as a number, or say in which line it is none and what may be meant."""
        try:
            return read(cell)
        except ValueError:
            hint = ""
            if self.decimal == "." and can(self.number, cell.replace(",", "")):
                hint = " with a decimal point: decimal=',' reads a decimal comma, and thousands have no separator"
            elif self.decimal == "," and can(self.number, cell.replace(".", "")):
                hint = " with a decimal comma and nothing between thousands"
            raise ValueError(f"source: got {shorten(cell)!r} in line {line}, wanted {wanted}{hint}") from None

    def number(self, cell: str) -> float:
        """Return a cell as a number, with the decimal mark of this file; ValueError when it is none."""
        plain = cell.replace("\N{MINUS SIGN}", "-")
        if INFINITE.fullmatch(plain):
            return float(plain)
        if self.decimal == ",":
            if "." in plain or plain.count(",") > 1:
                raise ValueError
            plain = plain.replace(",", ".")
        if not NUMBER.fullmatch(plain):  # float() takes "1_000" and "nan" too
            raise ValueError
        return float(plain)


def can(read: Callable[[str], float], cell: str) -> bool:
    """Say whether `read` can make a number of the cell."""
    try:
        read(cell)
    except ValueError:
        return False
    return True


def decimal_year(cell: str) -> float:
    """Return a date in decimal years: ``1958-03-29`` is 1958 + 87/365; ``1958-03`` is the first of March.

    A time of day counts too (``1958-03-29 12:00``); one with a time zone is taken to UTC.
    """
    if not re.match(r"\d{4}-\d{2}", cell):  # 19580329 is a date to Python too, but to a reader a number
        raise ValueError
    moment = datetime.fromisoformat(cell if len(cell) > 7 else f"{cell}-01")
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    start, end = datetime(moment.year, 1, 1), datetime(moment.year + 1, 1, 1)
    return moment.year + (moment - start) / (end - start)


def decimal_year_of(day: date) -> float:
    """Return a day in decimal years."""
    return decimal_year(day.isoformat())
