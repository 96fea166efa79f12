"""The sandbox of one kernel, made by bubblewrap (the command ``bwrap``); whether it works here.

Inside there is a read-only view of the system's programs, of Python and of this package; one
scratch folder, kept in memory and limited in size; no network; and no process but its own. Not
inside: the solutions, the gradebook, the secret seed, other submissions, and anybody's home.
"""

import functools
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import course_lib
from course_lib.teaching.grading.limits import Limits
from course_lib.teaching.grading.watch import can_watch

SCRATCH = "/tmp"
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/alternatives"),
)
NAMESPACES = ("--unshare-all", "--unshare-user")
NO_NESTING = "--disable-userns"  # since bubblewrap 0.8
TRY = "import importlib.util as u; u.find_spec('ipykernel').name; u.find_spec('course_lib').name"
INSTALL = "install it (Debian, Ubuntu: apt install bubblewrap)"
PROBE_SECONDS = 30


def sandboxed(program: list[str], limits: Limits, nesting: bool = False) -> list[str]:
    """Give the command that runs `program` in a sandbox of its own."""
    size = str(limits.disk)
    lock = () if nesting else (NO_NESTING,)
    return [
        *("bwrap", *NAMESPACES, *lock, "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"),
        *(word for name, value in environment().items() for word in ("--setenv", name, value)),
        *("--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *("--proc", "/proc", "--size", size, "--tmpfs", SCRATCH),
        *(word for path in SYSTEM for word in _shown(path)),
        *(word for path in _python() for word in ("--ro-bind", path, path)),
        *_fonts(),
        *("--remount-ro", "/", "--chdir", SCRATCH, "--", *program),
    ]


def environment(home: str = SCRATCH) -> dict[str, str]:
    """Give the environment of a kernel: one thread, as every core has a kernel of its own."""
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
        "HOME": home,
        "TMPDIR": home,
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "LANG": "C.UTF-8",
        "USER": "learner",
        **dict.fromkeys(threads, "1"),
    }


@functools.cache
def nesting_allowed() -> bool:
    """Tell whether this bubblewrap cannot keep a program from making sandboxes of its own."""
    return _trial(nesting=False) is not None


def exposed(*hidden: Path) -> str | None:
    """Say which of these paths the sandbox would show, because Python is installed around it."""
    shown = [Path(path).resolve() for path in (*SYSTEM, *_python()) if os.path.exists(path)]
    for path in (*hidden, Path.home()):
        for place in shown:
            if path.resolve().is_relative_to(place):
                return f"{str(path)!r} lies in {str(place)!r}, which every submission can read"
    return None


@functools.cache
def why_not() -> str | None:
    """Say why no sandbox can be made on this machine; None if one was made and worked."""
    if not shutil.which("bwrap"):
        return f"bubblewrap is missing: {INSTALL}"
    if not can_watch():
        return "this system does not say which processes a program starts (/proc is needed)"
    reason = _trial(nesting=nesting_allowed())
    return None if reason is None else f"bubblewrap is not allowed to make a sandbox here: {reason}"


def _trial(nesting: bool) -> str | None:
    """Run a short program in the same sandbox that a kernel gets; gives what went wrong."""
    command = sandboxed([sys.executable, "-I", "-B", "-c", TRY], Limits(), nesting)
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = done.stderr.decode(errors="replace").split("\n")
    told = [line.strip() for line in lines if line.strip()]
    return None if done.returncode == 0 else (told or [f"exit code {done.returncode}"])[-1]


def _shown(path: str) -> tuple[str, ...]:
    """Show a path of the system as it is here: a link as a link, nothing where there is nothing."""
    if os.path.islink(path):
        return ("--symlink", os.readlink(path), path)
    return ("--ro-bind", path, path) if os.path.exists(path) else ()


def _python() -> list[str]:
    """List what Python and the course need; what lies in /usr is shown already."""
    package = os.path.dirname(course_lib.__file__)
    asked = [sys.base_prefix, sys.base_exec_prefix, sys.prefix, package]
    program = os.path.realpath(sys.executable)
    asked += [os.path.realpath(path) for path in asked] + [
        os.path.dirname(os.path.dirname(program))
    ]
    kept: list[str] = []
    for path in sorted(set(asked)):
        if not any(path == known or path.startswith(f"{known}/") for known in ("/usr", *kept)):
            kept.append(path)
    return kept


def _fonts() -> tuple[str, ...]:
    """Lend matplotlib's list of fonts, which takes seconds to make."""
    import matplotlib

    folder = Path(matplotlib.get_cachedir())
    if not list(folder.glob("fontlist-*.json")):
        importlib.import_module("matplotlib.font_manager")  # makes it
    lists = folder.glob("fontlist-*.json")
    return tuple(
        word
        for path in lists
        for word in ("--ro-bind", str(path), f"{SCRATCH}/matplotlib/{path.name}")
    )
