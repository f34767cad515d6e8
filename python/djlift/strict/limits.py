"""How much an archive may be, whatever it says of itself.

``org.djlift.internal.base.Limits`` holds the same numbers.
"""

from __future__ import annotations

import os

from djlift.errors import UsageError

ENTRIES = 256
DIRECTORY = 1 << 20
"""Bytes of a zip's central directory."""
MANIFEST = 16 << 20
TEXT = 64 << 20
"""Bytes of a file that is read as text: JSON, properties, Markdown."""
GOLDEN = 1 << 30
"""Bytes of each golden file."""
GRAPH = (1 << 31) - 1
"""Bytes of model.onnx: protobuf reads no larger message."""
UNPACKED = 64 << 30
"""Bytes of all files together."""
VARIABLE = "DJLIFT_MAX_UNPACKED"
"""Environment variable that replaces :data:`UNPACKED`, in bytes."""
RATIO = 200
"""A file of more than :data:`RATIO_FROM` bytes may not be more than so many times its packed bytes."""
RATIO_FROM = 1 << 20


def unpacked() -> int:
    """Bytes that all files of an archive may have together.

    Raises:
        UsageError: The environment variable holds something else than a number of bytes.
    """
    value = os.environ.get(VARIABLE)
    if not value:
        return UNPACKED
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise UsageError(
            "an environment variable is no number of bytes",
            code="limit-setting",
            expected=VARIABLE + "=BYTES",
            found=value[:60],
        )
    return int(value)


def of(name: str) -> int:
    """Bytes that one file may have by its name."""
    if name == "djlift.json":
        return MANIFEST
    if name in ("model.onnx", "dense.safetensors"):
        return GRAPH
    if name.startswith("golden/"):
        return GOLDEN
    if name.endswith((".json", ".jsonl", ".properties", ".md")):
        return TEXT
    return 1 << 62
