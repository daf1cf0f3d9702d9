"""The ledger is whole: its rows are complete, and each names a chapter and records that there are."""

import re
import sys

from chapter import NOTEBOOKS, ROOT

sys.path.insert(0, str(ROOT / "book/_ext"))
from learning.ledger import problems, rows_of

ROWS = rows_of((ROOT / "book/claims.yml").read_text("utf8"))


def test_rows_are_complete():
    assert list(problems(ROWS)) == []


def test_every_row_belongs_to_a_chapter():
    assert {row["chapter"] for row in ROWS} - {path.stem for path in NOTEBOOKS} == set()


def test_every_record_that_is_named_exists():
    named = re.findall(r"record:\s*(\w+)", str([row["evidence"] for row in ROWS]))
    assert [name for name in named if not (ROOT / f"experiments/{name}.json").exists()] == []
