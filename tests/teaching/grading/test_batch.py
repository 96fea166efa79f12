"""A batch loses nothing: killed, it goes on; what fails by itself is "not graded", never 0."""

import csv
import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_course
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from toy_course import IDENTITY, RIGHT, KernelHere, answers, right
from traitlets.config import Config

from course_lib.teaching.grading import batch, run
from course_lib.teaching.grading.batch import Batch
from course_lib.teaching.grading.gradebook import Book
from course_lib.teaching.grading.limits import NotGraded


@pytest.fixture(autouse=True)
def kernel_here(monkeypatch):
    monkeypatch.setattr(run, "Kernel", KernelHere)
    monkeypatch.setattr(KernelHere, "started", 0)


@pytest.fixture
def pair(course):
    """A class of two: one has everything right, one a part of it."""
    course.hand_in("ada", right())
    course.hand_in("bob", answers(double=RIGHT["double"], length="def length(x): return 1.0"))
    return course


def totals(task):
    with open(task.output, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: row["total"] or row["state"] for row in rows}


def test_points_go_to_the_csv_the_gradebook_and_the_page(pair):
    task, seen = pair.task(), []
    report = Batch(task).grade(on_done=lambda: seen.append(1))
    assert totals(task) == {"ada": "6", "bob": "2"}
    assert (report.total, report.new, len(seen)) == (2, 2, 2)
    assert report.not_graded == {} == report.notes
    assert report.per_minute == pytest.approx(120 / report.seconds)
    assert report.start_share == pytest.approx(0.5 / report.worker_seconds)
    with Gradebook(f"sqlite:///{task.gradebook}/gradebook.db") as book:
        assert book.find_submission("toy", "ada").score == 6
        assert book.find_submission("toy", "bob").max_score == 6
    assert "2.0 / 6.0" in (task.gradebook / "feedback/bob/toy/toy.html").read_text()


def test_nbgraders_own_tools_open_the_gradebook(pair):
    """The formgrader sees a course through `NbGraderAPI`."""
    task = pair.task()
    Batch(task).grade()
    config = Config()
    config.CourseDirectory.root = str(task.gradebook)
    api = NbGraderAPI(CourseDirectory(config=config))
    (about,) = [one for one in api.get_assignments() if one["name"] == "toy"]
    assert about["num_submissions"] == 2 and about["max_score"] == 6
    scores = {one["student"]: one["score"] for one in api.get_submissions("toy")}
    assert scores == {"ada": 6, "bob": 2}


def test_nbgrader_alone_runs_no_submission(pair):
    """The formgrader has a button for that, and nbgrader knows no sandbox."""
    task, config = pair.task(), Config()
    Batch(task).grade()
    names = {"get_config": lambda: config, "__file__": str(task.gradebook / "nbgrader_config.py")}
    exec((task.gradebook / "nbgrader_config.py").read_text(), names)
    assert config.CourseDirectory.root == str(task.gradebook)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    answer = api.autograde("toy", "bob", force=True)
    assert not answer["success"] and "course-lib grade" in answer["log"]
    Batch(task).grade()
    assert KernelHere.started == 2 and totals(task) == {"ada": "6", "bob": "2"}


def test_what_is_graded_is_not_run_again(pair):
    task = pair.task()
    Batch(task).grade()
    again = Batch(task).grade()
    assert KernelHere.started == 2 and again.new == 0 and totals(task) == {"ada": "6", "bob": "2"}
    pair.hand_in("bob", right())
    assert Batch(task).grade().new == 1
    assert KernelHere.started == 3 and totals(task) == {"ada": "6", "bob": "6"}
    Batch(pair.task(again=True)).grade()
    assert KernelHere.started == 5


def test_another_test_or_seed_grades_again(pair):
    task = pair.task()
    Batch(task).grade()
    path = pair.solutions / "toy/toy.ipynb"
    path.write_text(path.read_text().replace('\\"toy.double\\")', '\\"toy.double\\", trials=7)'))
    Batch(task).grade()
    assert KernelHere.started == 4
    (task.gradebook / "secret_seed").unlink()
    Batch(task).grade()
    assert KernelHere.started == 6


def test_the_secret_seed_is_made_once_for_its_owner_alone(pair):
    task = pair.task()
    Batch(task)
    seed = (task.gradebook / "secret_seed").read_text()
    assert len(seed.strip()) == 64 and (task.gradebook / "secret_seed").stat().st_mode & 0o77 == 0
    Batch(task)
    assert (task.gradebook / "secret_seed").read_text() == seed


def test_points_corrected_by_hand_stay(pair):
    task = pair.task()
    Batch(task).grade()
    with Gradebook(f"sqlite:///{task.gradebook}/gradebook.db") as book:
        book.find_grade("test_length", "toy", "toy", "bob").manual_score = 0.5
        book.db.commit()
    Batch(task).grade()
    assert totals(task) == {"ada": "6", "bob": "2.5"}


def test_a_lost_gradebook_is_made_again_from_the_results(pair):
    task = pair.task()
    Batch(task).grade()
    (task.gradebook / "gradebook.db").unlink()
    assert Batch(task).grade().new == 2
    assert KernelHere.started == 2 and totals(task) == {"ada": "6", "bob": "2"}


def test_killed_it_goes_on_where_it_was(course):
    for number in range(8):
        course.hand_in(f"student {number}", right())
    program = f"import toy_course; toy_course.grade_slowly({str(course.root)!r})"
    here = Path(__file__).parent
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=here)
    results = course.task().gradebook / "results/toy"
    deadline = time.monotonic() + 60
    while len(list(results.glob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    grader.kill()
    grader.wait()
    kept = len(list(results.glob("*.json")))
    assert 3 <= kept < 8 and not course.task().output.exists()
    report = Batch(course.task()).grade()
    assert KernelHere.started == 8 - kept and not report.not_graded
    assert totals(course.task()) == {f"student {number}": "6" for number in range(8)}


def test_a_machine_that_fails_is_never_a_zero(pair, monkeypatch):
    class Broken(KernelHere):
        def __enter__(self):
            super().__enter__()
            raise NotGraded("its kernel did not start: no room")

    monkeypatch.setattr(run, "Kernel", Broken)
    task = pair.task()
    report = Batch(task).grade()
    assert totals(task) == {"ada": "not graded", "bob": "not graded"}
    assert report.not_graded["ada"] == "its kernel did not start: no room"
    assert Broken.started == 2 * batch.ATTEMPTS
    monkeypatch.setattr(run, "Kernel", KernelHere)
    assert not Batch(task).grade().not_graded
    assert totals(task) == {"ada": "6", "bob": "2"}


def test_an_older_grade_is_not_told_for_a_newer_submission(pair, monkeypatch):
    task = pair.task()
    Batch(task).grade()
    pair.hand_in("ada", answers(double=IDENTITY))
    monkeypatch.setattr(batch, "run", lambda *_: _fail(NotGraded("no kernel")))
    Batch(task).grade()
    assert totals(task) == {"ada": "not graded", "bob": "2"}


@pytest.mark.parametrize("place", ["store", "gradebook", "bug"])
def test_a_full_disk_or_a_fault_of_ours_stops_nobody_else(pair, monkeypatch, place):
    full = OSError(errno.ENOSPC, "No space left on device")
    write, record = batch.Store.write, Book._convert

    def write_unless_ada(self, student, *rest, **more):
        return _fail(full) if student == "ada" else write(self, student, *rest, **more)

    def convert_unless_ada(self, converter, student, config):
        return _fail(full) if student == "ada" else record(self, converter, student, config)

    if place == "store":
        monkeypatch.setattr(batch.Store, "write", write_unless_ada)
    elif place == "gradebook":
        monkeypatch.setattr(Book, "_convert", convert_unless_ada)
    else:
        monkeypatch.setattr(KernelHere, "call", _call_unless_right)
    report = Batch(pair.task()).grade()
    assert totals(pair.task()) == {"ada": "not graded", "bob": "2"}
    assert ("No space left" in report.not_graded["ada"]) == (place != "bug")


def _call_unless_right(self, function, inputs, library=()):
    if len(self._names["dice"].__code__.co_varnames) == 2:
        raise ZeroDivisionError("a fault of the grader")
    return toy_course.call(self._names[function], inputs, library)


def _fail(error):
    raise error


def test_the_csv_is_there_as_a_whole_or_not_at_all(pair, monkeypatch):
    task = pair.task()
    task.output.write_text("the old grades")
    monkeypatch.setattr(os, "replace", lambda *_: _fail(OSError("no")))
    with pytest.raises(OSError, match="no"):
        batch.write_whole(task.output, "new")
    assert task.output.read_text() == "the old grades"
    assert not list(task.output.parent.glob(".*.part"))


def test_two_graders_do_not_share_a_gradebook(pair):
    with batch._only_one(pair.root), pytest.raises(ValueError, match="another `course-lib grade`"):
        Batch(pair.task(gradebook=pair.root)).grade()


def test_other_questions_need_another_gradebook(pair):
    task = pair.task()
    Batch(task).grade()
    path = pair.solutions / "toy/toy.ipynb"
    path.write_text(path.read_text().replace('"test_length"', '"test_other"'))
    with pytest.raises(ValueError, match="nbgrader refuses .* name a new --gradebook"):
        Batch(task).grade()


def test_any_name_gets_its_own_grade(course):
    names = ["=1+1", 'a "b", c', "Zoë", "[x]*?", "{student_id}", "a'b", "100%", "x" * 200]
    for points, name in enumerate(names):
        mine = RIGHT if points % 2 else {"length": RIGHT["length"]}
        course.hand_in(name, answers(**mine))
    assert not Batch(course.task()).grade().not_graded
    assert list(totals(course.task()).values()).count("6") == len(names) // 2
    assert {"'=1+1", 'a "b", c', "Zoë", "_x___", "{student_id}", "a'b"} < set(totals(course.task()))
