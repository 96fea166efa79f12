"""The grades of a class as a CSV file."""

import csv
import io
from dataclasses import dataclass

FORMULA = ("=", "+", "-", "@")  # how a spreadsheet knows a formula
GRADED, NOT_GRADED = "graded", "not graded"


@dataclass(frozen=True)
class Row:
    """One learner: the points of each question, or None if the machinery failed."""

    student: str
    scores: dict[str, float] | None


def table(rows: list[Row], questions: list[str], maximum: float) -> str:
    """Write the rows as CSV: student, the questions, total, maximum, state.

    No cell is a formula to a spreadsheet: a text that looks like one gets an apostrophe in front.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*map(plain, ("student", *questions, "total", "maximum", "state"))])
    for row in rows:
        if row.scores is None:
            cells = ["" for _ in (*questions, "total")]
        else:
            earned = [row.scores.get(question, 0.0) for question in questions]
            cells = [f"{points:g}" for points in (*earned, sum(earned))]
        state = NOT_GRADED if row.scores is None else GRADED
        writer.writerow([plain(row.student), *cells, f"{maximum:g}", state])
    return file.getvalue()


def plain(text: str) -> str:
    """Keep a text from being a formula, and on one line."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
