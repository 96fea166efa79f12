"""From solutions/ to exercises/: the same notebooks without answers, made by nbgrader's generator.

What a learner gets is never edited. The points stand once, in the metadata of each cell of hidden
tests; the release writes them into the summary, the last cell.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
)
from traitlets.config import Config

from course_lib.teaching.notebooks import points_of

STUB = "# Your answer here\nraise NotImplementedError"
README = """\
# Exercises

Each folder holds one notebook. Open it in JupyterLab, and answer where it says
`raise NotImplementedError`. The cell below each answer checks it; so does this, in a terminal:

    course-lib check exercises/{slug}

Hand in the notebook under the name that it has. Set-up: see the README of the course.
"""


class WritePoints(NbGraderPreprocessor):
    """Write the points of each question into the summary, the cell ``summary("slug")``."""

    def preprocess(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Change the one summary cell; without one, raise a ValueError."""
        slug = resources["nbgrader"]["assignment"]
        cells = [cell for cell in notebook.cells if cell.source.strip() == f'summary("{slug}")']
        if len(cells) != 1:
            raise ValueError(f'{slug} needs one cell that is summary("{slug}"), not {len(cells)}')
        points = "".join(f"    {name}={worth},\n" for name, worth in points_of(notebook).items())
        cells[0].source = f'summary(\n    "{slug}",\n{points})'
        return notebook, resources


def release(root: Path) -> list[Path]:
    """Make `root`/exercises from `root`/solutions, whole or not at all.

    Returns
    -------
    list of Path
        The notebooks that learners get.

    Raises
    ------
    ValueError
        If there are no solutions, or one cannot be released.
    """
    return _place(root, root / "exercises", _generate)


def release_to(root: Path, folder: Path) -> list[Path]:
    """Make a folder for students: the exercises, and how to work on them, without solutions.

    Raises
    ------
    ValueError
        Also if `folder` holds something already.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ValueError(f"{str(folder)!r} is there already and not an empty folder: name another")
    if not folder.resolve().parent.is_dir():
        raise ValueError(f"the folder {str(folder.resolve().parent)!r} does not exist: make it")
    return _place(root, folder.resolve(), _generate_with_readme)


def _generate_with_readme(solutions: Path, made: Path) -> None:
    made.mkdir()
    _generate(solutions, made / "exercises")
    first = sorted(path.name for path in (made / "exercises").iterdir())[0]
    (made / "README.md").write_text(README.format(slug=first), "utf-8")


def _place(root: Path, target: Path, generate: Callable[[Path, Path], None]) -> list[Path]:
    """Generate in a scratch folder beside `target`, and put the result in its place."""
    solutions = root / "solutions"
    if not any(solutions.glob("*/*.ipynb")):
        raise ValueError(f"there are no solutions at {str(solutions)!r}; a release needs them")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as name:
        scratch = Path(name)
        generate(solutions, scratch / "made")
        if target.exists():
            target.rename(scratch / "old")
        (scratch / "made").rename(target)
    return sorted(target.rglob("*.ipynb"))


def _generate(solutions: Path, made: Path) -> None:
    """Run nbgrader's generator on a copy of the solutions.

    The copy is in the system's folder for such things: nbgrader takes a course's path for a
    pattern, and finds nothing in a folder named "course [2]".
    """
    rubbish = shutil.ignore_patterns(".*", "__pycache__")
    with tempfile.TemporaryDirectory() as name:
        course = Path(name).resolve()
        shutil.copytree(solutions, course / "source", ignore=rubbish)
        for folder in sorted(path for path in (course / "source").iterdir() if path.is_dir()):
            _convert(course, folder.name)
        shutil.copytree(course / "release", made)


def _convert(course: Path, slug: str) -> None:
    """Make one exercise; what nbgrader complains of becomes one ValueError."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.assignment_id = slug
    config.ClearSolutions.code_stub = {"python": STUB}
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.preprocessors = [
        *(LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, WritePoints),
        *(ClearHiddenTests, ComputeChecksums, CheckCellMetadata),
    ]
    told: list[str] = []
    log = logging.Logger("release")  # of its own: nbgrader writes whole tracebacks
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: told.append(record.getMessage())
    log.addHandler(handler)
    directory = CourseDirectory(config=config, log=log)
    try:
        GenerateAssignment(coursedir=directory, config=config, log=log).start()
    except (NbGraderException, SystemExit) as error:
        told = [message for message in told if "Traceback" in message] or told or [str(error)]
        reason = told[0].strip().splitlines()[-1]
        raise ValueError(f"solutions/{slug} cannot be released: {reason}") from error
