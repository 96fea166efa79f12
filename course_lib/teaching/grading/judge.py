"""The judge: runs a hidden test in the grader's own process, and says what an answer is worth.

The hidden test is a few lines of Python from ``solutions/``, which call ``judge("slug.function")``
once or more. All calls must find the answer right for the points to be given.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from course_lib.arrays import make_generator
from course_lib.teaching.calling import Call, call
from course_lib.teaching.grading.limits import NotGraded, Stopped
from course_lib.teaching.grading.notebooks import Exercise, HiddenTest
from course_lib.teaching.judging import Outcome, Verdict, judge_calls
from course_lib.teaching.questions import Question, find

TRIALS = 5
Ask = Callable[[Question, tuple], Call]  # calls the learner's function, wherever it lives


@dataclass(frozen=True)
class Mark:
    """What one question earned, and what the learner is told."""

    grade_id: str
    score: float
    points: float
    outcome: str
    message: str


def mark(test: HiddenTest, seed: str, ask: Ask) -> Mark:
    """Run one hidden test.

    Parameters
    ----------
    test : HiddenTest
    seed : str
        The secret from which the inputs follow: the same for everybody in a class.
    ask : callable
        Takes a question and inputs, gives the `Call` of the learner's function.

    Raises
    ------
    NotGraded
        If the test itself fails: that says nothing about the answer.
    """
    verdicts: list[tuple[Verdict, str]] = []

    def judge(name: str, trials: int = TRIALS) -> bool:
        question = find(name)
        generator = make_generator(_number(seed, name))
        done = []
        for _ in range(trials):
            inputs = question.inputs(generator)
            done.append((inputs, ask(question, inputs)))
            if (done[-1][1].error or "").startswith(TimeoutError.__name__):
                break  # four more would take as long
        verdict = judge_calls(question, done)
        verdicts.append((verdict, question.place))
        return verdict.outcome is Outcome.RIGHT

    try:
        exec(compile(test.source, f"<hidden test {test.grade_id}>", "exec"), {"judge": judge})
    except (NotGraded, Stopped):
        raise
    except Exception as error:
        told = f"the hidden test {test.grade_id!r} failed: {type(error).__name__}: {error}"
        raise NotGraded(told) from error
    if not verdicts:
        raise NotGraded(f"the hidden test {test.grade_id!r} never calls judge(...)")
    wrong = [pair for pair in verdicts if pair[0].outcome is not Outcome.RIGHT]
    verdict, place = (wrong or verdicts)[0]
    message = verdict.message
    if verdict.outcome is Outcome.WRONG:
        message += f"\nTo read again: {place}"
    return Mark(
        test.grade_id, 0.0 if wrong else test.points, test.points, verdict.outcome.value, message
    )


def rehearse(exercise: Exercise, seed: str) -> None:
    """Put the right answers before the judge, so that a mistake in a test is found before grading.

    Raises
    ------
    ValueError
        If a hidden test fails, or refuses the right answer.
    """
    for test in exercise.tests:
        try:
            done = mark(test, seed, lambda question, inputs: call(question.answer, inputs))
        except NotGraded as error:
            raise ValueError(str(error)) from error
        if done.score != test.points:
            told = f"the hidden test {test.grade_id!r} refuses the right answer: {done.message}"
            raise ValueError(told)


def _number(seed: str, name: str) -> int:
    """Make a seed for one question: 0 ... 2**63 - 1."""
    return int.from_bytes(hashlib.sha256(f"{seed}\n{name}".encode()).digest()[:8]) >> 1
