"""Time series: the three data sets' values, their times, filling of gaps, and a reader's own file or array."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_utils.data import Series, co2, elnino, fill_gaps, load_series, sunspots


def make(values, times=None):
    values = np.asarray(values, dtype=float)
    return Series("s", values, np.arange(len(values)) if times is None else times, "", None, "", "")


def test_sunspots_values():
    series = sunspots()
    assert len(series) == 309 and series.gaps == 0 and series.period is None
    np.testing.assert_array_equal(series.values[:4], [5, 11, 16, 23])
    np.testing.assert_array_equal(series.values[-2:], [7.5, 2.9])
    np.testing.assert_array_equal(series.times, np.arange(1700, 2009))
    assert series.values.sum() == pytest.approx(15373.4)


def test_elnino_values_are_in_order_of_time():
    series = elnino()
    assert len(series) == 732 and series.gaps == 0 and series.period == 12 and series.unit == "°C"
    np.testing.assert_array_equal(series.values[:3], [23.11, 24.20, 25.37])  # January to March 1950
    np.testing.assert_array_equal(series.values[12:14], [24.19, 25.28])  # January and February 1951
    assert series.values[-1] == 22.07  # December 2010
    np.testing.assert_allclose(series.times, 1950 + np.arange(732) / 12)
    assert series.values.sum() == pytest.approx(16903.8)


def test_co2_values_and_gaps():
    series = co2()
    assert len(series) == 2284 and series.gaps == 59 and series.period == 52 and series.unit == "ppmv"
    np.testing.assert_array_equal(series.values[:2], [316.1, 317.3])
    assert np.isnan(series.values[6]) and series.values[-1] == 371.5
    assert np.nansum(series.values) == pytest.approx(756816.5)
    assert series.times[0] == pytest.approx(1958 + 87 / 365)  # 29 March 1958
    assert series.times[-1] == pytest.approx(2001 + 362 / 365)  # 29 December 2001
    np.testing.assert_allclose(np.diff(series.times), 7 / 365.25, rtol=3e-3)


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"statsmodels, which is not installed: pip install statsmodels"):
        sunspots()


def test_csv_alone_at_its_place_is_enough(tmp_path, monkeypatch):
    folder = tmp_path / "statsmodels" / "datasets" / "sunspots"
    folder.mkdir(parents=True)
    (folder / "sunspots.csv").write_text('"YEAR","SUNACTIVITY"\n1700,5\n1701,11\n')
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    np.testing.assert_array_equal(sunspots().values, [5, 11])
    with pytest.raises(ModuleNotFoundError, match=r"datasets/elnino/elnino\.csv is missing"):
        elnino()


def test_series_cannot_be_changed_by_accident():
    series = sunspots()
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 0
    with pytest.raises(AttributeError):
        series.name = "x"


def test_series_leaves_the_callers_array_alone():
    values = np.arange(3.0)
    make(values)
    values[0] = 7  # still writable


def test_series_refuses_times_that_do_not_fit():
    with pytest.raises(ValueError, match=r"times: got shape \(2,\), wanted \(3,\)"):
        make([1, 2, 3], times=[0, 1])
    with pytest.raises(ValueError, match=r"times: 1\.0 at position 2 comes after 5\.0, wanted increasing"):
        make([1, 2, 3], times=[0, 5, 1])


def test_fill_gaps_of_co2():
    series = co2()
    filled, count = fill_gaps(series)
    assert count == 59 and filled.gaps == 0 and series.gaps == 59
    there = ~np.isnan(series.values)
    np.testing.assert_array_equal(filled.values[there], series.values[there])
    assert filled.values[6] == pytest.approx((series.values[5] + series.values[7]) / 2, abs=1e-6)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.data())
def test_fill_gaps_draws_the_straight_line(values, data):
    line = np.linspace(values[0], values[-1], len(values))
    holes = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10).map(set))
    holes -= {0, len(values) - 1}
    holed = line.copy()
    holed[list(holes)] = np.nan
    filled, count = fill_gaps(make(holed))
    assert count == len(holes)
    np.testing.assert_allclose(filled.values, line, atol=1e-9)


def test_fill_gaps_follows_the_times_not_the_positions():
    filled, _ = fill_gaps(make([0, np.nan, 10], times=[0, 1, 10]))
    assert filled.values[1] == pytest.approx(1)


@pytest.mark.parametrize(("values", "position"), [([np.nan, 1], 0), ([1, 2, np.nan], 2), ([np.nan] * 3, 0)])
def test_fill_gaps_refuses_a_gap_at_an_end(values, position):
    with pytest.raises(ValueError, match=f"position {position} is missing"):
        fill_gaps(make(values))


def test_fill_gaps_refuses_an_array():
    with pytest.raises(TypeError, match="got ndarray, wanted a Series"):
        fill_gaps(np.arange(3))


# A reader's own series


@pytest.mark.parametrize(
    "text",
    ["1\n2.5\n-3\n", "value\n1\n2.5\n-3\n", "t,value\n0,1\n1,2.5\n2,-3", "0;1\n1;2.5\n2;-3", "0\t1\n1\t2.5\n2\t-3"],
)
def test_load_series_from_a_file(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    for source in (path, str(path)):
        series = load_series(source, name="Mine", unit="m", period=4)
        np.testing.assert_array_equal(series.values, [1, 2.5, -3])
        np.testing.assert_array_equal(series.times, [0, 1, 2])
        assert (series.name, series.unit, series.period, series.source) == ("Mine", "m", 4, "mine.csv")


def test_load_series_picks_columns_and_reads_dates(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("day,low,high\n2000-01-01,1,4\n2000-07-01,2,5\n2001-01-01,3,6\n")
    series = load_series(path, column="low", times="day")
    np.testing.assert_array_equal(series.values, [1, 2, 3])
    np.testing.assert_allclose(series.times, [2000, 2000 + 182 / 366, 2001])
    np.testing.assert_array_equal(load_series(path, column=1).values, [1, 2, 3])
    np.testing.assert_array_equal(load_series(path, times=[5, 6, 7]).times, [5, 6, 7])
    path.write_text("20000101,1\n20000102,2\n")  # a number, though Python reads it as a date too
    np.testing.assert_array_equal(load_series(path, times=0).times, [20000101, 20000102])


@pytest.mark.parametrize("source", [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], dtype=np.int8)])
def test_load_series_from_numbers(source):
    series = load_series(source, times=[2000, 2001, 2002])
    np.testing.assert_array_equal(series.values, [1, 2, 3])
    assert series.values.dtype == np.float64 and series.source == "an array" and series.times[-1] == 2002


def test_load_series_keeps_gaps_only_when_asked(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("year\tvalue\n2000\t1\n2001\t\n2002\t3\n2003\t\n")
    with pytest.raises(ValueError, match=r"got '' in line 3, wanted a number; allow_gaps=True"):
        load_series(path)
    np.testing.assert_array_equal(load_series(path, allow_gaps=True).values, [1, np.nan, 3, np.nan])
    path.write_text("1\n\n3\n")  # a blank line is a missing value, not nothing
    assert load_series(path, allow_gaps=True).gaps == 1
    with pytest.raises(ValueError, match="got inf at position 1"):
        load_series([1, np.inf], allow_gaps=True)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("1\ntwo\n3\n", {}, r"got 'two' in line 2, wanted a number"),
        ("a,b\n1,2\n3,x\n", {}, r"got 'x' in line 3, wanted a number"),
        ("a,b\n1,2\n3\n", {}, r"line 3 has 1 columns, wanted 2"),
        ("a,b\n1,2\n", {"column": "c"}, r"column: got 'c', wanted one of the headings \['a', 'b'\]"),
        ("a,b\n1,2\n", {"column": 2}, r"column: got column 2, but the file has 2"),
        ("a,b\n1,2\n", {"times": "c"}, r"times: got 'c'"),
        ("2000-01-01,1\nlater,2\n", {"times": 0}, r"got 'later' in line 2, wanted a date"),
        ("2000-01-01,1\n", {"column": 0}, r"got '2000-01-01' in line 1, wanted a number"),
        ("a,b\n", {}, r"has headings but no values"),
        ("\n \n", {}, r"is empty"),
        ("1\ninf\n", {}, r"got inf at position 1, wanted finite numbers$"),
    ],
)
def test_load_series_says_what_is_wrong_with_a_file(tmp_path, text, options, message):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_series(path, **options)


def test_load_series_missing_file_folder_or_not_text(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file 'nowhere\.csv'"):
        load_series("nowhere.csv")
    with pytest.raises(ValueError, match="is a folder"):
        load_series(tmp_path)
    (tmp_path / "x.csv").write_bytes(b"1\n2\xff\n")
    with pytest.raises(ValueError, match="not UTF-8 text: byte 0xff in line 2, after '2'"):
        load_series(tmp_path / "x.csv")


def test_load_series_refuses_what_is_no_series():
    with pytest.raises(TypeError, match="source: got dict"):
        load_series({"a": 1})
    with pytest.raises(TypeError, match="source: got list of dtype <U1"):
        load_series(["a", "b"])
    with pytest.raises(ValueError, match="got no values"):
        load_series([])
    with pytest.raises(ValueError, match=r"source: got shape \(2, 2\), wanted \(T,\)"):
        load_series(np.ones((2, 2)))
