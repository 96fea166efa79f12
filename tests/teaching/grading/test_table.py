"""The CSV: every name comes back as it was, and no cell is a formula."""

import csv
import io

import pytest

from course_lib.teaching.grading.table import Row, table


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_columns_points_and_state():
    rows = [Row("ada", {"a": 2.0, "b": 0.5}), Row("bob", None)]
    assert table(rows, ["a", "b"], 3.0).splitlines() == [
        "student,a,b,total,maximum,state",
        "ada,2,0.5,2.5,3,graded",
        "bob,,,,3,not graded",
    ]


@pytest.mark.parametrize(
    "name", ["Lovelace, Ada", 'Bob "the" Builder', "Zoë Müller", "李雷", "a'b"]
)
def test_a_name_comes_back_as_it_was(name):
    assert read(table([Row(name, {})], [], 1.0))[0]["student"] == name


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\r=", "\n@", " +"])
def test_no_cell_is_a_formula(first):
    (row,) = read(table([Row(f"{first}HYPERLINK(1)", {})], [], 1.0))
    assert row["student"].startswith("'") and row["student"].endswith(f"{first[-1]}HYPERLINK(1)")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
