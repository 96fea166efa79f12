"""The questions of the exercises: one module a chapter, each with its tuple ``QUESTIONS``.

A question is a function that the learner completes. A check calls it in the learner's notebook, and
the grader calls it in a sandbox; both on inputs that they choose, so a question says how to draw
inputs, what is right, and which wrong ideas give themselves away.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Misconception:
    """A wrong idea, and the answer that somebody who has it would give.

    `message` names the idea and the way out of it; `answer` takes what the question's answer takes.
    It may raise: a learner whose answer raises the same error has the same idea.
    """

    message: str
    answer: Callable


@dataclass(frozen=True)
class Question:
    """One function that a learner completes.

    Inputs are tensors, numbers, strings, for anything alive (a model, a random generator) a `Prop`
    of course_lib.teaching.props, and tuples or lists of these: all can be sent as arrays and JSON.
    Answers are tensors, numbers, strings, and tuples or lists of these.
    """

    name: str  #: Slug and function, as "forward_process.add_noise".
    inputs: Callable[[torch.Generator], tuple]  #: Draws fresh inputs.
    answer: Callable  #: The right answer; called with the inputs, props built.
    misconceptions: tuple[Misconception, ...]  #: The likeliest first.
    place: str  #: What to read again, as "noise, 'The bell'" (a section of the chapter).
    library: tuple[str, ...] = ()  #: Dotted names of functions that would answer it by themselves.
    compare: Callable | None = None  #: (inputs, expected, got) -> None if right, else a message.
    tolerance: float = 1e-4  #: Largest error, as a share of the largest expected value.


def slugs() -> tuple[str, ...]:
    """List the chapters that have questions."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def questions(slug: str) -> tuple[Question, ...]:
    """Give the questions of one chapter in the order of its exercise.

    Raises
    ------
    ValueError
        If the chapter has none.
    """
    if slug not in slugs():
        raise ValueError(f"no exercise {slug!r}; there are {', '.join(slugs())}")
    return importlib.import_module(f"{__name__}.{slug}").QUESTIONS


def find(name: str) -> Question:
    """Find a question by its name, such as ``"forward_process.add_noise"``.

    Raises
    ------
    ValueError
        If there is no such question.
    """
    known = {question.name: question for question in questions(name.partition(".")[0])}
    if name not in known:
        raise ValueError(f"no question {name!r}; there are {', '.join(known)}")
    return known[name]
