"""Checks in an exercise: an instant verdict on an answer, which names the idea that went wrong.

A check prints and never raises, so a notebook with open questions still runs to its end. It writes
plain text, for JupyterLab, Colab and a terminal. It helps the honest: it carries no points, and
nothing keeps anybody from fooling it.
"""

import textwrap
from collections.abc import Callable

import torch

from course_lib.teaching.calling import call
from course_lib.teaching.judging import Outcome, Verdict, judge_calls
from course_lib.teaching.questions import Question, find, questions

TRIALS = 5  # sets of fresh inputs a check
WIDTH = 88  # characters a line

_verdicts: dict[str, Verdict] = {}  # the latest of each question, for the summary


def check(name: str, function: Callable) -> None:
    """Print whether `function` answers the question `name`, such as "forward_process.add_noise".

    The inputs are random, and new in every call.
    """
    try:
        question = find(name)
        verdict = examine(question, function)
    except Exception as error:  # a check never raises: it would stop "run all cells"
        print(f"{name}: this could not be checked. {type(error).__name__}: {error}")
        return
    _verdicts[name] = verdict
    print(f"{_function(name)}: {verdict.outcome.value}")
    if verdict.message:
        print(_indented(verdict.message))
    if verdict.outcome is Outcome.WRONG:
        print(_indented(f"To read again: {question.place}"))


def examine(question: Question, function: Callable, trials: int = TRIALS) -> Verdict:
    """Try `function` on fresh inputs, and judge what it did.

    Parameters
    ----------
    question : Question
    function : callable
        The learner's; None counts as not answered.
    trials : int
        How many sets of inputs, at least 1.
    """
    if function is None or function is Ellipsis:
        return Verdict(Outcome.BLANK)
    if not callable(function):
        told = f"A check needs the function itself, and got {function!r:.60}. Leave out the ()."
        return Verdict(Outcome.WRONG, told)
    generator = torch.Generator()
    generator.seed()  # from the operating system; torch's own generator stays as it is
    drawn = [question.inputs(generator) for _ in range(trials)]
    return judge_calls(
        question, [(inputs, call(function, inputs, question.library)) for inputs in drawn]
    )


def passed(name: str) -> bool:
    """Tell whether the latest check of the question `name` found it right."""
    return _outcome(name) is Outcome.RIGHT


def summary(slug: str, **points: int) -> None:
    """Print a table of the checks in one exercise, with the points of each question.

    `course-lib release` writes the points into the cell, from the only place where they stand.
    """
    try:
        names = [question.name for question in questions(slug)]
    except ValueError as error:
        print(error)
        return
    rows = [(_function(name), _outcome(name), points.get(_function(name), 0)) for name in names]
    width = max(len(row[0]) for row in rows)
    for function, outcome, worth in rows:
        earned = worth if outcome is Outcome.RIGHT else 0
        score = f"{earned} of {worth}".rjust(8) if points else ""
        print(f"{function.ljust(width)}  {score}  {outcome.value}".rstrip())
    right = [row for row in rows if row[1] is Outcome.RIGHT]
    earned, total = sum(row[2] for row in right), sum(row[2] for row in rows)
    score = f"{earned} of {total}".rjust(8) if points else ""
    print(f"{'total'.ljust(width)}  {score}  {len(right)} of {len(rows)} right")


def judge(name: str) -> None:
    """Stand in, in a notebook, for the judge that `course-lib grade` brings along."""
    print(f"{_function(name)}: judged by course-lib grade, on inputs of its own")


def _outcome(name: str) -> Outcome:
    return _verdicts[name].outcome if name in _verdicts else Outcome.BLANK


def _function(name: str) -> str:
    return name.partition(".")[2]


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
