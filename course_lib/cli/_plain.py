"""Plain errors and a progress bar: one line says what was wrong, and there is no traceback."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperGroup
from typer.exceptions import TyperException

USAGE = 2
STOPPED = 130  # as a shell reports Ctrl-C


class PlainGroup(TyperGroup):
    """Commands whose every complaint is one line on stderr, with exit code 2."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        try:
            code = super().main(*args, standalone_mode=False, **extra) or 0
        except TyperException as error:
            code = complain(f"{error.format_message().rstrip('.')}; see course-lib --help")
        except (ValueError, OSError) as error:
            code = complain(error)
        if code == STOPPED:
            complain("stopped; nothing was written")
        sys.exit(code)


def complain(what: object) -> int:
    """Print one line on stderr, and return the exit code for bad input."""
    print("course-lib:", " ".join(str(what).split()), file=sys.stderr)
    return USAGE


@contextlib.contextmanager
def progress_bar(label: str, total: int) -> Iterator[Any]:
    """Show a bar with the time left on a terminal's stderr; gives (bar, task), to be advanced."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    text = TextColumn("{task.description}")
    elapsed, left = TimeElapsedColumn(), TimeRemainingColumn()
    columns = (text, BarColumn(), MofNCompleteColumn(), elapsed, TextColumn("left"), left)
    console = Console(stderr=True)
    hidden = not console.is_terminal  # a file of messages needs no bar
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        yield bar, bar.add_task(label, total=total)


def check_range(option: str, value: int, low: int, high: int) -> None:
    """Raise a ValueError unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"{option} must be in {low} ... {high}, but it is {value}")


def check_output(path: Path, endings: tuple[str, ...]) -> None:
    """Raise a ValueError unless a file of one of these endings can be written at `path`."""
    if path.suffix not in endings:
        raise ValueError(f"--output must end in {' or '.join(endings)}, but it is {str(path)!r}")
    if not path.parent.is_dir():
        raise ValueError(f"the folder {str(path.parent)!r} of --output does not exist: make it")
    if path.is_dir():
        raise ValueError(f"--output must be a file, but {str(path)!r} is a folder")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"cannot write in the folder {str(path.parent)!r}: {reason}") from error
