"""What a user sees of a Java exception: its message and its last cause, no stack trace.

``$DJLIFT_DEBUG`` adds the stack trace.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.errors import ArchiveError, JvmError

_DEEPEST = 32  # a chain of causes can be a ring
_MENDS: Mapping[str, str] = {
    "java.lang.OutOfMemoryError": "give the JVM more memory: DJLIFT_JVM_OPTIONS=-Xmx4g",
    "java.lang.UnsatisfiedLinkError": "djlift doctor; the temporary folder must allow programs to "
    "be loaded: DJLIFT_JVM_OPTIONS=-Djava.io.tmpdir=DIR",
}
_CUDA_MEND = (
    "the CPU: device cpu; or the GPU: com.microsoft.onnxruntime:onnxruntime_gpu before the other jars, "
    "with the CUDA that its release asks for"
)


def translated(what: str, file: Path | None, thrown: Any) -> ArchiveError | JvmError:
    """The error for a Java exception.

    Args:
        what: What could not be done.
        file: The archive at work; an ``ArchiveException`` names its own file.
        thrown: The Java exception.
    """
    chain = [thrown]
    while (cause := chain[-1].getCause()) is not None and len(chain) < _DEEPEST:
        chain.append(cause)
    trace = f"\n{thrown.stacktrace()}" if os.environ.get("DJLIFT_DEBUG") else ""
    for link in chain:
        if str(link.getClass().getName()) == "org.djlift.ArchiveException":
            return ArchiveError(
                what,
                file=str(link.file()),
                expected=str(link.expected()),
                found=str(link.found()) + trace,
            )
    said = _said(chain[0])
    # An exception that wraps another often repeats what it said.
    if str(chain[-1].getMessage()) not in said:
        said += f", caused by {_said(chain[-1])}"
    kinds = [str(link.getClass().getName()) for link in chain]
    mend = next((_MENDS[kind] for kind in kinds if kind in _MENDS), None)
    if mend is None and "CUDA" in said:
        mend = _CUDA_MEND
    return JvmError(what, file=file, found=said + trace, mend=mend)


def _said(thrown: Any) -> str:
    name, message = thrown.getClass().getSimpleName(), thrown.getMessage()
    return str(name) if message is None else f"{name}: {message}"
