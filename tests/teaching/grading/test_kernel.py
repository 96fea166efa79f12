"""A kernel in its sandbox: it runs cells, answers calls, keeps limits, and sees nothing else."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from course_lib.teaching.grading import sandbox
from course_lib.teaching.grading.kernel import Kernel
from course_lib.teaching.grading.limits import MB, Limits, NotGraded, Stopped
from course_lib.teaching.grading.watch import can_watch, usage
from course_lib.teaching.props import Prop

pytestmark = pytest.mark.usefixtures("bubblewrap")
LIMITS = Limits(cell_seconds=30, seconds=90, disk=8 * MB, output=MB)


@pytest.fixture(scope="module")
def kernel(bubblewrap):
    with Kernel(LIMITS) as kernel:
        yield kernel


def printed(kernel, code):
    """Run code, and give what it printed; an error counts too."""
    outputs = kernel.run_cell(code)
    return "".join(output.get("text", output.get("evalue", "")) for output in outputs).strip()


def test_cells_share_a_namespace_and_give_their_outputs(kernel):
    assert printed(kernel, "a = 3\nprint('printed', a)") == "printed 3"
    (result,) = kernel.run_cell("a + 1")
    assert result.data["text/plain"] == "4"
    (error,) = kernel.run_cell("1 / 0")
    assert error.ename == "ZeroDivisionError"
    assert printed(kernel, "print(a)") == "3"


def test_functions_are_called_on_what_was_sent(kernel):
    kernel.run_cell("def f(x, n, generator):\n    return x * n, generator.initial_seed()")
    x = torch.arange(6.0).reshape(2, 3)
    product, seed = kernel.call("f", (x, 3, Prop("generator", (7,)))).got
    assert torch.equal(product, 3 * x) and seed == 7
    assert kernel.call("no_such_function", ()).blank
    kernel.run_cell("def g(x):\n    x += 1\n    raise KeyError('k')")
    done = kernel.call("g", (torch.zeros(2),))
    assert done.error == "KeyError: 'k'" and done.changed == (0,)


def test_borrowing_the_librarys_answer_is_noticed(kernel):
    kernel.run_cell("from course_lib.schedules import linear_schedule as f")
    name = "course_lib.schedules.linear_schedule"
    assert kernel.call("f", (10,), (name,)).used == name


def test_nothing_of_this_machine_is_there_but_programs(kernel, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    root = Path(__file__).parents[3]
    for path in (
        tmp_path,
        Path.home() / ".bashrc",
        root / "solutions",
        root / ".git",
        root / "tests",
    ):
        assert printed(kernel, f"import os; print(os.path.exists({str(path)!r}))") == "False"
    here = {".ipython", "matplotlib"}
    if (
        root.parts[1] == "tmp"
    ):  # where the scratch folder is: the package's own folder is seen there
        here.add(root.parts[2])
    assert printed(kernel, "print(sorted(os.listdir()))") == str(sorted(here))
    assert "SSH" not in printed(kernel, "print(os.environ)")
    pids = printed(kernel, "print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))")
    assert pids == "[1, 2]"


def test_only_the_scratch_folder_can_be_written(kernel):
    for folder in ("/", "/usr", "/dev", sys.prefix, str(Path(sandbox.__file__).parent)):
        assert "Read-only file system" in printed(kernel, f"open({folder!r} + '/x', 'w')")
    assert printed(kernel, "open('x', 'w').write('y' * 9); print(open('x').read())") == "y" * 9


@pytest.mark.parametrize("folder", [".", "/dev/shm"])
def test_files_are_limited_in_all(kernel, folder):
    code = f"""
import os
size, number = 0, 0
try:
    while size < 100 * 2**20:
        with open(os.path.join({folder!r}, f"file{{number}}"), "wb") as file:
            number += 1
            for _ in range(4):
                size += file.write(bytes(2**20))
except OSError as error:
    print(error.strerror, size // 2**20 <= {LIMITS.disk // MB})
for i in range(number):
    os.remove(os.path.join({folder!r}, f"file{{i}}"))
"""
    assert printed(kernel, code) == "No space left on device True"


def test_there_is_no_network(kernel):
    code = "import socket; socket.create_connection(('127.0.0.1', 22), timeout=2)"
    assert "refused" in printed(kernel, code) or "unreachable" in printed(kernel, code)
    assert printed(
        kernel, "print(os.listdir('/sys'))" if False else "print(socket.if_nameindex())"
    ) == ("[(1, 'lo')]")


def test_it_has_no_powers(kernel):
    status = printed(kernel, "print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    if not sandbox.nesting_allowed():
        code = "import subprocess; print('code', subprocess.call(['unshare', '-Ur', 'true']))"
        assert "code 1" in printed(kernel, code)


def test_a_cell_that_takes_too_long_is_interrupted_and_the_rest_goes_on(bubblewrap):
    with Kernel(Limits(cell_seconds=2, patience=1)) as kernel:
        assert "more than 2 seconds" in printed(kernel, "while True: pass")
        assert printed(kernel, "print('still here')") == "still here"


def test_one_that_will_not_stop_is_stopped(bubblewrap):
    sleep = "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass"
    with Kernel(Limits(cell_seconds=1, grace_seconds=1, patience=1)) as kernel:
        with pytest.raises(Stopped, match="did not stop when it was told to"):
            kernel.run_cell(sleep)
        with pytest.raises(Stopped):
            kernel.run_cell("1")


def test_all_cells_together_have_a_limit(bubblewrap):
    with Kernel(Limits(seconds=1, patience=1)) as kernel:
        kernel.run_cell("import time; time.sleep(0.8)")
        with pytest.raises(Stopped, match="more than 1 seconds in all"):
            for _ in range(9):
                kernel.run_cell("time.sleep(0.3)")


def test_a_busy_machine_costs_nobody_points(bubblewrap):
    """Time is counted in seconds of the processor; by the clock there is patience."""
    with Kernel(Limits(cell_seconds=1, patience=4)) as kernel:
        assert printed(kernel, "import time; time.sleep(2); print('done')") == "done"
        assert "more than 1 seconds" in printed(kernel, "while True: pass")


def test_the_seconds_of_children_that_have_ended_count(bubblewrap):
    code = """
import os
while True:
    if not os.fork():
        for _ in range(10**6): pass
        os._exit(0)
    os.wait()
"""
    with Kernel(Limits(cell_seconds=1, patience=30)) as kernel:
        assert "more than 1 seconds" in printed(kernel, code)


def test_empty_files_are_limited_too(bubblewrap):
    code = "for i in range(10**6): open(f'/tmp/{i}', 'w').close()"
    with (
        Kernel(Limits(files=5_000)) as kernel,
        pytest.raises(Stopped, match="more than 5000 files"),
    ):
        kernel.run_cell(code)


def test_all_that_a_kernel_sends_has_a_limit(bubblewrap):
    code = "while True: print('x' * 100_000)"
    with Kernel(Limits(traffic=MB)) as kernel, pytest.raises(Stopped, match="sent more than 1 MB"):
        kernel.run_cell(code)


def test_memory_that_is_shared_out_counts_too(bubblewrap):
    """The system's own limit knows no shared memory: the grader has to see this one."""
    hog = "import mmap\nm = mmap.mmap(-1, 2**31)\nfor i in range(0, 2**31, 4096): m[i] = 1"
    with (
        Kernel(Limits(memory=400 * MB)) as kernel,
        pytest.raises(Stopped, match="400 MB of memory"),
    ):
        kernel.run_cell(hog)


def test_processes_are_counted(bubblewrap):
    bomb = "import os, time\nwhile True:\n    os.fork() or time.sleep(60)"
    with Kernel(Limits(tasks=60)) as kernel:
        pid = kernel._guard._process.pid
        with pytest.raises(Stopped, match="more than 60 processes"):
            kernel.run_cell(bomb)
        assert not os.path.exists(f"/proc/{pid}")


def test_its_end_is_noticed_at_once(bubblewrap):
    with Kernel(Limits()) as kernel:
        began = time.monotonic()
        with pytest.raises(Stopped, match="its kernel ended"):
            kernel.run_cell("import os; os._exit(0)")
        assert time.monotonic() - began < 5


def test_grading_can_be_stopped_from_outside(bubblewrap):
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(NotGraded, match="stopped"), Kernel(Limits(), stop=stop) as kernel:
        while True:
            kernel.run_cell("import time; time.sleep(60)")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (dict(executable="/no/such/python"), "No such file"),
        (dict(start_seconds=0.0), "more than 0 seconds"),
    ],
)
def test_a_kernel_that_does_not_start_is_not_graded(monkeypatch, broken, message):
    if "executable" in broken:
        monkeypatch.setattr(sys, "executable", broken["executable"])
    with (
        pytest.raises(NotGraded, match=message),
        Kernel(Limits(start_seconds=broken.get("start_seconds", 20))),
    ):
        pass


def test_it_dies_with_the_grader(bubblewrap):
    program = """
from course_lib.teaching.grading.kernel import Kernel
from course_lib.teaching.grading.limits import Limits
from course_lib.teaching.grading.watch import usage
with Kernel(Limits()) as kernel:
    print(*usage(kernel._guard._process.pid).pids, flush=True)
    kernel.run_cell("import time; time.sleep(600)")
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as grader:
        pids = grader.stdout.readline().split()
        grader.kill()
    assert len(pids) >= 3
    deadline = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def alive(pid):
    """Tell whether a process runs; one that has ended may wait for somebody to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_a_sandbox_it_works_too():
    with Kernel(LIMITS, sandboxed=False) as kernel:
        kernel.run_cell("def f(x): return x + 1")
        assert kernel.call("f", (2,)).got == 3
        assert printed(kernel, "import os; print(os.path.exists('/proc/1'))") == "True"
        pids = usage(kernel._guard._process.pid).pids
    assert not any(alive(pid) for pid in pids)


def test_nothing_is_left_behind(bubblewrap, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Kernel(Limits()) as kernel:
        pids = usage(kernel._guard._process.pid).pids
        assert len(pids) >= 3 and list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
    assert not any(map(alive, pids))


def test_what_the_sandbox_would_show_is_told(tmp_path, monkeypatch):
    assert sandbox.exposed(tmp_path) is None
    assert "lies in" in sandbox.exposed(Path(sys.prefix) / "solutions")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert str(tmp_path) in sandbox.exposed(tmp_path / "gradebook")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert "home" in sandbox.exposed()


def test_the_watch_sees_children_and_their_memory():
    assert can_watch()
    used = usage(os.getpid())
    assert used.pids[0] == os.getpid() and used.memory > 10 * MB and used.tasks >= 1


def test_a_missing_or_forbidden_bubblewrap_is_told(monkeypatch):
    sandbox.why_not.cache_clear()
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "bubblewrap is missing" in sandbox.why_not()
    monkeypatch.undo()
    sandbox.why_not.cache_clear()
    monkeypatch.setattr(sandbox, "_trial", lambda nesting: "No permissions")
    assert "not allowed to make a sandbox here: No permissions" in sandbox.why_not()
    sandbox.why_not.cache_clear()
