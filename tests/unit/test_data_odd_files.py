"""Files as people have them: each gives the right values, or a message that says what came, where, and the way out."""

import gzip

import numpy as np
import pytest

from rnn_utils.data import Vocabulary, load_names, load_pairs, load_series, load_text, words

NAN = np.nan


@pytest.fixture
def file(tmp_path):
    """Write a file, text as UTF-8 or bytes as they are, and return its path."""

    def write(content, name="mine.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ("20,7\n21,3\n", {"decimal": ","}, [20.7, 21.3]),
        ("20,7\n21,3\n", {"column": -1}, [7, 3]),
        ("1,5;2,7\n1,6;2,8\n", {"decimal": ","}, [2.7, 2.8]),
        ("1\t20,7\n2\t-21,3\n", {"decimal": ","}, [20.7, -21.3]),
        ("day;value\n2020-01-01;20,7\n", {"decimal": ",", "column": "value"}, [20.7]),
        ("name, unit;value\n1;2\n", {}, [2]),
        ('day,value\n2020-01-01,"20.5"\n', {}, [20.5]),
        (",value\n0,4\n1,5\n", {}, [4, 5]),  # pandas leaves the index without a heading
        ("1e3\n+2.\n.5\n", {}, [1000, 2, 0.5]),
        ("\N{MINUS SIGN}3\n4\n", {}, [-3, 4]),
        ("value\r\n1\r\n2\r\n\r\n", {}, [1, 2]),
        ("1\n2\n \n\t\n", {}, [1, 2]),
        ("\n\n1\n2\n", {}, [1, 2]),
        ("1\nNA\nnull\n?\n-\nn/a\n7\n", {"allow_gaps": True}, [1, NAN, NAN, NAN, NAN, NAN, 7]),
        ("16/12/2006,?\n17/12/2006,3\n", {"allow_gaps": True}, [NAN, 3]),
        ("NA\n3\n", {"allow_gaps": True}, [NAN, 3]),
        ("2003\t1\n2004\t\n", {"allow_gaps": True}, [1, NAN]),
        ("1\u2028\n2\x0b\n3\x85\n", {}, [1, 2, 3]),  # none of them ends a line
        ("value\n1\n2\n".encode("utf-16"), {}, [1, 2]),
        ("größe;ort\n1;Köln\n2;Århus\n".encode("cp1252"), {"encoding": "cp1252", "column": "größe"}, [1, 2]),
    ],
)
def test_series_with_the_right_values(file, text, options, wanted):
    np.testing.assert_array_equal(load_series(file(text), **options).values, wanted)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("20,7\n21,3\n", {}, r"line 1 reads '20,7': two columns, or .* decimal comma\? Say column=-1 .* decimal=','"),
        ("1,234\n5,678\n", {}, r"line 1 reads '1,234'"),
        ("2020-01-01,20,7\n2020-01-02,21,3\n", {}, r"line 1 reads '20,7'"),
        ("2020-01-01;20,7\n", {}, r"got '20,7' in line 1, wanted a number with a decimal point: decimal=','"),
        ("1,5;2,7\n", {}, r"got '2,7' in line 1.*decimal=','"),
        ("1\t20,7\n", {}, r"got '20,7' in line 1.*decimal=','"),
        ('value\n"1,234"\n', {}, r"got '1,234' in line 2.*decimal=','.*thousands"),
        ("value\n20,7\n", {}, r"line 2 has 2 columns, wanted 1 as in line 1: '20,7'; .*decimal=','"),
        ("1.234,5\n", {"decimal": ","}, r"got '1\.234,5' in line 1.* nothing between thousands"),
        ("16/12/2006,?\n17/12/2006,3\n", {}, r"got '\?' in line 1, wanted a number; allow_gaps=True"),
        ("NA\n3\n", {}, r"got 'NA' in line 1, wanted a number; allow_gaps=True"),
        ("1\nnull\n3\n", {}, r"got 'null' in line 2, wanted a number; allow_gaps=True"),
        ("a,b\n1,\n2,\n", {"allow_gaps": True}, r"column: got column -1, in which every value is missing"),
        ("16/12/2006,1\n", {"times": 0}, r"got '16/12/2006' in line 1, wanted a date with the year first"),
        ("day,v\n2020-01-01,1\n03.02.2020,2\n", {"times": "day"}, r"got '03\.02\.2020' in line 3, wanted a date"),
        (
            "day,v\n2020-01-01,1\n2020-01-02,2\n2020-01-02,3\n",
            {"times": "day"},
            r"times: 2020-01-02 in line 4 does not come after 2020-01-02 in line 3",
        ),
        ("2020-01-02,1.5\n2020-01-01,2.5\n", {"times": 0}, r"times: 2020-01-01 in line 2 does not come after"),
        ("# measured by hand\n1\n2\n", {}, r"got '# measured by hand' in line 1, wanted a number"),
        ("1_000\n2_000\n", {}, r"got '1_000' in line 1, wanted a number"),
        ("\n\n1\ntwo\n", {}, r"got 'two' in line 4"),
        (
            'day,value\n2020-01-01,"1\n2020-01-02,2\n',
            {},
            r"line 2 has a stray or unclosed quotation mark: '2020-01-01,",
        ),
        ("x" * 50 + "\n1,2,3\n", {}, r"line 2 has 3 columns, wanted 1"),
        ("1\n2\x00\n", {}, r"has zero bytes: .*utf-16"),
        ("größe\n1\n".encode("cp1252"), {}, r"byte 0xf6 in line 1, after 'gr'; .*encoding='cp1252'"),
        (gzip.compress(b"1\n2\n", mtime=0), {}, r"compressed with gzip: unpack it first"),
        (b"PK\x03\x04 and so on", {}, r"is a zip archive, as Excel workbooks are"),
        ("1\n2\n", {"decimal": ";"}, r"decimal: got ';', wanted one of '\.', ','"),
    ],
)
def test_series_with_a_message(file, text, options, message):
    with pytest.raises(ValueError, match=message):
        load_series(file(text), **options)


def test_series_of_a_masked_array_keeps_the_mask():
    masked = np.ma.array([1, 999, 3], mask=[False, True, False])
    np.testing.assert_array_equal(load_series(masked, allow_gaps=True).values, [1, NAN, 3])
    with pytest.raises(ValueError, match="got nan at position 1"):
        load_series(masked)


@pytest.mark.parametrize(
    ("first", "year"),
    [("2006-12", 2006 + 334 / 365), ("2006-01-02 12:00", 2006 + 1.5 / 365), ("2006-01-02T02:00+02:00", 2006 + 1 / 365)],
)
def test_series_with_months_and_times_of_day(file, first, year):
    series = load_series(file(f"{first};1\n2007-01-01;2\n"), times=0)
    assert series.times[0] == pytest.approx(year, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("surname,nationality\nSmith,en\nRossi,it\n", {}),
        ("Nationality;Name\nen;Smith\nit;Rossi\n", {}),
        ("who,where\nSmith,en\nRossi,it\n", {"header": True}),
        ("Smith\ten\nRossi\tit\n\n\n", {}),
        ('"Smith","en"\n"Rossi","it"\n', {}),
    ],
)
def test_names_with_the_right_values(file, text, options):
    names = load_names(file(text), **options)
    assert names.names.tolist() == ["Smith", "Rossi"] and names.classes == ("en", "it")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,where\nA,x\nB,x\nC,y\nD,y\n", r"line 1 reads 'who,where': headings, or .* header=True or header=False"),
        ("a,x\n\nb,y\n", r"got '' in line 2, wanted name,label"),
        ("a,x,1\nb,y,2\n", r"got 'a,x,1' in line 1, wanted name,label"),
        ('"a,x\nb,y\n' + "c,z\n" * 100, r"line 1 has a stray or unclosed quotation mark: '\"a,x'"),
        ('"a"b,x\nc,y\n', r"line 1 has a stray or unclosed quotation mark"),
        ("Müller,de\nRossi,it\n".encode("cp1252"), r"byte 0xfc in line 1, after 'M'"),
    ],
)
def test_names_with_a_message(file, text, message):
    with pytest.raises(ValueError, match=message):
        load_names(file(text))


def test_names_count_a_letter_with_its_accent_once(file):
    names = load_names(file("Nováková,Slovak\nNova\u0301kova\u0301,Slovak\nSmith,English\nLee,English\n"), header=False)
    assert names.counts == {"English": 2, "Slovak": 1} and len(names.names[2]) == 8


def test_names_take_a_pair_called_name_and_label():
    assert load_names([("name", "label"), ("a", "x")]).counts == {"label": 1, "x": 1}
    with pytest.raises(TypeError, match=r"got 3 as item 1, wanted a pair of strings \(name, label\)"):
        load_names([3])
    with pytest.raises(TypeError, match="got None as item 2"):
        load_names([("a", "x"), None])
    with pytest.raises(ValueError, match=r"got \('', 'x'\) as item 1"):
        load_names([("", "x"), ("b", "y")])


def test_pairs_from_odd_files(file):
    assert load_pairs(file("a\tb\nc\td\n\n \n")) == [("a", "b"), ("c", "d")]
    assert load_pairs(file("un\u2028deux\tone\x0btwo\n\x0cx\ty\x85\n")) == [
        ("un\u2028deux", "one\x0btwo"),
        ("\x0cx", "y\x85"),
    ]
    three = file("Go.\tVa !\tCC-BY\nRun.\tCours !\tCC-BY\n")
    with pytest.raises(ValueError, match=r"line 1 has 3 columns, .*'Go\.\\tVa !\\tCC-BY'; columns=\(0, 1\) takes"):
        load_pairs(three)
    assert load_pairs(three, columns=(1, 0)) == [("Va !", "Go."), ("Cours !", "Run.")]
    with pytest.raises(ValueError, match=r"columns: got \(0, 3\), but line 1 has 3 columns"):
        load_pairs(three, columns=(0, 3))
    with pytest.raises(ValueError, match=r"got \('c', ' '\) in line 2, wanted two texts that are not blank"):
        load_pairs(file("a\tb\nc\t \nd\te\n"))
    with pytest.raises(ValueError, match=r"line 2 has 1 columns"):
        load_pairs(file("a\tb\n\nc\td\n"))


@pytest.mark.parametrize("length", [1, 255, 256, 600, 1000, 5000])
def test_text_of_one_line_is_a_text_however_long(length):
    text = ("To be, or not to be and/or so. " * 200)[:length].rstrip() + " yes"
    assert load_text(text) == text


def test_text_that_is_a_long_word_is_a_text():
    assert load_text("ACGT" * 100) == "ACGT" * 100


@pytest.mark.parametrize(
    "path",
    ["data/poems", "poems", "my poems.text", "./my poems", "C:\\texts\\my poems", "~/my poems", "/home/me/my poems"],
)
def test_text_that_looks_like_a_path_must_exist(path):
    with pytest.raises(FileNotFoundError, match=r"source: no file .*; if this is the text itself, end it with a line"):
        load_text(path)
    assert load_text(path + "\n") == path + "\n"


def test_text_that_could_be_either_is_refused(file, monkeypatch):
    path = file("verse\n", "my poems")
    monkeypatch.chdir(path.parent)
    assert load_text("./my poems") == load_text(path) == "verse\n"
    with pytest.raises(ValueError, match=r"got 'my poems', which reads like a text and is the name of a file"):
        load_text("my poems")
    assert load_text("no\0poems here") == "no\0poems here"


def test_words_of_other_scripts_and_apostrophes():
    assert words("Don’t, ‘dogs’ say: don't") == ["don’t", ",", "‘", "dogs", "’", "say", ":", "don't"]
    assert words("Cafe\u0301 noir") == ["cafe\u0301", "noir"]
    assert words("नमस्ते दुनिया।") == ["नमस्ते", "दुनिया", "।"]
    assert words("می\u200cروم") == ["می\u200cروم"]
    assert words("İstanbul") == ["i̇stanbul"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Vocabulary(["a"], specials="<pad>"), r"specials: got the string '<pad>', wanted a list"),
        (lambda: Vocabulary(["a"], specials=["<pad>", 3]), r"specials: got 3 \(int\) at position 1"),
        (lambda: Vocabulary(["a"], unknown=0), r"unknown: got 0 \(int\)"),
        (lambda: Vocabulary([["a"], ["b"]]), r"tokens: got \['a'\] \(list\) at position 0"),
        (lambda: Vocabulary(b"abc"), r"tokens: got 97 \(int\) at position 0"),
        (lambda: Vocabulary(list("hello")).encode("hole"), r"encode\(words\(text\)\).*encode\(list\(text\)\)"),
        (lambda: Vocabulary("hello", unknown="?").encode([3, 1]), r"tokens: got 3 \(int\) at position 0"),
        (lambda: Vocabulary("hello").encode(5), r"tokens: got int"),
    ],
)
def test_vocabulary_refuses_what_is_no_token(make, message):
    with pytest.raises(TypeError, match=message):
        make()
