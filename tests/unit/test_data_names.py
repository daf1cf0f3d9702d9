"""Surnames by language and a reader's own labelled names."""

import numpy as np
import pytest

from rnn_utils.data import fold_accents, load_names, surnames
from rnn_utils.data.names import LOCALES


@pytest.fixture(scope="module")
def everyone():
    return surnames()


def test_surnames_counts(everyone):
    assert everyone.counts == {
        "Croatian": 793,
        "Dutch": 1067,
        "English": 500,
        "Finnish": 400,
        "French": 400,
        "German": 403,
        "Italian": 1163,
        "Polish": 3866,
        "Slovak": 1500,
        "Spanish": 1034,
        "Swedish": 498,
    }
    assert len(everyone) == 11_624 == len(everyone.labels)
    assert everyone.classes == tuple(LOCALES)


def test_surnames_stand_under_their_language(everyone):
    def of(language):
        return set(everyone.names[everyone.labels == everyone.classes.index(language)].tolist())

    assert "hanel" in of("German") and "hanel" not in of("Italian")  # Hänel
    assert {"smith", "o'brien"} <= of("English")
    assert {"novak", "novakova"} <= of("Slovak")  # men's and women's forms
    assert {"kowalski", "wandzel"} <= of("Polish")  # the two lists of Polish
    assert "andersson" in of("Swedish")


def test_surnames_are_folded_and_occur_once_in_a_language(everyone):
    assert set("".join(everyone.names)) == set("abcdefghijklmnopqrstuvwxyz '-")
    pairs = list(zip(everyone.names.tolist(), everyone.labels.tolist()))
    assert len(set(pairs)) == len(pairs)
    assert pairs == sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    assert "martin" in everyone.names and len(everyone.labels[everyone.names == "martin"]) > 1


def test_surnames_of_some_languages_capped():
    names = surnames(["Polish", "German"], per_class=450, rng=np.random.default_rng(0))
    assert names.classes == ("Polish", "German") and names.counts == {"Polish": 450, "German": 403}
    again = surnames(["Polish", "German"], per_class=450, rng=np.random.default_rng(0))
    other = surnames(["Polish", "German"], per_class=450, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(names.names, again.names)
    assert set(names.names) != set(other.names)
    assert len(set(names.names[:450])) == 450


def test_surnames_says_what_is_wrong(monkeypatch):
    with pytest.raises(ValueError, match=r"languages: got \['Klingon'\], wanted different ones of Croatian"):
        surnames(["Klingon"])
    with pytest.raises(ValueError, match="languages"):
        surnames(["Polish", "Polish"])
    with pytest.raises(ValueError, match="languages"):
        surnames([])
    with pytest.raises(TypeError, match="rng: got None"):
        surnames(per_class=10)
    with pytest.raises(ValueError, match="per_class: got 0"):
        surnames(per_class=0, rng=np.random.default_rng(0))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="faker, which is not installed: pip install faker"):
        surnames()


def test_fold_accents():
    assert fold_accents("Łukasz Åström Weiß Đurić Sørensen Ærø") == "Lukasz Astrom Weiss Duric Sorensen AEro"
    assert fold_accents("plain") == "plain"


def test_load_names_from_a_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("name,label\nИванов,ru\nSmith, en\nAdams,en\nSmith,en\n", encoding="utf-8")
    for source in (path, str(path)):
        names = load_names(source)
        assert names.names.tolist() == ["Adams", "Smith", "Иванов"]
        assert names.labels.tolist() == [0, 0, 1]
        assert names.classes == ("en", "ru") and names.counts == {"en": 2, "ru": 1}


def test_load_names_from_pairs():
    names = load_names([("b", "y"), ("a", "x")])
    assert names.names.tolist() == ["a", "b"] and names.classes == ("x", "y")


def test_load_names_says_what_is_wrong(tmp_path):
    path = tmp_path / "mine.csv"
    for text, message in [
        ("a,x\nb\n", "got 'b' in line 2, wanted name,label"),
        ("a,x\n,y\n", "got ',y' in line 2"),
        ("a,x\n\nb,y\n", "got '' in line 2"),
        ("a,x\nb,x\n", r"got the labels \['x'\], wanted at least two"),
        ("name,label\n", "wanted at least two"),
    ]:
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            load_names(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_names("nowhere.csv")
    with pytest.raises(TypeError, match="source: got int"):
        load_names(3)
    with pytest.raises(TypeError, match=r"got \('a', 1\) as item 2"):
        load_names([("b", "y"), ("a", 1)])
    with pytest.raises(TypeError, match="got 'ab' as item 1"):
        load_names(["ab"])
