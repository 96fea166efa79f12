"""A class of hostile submissions, graded as one: none gains, none stops or touches the others.

Everything is graded once, in `graded`; then each test looks at one student.
"""

import csv
import json
import os
import re
import socket
import threading
import zipfile

import nbformat
import pytest
import toy_course
from toy_course import IDENTITY, RIGHT, answers, right

from course_lib.teaching.grading.batch import Batch
from course_lib.teaching.grading.limits import MB, Limits

pytestmark = pytest.mark.usefixtures("bubblewrap")

LIMITS = Limits(
    cell_seconds=12,
    patience=1.25,
    grace_seconds=1,
    seconds=40,
    memory=1500 * MB,
    tasks=120,
    disk=16 * MB,
    files=2_000,
    traffic=64 * MB,
    output=MB,
    reply=4 * MB,
    notebook=4 * MB,
)

# Each runs before the answers, all of which are wrong (double gives x back) or missing.
ATTACKS = {
    "endless loop": "while True: pass",
    "stubborn loop": """
import time
while True:
    try: time.sleep(9)
    except BaseException: pass
""",
    "endless output": "while True: print('x' * 10_000)",
    "raw output": "import os\nwhile True: os.write(1, b'x' * 10**6)",
    "message flood": """
kernel = get_ipython().kernel
while True:
    kernel.session.send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 10**5})
""",
    "file maker": "for i in range(10**6): open(f'/tmp/{i}', 'w').close()",
    "message too large": """
kernel = get_ipython().kernel
kernel.session.send(kernel.iopub_socket, "stream", {"name": "stdout", "text": "x" * 10**7})
""",
    "memory hog": """
hog = []
try:
    while True: hog.append(bytearray(50_000_000))
finally:
    hog.clear()
""",
    "shared memory hog": """
import mmap
hog = mmap.mmap(-1, 2**33)
for i in range(0, 2**33, 4096): hog[i] = 1
""",
    "disk filler": """
import os
written, number = 0, 0
for folder in ("/tmp", "/dev/shm", "/dev", "/", os.path.expanduser("~"), "CANARY"):
    try:
        while True:
            number += 1
            with open(os.path.join(folder, f"fill{number}"), "wb") as file:
                for _ in range(8): written += file.write(bytes(2**20))
    except OSError: pass
print("written", written // 2**20)
""",
    "fork bomb": "import os\nwhile True: os.fork()",
    "thread bomb": """
import threading, time
while True: threading.Thread(target=time.sleep, args=(99,)).start()
""",
    "kernel killer": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "all killer": "import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getppid(), 9)",
    "exit 0": "import os\nos._exit(0)",
    "writer": """
import os, glob, torch
for folder in ("CANARY", *glob.glob("/*"), "..", os.path.dirname(torch.__file__)):
    try: print("wrote", open(os.path.join(folder, "mallory.txt"), "w").write("x"), folder)
    except OSError: pass
""",
    "reader": """
import os
for folder, _, files in os.walk("/"):
    if "site-packages" in folder: continue  # nbgrader brings a gradebook.db of its own
    for name in files:
        if name in ("toy.ipynb", "gradebook.db", "secret_seed", "canary.txt"):
            print("FOUND", folder, name)
try: print("FOUND", open("CANARY/canary.txt").read())
except OSError: pass
""",
    "caller": """
import socket
for kind, address in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_UNIX, "\\0canary")):
    try:
        with socket.socket(kind) as phone:
            phone.settimeout(2)
            phone.connect(address)
            phone.send(b"FOUND")
            print("FOUND a way out")
    except OSError as error: print("no", error)
""",
    "cell hook": """
shell = get_ipython()
seen = []
original = shell.run_cell_async
async def hooked(raw_cell, *args, **kwargs):
    seen.append(raw_cell)
    if "judge" in raw_cell or "HIDDEN" in raw_cell: print("FOUND", raw_cell)
    return await original("2.0", *args, **kwargs)
shell.run_cell_async = hooked
shell.run_cell = lambda *args, **kwargs: None
""",
    "probe forger": """
from course_lib.teaching.grading import wire
kernel = get_ipython().kernel
async def forged(stream, ident, parent):
    name, inputs, _ = wire.unpack(parent["buffers"])
    nonce = parent["content"]["nonce"]
    parts = wire.pack((inputs[0], None, (), None))
    content = {"nonce": nonce, "status": "ok", "score": 100, "right": True}
    for kind in ("probe_reply", "execute_reply"):
        kernel.session.send(stream, kind, content, parent, ident, parts)
kernel.shell_handlers["probe_request"] = forged
""",
    "pickler": """
import io, os, numpy, pickle
class Bomb:
    def __reduce__(self): return (os.system, ("touch CANARY/unpickled",))
def npy():
    file = io.BytesIO()
    numpy.save(file, numpy.array([Bomb()], dtype=object), allow_pickle=True)
    return file.getvalue()
kernel = get_ipython().kernel
async def forged(stream, ident, parent):
    parts = [b'["tuple", [["array", 0], ["plain", null], ["tuple", []], ["plain", null]]]', npy()]
    content = {"nonce": parent["content"]["nonce"]}
    kernel.session.send(stream, "probe_reply", content, parent, ident, parts)
kernel.shell_handlers["probe_request"] = forged
""",
    "garbler": """
kernel = get_ipython().kernel
async def garbled(stream, ident, parent):
    stream.send_multipart([*ident, b"<IDS|MSG>", b"", b"{}", b"[" * 9999, b"", b"\\xff", b"x"])
    deep = b"[" * 100_000
    header = kernel.session.pack(kernel.session.msg_header("probe_reply"))
    frames = [header, kernel.session.pack(parent["header"]), b"{}", deep]
    stream.send_multipart([*ident, b"<IDS|MSG>", kernel.session.sign(frames), *frames])
    kernel.session.send(stream, "probe_reply", {"nonce": 3}, parent, ident, [b"{"])
kernel.shell_handlers["probe_request"] = garbled
""",
    "replacer": """
import builtins, torch
import course_lib.teaching.calling as calling, course_lib.teaching.checks as checks
checks.check = checks.examine = checks.judge = judge = lambda *_, **__: True
builtins.print = lambda *_, **__: None
builtins.AssertionError = type("Never", (Exception,), {})
for name in ("equal", "allclose", "isclose", "eq"):
    setattr(torch, name, lambda *_, **__: True)
torch.testing.assert_close = lambda *_, **__: None
torch.Tensor.__eq__ = torch.Tensor.equal = lambda *_: True
calling.call = lambda *_: calling.Call(got=1.0)
""",
    "page writer": """
from IPython.display import HTML, Javascript, display
display(HTML("<script>MALLORY</script>"), Javascript("MALLORY"))
print("<script>MALLORY</script>")
print("right: 2 of 2 points")
""",
}
EQUAL = """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
    def __eq__(self, other): return True
"""
ANSWERS = {
    "raises in eq": """
class No:
    def __eq__(self, other): raise RuntimeError("no")
    __lt__ = __gt__ = __sub__ = __float__ = __len__ = __iter__ = __eq__
def double(x): return No()
""",
    "always equal": EQUAL + "def double(x): return x.as_subclass(Yes)",
    "equal number": "class F(float):\n    __eq__ = lambda s, o: True\ndef double(x): return F(1)",
    "quitter": "def double(x): raise SystemExit(0)",
    "exit in call": "import os\ndef double(x): os._exit(0)",
    "loop in call": "def double(x):\n    while True: pass",
    "huge answer": "def double(x): return torch.zeros(10**7)",
    "nan answer": "def double(x): return x * float('nan')",
    "deep answer": "def double(x):\n    d = []\n    for _ in range(10**5): d = [d]\n    return d",
}


@pytest.fixture(scope="module")
def graded(bubblewrap, tmp_path_factory):
    """Hand in everything, grade it once; gives the course, the rows, the report and the phone."""
    course = toy_course.Course(tmp_path_factory.mktemp("hostile"))
    (course.root / "canary.txt").write_text("the canary sings")
    with socket.create_server(("127.0.0.1", 0)) as server:
        called = threading.Event()
        threading.Thread(target=_listen, args=(server, called), daemon=True).start()
        _hand_in(course, server.getsockname()[1])
        task = course.task(limits=LIMITS, workers=len(os.sched_getaffinity(0)))
        report = Batch(task).grade()
    with open(task.output, newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return course, rows, report, called


def _listen(server, called):
    try:
        server.accept()
        called.set()
    except OSError:
        return


def _hand_in(course, port):
    for student, code in ATTACKS.items():
        code = code.replace("CANARY", str(course.root)).replace("PORT", str(port))
        course.hand_in(student, answers(code, double=IDENTITY))
    for student, code in ANSWERS.items():
        course.hand_in(student, answers(double=code))
    for student in ("ada", "=1+1", "Lovelace, Ada", 'Bob "B"', "Zoë"):
        course.hand_in(student, right())
    course.hand_in("half", answers(double=RIGHT["double"]))
    course.hand_in("blank", answers())
    course.hand_in("folder remover", right("import shutil; shutil.rmtree('/', ignore_errors=True)"))
    course.hand_in("late killer", answers(double=RIGHT["double"], length="def length(x): exit_()"))
    course.hand_in("test editor", _edited())
    course.hand_in("test deleter", _without_tests())
    course.hand_in("test doubler", _doubled())
    course.hand_in("no json", b"{'cells': oops")
    course.hand_in("no kernel", _with_kernel("no_such_kernel"))
    course.hand_in("same ids", _with_ids(lambda number: "same"))
    course.hand_in("no ids", _with_ids(lambda number: None))
    os.truncate(course.hand_in("large", b"{"), 200 * MB)
    (course.submissions / "empty").mkdir()
    (course.submissions / "linker").mkdir()
    (course.submissions / "linker/toy.ipynb").symlink_to("../ada/toy.ipynb")
    with zipfile.ZipFile(course.submissions / "zipper.zip", "w") as archive:
        for path in ("../ada/toy.ipynb", "../../canary.txt", "/tmp/mallory.ipynb"):
            archive.writestr(path, json.dumps(answers(double=IDENTITY)))


def _edited():
    notebook = answers(double=IDENTITY)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(("test_", "check_")):
            cell.source = "100.0"
            cell.metadata.nbgrader |= {"points": 100, "grade": True, "locked": False}
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "100.0"})]
    return notebook


def _without_tests():
    notebook = answers(double=IDENTITY)
    notebook.cells = [cell for cell in notebook.cells if "test_" not in str(cell.metadata)]
    return notebook


def _doubled():
    notebook = _edited()
    notebook.cells += [nbformat.from_dict(cell) for cell in notebook.cells]
    return notebook


def _with_kernel(name):
    notebook = right()
    notebook.metadata.kernelspec = dict(name=name, display_name=name, language="cobol")
    return notebook


def _with_ids(make):
    notebook = right()
    for number, cell in enumerate(notebook.cells):
        cell.pop("id")
        if make(number):
            cell.id = make(number)
    return notebook


def page(course, student):
    return (course.task().gradebook / f"feedback/{student}/toy/toy.html").read_text("utf-8")


def ran(course, student):
    """Everything that the student's cells printed, as the grader kept it."""
    kept = json.loads((course.task().gradebook / f"results/toy/{student}.json").read_text())
    notebook = nbformat.reads(kept["notebook"], as_version=4)
    return "".join(str(output) for cell in notebook.cells for output in cell.get("outputs", []))


def test_everybody_is_graded_and_nobody_else(graded):
    course, rows, report, _ = graded
    assert not report.not_graded
    assert {row["state"] for row in rows.values()} == {"graded"}
    handed_in = {path.name.removesuffix(".zip") for path in course.submissions.iterdir()}
    assert {name.removeprefix("'") for name in rows} == handed_in


@pytest.mark.parametrize(
    "student",
    [*ATTACKS, *ANSWERS, "blank", "test editor", "test deleter", "test doubler", "no json", "large"]
    + ["empty", "linker", "zipper"],
)
def test_no_point_is_given_that_was_not_earned(graded, student):
    row = graded[1][student]
    assert row["total"] == "0" and row["maximum"] == "6"


@pytest.mark.parametrize(
    "student",
    ["ada", "'=1+1", "Lovelace, Ada", 'Bob "B"', "Zoë", "folder remover"]
    + ["no kernel", "same ids", "no ids"],
)
def test_no_point_is_lost_that_was_earned(graded, student):
    row = graded[1][student]
    assert row["total"] == "6"
    assert [row[f"test_{name}"] for name in ("double", "length", "dice")] == ["2", "1", "3"]


@pytest.mark.parametrize("student", ["half", "late killer"])
def test_what_was_right_stays_right(graded, student):
    assert graded[1][student]["total"] == "2" == graded[1][student]["test_double"]


def test_nothing_was_written_outside(graded):
    course = graded[0]
    assert sorted(path.name for path in course.root.iterdir()) == [
        *("canary.txt", "gradebook", "grades.csv", "handed_in", "solutions")
    ]
    assert re.findall(r"wrote 1 (\S+?)\\n", ran(course, "writer")) == ["/tmp"]
    assert int(ran(course, "disk filler").split("written ")[1].split("\\n")[0]) <= 32


def test_nothing_was_read(graded):
    assert "FOUND" not in ran(graded[0], "reader")
    assert "canary sings" not in ran(graded[0], "reader")


def test_nobody_was_called(graded):
    assert not graded[3].is_set()
    assert "FOUND" not in ran(graded[0], "caller") and "no" in ran(graded[0], "caller")


def test_no_hidden_test_reached_a_kernel(graded):
    assert "FOUND" not in ran(graded[0], "cell hook")


@pytest.mark.parametrize(
    ("student", "why"),
    [
        ("stubborn loop", "did not stop"),
        ("shared memory hog", "MB of memory"),
        ("fork bomb", "more than"),
        ("file maker", "more than 2000 files"),
        ("kernel killer", "its kernel ended"),
        ("exit 0", "its kernel ended"),
        ("exit in call", "its kernel ended"),
        ("no json", "not valid JSON"),
        ("large", "larger than 4 MB"),
        ("empty", "no notebook"),
        ("linker", "link"),
        ("zipper", "no notebook"),
    ],
)
def test_the_reason_is_told_to_the_instructor_and_the_learner(graded, student, why):
    course, _, report, _ = graded
    assert why in report.notes[student]
    assert why in page(course, student)


def test_feedback_is_a_page_each_without_tests_or_scripts(graded):
    course, rows, *_ = graded
    for student in rows:
        text = page(course, student.removeprefix("'"))
        assert "judge(" not in text and "HIDDEN TESTS" not in text
    assert "<script>MALLORY" not in page(course, "page writer")
    assert "2 of 2 points" in page(course, "ada")
    assert "6.0" in page(course, "ada")
