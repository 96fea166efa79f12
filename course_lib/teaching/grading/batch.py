"""Grading a class: kernels run side by side, one thread writes, and what is done stays done."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from course_lib.teaching.grading.gradebook import Book
from course_lib.teaching.grading.judge import rehearse
from course_lib.teaching.grading.limits import Limits, NotGraded
from course_lib.teaching.grading.notebooks import load_exercise
from course_lib.teaching.grading.run import Result, Setting, refuse, run
from course_lib.teaching.grading.sandbox import exposed
from course_lib.teaching.grading.store import Store, secret_seed, write_whole
from course_lib.teaching.grading.submissions import Submission, find_submissions
from course_lib.teaching.grading.table import Row, table

ATTEMPTS = 2  # to start a kernel


@dataclass(frozen=True)
class Task:
    """What to grade, and where the grades go; all paths are absolute."""

    submissions: Path
    solutions: Path
    slug: str
    output: Path
    gradebook: Path
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
    sandboxed: bool = True
    again: bool = False  #: Run also what has been graded already.


@dataclass
class Report:
    """What a batch came to."""

    total: int = 0
    new: int = 0  #: How many were graded now, rather than earlier.
    seconds: float = 0.0
    worker_seconds: float = 0.0  #: Spent on submissions, by all workers together.
    start_seconds: float = 0.0  #: Of these, on starting kernels.
    not_graded: dict[str, str] = field(default_factory=dict)  #: Why, by learner.
    notes: dict[str, str] = field(default_factory=dict)  #: Why some could not run to their end.

    @property
    def per_minute(self) -> float:
        """How many submissions were graded in a minute."""
        return 60 * self.new / self.seconds if self.seconds else 0.0

    @property
    def start_share(self) -> float:
        """The share of the workers' time in which kernels started: 0 ... 1."""
        return self.start_seconds / self.worker_seconds if self.worker_seconds else 0.0


@dataclass(frozen=True)
class _Work:
    """What a worker did with one submission."""

    fingerprint: str
    result: Result
    in_gradebook: bool = False
    seconds: float = 0.0


class Batch:
    """One class and one exercise: everything is looked up here, and graded by `grade`.

    Raises
    ------
    ValueError
        If the submissions or the exercise cannot be graded.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        private = (task.submissions, task.solutions, task.gradebook)
        if task.sandboxed and (reason := exposed(*private)):
            raise ValueError(f"{reason}: move it, or make Python's environment somewhere else")
        self.exercise = load_exercise(task.solutions, task.slug)
        most = task.limits.notebook
        self.submissions = find_submissions(task.submissions, task.slug, most)
        seed = secret_seed(task.gradebook / "secret_seed")
        rehearse(self.exercise, seed)
        self._setting = Setting(self.exercise, seed, task.limits, task.sandboxed)
        self._store = Store(task.gradebook / "results" / task.slug, self.exercise, seed)
        self._book = Book(task.gradebook, self.exercise)
        self._stop = Event()

    def grade(self, on_done: Callable[[], None] = lambda: None) -> Report:
        """Grade everything that is not graded yet, and write the CSV.

        Parameters
        ----------
        on_done : callable
            Called after each submission.
        """
        task, began = self.task, time.monotonic()
        report = Report(total=len(self.submissions))
        with _only_one(task.gradebook), contextlib.closing(self._finished()) as finished:
            self._book.open(task.solutions / task.slug / f"{task.slug}.ipynb")
            for submission, work in finished:
                try:
                    self._enter(submission.student, work.result(), report)
                except NotGraded as error:
                    report.not_graded[submission.student] = str(error)
                except Exception as error:  # a fault of ours in one submission stops no other
                    told = " ".join(f"{type(error).__name__}: {error}".split())
                    report.not_graded[submission.student] = told
                on_done()
            rows = [self._row(submission.student, report) for submission in self.submissions]
            questions = [test.grade_id for test in self.exercise.tests]
            write_whole(task.output, table(rows, questions, self.exercise.maximum))
        report.seconds = time.monotonic() - began
        return report

    def _finished(self) -> Iterator[tuple[Submission, Future]]:
        """Give each submission with its work, in the order in which the workers finish."""
        pool = ThreadPoolExecutor(self.task.workers, thread_name_prefix="grader")
        try:
            waiting = {pool.submit(self._work, one): one for one in self.submissions}
            for work in as_completed(list(waiting)):
                yield waiting.pop(work), work
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _work(self, submission: Submission) -> _Work:
        """Run one submission, in a worker; what was run already is taken from the store."""
        began = time.monotonic()
        if submission.unclear:
            raise NotGraded(submission.unclear)
        try:
            data, problem = submission.read() if submission.read else b"", submission.problem
        except ValueError as error:
            data, problem = b"", str(error)
        fingerprint = self._store.fingerprint(problem.encode() + b"\n" + data)
        kept = None if self.task.again else self._store.read(submission.student, fingerprint)
        if kept:
            return _Work(fingerprint, *kept)
        result = refuse(problem, self.exercise) if problem else self._run(data)
        self._store.write(submission.student, fingerprint, result, in_gradebook=False)
        return _Work(fingerprint, result, seconds=time.monotonic() - began)

    def _run(self, data: bytes) -> Result:
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(NotGraded):
                return run(data, self._setting, self._stop)
        return run(data, self._setting, self._stop)

    def _enter(self, student: str, work: _Work, report: Report) -> None:
        """Put a result into the gradebook, unless it is there."""
        report.worker_seconds += work.seconds
        report.start_seconds += work.result.start_seconds
        if work.result.note:
            report.notes[student] = work.result.note
        if not (work.in_gradebook and self._book.holds(student)):
            self._book.record(student, work.result.notebook)
            self._store.write(student, work.fingerprint, work.result, in_gradebook=True)
            report.new += 1

    def _row(self, student: str, report: Report) -> Row:
        return Row(student, None if student in report.not_graded else self._book.scores(student))


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one grader at a time into a gradebook."""
    try:
        import fcntl
    except ImportError:  # Windows, where there is no sandbox either
        yield
        return
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another `course-lib grade` uses {str(folder)!r} just now") from None
        yield
