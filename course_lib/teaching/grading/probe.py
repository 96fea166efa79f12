"""The kernel in the sandbox: IPython's, which also calls a learner's function when it is asked to.

It is started as a program, with one JSON object on its standard input (see kernel.py). Its sockets
are open when it starts, so it needs no network and no folder that it shares with anybody. Whatever
it answers may be forged by the learner's program, which runs in the same process: nothing but the
values counts, and those are judged elsewhere.
"""

import contextlib
import json
import os
import sys
from typing import Any

import zmq
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config


class ProbeKernel(IPythonKernel):
    """IPython's kernel, and the message "probe_request": call this function on these inputs."""

    msg_types = [*IPythonKernel.msg_types, "probe_request"]
    most_bytes = 0  # what the grader accepts in one answer

    async def probe_request(self, stream, ident, parent):
        """Answer with the packed fields of a `course_lib.teaching.calling.Call`."""
        try:
            parts = _answer(self.shell.user_ns, parent["buffers"])
            if sum(map(len, parts)) > self.most_bytes:
                raise ValueError("it returns far more than was asked for")
        except BaseException as error:  # an interrupt, or a value that cannot be sent
            parts = _told(error)
        nonce = parent["content"].get("nonce")
        self.session.send(stream, "probe_reply", {"nonce": nonce}, parent, ident, parts)


def _answer(namespace: dict, request: list) -> list[bytes]:
    from course_lib.teaching.calling import Call, call
    from course_lib.teaching.grading.wire import pack, unpack

    function, inputs, library = unpack(request)
    target = namespace.get(function)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        done = call(target, inputs, library) if callable(target) else Call()
    return pack((done.got, done.error, done.changed, done.used))


def _told(error: BaseException) -> list[bytes]:
    from course_lib.teaching.grading.wire import pack

    return pack((None, f"{type(error).__name__}: {error}", (), None))


class ProbeApp(IPKernelApp):
    """IPython's kernel application, on sockets that listen already: a port is a descriptor."""

    kernel_class = ProbeKernel

    def _try_bind_socket(self, s, port):
        s.setsockopt(zmq.USE_FD, port)
        s.bind(f"ipc:///tmp/{port}")  # the path is only a name here
        return port

    def init_control(self, context):
        super().init_control(context)
        # The debugger's socket would try for ever to reach a path that is not there.
        self.debug_shell_socket.disconnect(self.shell_socket.getsockopt(zmq.LAST_ENDPOINT))

    def init_heartbeat(self):
        """Leave it out: the grader sees for itself whether the process lives."""

    def init_connection_file(self):
        """Leave it out: both sides know the sockets."""

    def write_connection_file(self, **kwargs):
        """Leave it out."""


def limit(memory: int, disk: int) -> None:
    """Ask the system to refuse at once what is far too much; the grader watches the rest."""
    import resource

    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, disk),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_NOFILE, 1024),
    ):
        with contextlib.suppress(ValueError, OSError):  # the system's own limit is lower
            resource.setrlimit(kind, (most, most))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out, this goes first


def limit_output(most: int) -> None:
    """Let printing fail after so many characters, before they fill the grader's ears."""
    left = most

    def limited(stream):
        write = stream.write

        def write_some(text):
            nonlocal left
            left -= len(text)
            if left < 0:
                raise OSError("this notebook prints too much")
            return write(text)

        return write_some

    for stream in (sys.stdout, sys.stderr):
        stream.write = limited(stream)


def main() -> None:
    """Start from the settings on standard input, and serve until killed."""
    settings: dict[str, Any] = json.loads(sys.stdin.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit(settings["memory"], settings["disk"])
    ProbeKernel.most_bytes = settings["reply"] // 2
    config = Config()
    config.Session.key = settings["key"].encode()
    config.HistoryManager.enabled = False
    config.IPKernelApp.transport = "ipc"
    for channel, descriptor in settings["sockets"].items():
        config.IPKernelApp[f"{channel}_port"] = descriptor
    app = ProbeApp.instance(config=config)
    app.initialize([])
    limit_output(settings["output"])
    app.start()


if __name__ == "__main__":
    main()
