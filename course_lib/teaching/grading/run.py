"""One submission from start to end: its cells run in a kernel, then its functions are judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event

from nbformat import NotebookNode
from nbformat.v4 import new_output

from course_lib.teaching.calling import Call
from course_lib.teaching.grading.judge import Ask, Mark, mark
from course_lib.teaching.grading.kernel import Kernel
from course_lib.teaching.grading.limits import Limits, Stopped
from course_lib.teaching.grading.notebooks import Exercise, Unreadable, clean, explain, grade_id
from course_lib.teaching.questions import Question

NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Setting:
    """What is the same for every submission of a class."""

    exercise: Exercise
    seed: str
    limits: Limits
    sandboxed: bool = True


@dataclass(frozen=True)
class Result:
    """The notebook with its outputs, a mark for each question, and what is worth telling."""

    notebook: NotebookNode
    marks: tuple[Mark, ...]
    note: str = ""  #: Why it was not run to its end; empty if it was.
    start_seconds: float = 0.0  #: How long its kernel took to start.


def run(data: bytes, setting: Setting, stop: Event | None = None) -> Result:
    """Grade the bytes of one notebook.

    Raises
    ------
    NotGraded
        If the machinery failed; what a submission does itself never raises.
    """
    exercise, note, marks = setting.exercise, "", {}
    try:
        notebook = clean(data, exercise)
    except Unreadable as error:
        return refuse(str(error), exercise)
    with Kernel(setting.limits, setting.sandboxed, stop) as kernel:
        try:
            _run_cells(notebook, kernel)
            for test in exercise.tests:
                marks[test.grade_id] = mark(test, setting.seed, _asking(kernel))
        except Stopped as stopped:
            note = f"stopped before its end: {stopped}"
    told = f"This could not be judged. The notebook was {note}."
    order = [
        marks.get(test.grade_id) or Mark(test.grade_id, 0.0, test.points, NOT_JUDGED, told)
        for test in exercise.tests
    ]
    return Result(_marked(notebook, order), tuple(order), note, kernel.start_seconds)


def refuse(reason: str, exercise: Exercise) -> Result:
    """Give no points to what cannot be run, and say why."""
    told = f"There is nothing to judge: {reason}."
    marks = tuple(Mark(t.grade_id, 0.0, t.points, NOT_JUDGED, told) for t in exercise.tests)
    return Result(_marked(explain(reason, exercise), marks), marks, reason)


def _run_cells(notebook: NotebookNode, kernel: Kernel) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "code" or grade_id(cell) or not cell.source.strip():
            continue
        try:
            cell.outputs = kernel.run_cell(cell.source)
        except Stopped as stopped:
            told = f"The grader could not go on from here: {stopped}.\n"
            cell.outputs = [new_output("stream", name="stderr", text=told)]
            raise


def _asking(kernel: Kernel) -> Ask:
    def ask(question: Question, inputs: tuple) -> Call:
        return kernel.call(question.name.partition(".")[2], inputs, question.library)

    return ask


def _marked(notebook: NotebookNode, marks: Iterable[Mark]) -> NotebookNode:
    """Put each mark into its cell, in the form from which nbgrader reads a score: a number."""
    by_id = {mark.grade_id: mark for mark in marks}
    for cell in notebook.cells:
        if earned := by_id.get(grade_id(cell)):
            told = f"{earned.outcome}: {earned.score:g} of {earned.points:g} points"
            text = f"{told}\n{earned.message}".strip() + "\n"
            cell.outputs = [
                new_output("stream", name="stdout", text=text),
                new_output("execute_result", data={"text/plain": repr(float(earned.score))}),
            ]
    return notebook
