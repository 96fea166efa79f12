"""The command for grading a class: what can be wrong is said before anything runs."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from course_lib.cli import _start
from course_lib.cli._plain import STOPPED, check_output, check_range, progress_bar
from course_lib.cli._teaching import needs_instructor

MOST_WORKERS = 64
NOT_ALL_GRADED = 1


def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSIONS",
            help="A folder with a folder a student, or a platform's zip file.",
        ),
    ],
    assignment: Annotated[
        str, typer.Option(metavar="SLUG", help="The exercise, such as forward_process.")
    ],
    output: Annotated[Path, typer.Option(metavar="FILE.csv", help="Where the grades go.")],
    gradebook: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="nbgrader's gradebook, the feedback and the secret seed; by default the folder "
            "gradebook beside FILE.csv.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many at a time; by default one a processor core."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Run also what is graded already.")
    ] = False,
    no_sandbox: Annotated[
        bool,
        typer.Option("--no-sandbox", help="Let submissions do with your files what you can do."),
    ] = False,
) -> None:
    """Grade what a class handed in. Stopped or killed, the same command goes on from there."""
    check_output(output, (".csv",))
    count = _cores() if workers is None else workers
    check_range("--workers", count, 1, MOST_WORKERS)
    _start.chapters(_start.ROOT)  # an installed package has no solutions
    try:
        from course_lib.teaching.grading.batch import Batch, Task
    except ModuleNotFoundError as error:
        raise ValueError(needs_instructor(error)) from error
    if not no_sandbox:
        _need_sandbox()
    kept = gradebook or output.parent / "gradebook"
    batch = Batch(
        Task(
            submissions=submissions.resolve(),
            solutions=_start.ROOT / "solutions",
            slug=assignment,
            output=output.resolve(),
            gradebook=kept.resolve(),
            workers=count,
            sandboxed=not no_sandbox,
            again=again,
        )
    )
    try:
        with progress_bar("grading", len(batch.submissions)) as (bar, task):
            report = batch.grade(on_done=lambda: bar.advance(task))
    except KeyboardInterrupt:
        _tell("stopped; what is graded so far is kept, and the same command goes on from there")
        raise SystemExit(STOPPED) from None
    _conclude(report, output, kept)


def _cores() -> int:
    """Count the processor cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _need_sandbox() -> None:
    from course_lib.teaching.grading.sandbox import why_not

    reason = why_not()
    if reason:
        raise ValueError(
            f"{reason}. Without a sandbox a submission can read your files, change them and use "
            "the network; if you trust every one of them, add --no-sandbox"
        )


def _conclude(report, output: Path, gradebook: Path) -> None:
    """Print what there is to know, and leave with an exit code that says if all are graded."""
    for student, note in sorted(report.notes.items()):
        _tell(f"{student}: {note}")
    for student, reason in sorted(report.not_graded.items()):
        _tell(f"{student}: NOT GRADED, run again: {reason}")
    if report.new or report.not_graded:
        minutes, seconds = divmod(round(report.seconds), 60)
        typer.echo(
            f"graded {report.new} of {report.total} submissions now, in {minutes} min {seconds} s: "
            f"{report.per_minute:.1f} a minute; {report.start_share:.0%} of the workers' time went "
            "into starting kernels"
        )
    else:
        typer.echo(f"nothing new to grade among {report.total} submissions")
    typer.echo(f"wrote {output}; feedback pages are in {gradebook / 'feedback'}")
    if report.not_graded:
        raise typer.Exit(NOT_ALL_GRADED)


def _tell(text: str) -> None:
    print("course-lib:", " ".join(text.split()), file=sys.stderr)
