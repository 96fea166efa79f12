"""The checks check: known wrong answers are refused by name, right ones pass, however written.

The answers of each chapter are in wrong_answers/<slug>.py, written apart from the questions:
`WRONG` lists (question, function, words of its message), `RIGHT` lists (question, function).
"""

import importlib
import re
from pathlib import Path

import nbformat
import pytest
import torch

from course_lib.teaching.calling import _look_up, call
from course_lib.teaching.checks import examine
from course_lib.teaching.judging import Outcome
from course_lib.teaching.questions import find, questions, slugs

ROOT = Path(__file__).parents[2]
ANSWERS = [importlib.import_module(f"wrong_answers.{slug}") for slug in slugs()]
WRONG = [answer for module in ANSWERS for answer in module.WRONG]
RIGHT = [answer for module in ANSWERS for answer in module.RIGHT]
QUESTIONS = [question for slug in slugs() for question in questions(slug)]
IDEAS = [(question, idea) for question in QUESTIONS for idea in question.misconceptions]


def named(value):
    return getattr(value, "name", None) or getattr(value, "__name__", None)


each_question = pytest.mark.parametrize("question", QUESTIONS, ids=named)


@pytest.mark.parametrize("name, function, words", WRONG, ids=named)
def test_a_wrong_answer_is_refused_with_its_own_message(name, function, words):
    verdict = examine(find(name), function)
    assert verdict.outcome is Outcome.WRONG
    assert words in verdict.message


@pytest.mark.parametrize("name, function", RIGHT, ids=named)
def test_a_right_answer_passes_however_it_is_written(name, function):
    verdict = examine(find(name), function)
    assert verdict.outcome is Outcome.RIGHT, verdict.message


@each_question
def test_there_are_enough_answers_to_try(question):
    """Three wrong ones for a line to fill in, five for a function; two right ones."""
    wrong = {words for name, _, words in WRONG if name == question.name}
    right = {function for name, function in RIGHT if name == question.name}
    assert len(wrong) >= (5 if lines_to_write(question.name) > 1 else 3)
    assert len(right) >= 2


def lines_to_write(name: str) -> int:
    """Count the lines of the solution."""
    slug, _, function = name.partition(".")
    notebook = nbformat.read(ROOT / "solutions" / slug / f"{slug}.ipynb", as_version=4)
    (source,) = [
        cell.source
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == f"{function}_answer"
    ]
    solution = re.search(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)[1]
    return len([line for line in solution.splitlines() if line.strip()])


@each_question
def test_the_reference_answer_passes(question):
    assert examine(question, question.answer).outcome is Outcome.RIGHT


@pytest.mark.parametrize("question, idea", IDEAS, ids=lambda value: named(value) or value.message)
def test_a_misconception_is_told_by_its_own_name(question, idea):
    verdict = examine(question, idea.answer)
    assert (verdict.outcome, verdict.message) == (Outcome.WRONG, idea.message)


def nothing(*inputs):
    """Keep the body empty."""


def not_implemented(*inputs):
    raise NotImplementedError


def an_ellipsis(*inputs):
    answer = ...
    return answer


@each_question
@pytest.mark.parametrize(
    "blank",
    [None, ..., nothing, not_implemented, an_ellipsis],
    ids=lambda blank: getattr(blank, "__name__", str(blank)),
)
def test_a_blank_is_not_answered_yet(question, blank):
    assert examine(question, blank).outcome is Outcome.BLANK


@each_question
def test_no_check_passes_a_function_that_returns_its_input(question):
    count = question.answer.__code__.co_argcount
    for answer in [lambda *inputs, i=i: inputs[i] for i in range(count)] + [lambda *inputs: inputs]:
        assert examine(question, answer).outcome is Outcome.WRONG


@each_question
def test_no_check_passes_the_librarys_own(question):
    for name in question.library:
        verdict = examine(question, _look_up(name))
        assert verdict.outcome is Outcome.WRONG
        assert name in verdict.message


@each_question
def test_the_chapter_has_the_section_that_a_check_points_to(question):
    slug, _, sections = question.place.partition(", ")
    assert slug == question.name.partition(".")[0]
    notebook = nbformat.read(ROOT / "book" / f"{slug}.ipynb", as_version=4)
    pages = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (.*)$", pages, re.MULTILINE)
    names = re.findall(r"'(.*?)'(?=,| and|$)", sections)
    assert names
    assert set(names) <= set(headings)


@each_question
def test_inputs_are_new_each_time_and_the_same_for_the_same_seed(question):
    def drawn(seed):
        return repr(question.inputs(torch.Generator().manual_seed(seed)))

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(20)}) > 1


@each_question
def test_the_answer_leaves_its_inputs_alone(question):
    inputs = question.inputs(torch.Generator().manual_seed(0))
    done = call(question.answer, inputs, question.library)
    assert (done.error, done.changed, done.used) == (None, (), None)
