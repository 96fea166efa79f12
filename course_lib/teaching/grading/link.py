"""Messages to and from one kernel, over Unix sockets that it inherits.

The grader opens the sockets, so the sandbox needs neither a network nor a folder it could write to.
What arrives may be anything: it is limited in size, and dropped when it is not a message.
"""

import contextlib
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.session import Session

from course_lib.teaching.grading.limits import Limits
from course_lib.teaching.grading.pump import Pump, listen

CHANNELS = ("shell", "control", "stdin", "iopub")
WAITING = 64  # messages that may queue up here before the kernel has to wait or lose some
TEXT_PARTS = 5  # of a message: signature, header, parent, metadata, content; then come arrays


class Link:
    """The grader's end of a kernel's sockets."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stack = contextlib.ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="kernel-"))
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self.key = secrets.token_hex(32)
        self._session = Session(key=self.key.encode(), digest_history_size=0)
        try:
            self._listening = {name: self._offer(name) for name in CHANNELS}
            self._pump = Pump(self._folder, CHANNELS, limits.traffic)
            self._stack.callback(self._pump.close)
            self._context = zmq.Context()
            self._stack.callback(self._context.destroy, linger=0)
            self._sockets = {
                "shell": self._connect("shell", zmq.DEALER),
                "control": self._connect("control", zmq.DEALER),
                "iopub": self._connect("iopub", zmq.SUB),
            }
        except BaseException:
            self.close()
            raise
        self._poller = zmq.Poller()
        for sock in self._sockets.values():
            self._poller.register(sock, zmq.POLLIN)

    def _offer(self, name: str) -> socket.socket:
        listening = self._stack.enter_context(listen(self._folder / f"kernel-{name}"))
        listening.setblocking(False)  # as the kernel's message queue wants it
        return listening

    def _connect(self, name: str, kind: int) -> zmq.Socket:
        sock = self._context.socket(kind)
        sock.setsockopt(zmq.MAXMSGSIZE, self._limits.reply)
        sock.setsockopt(zmq.RCVHWM, WAITING)
        if kind == zmq.SUB:
            sock.setsockopt(zmq.SUBSCRIBE, b"")
        sock.connect(f"ipc://{self._folder / name}")
        return sock

    @property
    def descriptors(self) -> dict[str, int]:
        """The listening sockets, for the kernel to inherit: a descriptor for each channel."""
        return {name: listening.fileno() for name, listening in self._listening.items()}

    @property
    def flooded(self) -> bool:
        """Whether the kernel has sent more than it may in all."""
        return self._pump.flooded

    def handed_over(self) -> None:
        """Close the listening sockets here, once the kernel has them."""
        for listening in self._listening.values():
            listening.close()

    def send(self, channel: str, kind: str, content: dict, parts: list[bytes] | None = None) -> str:
        """Send a request, and give its id."""
        sock = self._sockets[channel]
        return self._session.send(sock, kind, content, buffers=parts)["header"]["msg_id"]

    def receive(self, seconds: float) -> Iterator[tuple[str, int, dict[str, Any] | None]]:
        """Wait at most so long; give the channel, size and message (None: no message) of each."""
        names = {sock: name for name, sock in self._sockets.items()}
        for sock, _ in self._poller.poll(max(0, int(1000 * seconds))):
            for _ in range(WAITING):
                try:
                    frames = sock.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                yield names[sock], sum(map(len, frames)), self._read(frames)

    def _read(self, frames: list[bytes]) -> dict[str, Any] | None:
        try:
            _, frames = self._session.feed_identities(frames)
            if sum(map(len, frames[:TEXT_PARTS])) > self._limits.output:
                return None  # not even to be parsed
            message = self._session.deserialize(frames)
            message["parent"] = message["parent_header"].get("msg_id")
            return message if isinstance(message["content"], dict) else None
        except Exception:  # a learner's program can send anything
            return None

    def close(self) -> None:
        """Close every socket and remove their folder."""
        self._stack.close()
