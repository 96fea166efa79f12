"""How much a process and all its descendants use, read from /proc."""

import os
from dataclasses import dataclass

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Usage:
    """Processes and threads, and their resident memory in bytes (what they share counts twice)."""

    pids: tuple[int, ...]
    tasks: int
    memory: int


def usage(root: int, most_tasks: int = 100_000) -> Usage:
    """Add up a process and its descendants; stops counting after `most_tasks`.

    Where there is no /proc, it counts the process alone, without its memory.
    """
    pids, tasks, memory, waiting = [], 0, 0, [root]
    while waiting and tasks <= most_tasks:
        pid = waiting.pop()
        pids.append(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
            memory += PAGE * int(_read(f"/proc/{pid}/statm").split()[1])
            for thread in threads:
                waiting += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
        except (OSError, IndexError):  # it has ended meanwhile
            continue
        tasks += len(threads)
    return Usage(tuple(pids), tasks, memory)


def can_watch() -> bool:
    """Tell whether this system says which processes a process has started."""
    pid = os.getpid()
    return os.path.exists(f"/proc/{pid}/task/{pid}/children")


def memory_shortages() -> int:
    """Count how often the system has killed a process for want of memory; 0 if it does not say."""
    try:
        words = _read("/proc/vmstat").split()
        return int(words[words.index("oom_kill") + 1])
    except (OSError, ValueError):
        return 0


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
