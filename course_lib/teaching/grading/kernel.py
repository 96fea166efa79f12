"""One learner's kernel, seen from the grader: start it, run cells, call functions, stop it."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from threading import Event
from typing import Any

from nbformat import NotebookNode

from course_lib.teaching.calling import Call
from course_lib.teaching.grading import probe, sandbox
from course_lib.teaching.grading.guard import Guard
from course_lib.teaching.grading.limits import MB, Limits, NotGraded, Stopped
from course_lib.teaching.grading.link import Link
from course_lib.teaching.grading.outputs import Outputs
from course_lib.teaching.grading.wire import Malformed, pack, unpack

POLL_SECONDS = 0.1
LAST_OUTPUT_SECONDS = 1  # for outputs that are still on their way when a cell has ended
ASK_AGAIN_SECONDS = 1
MOST_ERROR = 500  # characters


class _Late(Exception):
    """A cell or a call did not end in time, or printed too much."""


@dataclass(frozen=True)
class _Allowed:
    """When something has to have ended: by the clock, and by what the kernel has used."""

    clock: float
    used: float
    told: str


class Kernel:
    """A kernel in a sandbox of its own; use it in a ``with`` statement.

    Parameters
    ----------
    limits : Limits
    sandboxed : bool
        Whether it runs under bubblewrap. Without, the submission can read and write what you can.
    stop : Event, optional
        Once set, everything under way raises `NotGraded`.

    Raises
    ------
    NotGraded
        If it does not start.
    """

    def __init__(self, limits: Limits, sandboxed: bool = True, stop: Event | None = None) -> None:
        self.limits = limits
        self.start_seconds = 0.0  #: How long it took to start.
        self._sandboxed, self._stop = sandboxed, stop or Event()
        self._output_left = limits.output
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Kernel":
        began = time.monotonic()
        try:
            self._link = Link(self.limits)
            self._stack.callback(self._link.close)
            self._guard = Guard(self._launch(), self.limits, self._sandboxed)
            self._stack.callback(self._guard.close)
            self._wait_until_ready(began)
        except BaseException as error:
            self._stack.close()
            if isinstance(error, OSError | Stopped | _Late):
                raise NotGraded(f"its kernel did not start: {error}") from error
            raise
        self._guard.ready, now = True, time.monotonic()
        self.start_seconds = now - began
        limits = self.limits
        self._all = _Allowed(
            now + limits.patience * limits.seconds,
            self._guard.seconds + limits.seconds,
            f"it took more than {limits.seconds:g} seconds in all",
        )
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def run_cell(self, code: str) -> list[NotebookNode]:
        """Run the code of a cell, and give its outputs in the form of a notebook.

        Raises
        ------
        Stopped
            If the kernel has come to its end; the reason is the error's text.
        """
        outputs, allowed = Outputs(), self._allow()
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        content |= {"stop_on_error": False, "user_expressions": {}}
        request = self._link.send("shell", "execute_request", content)
        try:
            self._wait(request, allowed, outputs)
        except _Late as late:
            self._interrupt(request, outputs)
            outputs.note(f"The grader stopped this cell: {late}.")
        return outputs.cells

    def call(self, function: str, inputs: tuple, library: tuple[str, ...] = ()) -> Call:
        """Call the learner's function of that name; gives what became of it, as far as it says.

        Raises
        ------
        Stopped
            If the kernel has come to its end.
        """
        nonce, allowed = secrets.token_hex(16), self._allow()
        parts = pack((function, inputs, library))
        request = self._link.send("shell", "probe_request", {"nonce": nonce}, parts)
        try:
            reply = self._wait(request, allowed, Outputs(), need_idle=False)
        except _Late as late:
            self._interrupt(request, Outputs())
            return Call(error=f"TimeoutError: {late}")
        if reply["msg_type"] != "probe_reply" or reply["content"].get("nonce") != nonce:
            return Call(error="ValueError: no answer came back")
        return _read_call(reply["buffers"], inputs, library)

    def _launch(self) -> subprocess.Popen:
        # bubblewrap's --die-with-parent looks at the thread that started it: this one must live on.
        program = [sys.executable, "-I", "-B", probe.__file__]
        scratch = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="scratch-"))
        environment = {**os.environ, **sandbox.environment(scratch)}
        environment["JPY_PARENT_PID"] = str(os.getpid())  # unless in a sandbox: it clears all
        if self._sandboxed:
            program = sandbox.sandboxed(program, self.limits, sandbox.nesting_allowed())
        process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=tuple(self._link.descriptors.values()),
            cwd=scratch,
            env=environment,
            start_new_session=True,
        )
        settings = {"key": self._link.key, "sockets": self._link.descriptors}
        limits = ("memory", "disk", "reply", "output")
        settings |= {name: getattr(self.limits, name) for name in limits}
        with contextlib.suppress(OSError):  # it has ended already, and its stderr says why
            process.stdin.write(json.dumps(settings).encode())
            process.stdin.close()
        self._link.handed_over()
        return process

    def _wait_until_ready(self, began: float) -> None:
        deadline = began + self.limits.start_seconds
        while time.monotonic() < deadline:
            request = self._link.send("shell", "kernel_info_request", {})
            allowed = _Allowed(time.monotonic() + ASK_AGAIN_SECONDS, float("inf"), "")
            with contextlib.suppress(_Late):
                self._wait(request, allowed, Outputs())
                return
        raise _Late(f"it took more than {self.limits.start_seconds:g} seconds")

    def _allow(self) -> _Allowed:
        """Give a cell or a call its time, of what is left of all."""
        now, used, limits = time.monotonic(), self._guard.seconds, self.limits
        if now >= self._all.clock or used >= self._all.used:
            self._guard.stop(self._all.told)
        return _Allowed(
            min(self._all.clock, now + limits.patience * limits.cell_seconds),
            min(self._all.used, used + limits.cell_seconds),
            f"it took more than {limits.cell_seconds:g} seconds",
        )

    def _wait(
        self, request: str, allowed: _Allowed, outputs: Outputs, need_idle: bool = True
    ) -> dict[str, Any]:
        """Collect outputs until the request was answered; gives the answer."""
        reply, last = None, float("inf")
        while True:
            for channel, size, message in self._link.receive(POLL_SECONDS):
                if channel == "iopub":
                    self._spend(size)
                if message is None or message["parent"] != request:
                    continue
                if channel == "shell" and not reply:
                    reply, last = message, time.monotonic() + LAST_OUTPUT_SECONDS
                elif channel == "iopub":
                    outputs.add(message)
            enough = outputs.idle or not need_idle or self._output_left <= 0
            if reply and (enough or time.monotonic() > last):
                return reply
            self._look()
            if time.monotonic() > allowed.clock or self._guard.seconds > allowed.used:
                raise _Late(allowed.told)

    def _look(self) -> None:
        if self._stop.is_set():
            raise NotGraded("grading was stopped")
        self._guard.look()
        if self._link.flooded:
            self._guard.stop(f"it sent more than {self.limits.traffic / MB:.0f} MB")

    def _spend(self, size: int) -> None:
        before, self._output_left = self._output_left, self._output_left - size
        if before > 0 >= self._output_left:
            raise _Late(f"it printed more than {self.limits.output / MB:g} MB")

    def _interrupt(self, request: str, outputs: Outputs) -> None:
        self._link.send("control", "interrupt_request", {})
        grace = _Allowed(time.monotonic() + self.limits.grace_seconds, float("inf"), "")
        try:
            self._wait(request, grace, outputs)
        except _Late:
            self._guard.stop("it did not stop when it was told to")


def _read_call(parts: list, inputs: tuple, library: tuple[str, ...]) -> Call:
    """Read a record of a call that the learner's program may have forged."""
    try:
        got, error, changed, used = unpack(parts)
        error = None if error is None else str(error)[:MOST_ERROR]
        changed = tuple(sorted({i for i in changed if type(i) is int and 0 <= i < len(inputs)}))
        return Call(got, error, changed, used if used in library else None)
    except (Malformed, ValueError, TypeError) as malformed:
        return Call(error=f"ValueError: the answer could not be read ({malformed})")
