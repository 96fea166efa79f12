"""A course of one exercise for the tests of grading: three small questions, and a class."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.teaching.calling import call
from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question

SLUG = "toy"
POINTS = {"double": 2, "length": 1, "dice": 3}
RIGHT = {
    "double": "def double(x):\n    return 2 * x\n",
    "length": "def length(x):\n    return float((x**2).sum().sqrt())\n",
    "dice": "def dice(n, generator):\n    return torch.randn(n, generator=generator)\n",
}
IDENTITY = "def double(x):\n    return x\n"
QUESTIONS = {
    "toy.double": Question(
        name="toy.double",
        inputs=lambda generator: (torch.randn(3, 4, generator=generator),),
        answer=lambda x: 2 * x,
        misconceptions=(Misconception("This squares it.", lambda x: x**2),),
        place="toy, 'Twice'",
    ),
    "toy.length": Question(
        name="toy.length",
        inputs=lambda generator: (torch.randn(5, generator=generator),),
        answer=lambda x: float(x.norm()),
        misconceptions=(),
        place="toy, 'Length'",
    ),
    "toy.dice": Question(
        name="toy.dice",
        inputs=lambda generator: (
            int(torch.randint(2, 9, (), generator=generator)),
            Prop("generator", (int(torch.randint(0, 99, (), generator=generator)),)),
        ),
        answer=lambda n, generator: torch.randn(n, generator=generator),
        misconceptions=(),
        place="toy, 'Dice'",
    ),
}


def find(name: str) -> Question:
    """Stand in for `course_lib.teaching.questions.find`."""
    return QUESTIONS[name]


def solution() -> nbformat.NotebookNode:
    """Make the exercise as an instructor keeps it in solutions/."""
    cells = [new_markdown_cell("# A toy"), new_code_cell("import torch")]
    for name, points in POINTS.items():
        answer = RIGHT[name].replace("    return", "    ### BEGIN SOLUTION\n    return")
        answer = answer.rstrip() + "\n    ### END SOLUTION\n"
        cells.append(_cell(answer, name, solution=True))
        cells.append(_cell(f"print('checked', '{name}')", f"check_{name}", locked=True))
        test = f'### BEGIN HIDDEN TESTS\njudge("toy.{name}")\n### END HIDDEN TESTS'
        cells.append(_cell(test, f"test_{name}", grade=True, locked=True, points=points))
    metadata = {"kernelspec": dict(name="python3", display_name="Python 3", language="python")}
    return new_notebook(cells=cells, metadata=metadata)


def answers(extra: str = "", **functions: str) -> nbformat.NotebookNode:
    """Make what somebody hands in: the released notebook, filled in; `extra` comes first."""
    notebook = solution()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in POINTS:
            cell.source = functions.get(name, f"def {name}(*_):\n    ...\n")
        elif name.startswith("test_"):
            cell.source = ""
    if extra:
        notebook.cells.insert(1, new_code_cell(extra))
    return notebook


def right(extra: str = "") -> nbformat.NotebookNode:
    """Make a notebook with every answer right."""
    return answers(extra, **RIGHT)


def _cell(source: str, name: str, **about) -> nbformat.NotebookNode:
    metadata = dict(grade=False, solution=False, locked=False, task=False, schema_version=3)
    cell = new_code_cell(source)
    cell.metadata.nbgrader = {**metadata, "grade_id": name, **about}
    return cell


@dataclass
class Course:
    """Folders of a course and a class, made below `root`."""

    root: Path
    solutions: Path = field(init=False)
    submissions: Path = field(init=False)

    def __post_init__(self) -> None:
        self.solutions, self.submissions = self.root / "solutions", self.root / "handed_in"
        folder = self.solutions / SLUG
        folder.mkdir(parents=True)
        nbformat.write(solution(), folder / f"{SLUG}.ipynb")
        self.submissions.mkdir()

    def hand_in(self, student: str, notebook: nbformat.NotebookNode | bytes) -> Path:
        """Put a notebook, or any bytes, into the folder of a student."""
        path = self.submissions / student / f"{SLUG}.ipynb"
        path.parent.mkdir(exist_ok=True)
        raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        path.write_bytes(raw)
        return path

    def task(self, **settings):
        """Say what to grade and where to, for `Batch`."""
        from course_lib.teaching.grading.batch import Task

        paths = dict(output=self.root / "grades.csv", gradebook=self.root / "gradebook")
        mine = dict(submissions=self.submissions, solutions=self.solutions, slug=SLUG)
        return Task(**{**mine, **paths, **settings})


class KernelHere:
    """Stand in for `Kernel` where a test is not about it: runs cells in this process, unguarded."""

    started = 0  # by all of them
    slow = 0.0  # seconds

    def __init__(self, limits, sandboxed=True, stop=None) -> None:
        self.start_seconds, self._names = 0.25, {}

    def __enter__(self) -> "KernelHere":
        type(self).started += 1
        time.sleep(self.slow)
        return self

    def __exit__(self, *_) -> None:
        self._names.clear()

    def run_cell(self, code):
        exec(code, self._names)
        return []

    def call(self, function, inputs, library=()):
        return call(self._names[function], inputs, library)


def grade_slowly(root: str) -> None:
    """Grade the class below `root`, half a second each: for a test that kills it meanwhile."""
    from course_lib.teaching.grading import judge, run
    from course_lib.teaching.grading.batch import Batch

    judge.find, run.Kernel, KernelHere.slow = find, KernelHere, 0.5
    course = Course.__new__(Course)
    course.root = Path(root)
    course.solutions, course.submissions = course.root / "solutions", course.root / "handed_in"
    Batch(course.task()).grade()
