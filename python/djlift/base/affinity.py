"""Holding this process to some CPUs, so that "N threads" means the same for every side of a comparison."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from djlift.errors import UsageError

# As in SessionSettings.java: from some 1,500 threads on ONNX Runtime ends the process.
MOST_THREADS = 1024
_TOPOLOGY = Path("/sys/devices/system/cpu")


def available() -> tuple[int, ...]:
    """The CPUs that this process may use, by number; without numbers of the system's, from 0 on."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def check(threads: int | None) -> None:
    """Refuse a number of threads that ONNX Runtime cannot have; None is any."""
    if threads is not None and not 1 <= threads <= MOST_THREADS:
        raise UsageError(
            "ONNX Runtime cannot have so many threads",
            code="threads-number",
            expected=f"--threads from 1 to {MOST_THREADS}",
            found=str(threads),
            mend="leave --threads out for one thread per CPU",
        )


def chosen(count: int, cpus: Sequence[int], topology: Path = _TOPOLOGY) -> tuple[int, ...]:
    """So many CPUs, one of each core before the second of any; fewer when there are fewer."""
    seen: dict[str, int] = {}
    ranked = []
    for cpu in cpus:
        core = _core(cpu, topology)
        ranked.append((seen.get(core, 0), cpu))
        seen[core] = seen.get(core, 0) + 1
    return tuple(sorted(cpu for _, cpu in sorted(ranked)[:count]))


@contextlib.contextmanager
def pinned(count: int) -> Iterator[tuple[int, ...] | None]:
    """Hold this thread, and every thread and process that it starts meanwhile, to ``count`` CPUs.

    Threads that are there already stay as they are.

    Yields:
        The CPUs; None where the system has no such thing.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    cpus = chosen(count, sorted(before))
    os.sched_setaffinity(0, cpus)
    try:
        yield cpus
    finally:
        os.sched_setaffinity(0, before)


def _core(cpu: int, topology: Path) -> str:
    try:
        return (topology / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)
