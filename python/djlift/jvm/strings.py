"""Strings between Python and the JVM: the same UTF-16 units on both sides, whatever they are."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def java_strings(texts: Sequence[str]) -> Any:
    """A Java ``String[]`` of the same UTF-16 units as ``texts``, lone surrogates included."""
    import jpype

    return jpype.JArray(jpype.JString)([java_string(text) for text in texts])


def java_string(text: str) -> Any:
    """A Java ``String`` of the same UTF-16 units: JPype refuses lone surrogates, ``char[]`` does not."""
    import jpype

    try:
        return jpype.JString(text)
    except UnicodeEncodeError:
        units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
        return jpype.JClass("java.lang.String")(jpype.JArray(jpype.JChar)(units))


def java_path(path: Path) -> Any:
    """A Java ``Path``, absolute."""
    import jpype

    return jpype.JClass("java.nio.file.Path").of(java_string(str(path.absolute())))


def python_strings(array: Any) -> list[str]:
    """The strings of a Java ``String[]``, lone surrogates included."""
    return [_python_string(string) for string in array]


def _python_string(string: Any) -> str:
    # JPype refuses a lone surrogate and makes U+10000 of a pair in the wrong order: what may hold surrogates
    # goes through its UTF-16 units.
    with contextlib.suppress(UnicodeDecodeError):
        text = str(string)
        if text.isascii() or max(text) <= "\uffff":
            return text
    units: NDArray[np.uint16] = np.array(string.toCharArray())
    return units.astype("<u2").tobytes().decode("utf-16-le", "surrogatepass")
