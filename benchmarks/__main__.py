"""``python -m benchmarks``: run the comparison, print one table, write ``results.json``."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks import measure, peers, report, widget
from benchmarks.isolate import MeasurementError, isolated
from course_lib.recipes import digits

RESULTS = Path(__file__).parent / "results.json"
FULL_SECONDS, FULL_SAMPLES = 300, 1000


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(message)


def fail(message: str, code: int = 2) -> NoReturn:
    """Say in one line what is wrong, and stop."""
    print(f"benchmarks: {message}", file=sys.stderr)
    raise SystemExit(code)


def read_options(words: list[str] | None = None) -> argparse.Namespace:
    """Check what was asked for before anything starts."""
    parser = _Parser(prog="benchmarks", description="Compare training and sampling with peers.")
    parser.add_argument("--seconds", type=float, default=FULL_SECONDS, help="of training, each")
    parser.add_argument("--samples", type=int, default=FULL_SAMPLES, help="to judge, of each")
    parser.add_argument("--output", type=Path, help=f"default: {RESULTS.name}, if nothing is cut")
    options = parser.parse_args(words)
    if not 1 <= options.seconds <= 86_400:
        fail(f"--seconds must be 1 ... 86400, but it is {options.seconds:g}")
    if not 2 <= options.samples <= FULL_SAMPLES:
        fail(f"--samples must be 2 ... {FULL_SAMPLES}, but it is {options.samples}")
    if options.output is None:
        if options.seconds >= FULL_SECONDS and options.samples == FULL_SAMPLES:
            options.output = RESULTS
    elif options.output.is_dir() or not options.output.absolute().parent.is_dir():
        fail(f"--output must be a file in a folder that exists, but it is {options.output}")
    return options


def check_tools() -> None:
    """Stop now rather than after ten minutes if something is not installed."""
    missing = peers.missing_packages()
    if missing:
        fail(f"{', '.join(missing)} not installed: pip install -e '.[dev]'")
    if widget.find_chromium() is None:
        fail("Chromium not found: sudo apt-get install chromium")


def measure_all(options: argparse.Namespace, progress: Progress) -> dict:
    """Measure one thing after the other, each in its own process."""

    def step(text: str, function, *args):
        bars = {}

        def show(phase: str, share: float) -> None:
            if phase not in bars:
                bars[phase] = progress.add_task(f"{text}: {phase}", total=1.0)
            progress.update(bars[phase], completed=share)

        return isolated(function, *args, report=show)

    machine = step("machine", measure.machine)
    keys = step("scrubber", widget.handler_times)
    runs, files = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for one in peers.CONTESTANTS:
            files[one.name] = str(Path(folder) / f"{one.name}.pt")
            work = (one.name, options.seconds, options.samples, files[one.name])
            runs[one.name] = step(one.name, measure.run, *work)
        verdict = step("judge", measure.judge, files, options.samples)
    return report.assemble(machine, keys, runs, verdict)


def make_progress(console: Console) -> Progress:
    """A bar for each phase, with the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%, left:"),
        TimeRemainingColumn(),
        TextColumn("spent:"),
        TimeElapsedColumn(),
        console=console,
    )


def main(words: list[str] | None = None) -> None:
    """Run the comparison."""
    options = read_options(words)
    check_tools()
    console = Console()
    try:
        with make_progress(console) as progress:
            measured = measure_all(options, progress)
    except MeasurementError as error:
        fail(str(error), code=1)
    except KeyboardInterrupt:
        fail("interrupted; nothing was written", code=130)
    results = {
        "seconds": report.rounded(options.seconds),
        "samples": options.samples,
        "seed": digits.SEED,
        "sample_seed": measure.SAMPLE_SEED,
        "batch_size": digits.BATCH_SIZE,
        "guidance_scale": digits.GUIDANCE_SCALE,
        "num_steps": digits.NUM_STEPS,
        **measured,
    }
    console.print(report.make_table(results))
    for note in report.make_notes(results):
        console.print(note, highlight=False, soft_wrap=True)
    if options.output is None:
        console.print("A quick look: nothing was written. To keep it: --output FILE")
    else:
        report.write(results, options.output)
        console.print(f"Written to {options.output}", soft_wrap=True)


if __name__ == "__main__":
    main()
