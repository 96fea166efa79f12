"""Finding what a class handed in: in a folder, or in the zip file of a learning platform.

`SUBMISSIONS` is a folder or a zip file. In it, each of these is one learner's:

- a folder: ``ada/forward_process.ipynb``;
- a zip file: ``ada.zip``, with the notebook in it;
- a notebook, as platforms name it: ``Ada_1234_assignsubmission_file_forward_process.ipynb``.

Nothing is unpacked to disk, so no path in a zip file leads anywhere.
"""

import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOST_ENTRIES = 20_000
HIDDEN = ("__MACOSX", ".ipynb_checkpoints")
PLATFORM = re.compile(r"_assignsubmission_file_?$|_onlinetext_?$")
TROUBLE = "/\\[]*?"  # in a folder, or in the patterns with which nbgrader finds one
MOST_NAME = 120  # bytes: these names become folders


@dataclass(frozen=True)
class Submission:
    """What one learner handed in: `read` gives the notebook's bytes, unless there is a problem."""

    student: str
    read: Callable[[], bytes] | None
    problem: str = ""  #: Why there is nothing to run: that earns no points.
    unclear: str = ""  #: Why the grader cannot tell what to run: that is not graded.


@dataclass(frozen=True)
class _File:
    """A file in a folder or a zip file: its path, and how to get at most so many bytes of it."""

    path: PurePosixPath
    read: Callable[[int], bytes]
    link: bool = False


def find_submissions(where: Path, slug: str, most_bytes: int) -> list[Submission]:
    """List what was handed in, by name of the learner.

    Parameters
    ----------
    where : Path
        A folder or a zip file.
    slug : str
        The exercise, such as "forward_process".
    most_bytes : int
        The largest notebook that is accepted.

    Raises
    ------
    ValueError
        If there is nothing, or `where` looks like the folder of one learner.
    """
    if not where.exists():
        raise ValueError(f"there is no folder or zip file {str(where)!r}")
    if not where.is_dir() and not zipfile.is_zipfile(where):
        raise ValueError(f"{str(where)!r} is neither a folder nor a zip file")
    files = _in_folder(where) if where.is_dir() else _in_zip(where, str(where))
    owners: dict[str, list[tuple[str, list[_File]]]] = {}
    for top, mine in _by_first_part(files, where).items():
        if top == f"{slug}.ipynb":
            raise ValueError(
                f"{top} lies in {str(where)!r} itself, so this looks like one learner's folder: "
                "give the folder that holds a folder for each"
            )
        owners.setdefault(_student(top, slug), []).append((top, mine))
    found = [_submission(name, tops, slug, most_bytes) for name, tops in owners.items()]
    if not found:
        raise ValueError(f"nothing was handed in: {str(where)!r} is empty")
    return sorted(found, key=lambda one: one.student)


def _by_first_part(files: Iterator[_File], where: Path) -> dict[str, list[_File]]:
    """Group by learner: empty folders count too, and files that are no notebooks do not."""
    groups: dict[str, list[_File]] = {}
    if where.is_dir():
        groups = {path.name: [] for path in where.iterdir() if path.is_dir() and _counts(path)}
    for file in files:
        first = file.path.parts[0]
        if len(file.path.parts) > 1 or file.path.suffix.lower() in (".ipynb", ".zip"):
            groups.setdefault(first, []).append(file)
    return groups


def _submission(
    student: str, tops: list[tuple[str, list[_File]]], slug: str, most_bytes: int
) -> Submission:
    if len(tops) > 1:
        names = ", ".join(sorted(top for top, _ in tops))
        return Submission(student, None, unclear=f"handed in more than once: {names}")
    ((top, files),) = tops
    if len(files) == 1 and len(files[0].path.parts) == 1 and top.lower().endswith(".zip"):
        try:
            files = list(_in_zip(io.BytesIO(files[0].read(10 * most_bytes)), top))
        except ValueError as error:
            return Submission(student, None, problem=str(error))
    notebooks = [file for file in files if file.path.suffix.lower() == ".ipynb"]
    exact = [file for file in notebooks if file.path.name == f"{slug}.ipynb"]
    chosen = exact or notebooks
    if not chosen:
        return Submission(student, None, problem="there is no notebook in it")
    if len(chosen) > 1:
        names = ", ".join(sorted(str(file.path) for file in chosen))
        return Submission(student, None, unclear=f"there is more than one notebook: {names}")
    if chosen[0].link:
        return Submission(student, None, problem="the notebook is a link to another file")
    return Submission(student, lambda: chosen[0].read(most_bytes))


def _in_folder(where: Path) -> Iterator[_File]:
    for folder, names, files in os.walk(where):
        names[:] = sorted(name for name in names if _counts(Path(folder, name)))
        for name in sorted(files):
            path = Path(folder, name)
            inside = PurePosixPath(path.relative_to(where).as_posix())
            if _counts(path):
                yield _File(inside, _reader(path), path.is_symlink())
        for name in names:  # os.walk does not follow links to folders, and says nothing about them
            path = Path(folder, name)
            if path.is_symlink():
                inside = PurePosixPath(path.relative_to(where).as_posix()) / "link.ipynb"
                yield _File(inside, _reader(path), link=True)


def _reader(path: Path) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with open(os.open(path, flags), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ValueError("the notebook is not a file")
            return _at_most(file, most)

    return read


def _in_zip(source: Path | io.BytesIO, name: str) -> Iterator[_File]:
    """List the files of a zip file; those whose path leads out of it are left out."""
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ValueError(f"{name} is not a zip file that can be read") from None
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"{name} holds more than {MOST_ENTRIES} files")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        outside = path.is_absolute() or ".." in path.parts or ":" in entry.filename[:2]
        if (
            outside
            or entry.is_dir()
            or not path.parts
            or any(not _counts(Path(part)) for part in path.parts)
        ):
            continue
        link = stat.S_ISLNK(entry.external_attr >> 16)
        yield _File(path, _unzipper(archive, entry), link)


def _unzipper(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            with archive.open(entry) as file:
                return _at_most(file, most)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
            raise ValueError(f"the zip file cannot be read: {error}") from None

    return read


def _at_most(file, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"the file is larger than {most / 2**20:g} MB")
    return data


def _counts(path: Path) -> bool:
    return path.name not in HIDDEN and not path.name.startswith(".")


def _student(top: str, slug: str) -> str:
    """Take the learner's name from that of a folder or file, fit for a folder and a database."""
    name = unicodedata.normalize("NFC", top.encode(errors="replace").decode())
    name = re.sub(r"\.(ipynb|zip)$", "", name, flags=re.IGNORECASE)
    name = re.sub(rf"_{re.escape(slug)}(-\d+)?$", "", name)
    name = PLATFORM.sub("", name)
    kept = (letter if unicodedata.category(letter)[0] != "C" else "_" for letter in name)
    name = "".join("_" if letter in TROUBLE else letter for letter in kept)
    name = name.strip().lstrip(".")
    while len(name.encode()) > MOST_NAME:
        name = name[:-1]
    return name.strip() or "unnamed"
