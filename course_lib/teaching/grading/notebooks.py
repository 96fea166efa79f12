"""Notebooks on both sides: the exercise with its hidden tests, and what was handed in.

A submission may be any bytes. What the grader works on is built anew from it, cell by cell, so the
rest of the grader, and nbgrader, only ever see a notebook that is whole.
"""

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
EMPTIED = "# The grader checks this question here."
MOST_CELLS = 1_000
TAG = re.compile(r"<(?=[A-Za-z/!?])")


class Unreadable(ValueError):
    """What was handed in is not a notebook; the text says why."""


@dataclass(frozen=True)
class HiddenTest:
    """The judge's source for one question, and what the question is worth."""

    grade_id: str
    points: float
    source: str


@dataclass(frozen=True)
class Exercise:
    """An exercise as it stands in ``solutions/``: the notebook, and its hidden tests in order."""

    slug: str
    notebook: NotebookNode
    tests: tuple[HiddenTest, ...]

    @property
    def maximum(self) -> float:
        """All points together."""
        return sum(test.points for test in self.tests)


def load_exercise(solutions: Path, slug: str) -> Exercise:
    """Read ``solutions/<slug>/<slug>.ipynb``.

    Raises
    ------
    ValueError
        If there is no such exercise, or a question has points but no hidden test.
    """
    path = solutions / slug / f"{slug}.ipynb"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in solutions.glob("*/*.ipynb"))) or "none"
        raise ValueError(f"no exercise {slug!r} in {str(solutions)!r}; there are: {known}")
    notebook = nbformat.read(path, as_version=4)
    tests = tuple(_hidden_test(cell) for cell in notebook.cells if grade_id(cell))
    if not tests:
        raise ValueError(f"the exercise {slug!r} has no question with points")
    return Exercise(slug, notebook, tests)


def _hidden_test(cell: NotebookNode) -> HiddenTest:
    about = _nbgrader(cell)
    _, begin, rest = cell.source.partition(BEGIN)
    source, end, _ = rest.partition(END)
    if not (begin and end and source.strip()):
        raise ValueError(
            f"the cell {about['grade_id']!r} has points, but no test between {BEGIN!r} and {END!r}"
        )
    return HiddenTest(about["grade_id"], float(about["points"]), source.strip() + "\n")


def clean(data: bytes, exercise: Exercise) -> NotebookNode:
    """Build a notebook from what was handed in: its cells, and all those that carry points.

    Cells that a learner should leave alone come from the exercise, whatever became of them, and
    the hidden tests are emptied. HTML in a learner's text becomes plain text, as an instructor will
    open it. Outputs, ids, the kernel's name and all other metadata stay behind.

    Raises
    ------
    Unreadable
        If the bytes are no notebook.
    """
    known = {_nbgrader(cell)["grade_id"]: cell for cell in exercise.notebook.cells if _id(cell)}
    ours = {cell.source for cell in exercise.notebook.cells}
    kept: list[NotebookNode] = []
    for handed_in in reversed(_cells(data)):  # of two cells with one id, nbgrader takes the last
        cell = _rebuilt(handed_in, known, ours)
        if cell is not None:
            known.pop(_id(cell), None)
            kept.append(cell)
    missing = [cell for cell in exercise.notebook.cells if _id(cell) in known]
    kept.reverse()
    kept += [_from_exercise(cell) for cell in missing if grade_id(cell)]
    return _numbered(kept)


def explain(reason: str, exercise: Exercise) -> NotebookNode:
    """Make a notebook that says why nothing was run, with the cells that carry points."""
    graded = [_from_exercise(cell) for cell in exercise.notebook.cells if grade_id(cell)]
    told = new_markdown_cell(f"**This submission could not be run:** {_plain(reason)}.")
    return _numbered([told, *graded])


def grade_id(cell: NotebookNode) -> str | None:
    """Give the id of a cell with points; None for any other."""
    return _id(cell) if _nbgrader(cell).get("grade") else None


def _cells(data: bytes) -> list[dict[str, Any]]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("the file is not a notebook (it is not valid JSON)") from None
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("the file is not a notebook of this decade (it has no list of cells)")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has more than {MOST_CELLS} cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def _rebuilt(
    cell: dict[str, Any], known: dict[str, NotebookNode], ours: set[str]
) -> NotebookNode | None:
    """Make a cell anew: the exercise's, if it must not be changed; None if it is no cell."""
    original = known.get(_handed_in_id(cell))
    if original is not None and _nbgrader(original).get("locked"):
        return _from_exercise(original)
    kind = cell.get("cell_type") if original is None else original.cell_type
    text = cell.get("source")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    if kind not in ("code", "markdown", "raw") or not isinstance(text, str):
        return None
    text = text.encode(errors="replace").decode()
    made = new_code_cell(text) if kind == "code" else new_markdown_cell(_plain(text, ours))
    if original is not None:
        made.metadata.nbgrader = _metadata(original)
    return made


def _from_exercise(cell: NotebookNode) -> NotebookNode:
    before, _, rest = cell.source.partition(BEGIN)
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    made = make(f"{before}{rest.partition(END)[2]}".strip() or EMPTIED)
    made.metadata.nbgrader = _metadata(cell)
    return made


def _plain(text: str, ours: Container[str] = ()) -> str:
    """Take the tags out of a text, unless it is one of ours."""
    return text if text in ours else TAG.sub("&lt;", text)


def _numbered(cells: list[NotebookNode]) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    metadata = {"kernelspec": dict(name="python3", display_name="Python 3", language="python")}
    return new_notebook(cells=cells, metadata=metadata)


def _handed_in_id(cell: dict[str, Any]) -> str | None:
    about: Any = cell
    for key in ("metadata", "nbgrader", "grade_id"):
        about = about.get(key) if isinstance(about, dict) else None
    return about if isinstance(about, str) else None


def _nbgrader(cell: NotebookNode) -> dict[str, Any]:
    return cell.metadata.get("nbgrader", {})


def _id(cell: NotebookNode) -> str | None:
    return _nbgrader(cell).get("grade_id")


def _metadata(cell: NotebookNode) -> NotebookNode:
    return NotebookNode(_nbgrader(cell))
