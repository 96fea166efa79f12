"""Exercise notebooks as files: finding one, its points, and running it in a kernel of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

SECONDS = 600  # a cell of an exercise takes a second or two
SHOWN = ("check(", "summary(")  # how a cell begins whose output is a verdict


@dataclass(frozen=True)
class CellRun:
    """One cell that was run: how many cells are done, and the lines to show."""

    done: int
    total: int
    lines: tuple[str, ...]


def find_notebook(path: Path) -> Path:
    """Find the notebook that `path` means: a file, or a folder with one notebook in it.

    Raises
    ------
    ValueError
        If there is none, or several and none has the name of the folder.
    """
    if path.is_dir():
        named = path / f"{path.resolve().name}.ipynb"
        found = [named] if named.is_file() else sorted(path.glob("*.ipynb"))
        if len(found) != 1:
            raise ValueError(
                f"the folder {str(path)!r} holds {len(found)} notebooks, and should hold one: "
                "name the notebook itself"
            )
        return found[0]
    if path.suffix != ".ipynb" or not path.is_file():
        raise ValueError(f"no exercise at {str(path)!r}: name a notebook, or the folder of one")
    return path


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook; a file that is none raises a ValueError."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds on a broken file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{str(path)!r} is not a notebook: {reason:.200}") from error
    return notebook


def points_of(notebook: nbformat.NotebookNode) -> dict[str, int]:
    """Read the points of each question, by its function, from nbgrader's metadata.

    They stand in the cell of the hidden tests, and nowhere else.
    """
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}


def run_checks(path: Path) -> Iterator[CellRun]:
    """Run a notebook from top to bottom in a fresh kernel, and yield each cell's verdicts.

    The file stays as it is. An error in a cell is told and does not stop the rest.

    Raises
    ------
    ValueError
        If it is no notebook, a cell takes too long, or the kernel dies.
    """
    notebook = read_notebook(path)
    resources = {"metadata": {"path": str(path.resolve().parent)}}
    quiet = {"extra_arguments": ["--IPKernelApp.log_level=ERROR"]}
    options = {"timeout": SECONDS, "kernel_name": "python3", "allow_errors": True} | quiet
    client = NotebookClient(notebook, resources=resources, **options)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellTimeoutError as error:
                raise ValueError(f"cell {index + 1} ran for more than {SECONDS} seconds") from error
            except DeadKernelError as error:
                raise ValueError(f"cell {index + 1} ended its kernel: {_start(cell)}") from error
            yield CellRun(index + 1, len(notebook.cells), tuple(_shown(cell)))


def _shown(cell: nbformat.NotebookNode) -> list[str]:
    """Pick what a learner should see of a cell: verdicts and errors."""
    if cell.cell_type != "code":
        return []
    lines = []
    for output in cell.outputs:
        if output.output_type == "error":
            lines.append(f"the cell that begins with {_start(cell)!r} stops: {output.ename}")
            lines += [f"    {line}" for line in output.evalue.splitlines()[:1]]
        elif output.output_type == "stream" and cell.source.lstrip().startswith(SHOWN):
            lines += output.text.splitlines() if output.name == "stdout" else []
    return lines


def _start(cell: nbformat.NotebookNode) -> str:
    return cell.source.strip().splitlines()[0][:60] if cell.source.strip() else ""
