"""Memory of this process: what it took at most, and giving back what is free."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Largest resident memory of this process so far, the JVM inside it included; 0 where unknown."""
    if sys.platform == "win32":
        return 0
    if sys.platform == "linux" and _STATUS.is_file():
        # What getrusage says begins with what the process that started this one held.
        found = re.search(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text(encoding="utf-8"), re.MULTILINE)
        if found is not None:
            return int(found[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def give_back() -> None:
    """Hand freed memory back to the system: glibc keeps it, and the next stage of a build takes its own.

    Does nothing where the C library cannot.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
