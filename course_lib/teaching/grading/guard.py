"""Looking after the processes of one kernel: what they use together, and their end."""

import contextlib
import os
import signal
import subprocess
import time

from course_lib.teaching.grading.limits import MB, Limits, NotGraded, Stopped
from course_lib.teaching.grading.watch import files_seen_by, memory_shortages, usage

LOOK_SECONDS = 0.1
END_SECONDS = 5
SCRATCH = ("/tmp", "/dev/shm")


class Guard:
    """Watches a kernel's processes, and kills them when they use too much.

    Parameters
    ----------
    process : Popen
        The kernel, or the bubblewrap around it; with its standard error as a pipe.
    limits : Limits
    sandboxed : bool
        Whether it is bubblewrap.
    """

    def __init__(self, process: subprocess.Popen, limits: Limits, sandboxed: bool) -> None:
        self.seconds = 0.0  #: What the processes have used of the processor, as of the last look.
        self.ready = False  #: Whether the learner's program may have run: set from outside.
        self._process, self._limits, self._sandboxed = process, limits, sandboxed
        self._shortages = memory_shortages()
        self._next_look = 0.0

    def look(self) -> None:
        """Look at the processes, at most ten times a second.

        Raises
        ------
        Stopped
            If they have ended, or used too much: then they are killed.
        NotGraded
            If they ended because the machine has no memory left.
        """
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        if self._process.poll() is not None:
            if memory_shortages() > self._shortages:
                raise NotGraded("the machine ran out of memory: grade with fewer --workers")
            raise Stopped(self._last_words() or "its kernel ended by itself")
        limits, used = self._limits, usage(self._process.pid, self._limits.tasks)
        self.seconds = max(self.seconds, used.seconds)
        if used.tasks > limits.tasks:
            self.stop(f"it started more than {limits.tasks} processes and threads")
        if used.memory > limits.memory:
            self.stop(f"it used more than {limits.memory / MB:.0f} MB of memory")
        if self._sandboxed and files_seen_by(used.pids[-1], SCRATCH) > limits.files:
            self.stop(f"it made more than {limits.files} files")

    def stop(self, reason: str) -> None:
        """Kill the processes, and raise `Stopped` for that reason."""
        self.kill()
        raise Stopped(reason)

    def kill(self) -> None:
        """Kill everything: with its first process, a sandbox ends as a whole."""
        if self._process.poll() is None:
            root, *others = usage(self._process.pid).pids
            for pid in others if self._sandboxed and others else (root, *others):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Kill everything, and close the pipe."""
        self.kill()
        self._process.stderr.close()

    def _last_words(self) -> str:
        """Read what bubblewrap or Python said before the learner's program could say anything."""
        if self.ready:
            return ""
        os.set_blocking(self._process.stderr.fileno(), False)
        told = (self._process.stderr.read() or b"").decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(told) if line.strip()), "")
