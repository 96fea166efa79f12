"""Time the grading of a class: ``python -m benchmarks.grading`` hands in and grades 100 notebooks.

Every second learner hands in the solution, every other one the exercise as it is. The figures are
those of `course-lib grade` itself; run it on a quiet machine.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.arrays import processor_name

ROOT = Path(__file__).parents[1]


def hand_in(folder: Path, slug: str, count: int) -> None:
    """Fill a folder with one submission a learner, of two kinds in turn."""
    kinds = ("solutions", "exercises")
    for i in range(count):
        student = folder / f"learner {i:03}"
        student.mkdir(parents=True)
        source = ROOT / kinds[i % len(kinds)] / slug / f"{slug}.ipynb"
        shutil.copyfile(source, student / source.name)


def main() -> None:
    """Hand in, grade, and print what the grader says of its speed."""
    parser = argparse.ArgumentParser(prog="benchmarks.grading", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=100, help="submissions, by default 100")
    parser.add_argument("--assignment", default="forward_process")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder / "handed_in", options.assignment, options.count)
        program = Path(sys.executable).with_name("course-lib")
        command = [str(program), "grade", str(folder / "handed_in")]
        command += ["--assignment", options.assignment, "--output", str(folder / "grades.csv")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        print(done.stdout.strip() or done.stderr.strip())
    print(processor_name())
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
