"""Time every notebook of the book on a processor limited to AVX2, for the page `run_times`.

Most laptops have no wider instructions than AVX2 and no bfloat16 units; the machine that builds
the book may have both. The limits below make it behave like a laptop's processor of its speed.

Run it on a quiet machine, from the root of the repository::

    python benchmarks/run_times.py
"""

import csv
import os
import time
from pathlib import Path

LIMITS = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "COURSE_LIB_BF16": "0",
    "COURSE_LIB_STATIC_WIDGETS": "1",
    "OMP_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
ROOT = Path(__file__).parents[1]
RESULT = ROOT / "book" / "run_times_avx2.csv"


def notebooks_in_order() -> list[Path]:
    """Every notebook of the book that `_toc.yml` names, in its order, without the exercises."""
    import yaml

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    files = [ROOT / f"{name}.ipynb" for name in (toc["root"], *chapters)]
    return [path for path in files if path.parent == RESULT.parent and path.exists()]


def seconds_to_run(path: Path) -> float:
    """Execute a notebook in a fresh kernel, its start included."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}
    )
    start = time.perf_counter()
    client.execute()
    return time.perf_counter() - start


def main() -> None:
    """Run everything, then write the table: links to the chapters, seconds, the processor."""
    os.environ.update(LIMITS)
    from course_lib.arrays import processor_name

    rows, total = [], 0.0
    for path in notebooks_in_order():
        seconds = seconds_to_run(path)
        total += seconds
        rows.append([f":doc:`{path.stem}`", f"{seconds:.0f}"])
        print(f"{path.stem:20} {seconds:6.1f} s", flush=True)
    rows.append(["**All chapters**", f"**{total:.0f}**"])
    rows.append(["Processor", processor_name()])
    with RESULT.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{'together':20} {total:6.1f} s, written to {RESULT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
