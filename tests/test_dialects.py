"""The published table of dialects is true: each fixture has a row, and each row names a fixture or test that exists."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from chat.relay.limits import Limits
from tests.fixtures.answers import ANSWERS
from tests.fixtures.streams import STREAMS

ROOT = Path(__file__).resolve().parent.parent
TABLE = (ROOT / "docs" / "dialects.md").read_text()
FIXTURES = {fixture.name for fixture in (*STREAMS, *ANSWERS)}
HEADER = "| what servers do | what we do | proved by |"


class Row(NamedTuple):
    quirk: str
    ours: str
    proofs: list[str]


def rows(text: str) -> list[Row]:
    """Every row of every table. A pipe inside a cell would break the table, and fails here."""
    lines = [line for line in text.splitlines() if line.startswith("|") and line != HEADER and set(line) != set("|-")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Row(quirk, ours, re.findall(r"`([^`]+)`", proofs)) for quirk, ours, proofs in cells]


def unproved(row: Row) -> list[str]:
    """What the row names and is not there; or the row itself, when it names nothing."""
    return [name for name in row.proofs if not exists(name)] or ([] if row.proofs else [row.quirk])


def exists(name: str) -> bool:
    path, _, test = name.partition("::")
    if not path.startswith("tests/"):
        return name in FIXTURES
    return bool(test) and (ROOT / path).exists() and f"def {test}(" in (ROOT / path).read_text()


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: row.quirk[:60])
def test_each_row_is_proved_by_something_that_exists(row):
    assert unproved(row) == []
    assert row.quirk
    assert row.ours


def test_each_fixture_has_a_row():
    assert {name for row in rows(TABLE) for name in row.proofs} >= FIXTURES


def test_the_limits_that_the_table_tells_are_the_usual_ones():
    usual = Limits()
    times = [f"after {usual.first_byte:g} s", f"after {usual.silence:g} s", f"after {usual.no_data:g} s"]
    sizes = [f"{usual.answer_chars:,} characters", f"line of more than {usual.line_bytes >> 20} MiB"]
    assert [words for words in (*times, *sizes) if words not in TABLE] == []
    assert (usual.total, usual.after_finish) == (3600, 2), "an hour, and two seconds"
    assert usual.event_bytes == usual.body_bytes == 2 * 2**20, "an event or a whole JSON answer"


def test_no_quirk_has_two_rows():
    quirks = [row.quirk for row in rows(TABLE)]
    assert len(quirks) == len(set(quirks))


@pytest.mark.parametrize(
    "line",
    [
        "| a quirk | what we do | |",
        "| a quirk | what we do | nothing in code quotes |",
        "| a quirk | what we do | `no such fixture` |",
        "| a quirk | what we do | `tests/test_dialects.py` |",
        "| a quirk | what we do | `tests/test_dialects.py::test_of_nothing` |",
        "| a quirk | what we do | `tests/nowhere.py::test_of_nothing` |",
    ],
)
def test_a_row_that_proves_nothing_is_found(line):
    assert [unproved(row) for row in rows(line)] != [[]]


def test_a_row_that_is_proved_is_let_pass():
    line = "| a quirk | what we do | `mira`, `tests/test_dialects.py::test_each_fixture_has_a_row` |"
    assert [unproved(row) for row in rows(line)] == [[]]
