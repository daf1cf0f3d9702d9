"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest

from rnn_utils.atomic import replacing, write_whole


def test_bytes_and_text_arrive(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\x00\r\n")
    write_whole(str(tmp_path / "b"), "één\n")
    assert (tmp_path / "a").read_bytes() == b"\x00\r\n"
    assert (tmp_path / "b").read_bytes() == "één\n".encode()


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "record.json"
    target.write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as file:
        file.write(b"half of the n")
        file.flush()
        raise RuntimeError("the disk is full")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["record.json"]


def test_the_old_file_stands_until_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "record.json"
    target.write_text("old")
    with replacing(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_what_a_killed_run_left_is_removed_and_other_files_are_not(tmp_path: Path) -> None:
    target = tmp_path / "run[1].json"  # the brackets are no pattern
    leftover, other = tmp_path / ".run[1].json.999.tmp", tmp_path / ".run1.json.999.tmp"
    leftover.write_text("half")
    other.write_text("another run's")
    write_whole(target, b"new")
    assert sorted(os.listdir(tmp_path)) == [".run1.json.999.tmp", "run[1].json"]
