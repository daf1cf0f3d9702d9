"""The benchmark of the scan goes through, and its record is one of its runs."""

import json

from kinds import kind_of

from benchmarks import scan_speed
from rnn_utils import records
from rnn_utils.scan import WAYS


def test_a_short_run_writes_a_record_of_the_kind_that_is_saved(tmp_path):
    out, small = tmp_path / "scan_speed.json", {"T": [16, 64], "width": [1, 8], "largest": 600, "rounds": 1}
    scan_speed.main(["--out", str(out)], small)
    record, saved = json.loads(out.read_text("utf8")), records.load("scan_speed")
    assert [(row["T"], row["width"]) for row in record["results"]] == [(16, 1), (16, 8), (64, 1), (64, 8)]
    assert all(row[way] > 0 for row in record["results"] for way in WAYS)
    other = {"versions": 0}  # PyTorch is there if another test has imported it
    assert kind_of(record) | other == kind_of(saved) | other
    assert kind_of(record["results"][0]) == kind_of(saved["results"][0])
    assert saved["settings"] == scan_speed.SETTINGS
