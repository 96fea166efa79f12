"""The commands for exercises: check one, release them all."""

from pathlib import Path
from typing import Annotated

import typer

from course_lib.cli import _start
from course_lib.cli._plain import progress_bar


def check(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A notebook, or its folder, as exercises/vectors."),
    ],
) -> None:
    """Run an exercise from top to bottom, and print what its checks say. It stays as it is."""
    from course_lib.teaching.notebooks import find_notebook, run_checks

    notebook = find_notebook(path)
    lines = []
    with progress_bar("checking", 1) as (bar, task):
        for run in run_checks(notebook):
            bar.update(task, completed=run.done, total=run.total)
            lines += run.lines
    typer.echo("\n".join(lines))


def release(
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make this folder for students; by default exercises/."),
    ] = None,
) -> None:
    """Make the exercises from solutions/, without answers and hidden tests (for instructors)."""
    _start.chapters(_start.ROOT)  # an installed package has no solutions
    try:
        from course_lib.teaching.release import release, release_to
    except ModuleNotFoundError as error:
        raise ValueError(needs_instructor(error)) from error

    made = release(_start.ROOT) if to is None else release_to(_start.ROOT, to)
    for notebook in made:
        typer.echo(notebook)


def needs_instructor(error: ModuleNotFoundError) -> str:
    """Say how to install what only instructors need."""
    return f"{error.name} is missing, which only instructors need: pip install -e '.[instructor]'"
