"""What a submission may use, and the two ways in which running one can end early."""

from dataclasses import dataclass

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use; sizes are in bytes."""

    start_seconds: float = 60  #: For the kernel to start. Too slow is not the learner's fault.
    cell_seconds: float = 60  #: One cell, and one call of a learner's function.
    seconds: float = 300  #: The notebook and all calls together, once the kernel has started.
    grace_seconds: float = 3  #: To come to an end after an interrupt; then the kernel is killed.
    memory: int = 3072 * MB  #: Resident, all processes together.
    tasks: int = 256  #: Processes and threads together.
    disk: int = 128 * MB  #: Files in the scratch folder, which is kept in memory.
    output: int = 8 * MB  #: All that the cells print and draw.
    reply: int = 32 * MB  #: One message from the kernel, such as the answer to a call.
    notebook: int = 32 * MB  #: The file that was handed in.


class NotGraded(Exception):
    """The machinery failed, and says nothing about the submission: grade it again."""


class Stopped(Exception):
    """The learner's program has ended for good, by itself or by a limit; the text says how."""
