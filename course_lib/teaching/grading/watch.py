"""How much a process and all its descendants use, read from /proc."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Usage:
    """What a process and its descendants use together."""

    pids: tuple[int, ...]  #: The process itself comes first.
    tasks: int  #: Processes and threads.
    memory: int  #: Resident, in bytes; what they share counts for each.
    seconds: float  #: Of the processor, those of children that have ended included.


def usage(root: int, most_tasks: int = 100_000) -> Usage:
    """Add up a process and its descendants; stops counting after `most_tasks`.

    Where there is no /proc, it gives the process alone, and zeros.
    """
    pids, tasks, memory, ticks, waiting = [], 0, 0, 0, [root]
    while waiting and tasks <= most_tasks:
        pid = waiting.pop()
        pids.append(pid)
        try:
            threads = os.listdir(f"/proc/{pid}/task")
            memory += PAGE * int(_read(f"/proc/{pid}/statm").split()[1])
            after_name = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += sum(map(int, after_name[11:15]))  # user and system, own and children's
            for thread in threads:
                waiting += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
        except (OSError, IndexError):  # it has ended meanwhile
            continue
        tasks += len(threads)
    return Usage(tuple(pids), tasks, memory, ticks / TICKS)


def files_seen_by(pid: int, folders: Iterable[str]) -> int:
    """Count the files in those file systems, as the process `pid` sees them; 0 if it has ended."""
    count = 0
    for folder in folders:
        try:
            about = os.statvfs(f"/proc/{pid}/root{folder}")
        except OSError:
            continue
        count += about.f_files - about.f_ffree
    return count


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
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
