"""A question with choices that needs no script, no kernel and no network."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from typing import Any

from course_lib.widgets._html import Html, asset, inline, is_static

MOST_CHOICES = 8  # widgets.css has a rule for each


def quiz(question: str, choices: Sequence[tuple[str, bool, str]]) -> Html:
    """Ask a question; the reader picks a choice, checks it, and reads why.

    It is a group of radio buttons, and under it a "Check my answer" that opens the verdict for
    the chosen one. Nothing shows which choice is right before the reader asks.

    Parameters
    ----------
    question
        The question. `code`, *emphasis* and $maths$ are understood here and below.
    choices
        (choice, right, reason) for each of 2 to 8 choices. Exactly one is right, and each has a
        reason: why it is right, or what the belief behind it misses.

    Returns
    -------
    A displayable object.

    Raises
    ------
    ValueError
        If not exactly one choice is right, or a text is missing.

    Notes
    -----
    Built in: vectors.
    """
    choices = _check(question, choices)
    # Radio buttons of one question share a name. It comes from the text, so that building the
    # book twice gives the same page.
    name = "quiz-" + hashlib.sha256(repr((question, choices)).encode()).hexdigest()[:10]
    options = "".join(
        f'<label class="cl-quiz-choice"><input type="radio" name="{name}" value="{i}"'
        f"{_spoken(choice)}>"
        f"<span>{inline(choice)}</span></label>"
        for i, (choice, _, _) in enumerate(choices, start=1)
    )
    checks = _check_box("cl-quiz-none", "<p>Choose an answer first.</p>")
    checks += "".join(
        _check_box(f"cl-quiz-{i}", _verdict(right, reason))
        for i, (_, right, reason) in enumerate(choices, start=1)
    )
    style = "" if is_static() else f"<style>{asset('widgets.css')}</style>"
    return Html(
        f'{style}<form class="cl-quiz" method="dialog" autocomplete="off" '
        f'data-lm-suppress-shortcuts="true"><fieldset><legend>{inline(question)}</legend>'
        f'<div class="cl-quiz-choices">{options}</div></fieldset>'
        f'<div class="cl-quiz-checks">{checks}</div></form>'
    )


def _spoken(choice: str) -> str:
    """Name a choice that is only a formula: once drawn, a formula has no text to read out."""
    if re.sub(r"\$[^$]*\$", "", choice).strip(" ."):
        return ""
    return f' aria-label="{html.escape(choice.replace("$", ""))}"'


def _check_box(which: str, content: str) -> str:
    return (
        f'<details class="cl-quiz-check {which}"><summary>Check my answer</summary>'
        f'<div class="cl-quiz-verdict">{content}</div></details>'
    )


def _verdict(right: bool, reason: str) -> str:
    kind, words = ("cl-right", "Right.") if right else ("cl-wrong", "Not quite.")
    return f'<p class="{kind}"><strong>{words}</strong> {inline(reason)}</p>'


def _check(question: Any, choices: Any) -> list[tuple[str, bool, str]]:
    """The choices as a list of clean tuples."""
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"question must be a non-empty str, got {question!r}")
    choices = [tuple(choice) for choice in choices]
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise ValueError(f"choices must be 2 to {MOST_CHOICES}, got {len(choices)}")
    for choice in choices:
        if len(choice) != 3 or not isinstance(choice[1], bool):
            raise ValueError(f"each choice must be (choice, right: bool, reason), got {choice!r}")
        if not all(isinstance(x, str) and x.strip() for x in (choice[0], choice[2])):
            raise ValueError(f"each choice needs its text and a reason, got {choice!r}")
    right = sum(choice[1] for choice in choices)
    if right != 1:
        raise ValueError(f"exactly one choice must be right, got {right}")
    if len({choice[0].strip() for choice in choices}) < len(choices):
        raise ValueError("choices must differ from each other, got the same text twice")
    return choices
