"""A process of its own for each measurement: nobody pays for another's memory or threads."""

import multiprocessing
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

REPORT_SECONDS = 0.2
Report = Callable[[str, float], None]


class MeasurementError(Exception):
    """A measurement failed; the message is for the person who asked."""


def isolated(function: Callable[..., Any], *args: Any, report: Report) -> Any:
    """Call ``function(*args, report=...)`` in a new process and return its result.

    The function calls ``report(phase, share)``; here that is called in turn.

    Raises
    ------
    MeasurementError
        If the function raises or its process dies.
    """
    context = multiprocessing.get_context("spawn")  # a fork would start with our memory
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, function, args), daemon=True)
    process.start()
    theirs.close()
    try:
        return _listen(ours, report)
    except EOFError:
        process.join()
        raise MeasurementError(
            f"{function.__name__} {args[:1]} ended with exit code {process.exitcode} and no "
            "result; -9 means that the machine ran out of memory"
        ) from None
    finally:
        process.terminate()
        process.join()


def _listen(connection: Connection, report: Report) -> Any:
    while True:
        kind, value = connection.recv()
        if kind == "progress":
            report(*value)
        elif kind == "result":
            return value
        else:
            raise MeasurementError(value)


def _work(connection: Connection, function: Callable[..., Any], args: tuple) -> None:
    last = 0.0

    def report(phase: str, share: float) -> None:
        nonlocal last
        if share in (0, 1) or time.monotonic() - last > REPORT_SECONDS:
            last = time.monotonic()
            connection.send(("progress", (phase, share)))

    try:
        connection.send(("result", function(*args, report=report)))
    except KeyboardInterrupt:
        pass  # the parent was interrupted too, and says so
    except ValueError as error:  # ours: it says what was wrong
        connection.send(("error", str(error)))
    except Exception:
        connection.send(("error", traceback.format_exc()))
