"""What a user sees of a Java exception: its message and its last cause, no stack trace.

``$DJLIFT_DEBUG`` adds the stack trace.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.archive.container import read_manifest
from djlift.base import targets
from djlift.errors import ArchiveError, DjliftError, JvmError, SignatureError
from djlift.jvm import names

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
# What the bridge says of a tokenizer.json that DJL's tokenizers library cannot read, or it cannot decode.
_UNREAD = re.compile(
    r"tokenizers library in DJL \((?P<crate>[\d.]+)-(?P<djl>[\d.]+)[^)]*\): (?P<why>.*)", re.DOTALL
)
_DECODER = re.compile(r"the decoder '[^']*' is unknown")
# Rust names the part by its type: NormalizerUntagged, PostProcessorWrapper.
_PART = re.compile(r"enum (Normalizer|PreTokenizer|PostProcessor|Model|Decoder)")
_PARTS = {"PreTokenizer": "pre-tokenizer", "PostProcessor": "post-processor"}


def translated(what: str, file: Path | None, thrown: Any) -> DjliftError:
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
        name = str(link.getClass().getName())
        if name == names.SIGNATURE_REFUSED:
            return SignatureError(
                what,
                code=str(link.code()),
                file=str(link.file()),
                expected=str(link.expected()),
                found=str(link.found()) + trace,
            )
        if name == names.ARCHIVE_EXCEPTION:
            return ArchiveError(
                what,
                file=str(link.file()),
                expected=str(link.expected()),
                found=str(link.found()) + trace,
                code=str(link.refusal().code()),
            )
    said = _said(chain[0])
    # An exception that wraps another often repeats what it said.
    if str(chain[-1].getMessage()) not in said:
        said += f", caused by {_said(chain[-1])}"
    newer = _newer_tokenizer(what, file, said, trace)
    if newer is not None:
        return newer
    kinds = [str(link.getClass().getName()) for link in chain]
    mend = next((_MENDS[kind] for kind in kinds if kind in _MENDS), None)
    if mend is None and "CUDA" in said:
        mend = _CUDA_MEND
    return JvmError(what, code="jvm", file=file, found=said + trace, mend=mend)


def _newer_tokenizer(what: str, file: Path | None, said: str, trace: str) -> ArchiveError | None:
    """The error for a tokenizer.json with a part that the JVM's side does not know; None for any other."""
    unread, decoder = _UNREAD.search(said), _DECODER.search(said)
    if unread is None and decoder is None:
        return None
    writer = "an unknown version of tokenizers"
    with contextlib.suppress(DjliftError, OSError):
        if file is not None and file.is_file():
            version = read_manifest(file).tools.get("tokenizers")
            writer = f"tokenizers {version}" if version else writer
    if unread is not None:
        known = targets.of_djl(unread["djl"])
        crate = known.tokenizers if known else unread["crate"]
        reader = f"tokenizers {crate}, the library in DJL {unread['djl']},"
        part = _PART.search(unread["why"])
        name = _PARTS.get(part[1], part[1].lower()) if part else "file"
        why = f"a {name} that it cannot read: {unread['why']}"
    else:
        assert decoder is not None
        reader, why = "djlift on the JVM", decoder[0]
    return ArchiveError(
        what,
        code="tokenizer",
        file=f"{file}: tokenizer.json" if file is not None else "tokenizer.json",
        expected=f"parts that {reader} reads",
        found=f"written by {writer}, {why}{trace}",
        mend="give the tokenizer a part that both versions know, or take a djlift whose DJL is newer",
    )


def _said(thrown: Any) -> str:
    name, message = thrown.getClass().getSimpleName(), thrown.getMessage()
    return str(name) if message is None else f"{name}: {message}"
