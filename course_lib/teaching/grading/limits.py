"""What a submission may use, and the two ways in which running one can end early."""

from dataclasses import dataclass

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use; sizes are in bytes.

    A kernel's seconds are those of the processor, all its processes together, so that nobody loses
    points because another program is busy. By the clock it may take `patience` times as long.
    """

    start_seconds: float = 60  #: For the kernel to start, by the clock.
    cell_seconds: float = 60  #: One cell, or one call of a learner's function.
    seconds: float = 180  #: The notebook and all calls together.
    patience: float = 2
    grace_seconds: float = 3  #: To come to an end after an interrupt; then the kernel is killed.
    memory: int = 3072 * MB  #: Resident, all processes together.
    tasks: int = 128  #: Processes and threads together.
    disk: int = 128 * MB  #: Files in the scratch folder, which is kept in memory.
    files: int = 10_000  #: How many files.
    output: int = 8 * MB  #: All that the cells print and draw.
    reply: int = 32 * MB  #: One part of a message, such as an array in an answer.
    traffic: int = 256 * MB  #: All that the kernel sends.
    notebook: int = 16 * MB  #: The file that was handed in.


class NotGraded(Exception):
    """The machinery failed, and says nothing about the submission: grade it again."""


class Stopped(Exception):
    """The learner's program has ended for good, by itself or by a limit; the text says how."""
