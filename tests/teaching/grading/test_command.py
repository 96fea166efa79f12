"""`course-lib grade`: what it writes and says, its exit codes, and its one line when it refuses."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from toy_course import KernelHere, answers, right
from typer.testing import CliRunner

from course_lib import cli
from course_lib.cli import _start
from course_lib.teaching.grading import batch, run, sandbox
from course_lib.teaching.grading.judge import rehearse
from course_lib.teaching.grading.limits import NotGraded
from course_lib.teaching.grading.notebooks import load_exercise
from course_lib.teaching.questions import find, slugs

ROOT = Path(__file__).parents[3]


@pytest.fixture
def class_of_two(course, monkeypatch):
    """A class, in a checkout of its own; kernels run here."""
    monkeypatch.setattr(_start, "ROOT", course.root)
    monkeypatch.setattr(_start, "chapters", lambda root: {})
    monkeypatch.setattr(run, "Kernel", KernelHere)
    monkeypatch.setattr(KernelHere, "started", 0)
    monkeypatch.setattr(sandbox, "why_not", lambda: None)
    course.hand_in("ada", right())
    course.hand_in("bob", answers())
    return course


def grade(course, *more, slug="toy"):
    where = [str(course.submissions), "--assignment", slug]
    where += ["--output", str(course.root / "grades.csv"), *map(str, more)]
    return CliRunner().invoke(cli.app, ["grade", *where])


def refused(answer):
    assert answer.exit_code == 2, answer.output
    assert answer.stderr.startswith("course-lib: ") and answer.stderr.count("\n") == 1
    return answer.stderr


def test_grades_and_says_how_it_went(class_of_two):
    answer = grade(class_of_two, "--workers", "1")
    assert answer.exit_code == 0, answer.output
    assert "graded 2 of 2 submissions now, in 0 min " in answer.stdout
    assert "a minute; " in answer.stdout and "% of the workers' time" in answer.stdout
    with open(class_of_two.root / "grades.csv", newline="", encoding="utf-8") as file:
        assert [row["total"] for row in csv.DictReader(file)] == ["6", "0"]
    assert (class_of_two.root / "gradebook/feedback/ada/toy/toy.html").is_file()
    assert "nothing new to grade among 2 submissions" in grade(class_of_two).stdout


def test_the_exit_code_tells_that_some_are_not_graded(class_of_two, monkeypatch):
    def broken(*_):
        raise NotGraded("its kernel did not start: no room")

    monkeypatch.setattr(batch, "run", broken)
    answer = grade(class_of_two)
    assert answer.exit_code == 1
    assert "ada: NOT GRADED, run again: its kernel did not start: no room" in answer.stderr
    assert "ada,,,,,6,not graded" in (class_of_two.root / "grades.csv").read_text()


def test_stopped_it_says_how_to_go_on(class_of_two, monkeypatch):
    def stop(self, on_done):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch.Batch, "grade", stop)
    answer = grade(class_of_two)
    assert answer.exit_code == 130 and "the same command goes on from there" in answer.stderr
    assert not (class_of_two.root / "grades.csv").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--output", "grades.xlsx"], "must end in .csv"),
        (["--workers", "0"], "--workers must be in 1 ... 64"),
        (["--assignment", "other"], "no exercise 'other'"),
    ],
)
def test_bad_options_are_refused_before_anything_runs(class_of_two, more, message):
    assert message in refused(grade(class_of_two, *more))
    assert not (class_of_two.root / "grades.csv").exists() and KernelHere.started == 0


def test_no_submissions_are_refused(class_of_two):
    class_of_two.submissions = class_of_two.root / "nowhere"
    assert "no folder or zip file" in refused(grade(class_of_two))


def test_without_a_sandbox_it_refuses_unless_told(class_of_two, monkeypatch):
    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is missing: install it")
    told = refused(grade(class_of_two))
    assert "bubblewrap is missing" in told and "add --no-sandbox" in told
    assert grade(class_of_two, "--no-sandbox").exit_code == 0


def test_without_nbgrader_it_says_what_to_install():
    program = (
        "import sys; sys.modules['nbgrader'] = None; from course_lib.cli import main; "
        "sys.argv = ['course-lib', 'grade', '.', '--assignment', 'vectors', '--output', 'x.csv'];"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and "pip install -e '.[instructor]'" in done.stderr


@pytest.mark.parametrize("slug", slugs())
def test_the_judge_accepts_the_right_answers_of_every_exercise(slug, monkeypatch):
    monkeypatch.setattr("course_lib.teaching.grading.judge.find", find)
    exercise = load_exercise(ROOT / "solutions", slug)
    rehearse(exercise, "a secret")
    assert exercise.maximum > 0


def test_a_real_exercise_earns_all_its_points_in_the_sandbox(bubblewrap, course, monkeypatch):
    monkeypatch.setattr("course_lib.teaching.grading.judge.find", find)
    source = ROOT / "solutions/forward_process/forward_process.ipynb"
    notebook = nbformat.read(source, as_version=4)
    course.submissions.joinpath("ada").mkdir()
    nbformat.write(notebook, course.submissions / "ada/forward_process.ipynb")
    task = course.task(solutions=ROOT / "solutions", slug="forward_process")
    report = batch.Batch(task).grade()
    assert not report.not_graded and not report.notes
    row = next(csv.DictReader(task.output.open(newline="", encoding="utf-8")))
    assert row["total"] == row["maximum"] and float(row["total"]) > 0
    kept = json.loads((task.gradebook / "results/forward_process/ada.json").read_text())
    errors = [o for c in nbformat.reads(kept["notebook"], 4).cells for o in c.get("outputs", [])]
    assert not any(output.output_type == "error" for output in errors)
