"""What has been graded so far, on disk: one file a submission, written whole or not at all.

So a batch that was killed goes on where it stopped: what is in a file is never run again, unless
the submission, the exercise or the secret seed is another one.
"""

import dataclasses
import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path

import nbformat

from course_lib.teaching.grading.judge import Mark
from course_lib.teaching.grading.notebooks import Exercise
from course_lib.teaching.grading.run import Result


def write_whole(path: Path, text: str, private: bool = False) -> None:
    """Write a text file so that it is there as a whole or not at all; an old one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)  # a temporary file is for its owner only
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def secret_seed(path: Path) -> str:
    """Read the secret from which all graded inputs follow; the first time, make one."""
    if not path.exists():
        write_whole(path, secrets.token_hex(32) + "\n", private=True)
    seed = path.read_text("utf-8").strip()
    if not seed:
        raise ValueError(f"{str(path)!r} is empty: remove it, and a new secret seed is made")
    return seed


class Store:
    """The results of one exercise, by learner."""

    def __init__(self, folder: Path, exercise: Exercise, seed: str) -> None:
        self._folder = folder
        tests = [dataclasses.astuple(test) for test in exercise.tests]
        self._setting = json.dumps([nbformat.writes(exercise.notebook), tests, seed])

    def fingerprint(self, data: bytes) -> str:
        """Give a text that is another one if the submission, the exercise or the seed is."""
        return hashlib.sha256(self._setting.encode() + b"\n" + data).hexdigest()

    def write(self, student: str, fingerprint: str, result: Result, in_gradebook: bool) -> None:
        """Keep a result, and whether nbgrader's gradebook has it."""
        kept = {
            "fingerprint": fingerprint,
            "in_gradebook": in_gradebook,
            "marks": [dataclasses.asdict(mark) for mark in result.marks],
            "note": result.note,
            "notebook": nbformat.writes(result.notebook),
        }
        write_whole(self.path(student), json.dumps(kept))

    def read(self, student: str, fingerprint: str) -> tuple[Result, bool] | None:
        """Give a kept result of this very submission, and whether the gradebook has it."""
        try:
            kept = json.loads(self.path(student).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if kept["fingerprint"] != fingerprint:
            return None
        notebook = nbformat.reads(kept["notebook"], as_version=4)
        marks = tuple(Mark(**mark) for mark in kept["marks"])
        return Result(notebook, marks, kept["note"]), kept["in_gradebook"]

    def path(self, student: str) -> Path:
        """Give the file of one learner."""
        return self._folder / f"{student}.json"
