"""The results: put together, shown as a table, written to a file."""

import json
import os
from pathlib import Path

from rich import box
from rich.table import Table

from benchmarks.peers import OURS

RUN_KEYS = (
    "name",
    "parameters",
    "images_per_second",
    "samples_per_second",
    "frechet",
    "agreement",
    "peak_memory_mb",
    "share_of_peak",
)
WIDGET_GOAL_MS = 16


def share_of_peak(flops_per_image: float, images_per_second: float, peak_gflops: float) -> float:
    """The network's own operations a second in training, as a share of the machine's peak."""
    return flops_per_image * images_per_second / (peak_gflops * 1e9)


def assemble(machine: dict, widget: dict, runs: dict[str, dict], verdict: dict) -> dict:
    """Put the measurements together: everything of results.json but how it was run."""
    peak = max(machine["matmul_gflops"], machine["convolution_gflops"])
    rows = []
    for name, run in runs.items():
        figures = {
            "name": name,
            **run,
            "frechet": verdict["frechet"][name],
            "agreement": verdict["agreement"][name],
            "share_of_peak": share_of_peak(run["flops_per_image"], run["images_per_second"], peak),
        }
        rows.append({key: rounded(figures[key]) for key in RUN_KEYS})
    figures = {"floor": verdict["floor"], **machine, "peak_gflops": peak, **widget}
    return {key: rounded(value) for key, value in figures.items()} | {"runs": rows}


def rounded(value):
    """Four digits that count are more than such a figure repeats to; whole numbers stay."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def make_table(results: dict) -> Table:
    """One row a run."""
    title = f"{results['seconds']:g} s of training each"
    table = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0))  # fits 80 columns
    table.add_column("run", no_wrap=True)
    for heading in ("params", "images/s", "samples/s", "Fréchet", "agreement", "MB", "of peak"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in results["runs"]:
        memory = run["peak_memory_mb"]
        table.add_row(
            run["name"],
            f"{run['parameters'] / 1e6:.2f} M",
            f"{run['images_per_second']:.1f}",
            f"{run['samples_per_second']:.1f}",
            f"{run['frechet']:.2f}",
            f"{run['agreement']:.1%}",
            "?" if memory is None else f"{memory:,.0f}",
            f"{run['share_of_peak']:.1%}",
        )
    return table


def make_notes(results: dict) -> list[str]:
    """What belongs beside the table, a line each."""
    ours, *others = sorted(results["runs"], key=lambda run: run["name"] != OURS)
    floor = results["floor"]
    return [
        f"Floor (the held-out 1,000 against the 9,000): {floor:.2f}; ours is "
        f"{ours['frechet'] / floor:.2f} times that, with {results['samples']:,} samples, "
        f"{results['num_steps']} DDIM steps and guidance {results['guidance_scale']:g} for all.",
        *(
            f"ours / {run['name']}: training "
            f"{ours['images_per_second'] / run['images_per_second']:.1f} times, sampling "
            f"{ours['samples_per_second'] / run['samples_per_second']:.1f} times as fast."
            for run in others
        ),
        f"{results['processor']}: {results['peak_gflops']:,.0f} GFLOP/s at most "
        f"(products {results['matmul_gflops']:,.0f}, "
        f"convolutions {results['convolution_gflops']:,.0f}).",
        f"Scrubber, key to frame: median {results['widget_ms_median']:.1f} ms, at most "
        f"{results['widget_ms_max']:.1f} ms (goal: {WIDGET_GOAL_MS} ms).",
    ]


def write(results: dict, path: Path) -> None:
    """Write the whole file or nothing."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
