"""Human-written dates with their ISO form, and a reader's own pairs."""

import re
import sys
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_utils.data import date_pairs, load_pairs

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def read_back(text):
    """Read an English date that names its month."""
    found = [word[:3].lower() for word in re.findall("[A-Za-z]+", text)]
    month = next(MONTHS.index(word) + 1 for word in found if word in MONTHS)
    numbers = {len(digits): int(digits) for digits in re.findall(r"\d+", text)}
    year = numbers.pop(4)
    day = date(year, month, next(iter(numbers.values())))
    weekday = [WEEKDAYS.index(word) for word in found if word in WEEKDAYS]
    assert weekday in ([], [day.weekday()])
    return day


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_date_pairs_mean_the_same_day(seed, n):
    pairs = date_pairs(n, np.random.default_rng(seed))
    assert len(pairs) == n
    for human, iso in pairs:
        assert read_back(human).isoformat() == iso


def test_date_pairs_never_repeat_a_day():
    pairs = date_pairs(366, np.random.default_rng(0), first=date(2000, 1, 1), last=date(2000, 12, 31))
    days = sorted(iso for _, iso in pairs)
    assert len(set(days)) == 366 and days[0] == "2000-01-01" and days[-1] == "2000-12-31"
    assert [iso for _, iso in pairs] != days


def test_date_pairs_vary_the_style_and_the_locale():
    pairs = date_pairs(300, np.random.default_rng(0))
    shapes = {re.sub("[A-Za-z]+", "a", re.sub(r"\d+", "9", human)) for human, _ in pairs}
    assert {"9 a 9", "a 9, 9", "a, a 9, 9", "a, 9 a 9", "a 9 9", "a 9 a 9"} <= shapes


def test_date_pairs_draw_from_every_locale():
    pairs = date_pairs(50, np.random.default_rng(0), locales=["en_GB", "de_DE"], styles=["long"])
    assert 10 < sum(". " in human for human, _ in pairs) < 40  # 29. März 1958


def test_date_pairs_of_one_style_and_locale():
    options = {"first": date(1958, 3, 29), "last": date(1958, 3, 29)}
    rng = np.random.default_rng(0)
    assert date_pairs(1, rng, locales=["en_US"], styles=["full"], **options) == [
        ("Saturday, March 29, 1958", "1958-03-29")
    ]
    assert date_pairs(1, rng, locales=["de_DE"], styles=["long"], **options) == [("29. März 1958", "1958-03-29")]


def test_date_pairs_follow_the_generator():
    first = date_pairs(5, np.random.default_rng(7))
    assert first == date_pairs(5, np.random.default_rng(7)) != date_pairs(5, np.random.default_rng(8))


def test_date_pairs_say_what_is_wrong(monkeypatch):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="not 'short'"):
        date_pairs(1, rng, styles=["short"])
    with pytest.raises(ValueError, match="wanted one or more of each"):
        date_pairs(1, rng, locales=[])
    with pytest.raises(TypeError, match="wanted lists of strings"):
        date_pairs(1, rng, styles="long")
    with pytest.raises(ValueError, match="n: got 3, but there are only 2 days from 2000-01-01 to 2000-01-02"):
        date_pairs(3, rng, first=date(2000, 1, 1), last=date(2000, 1, 2))
    with pytest.raises(ValueError, match="n: got 0"):
        date_pairs(0, rng)
    with pytest.raises(TypeError, match="rng"):
        date_pairs(1, 0)
    monkeypatch.setitem(sys.modules, "babel.dates", None)
    with pytest.raises(ModuleNotFoundError, match="babel, which is not installed: pip install babel"):
        date_pairs(1, rng)


def test_load_pairs(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text('5 May 2009\t2009-05-05\n"q\tx y\n')
    wanted = [("5 May 2009", "2009-05-05"), ('"q', "x y")]
    assert load_pairs(path) == load_pairs(str(path)) == load_pairs(wanted) == wanted


def test_load_pairs_says_what_is_wrong(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("a\tb\nc\n")
    with pytest.raises(ValueError, match=r"line 2 has 1 columns, wanted two texts separated by a tab: 'c'"):
        load_pairs(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_pairs("nowhere.tsv")
    with pytest.raises(ValueError, match="got no pairs"):
        load_pairs([])
    with pytest.raises(TypeError, match="source: got int"):
        load_pairs(3)
    with pytest.raises(TypeError, match=r"got \(1, 2\) as item 1"):
        load_pairs([(1, 2)])
