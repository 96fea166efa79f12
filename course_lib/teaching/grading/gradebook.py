"""nbgrader's gradebook and feedback, written by nbgrader's own converters.

The folder is a course folder as nbgrader knows it, so its formgrader opens it. Only the
main thread of the grader writes here: SQLite files do not like company.
"""

import contextlib
import logging
import os
import shutil
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets import Unicode
from traitlets.config import Config

from course_lib.teaching.grading.limits import NotGraded
from course_lib.teaching.grading.notebooks import Exercise

CONFIG = '''"""Start `jupyter lab` in this folder, and nbgrader's formgrader opens the gradebook."""

import os

c = get_config()  # noqa: F821
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
# nbgrader alone would run submissions without a sandbox: `course-lib grade` does it.
c.Autograde.sanitize_preprocessors = ["course_lib.teaching.grading.gradebook.Refused"]
'''


class Recorded(NbGraderPreprocessor):
    """Stands where nbgrader runs a notebook: takes the one that ran in the sandbox."""

    ran = Unicode(help="the notebook with its outputs and marks").tag(config=True)

    def preprocess(self, nb, resources):
        return nbformat.read(self.ran, as_version=4), resources


class Refused(NbGraderPreprocessor):
    """Stands first where the formgrader would grade by itself, and keeps it from it."""

    def preprocess(self, nb, resources):
        raise RuntimeError("grade with `course-lib grade`: it runs submissions in a sandbox")


class _LastError(logging.Handler):
    """Remember the last line of the last traceback: nbgrader logs what went wrong, and hides it."""

    line = ""

    def emit(self, record: logging.LogRecord) -> None:
        lines = record.getMessage().strip().splitlines()
        if lines and lines[0].startswith("Traceback"):
            self.line = lines[-1]


class Book:
    """The gradebook of one course, opened for one exercise."""

    def __init__(self, root: Path, exercise: Exercise) -> None:
        self._root, self._slug = root, exercise.slug
        self._log = logging.getLogger("course_lib.teaching.grading.nbgrader")
        self._log.propagate = False
        self._told = _LastError()
        self._log.handlers = [self._told]

    def open(self, source: Path) -> None:
        """Make the course folder, and enter the exercise and its points.

        Parameters
        ----------
        source : Path
            The notebook in ``solutions/``.

        Raises
        ------
        ValueError
            If nbgrader refuses it, as when questions were added since grading began.
        """
        copy = self._root / "source" / self._slug / f"{self._slug}.ipynb"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        settings = self._root / "nbgrader_config.py"
        if not settings.exists():
            settings.write_text(CONFIG, "utf-8")
        try:
            self._create()
            self._convert(GenerateAssignment, ".", Config())
        except Exception as error:
            raise ValueError(
                f"nbgrader refuses the exercise {self._slug!r}: {self._told.line or error}. If "
                "questions were added, removed or renamed since grading began, name a new "
                "--gradebook"
            ) from error

    def record(self, student: str, notebook: NotebookNode) -> None:
        """Enter the marks of a judged notebook, and write the feedback page.

        Raises
        ------
        NotGraded
            If nbgrader or the disk fails.
        """
        try:
            folder = self._root / "submitted" / student / self._slug
            folder.mkdir(parents=True, exist_ok=True)
            ran = folder / f"{self._slug}.ipynb"
            nbformat.write(notebook, ran)
            config = Config()
            config.Recorded.ran = str(ran)
            config.Autograde.autograde_preprocessors = [
                *(Recorded, LimitOutput, SaveAutoGrades, CheckCellMetadata)
            ]
            self._convert(Autograde, student, config)
            self._convert(GenerateFeedback, student, Config())
        except Exception as error:
            told = self._told.line or f"{type(error).__name__}: {error}"
            raise NotGraded(f"the gradebook could not be written: {told}") from error

    def scores(self, student: str) -> dict[str, float] | None:
        """Read the points of each question, those that a person has corrected included.

        None if the gradebook does not know this learner.
        """
        with Gradebook(self._url) as book:
            try:
                entry = book.find_submission_notebook(self._slug, self._slug, student)
            except MissingEntry:
                return None
            return {grade.name: grade.score for grade in entry.grades}

    def holds(self, student: str) -> bool:
        """Tell whether a learner's marks, graded notebook and feedback page are there."""
        graded = self._root / "autograded" / student / self._slug / f"{self._slug}.ipynb"
        page = self._root / "feedback" / student / self._slug / f"{self._slug}.html"
        return graded.is_file() and page.is_file() and self.scores(student) is not None

    @property
    def _url(self) -> str:
        return f"sqlite:///{self._root / 'gradebook.db'}"

    def _create(self) -> None:
        """Make an empty database, whole or not at all."""
        path = self._root / "gradebook.db"
        if path.exists():
            return
        draft = path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        with _own_programs_first():
            Gradebook(f"sqlite:///{draft}").close()
        draft.replace(path)

    def _convert(self, converter: type, student: str, config: Config) -> None:
        config.CourseDirectory.root = str(self._root)
        config.CourseDirectory.db_url = self._url
        config.CourseDirectory.assignment_id = self._slug
        config.CourseDirectory.student_id = student
        course = CourseDirectory(config=config, log=self._log)
        self._told.line = ""
        work = converter(coursedir=course, config=config, log=self._log)
        work.force = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # about the order in which nbgrader adds
            work.start()


@contextlib.contextmanager
def _own_programs_first() -> Iterator[None]:
    """Let nbgrader find the command `alembic`, also where the environment is not activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), before))
    try:
        yield
    finally:
        os.environ["PATH"] = before
