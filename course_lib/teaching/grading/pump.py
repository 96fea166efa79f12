"""Bytes between the grader and one kernel, passed on by a thread that counts them.

A message queue grows with what it receives, and a message in many parts may never end. So the
grader's queues are not connected to a kernel themselves: this lets through so much and no more.
"""

import contextlib
import selectors
import socket
import threading
from pathlib import Path

CHUNK = 2**16
LOOK_SECONDS = 0.5


class Pump:
    """Listens in `folder` under a name for each channel, and passes on to the kernel's sockets.

    Parameters
    ----------
    folder : Path
        Where the sockets are: the kernel's own is ``kernel-<channel>``, the grader's ``<channel>``.
    channels : tuple of str
    most_bytes : int
        What a kernel may send in all; then every connection is cut, and `flooded` is True.
    """

    def __init__(self, folder: Path, channels: tuple[str, ...], most_bytes: int) -> None:
        self.flooded = False
        self._folder, self._left = folder, most_bytes
        self._stack = contextlib.ExitStack()
        self._selector = self._stack.enter_context(selectors.DefaultSelector())
        self._done = threading.Event()
        for channel in channels:
            listening = self._stack.enter_context(listen(folder / channel))
            self._selector.register(listening, selectors.EVENT_READ, channel)
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cut all connections; before the kernel has ended, this might have to wait for it."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        with self._stack:
            while not self._done.is_set() and not self.flooded:
                for key, _ in self._selector.select(LOOK_SECONDS):
                    if isinstance(key.data, str):
                        self._accept(key.fileobj, key.data)
                    else:
                        self._pass_on(key.fileobj, *key.data)

    def _accept(self, listening: socket.socket, channel: str) -> None:
        with contextlib.suppress(OSError):
            grader = self._stack.enter_context(listening.accept()[0])
            kernel = self._stack.enter_context(socket.socket(socket.AF_UNIX))
            kernel.connect(str(self._folder / f"kernel-{channel}"))
            self._selector.register(grader, selectors.EVENT_READ, (kernel, False))
            self._selector.register(kernel, selectors.EVENT_READ, (grader, True))

    def _pass_on(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        try:
            data = source.recv(CHUNK)
            if counted:
                self._left -= len(data)
                self.flooded = self._left < 0
            if data:
                target.sendall(data)
                return
        except OSError:
            pass
        for end in (source, target):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(end)
            end.close()


def listen(path: Path) -> socket.socket:
    """Open a Unix socket at `path` that takes connections."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        listening.listen(8)
    except OSError:
        listening.close()
        raise
    return listening
