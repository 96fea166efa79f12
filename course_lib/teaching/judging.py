"""From what a learner's function did to a verdict that says which idea went wrong.

The check in a notebook and the grader share this module: both hand it plain records of calls.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from course_lib.teaching.calling import Call, call
from course_lib.teaching.comparing import form_fault, value_fault
from course_lib.teaching.questions import Question

Trials = Sequence[tuple[tuple, Call]]  # the inputs, and what the learner's function did with them


class Outcome(Enum):
    """The three things that a verdict can be, in the words that a learner reads."""

    RIGHT = "right"
    BLANK = "not answered yet"
    WRONG = "not right yet"


@dataclass(frozen=True)
class Verdict:
    """An outcome, and what a learner is told about it (empty when there is nothing to say)."""

    outcome: Outcome
    message: str = ""


def judge_calls(question: Question, trials: Trials) -> Verdict:
    """Judge what a function did on several inputs; a fault in one of them is a fault.

    Parameters
    ----------
    question : Question
    trials : sequence of (inputs, Call), at least one
        The inputs as the question drew them, props not built.
    """
    if not trials:
        raise ValueError("there must be at least one trial, or nothing was shown to be right")
    blank = next((done for _, done in trials if done.blank), None)
    if blank is not None:
        nothing = blank.error is None and blank.got is None
        hint = "It returns nothing. If you have written an answer, is its `return` missing?"
        return Verdict(Outcome.BLANK, hint if nothing else "")
    faults = [fault for trial in trials for fault in _conduct_faults(question, *trial)]
    if faults:
        return Verdict(Outcome.WRONG, faults[0])
    faults = [fault for trial in trials if (fault := _answer_fault(question, *trial))]
    if not faults:
        return Verdict(Outcome.RIGHT)
    return Verdict(Outcome.WRONG, _misconception(question, trials) or faults[0])


def _conduct_faults(question: Question, inputs: tuple, done: Call) -> list[str]:
    """Name what is wrong whatever the numbers are: a borrowed answer, a changed input."""
    names = list(inspect.signature(question.answer).parameters)
    faults = [f"This calls {done.used}, which is the whole answer. Here you write it yourself."]
    faults = faults if done.used else []
    return faults + [
        f"This changes its input {names[i]} in place, and whoever called it still needs that. "
        f"Make a new tensor: `2 * {names[i]}` does, and `{names[i]} *= 2` does not."
        for i in done.changed
    ]


def _answer_fault(question: Question, inputs: tuple, done: Call) -> str | None:
    if done.error:
        return f"Your code stops with an error. {done.error}"
    expected = call(question.answer, inputs).got
    if question.compare is None:
        return value_fault(expected, done.got, question.tolerance)
    return form_fault(expected, done.got) or question.compare(inputs, expected, done.got)


def _misconception(question: Question, trials: Trials) -> str | None:
    """Find the wrong idea whose answer is the learner's, on all inputs."""
    for idea in question.misconceptions:
        if all(_agree(call(idea.answer, inputs), done, question) for inputs, done in trials):
            return idea.message
    return None


def _agree(idea: Call, done: Call, question: Question) -> bool:
    if idea.error or done.error:
        return _words(idea.error) == _words(done.error)
    return value_fault(idea.got, done.got, question.tolerance) is None


def _words(error: str | None) -> list[str]:
    """Sort the words of an error: torch names the sizes in a * b and b * a the other way round."""
    return sorted((error or "").split())
