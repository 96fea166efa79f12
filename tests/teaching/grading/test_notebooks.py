"""What was handed in becomes a whole notebook, whatever it was; tests come from the exercise."""

import json
import re

import nbformat
import pytest
import toy_course

from course_lib.teaching.grading.notebooks import EMPTIED, Unreadable, clean, explain, load_exercise


@pytest.fixture
def exercise(course):
    return load_exercise(course.solutions, toy_course.SLUG)


def cleaned(notebook, exercise):
    made = clean(json.dumps(notebook).encode(), exercise)
    nbformat.validate(made)
    return made


def by_id(notebook):
    pairs = ((cell.metadata.get("nbgrader", {}).get("grade_id"), cell) for cell in notebook.cells)
    return {name: cell for name, cell in pairs if name}


def test_an_exercise_has_points_and_the_judges_source(exercise):
    assert {test.grade_id: test.points for test in exercise.tests} == {
        "test_double": 2,
        "test_length": 1,
        "test_dice": 3,
    }
    assert exercise.tests[0].source == 'judge("toy.double")\n' and exercise.maximum == 6


def test_a_cell_with_points_needs_a_hidden_test(course):
    path = course.solutions / "toy/toy.ipynb"
    path.write_text(path.read_text().replace("### BEGIN HIDDEN TESTS", "### BEGIN"))
    with pytest.raises(ValueError, match="'test_double' has points, but no test between"):
        load_exercise(course.solutions, "toy")
    with pytest.raises(ValueError, match="no exercise 'other' .* there are: toy"):
        load_exercise(course.solutions, "other")


def test_no_hidden_test_is_left(exercise):
    made = cleaned(toy_course.right(), exercise)
    assert "judge" not in nbformat.writes(made) and "HIDDEN" not in nbformat.writes(made)
    assert by_id(made)["test_double"].source == EMPTIED
    assert by_id(made)["double"].source == toy_course.RIGHT["double"]


def test_edited_tests_points_and_outputs_are_those_of_the_exercise(exercise):
    notebook = toy_course.right()
    for cell in notebook.cells:
        if about := cell.metadata.get("nbgrader"):
            about |= {"points": 1000, "locked": False}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "1000"})]
        if cell.source.startswith("print('checked'"):
            cell.source = "import os; os.abort()"
    made = cleaned(notebook, exercise)
    assert by_id(made)["test_double"].metadata.nbgrader["points"] == 2
    assert by_id(made)["check_double"].source == "print('checked', 'double')"
    assert not any(cell.get("outputs") for cell in made.cells)


def test_deleted_tests_come_back_and_doubled_ones_go(exercise):
    notebook = toy_course.right()
    tests = [cell for cell in notebook.cells if "test_double" in str(cell.metadata)]
    notebook.cells = tests + [c for c in notebook.cells if "test_length" not in str(c.metadata)]
    made = cleaned(notebook, exercise)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made.cells]
    assert ids.count("test_double") == 1 == ids.count("test_length")
    assert sum(cell.source == EMPTIED for cell in made.cells) == 3


@pytest.mark.parametrize(
    "ids", [lambda i: "same", lambda i: None, lambda i: "no good id!", lambda i: i]
)
def test_cell_ids_do_not_matter(exercise, ids):
    notebook = toy_course.right()
    for number, cell in enumerate(notebook.cells):
        cell.id = ids(number)
        if cell.id is None:
            del cell["id"]
    assert by_id(cleaned(notebook, exercise))["double"].source == toy_course.RIGHT["double"]


def test_the_kernels_name_does_not_matter(exercise):
    notebook = toy_course.right()
    notebook.metadata.kernelspec = dict(name="julia", display_name="?", language="julia")
    assert cleaned(notebook, exercise).metadata.kernelspec["name"] == "python3"


@pytest.mark.parametrize(
    "cell",
    [
        3,
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": 3},
        {"cell_type": ["code"], "source": "x"},
        {"cell_type": {}, "source": "x"},
        {"cell_type": "video", "source": "x"},
        {"cell_type": "code", "source": ["a", 3]},
    ],
)
def test_what_is_no_cell_is_left_out(exercise, cell):
    assert len(cleaned({"cells": [cell]}, exercise).cells) == 3


@pytest.mark.parametrize("metadata", [3, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": []}}])
def test_strange_metadata_is_no_metadata(exercise, metadata):
    cell = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": metadata}
    assert cleaned({"cells": [cell]}, exercise).cells[0].source == "a = 1\nb = 2"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\x00", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no list of cells"),
        (b'{"worksheets": []}', "no list of cells"),
        (json.dumps({"cells": [{}] * 2000}).encode(), "more than 1000 cells"),
    ],
)
def test_what_is_no_notebook_is_unreadable(exercise, data, message):
    with pytest.raises(Unreadable, match=message):
        clean(data, exercise)


def test_html_in_a_learners_text_is_shown_and_not_obeyed(exercise):
    ours = exercise.notebook.cells[0].source = "# A toy\n<details>A hint</details>"
    theirs = "a < b, a<b; <script>x</script> <img src=x onerror=y> <!-- --> </div>"
    cells = [{"cell_type": kind, "source": theirs} for kind in ("markdown", "raw")]
    made = cleaned({"cells": [{"cell_type": "markdown", "source": ours}, *cells]}, exercise)
    assert made.cells[0].source == ours
    for cell in made.cells[1:3]:
        assert cell.cell_type == "markdown" and cell.source.startswith("a < b, a&lt;b; &lt;script>")
        assert not re.search("<[a-zA-Z/!]", cell.source)


def test_the_reason_stands_where_the_notebook_would(exercise):
    made = explain("it was eaten", exercise)
    nbformat.validate(made)
    assert "it was eaten" in made.cells[0].source and len(made.cells) == 4
