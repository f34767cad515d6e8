"""Which class of CPU this is: how it multiplies 8-bit integers, and so where an int8 archive was proven."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

CLASSES = ("vnni", "avx512", "avx2", "neon", "other")
"""The best first; ``other`` where nothing better is known."""
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "vnni": ("avx512_vnni", "avx_vnni", "avx512vnni"),
    "avx512": ("avx512bw",),
    "avx2": ("avx2",),
    "neon": ("asimd", "neon"),
}
_CPUINFO = Path("/proc/cpuinfo")


def here() -> str:
    """The class of this machine's CPU, one of :data:`CLASSES`."""
    return classified(features())


def classified(found: Collection[str]) -> str:
    """The class of a CPU with these features, in the names of Linux."""
    return next(
        (name for name, needed in _NEEDED.items() if any(n in found for n in needed)), "other"
    )


def features() -> frozenset[str]:
    """Names of the CPU's features, as Linux writes them; empty where the system does not say."""
    system, machine = platform.system(), platform.machine().lower()
    # Every 64-bit Arm has it.
    known = {"asimd"} if machine in ("arm64", "aarch64") else set()
    if system == "Linux":
        known |= _linux()
    elif system == "Darwin" and not known:
        known |= _darwin()
    return frozenset(known)


def remark(proven: str | None, now: str) -> str | None:
    """What to say of an int8 archive proven on one class of CPU and run on another; None of the same class."""
    if proven == now:
        return None
    where = f"on another class of CPU ({proven})" if proven else "on a CPU that it does not name"
    return (
        f"this int8 archive was proven {where}; this machine is {now}: the levels here are of this machine,"
        " the manifest's figures and any speed are not"
    )


def _linux() -> set[str]:
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    line = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    return set(line.group(1).lower().split()) if line else set()


def _darwin() -> set[str]:
    names = ("machdep.cpu.features", "machdep.cpu.leaf7_features")
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", *names], capture_output=True, text=True, check=False
        )
    except OSError:
        return set()
    return set(done.stdout.lower().split())
