"""From solutions/ to exercises/: nothing but the answers and the hidden tests is lost."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from course_lib import cli
from course_lib.cli import _start
from course_lib.teaching.notebooks import find_notebook, points_of, read_notebook, run_checks
from course_lib.teaching.questions import questions, slugs
from course_lib.teaching.release import STUB, release, release_to

ROOT = Path(__file__).parents[2]
each_slug = pytest.mark.parametrize("slug", slugs())


@pytest.fixture
def course(tmp_path):
    """A checkout with one small solution."""
    root = tmp_path / "course [1]"  # a name that a glob would trip over
    shutil.copytree(ROOT / "solutions" / "vectors", root / "solutions" / "vectors")
    (root / "book").mkdir()
    shutil.copy(ROOT / "book" / "vectors.ipynb", root / "book")
    (root / "_toc.yml").touch()
    return root


def notebook(folder, slug):
    return nbformat.read(ROOT / folder / slug / f"{slug}.ipynb", as_version=4)


def marks(cells):
    return [cell.metadata.get("nbgrader", {}) for cell in cells]


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_exercises_are_what_the_release_makes(tmp_path):
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    made = release(tmp_path)
    assert [path.stem for path in made] == sorted(p.name for p in (ROOT / "solutions").iterdir())
    made_now, tracked = contents(tmp_path / "exercises"), contents(ROOT / "exercises")
    assert made_now == {
        path: text for path, text in tracked.items() if ".ipynb_checkpoints" not in path.parts
    }, "run course-lib release"


@each_slug
def test_a_solution_asks_every_question_in_order(slug):
    cells = notebook("solutions", slug).cells
    functions = [question.name.partition(".")[2] for question in questions(slug)]
    ids = [mark["grade_id"] for mark in marks(cells) if mark]
    wanted = [f"{f}{part}" for f in functions for part in ("_answer", "_check", "")]
    assert ids == [*wanted, "summary"]
    for cell, mark in zip(cells, marks(cells), strict=True):
        name = mark.get("grade_id", "")
        if mark.get("solution"):
            assert re.search(rf"^def {name.removesuffix('_answer')}\(", cell.source, re.MULTILINE)
        if name.endswith("_check"):
            function = name.removesuffix("_check")
            assert cell.source == f'check("{slug}.{function}", {function})'
        if mark.get("grade"):
            hidden = cell.source.partition("### BEGIN HIDDEN TESTS\n")[2]
            assert hidden == f'judge("{slug}.{name}")\n### END HIDDEN TESTS'
            assert "remove-cell" in cell.metadata.tags
            assert mark.locked and isinstance(mark.points, int) and mark.points > 0


@each_slug
def test_a_released_exercise_holds_no_answer_and_no_hidden_test(slug):
    solved, released = notebook("solutions", slug), notebook("exercises", slug)
    assert [cell.id for cell in released.cells] == [cell.id for cell in solved.cells]
    for cell, before in zip(released.cells, solved.cells, strict=True):
        mark = cell.metadata.get("nbgrader", {})
        assert "SOLUTION" not in cell.source and "HIDDEN" not in cell.source
        if mark.get("solution"):
            assert STUB.splitlines()[-1] in cell.source
        elif mark.get("grade"):
            assert all(line.startswith("#") for line in cell.source.splitlines())
            assert cell.metadata.deletable is False
        elif mark.get("grade_id") != "summary":
            assert cell.source == before.source


@each_slug
def test_points_are_in_the_summary_as_in_the_metadata(slug):
    points = points_of(notebook("solutions", slug))
    assert points == points_of(notebook("exercises", slug))
    written = notebook("exercises", slug).cells[-1].source
    assert dict(re.findall(r"(\w+)=(\d+)", written)) == {k: str(v) for k, v in points.items()}


@each_slug
@pytest.mark.parametrize("folder", ["exercises", "solutions"])
def test_a_notebook_is_plain_markdown_and_has_hints(folder, slug):
    text = "\n".join(c.source for c in notebook(folder, slug).cells if c.cell_type == "markdown")
    assert not re.search(r"\{[\w:-]+\}`|^```\{|^:::", text, re.MULTILINE), "MyST in an exercise"
    assert text.count("<details>") == text.count("</details>") >= 2 * len(questions(slug))


def printed(cells) -> str:
    """Run the code of cells here, without a kernel, and catch what they print."""
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for cell in cells:
            if cell.cell_type == "code":
                exec(cell.source, space)
    return out.getvalue()


@each_slug
def test_an_exercise_runs_as_it_is_and_its_solution_is_right(slug, monkeypatch):
    monkeypatch.setattr("course_lib.teaching.checks._verdicts", {})
    functions = [question.name.partition(".")[2] for question in questions(slug)]
    points = points_of(notebook("solutions", slug))

    lines = printed(notebook("exercises", slug).cells).splitlines()
    for function in functions:
        assert f"{function}: not answered yet" in lines
    assert lines[-1].split()[:4] == ["total", "0", "of", str(sum(points.values()))]

    lines = printed(notebook("solutions", slug).cells).splitlines()
    for function in functions:
        assert f"{function}: right" in lines
    assert f"{len(functions)} of {len(functions)} right" in lines[-1]


def test_students_get_a_folder_without_solutions(course, tmp_path):
    release_to(course, tmp_path / "students")
    files = {path.as_posix() for path in contents(tmp_path / "students")}
    assert files == {"README.md", "exercises/vectors/vectors.ipynb"}
    assert not (course / "exercises").exists()
    text = (tmp_path / "students" / "exercises" / "vectors" / "vectors.ipynb").read_text("utf-8")
    assert text == (ROOT / "exercises" / "vectors" / "vectors.ipynb").read_text("utf-8")
    assert "exercises/vectors" in (tmp_path / "students" / "README.md").read_text("utf-8")


def test_a_release_takes_away_what_has_no_solution_any_more(course):
    (course / "exercises" / "old").mkdir(parents=True)
    (course / "exercises" / "old" / "old.ipynb").touch()
    release(course)
    assert [p.name for p in (course / "exercises").iterdir()] == ["vectors"]
    assert {p.name for p in course.iterdir()} == {"_toc.yml", "book", "exercises", "solutions"}


def break_solution(course, old, new):
    path = course / "solutions" / "vectors" / "vectors.ipynb"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('summary(\\"vectors\\")', "print()", 'one cell that is summary("vectors")'),
        ('"grade_id": "brighten"', '"grade_id": "crop"', "crop"),
        ("### END HIDDEN TESTS", "#", "hidden test"),
        ("### END SOLUTION", "#", "solution"),
        ('"cells"', "cells", "vectors"),
    ],
)
def test_a_broken_solution_is_told_and_the_old_exercises_stay(course, old, new, words):
    release(course)
    before = contents(course / "exercises")
    break_solution(course, old, new)
    with pytest.raises(ValueError, match="vectors") as refusal:
        release(course)
    assert words.lower() in str(refusal.value).lower()
    assert contents(course / "exercises") == before
    assert not [p for p in course.iterdir() if p.name.startswith(".")]


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def refused(*arguments):
    answer = run(*arguments)
    assert answer.exit_code == 2, answer.output
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("course-lib: ")
    return line


def test_release_command_lists_what_it_made(course, monkeypatch, tmp_path):
    monkeypatch.setattr(_start, "ROOT", course)
    made = run("release")
    assert made.exit_code == 0, made.stderr
    assert made.stdout.split("\n")[0] == str(course / "exercises" / "vectors" / "vectors.ipynb")
    assert run("release", "--to", tmp_path / "students").exit_code == 0
    assert "not an empty folder" in refused("release", "--to", tmp_path / "students")
    assert "does not exist" in refused("release", "--to", tmp_path / "missing" / "students")
    shutil.rmtree(course / "solutions")
    assert "no solutions" in refused("release")


def test_release_without_nbgrader_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "nbgrader", None)
    monkeypatch.setitem(sys.modules, "nbgrader.converters", None)
    monkeypatch.delitem(sys.modules, "course_lib.teaching.release")
    assert "pip install -e '.[instructor]'" in refused("release")


def test_check_runs_a_folder_in_a_fresh_kernel(tmp_path):
    """Half solved, with an error in a cell that is no check: told, and the rest still runs."""
    source = notebook("exercises", "vectors")
    solved = notebook("solutions", "vectors")
    for cell, right in zip(source.cells, solved.cells, strict=True):
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "crop_answer":
            cell.source = right.source
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "brighten_answer":
            cell.source = "def brighten(image, amount):\n    return image + amount"
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "alike_answer":
            cell.source = "alike = alikee"
    (tmp_path / "vectors").mkdir()
    nbformat.write(source, tmp_path / "vectors" / "vectors.ipynb")
    before = contents(tmp_path)

    answer = run("check", tmp_path / "vectors")
    assert answer.exit_code == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[:2] == ["crop: right", "brighten: not right yet"]
    assert "Some values end above 1" in lines[2]
    assert "make_batch: not answered yet" in lines
    assert "the cell that begins with 'alike = alikee' stops: NameError" in lines
    assert lines[-1].split()[0] == "total"
    assert contents(tmp_path) == before


def test_a_kernel_that_dies_is_told(tmp_path):
    cell = nbformat.v4.new_code_cell("import os; os._exit(0)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    assert "cell 1 ended its kernel" in refused("check", tmp_path / "a.ipynb")


@pytest.mark.parametrize("name", ["missing", "missing.ipynb", "empty", "two", "a.txt"])
def test_check_refuses_what_is_no_exercise(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "two").mkdir()
    for file in ("two/a.ipynb", "two/b.ipynb", "a.txt"):
        (tmp_path / file).touch()
    assert name in refused("check", tmp_path / name)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', json.dumps({"nbformat": 4})])
def test_check_refuses_a_file_that_is_no_notebook(tmp_path, text):
    (tmp_path / "a.ipynb").write_text(text)
    assert "is not a notebook" in refused("check", tmp_path / "a.ipynb")


def test_a_folder_of_several_is_read_by_its_own_name(tmp_path):
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "other.ipynb").touch()
    (folder / "vectors.ipynb").touch()
    assert find_notebook(folder) == folder / "vectors.ipynb"
    with pytest.raises(ValueError, match="not a notebook"):
        read_notebook(folder / "vectors.ipynb")
    with pytest.raises(ValueError, match="not a notebook"):
        next(run_checks(folder / "other.ipynb"))
