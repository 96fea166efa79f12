"""The page for instructors shows what the grader really says and allows."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_lib import cli
from course_lib.teaching.grading import judge
from course_lib.teaching.grading.limits import MB, Limits
from course_lib.teaching.questions import find

ROOT = Path(__file__).parents[3]
SLUG = "forward_process"
PAGE = (ROOT / "book/for_instructors.md").read_text("utf-8")
WRONG = {
    "alpha_bar_from_beta_answer": "def alpha_bar_from_beta(beta):\n    return 1 - beta\n",
    "add_noise_answer": """
def add_noise(alpha_bar, x_0, t, eps):
    signal = alpha_bar[t].reshape(-1, 1, 1, 1)
    return signal * x_0 + (1 - signal) * eps
""",
}


def notebook(folder):
    return json.loads((ROOT / folder / SLUG / f"{SLUG}.ipynb").read_text("utf-8"))


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def filled(answers, first=""):
    """Fill the released exercise in, as a learner does; `first` is a cell of their own."""
    exercise = notebook("exercises")
    for cell in exercise["cells"]:
        cell["source"] = answers.get(grade_id(cell), cell["source"])
    own = {"cell_type": "code", "source": first, "metadata": {}, "outputs": [], "id": "own"}
    return json.dumps({**exercise, "cells": [own, *exercise["cells"]]})


@pytest.fixture(scope="module")
def graded(bubblewrap, tmp_path_factory):
    """Grade the page's class of four with the page's command."""
    cells = notebook("solutions")["cells"]
    right = {grade_id(cell): cell["source"] for cell in cells if grade_id(cell).endswith("_answer")}
    bob = {**right, **WRONG}
    del bob["one_noise_answer"]
    submissions = {
        "Ada Lovelace": filled(right),
        "Bob": filled(bob),
        "Carla": filled({}),
        "Eve": filled(right, "import os\nos._exit(0)"),
    }
    root = tmp_path_factory.mktemp("class")
    for student, text in submissions.items():
        (root / "handed_in" / student).mkdir(parents=True)
        (root / "handed_in" / student / f"{SLUG}.ipynb").write_text(text, "utf-8")
    (command,) = re.findall(r"^\$ course-lib (grade .*)$", PAGE, re.MULTILINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(judge, "find", find)
        answer = CliRunner().invoke(cli.app, command.split())
    assert answer.exit_code == 0, answer.output
    return root, answer


def without_figures(text):
    return re.sub(r"[\d.]+", "N", text)


def test_what_is_said_on_the_screen_stands_on_the_page(graded):
    _, answer = graded
    shown = [without_figures(line) for line in PAGE.splitlines()]
    for line in (answer.stderr + answer.stdout).strip().splitlines():
        assert without_figures(line) in shown


def test_the_grades_stand_on_the_page(graded):
    assert (graded[0] / "grades.csv").read_text("utf-8") in PAGE


def test_the_feedback_stands_on_the_page(graded):
    page = (graded[0] / f"gradebook/feedback/Bob/{SLUG}/{SLUG}.html").read_text("utf-8")
    (shown,) = re.findall(r"^```text\n(not right yet:.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert shown.replace("'", "&#39;") in page or shown in page


def test_the_limits_stand_on_the_page():
    limits = Limits()
    for words in (
        f"one cell or one call | {limits.cell_seconds:g} |",
        f"all together | {limits.seconds:g} |",
        f"memory of all its processes | {limits.memory // MB} MB |",
        f"processes and threads | {limits.tasks} |",
        f"files | {limits.files}, with {limits.disk // MB} MB |",
        f"prints and draws | {limits.output // MB} MB |",
        f"handed in | {limits.notebook // MB} MB |",
    ):
        assert words in PAGE
    assert limits.patience == 2 and "twice as long" in PAGE


def test_the_hidden_tests_on_the_page_are_such():
    (source,) = re.findall(r"^```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    compile(source, "page", "exec")
    for name in re.findall(r'judge\("(.*?)"', PAGE):
        assert find(name).name == name
