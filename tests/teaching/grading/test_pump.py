"""The pump passes bytes on both ways, and lets a kernel send so much and no more."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from course_lib.teaching.grading.pump import Pump, listen

MOST = 100_000


@pytest.fixture
def ends(tmp_path):
    """A pump, and the two ends that talk through it: the grader's and the kernel's."""
    with listen(tmp_path / "kernel-shell") as listening:
        pump = Pump(tmp_path, ("shell",), MOST)
        with socket.socket(socket.AF_UNIX) as grader:
            grader.settimeout(10)
            grader.connect(str(tmp_path / "shell"))
            listening.settimeout(10)
            kernel, _ = listening.accept()
            with kernel:
                kernel.settimeout(10)
                yield pump, grader, kernel
        pump.close()


def received(end):
    """Read to the end of the connection."""
    count = 0
    while data := end.recv(2**16):
        count += len(data)
    return count


def test_bytes_go_both_ways(ends):
    pump, grader, kernel = ends
    grader.sendall(b"question")
    assert kernel.recv(99) == b"question"
    kernel.sendall(b"answer")
    assert grader.recv(99) == b"answer"
    kernel.close()
    assert received(grader) == 0 and not pump.flooded


def test_what_the_grader_sends_is_not_counted(ends):
    pump, grader, kernel = ends
    for _ in range(5):
        grader.sendall(bytes(MOST))
        left = MOST
        while left:
            left -= len(kernel.recv(left))
    assert not pump.flooded


def test_a_flood_is_cut_off(ends):
    pump, grader, kernel = ends
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(received, grader)  # or the pump would wait for the grader to read
        with pytest.raises(OSError):
            while True:
                kernel.sendall(bytes(1000))
        assert reading.result() <= 2 * MOST
    assert pump.flooded
