"""Calls into the bridge, djlift's own Java classes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from djlift import jvm_errors, jvm_signals


def java_class(name: str) -> Any:
    """A Java class by its full name."""
    import jpype

    return jpype.JClass(name)


def harness() -> Any:
    """The bridge's class for Python."""
    return java_class("org.djlift.internal.Harness")


@contextlib.contextmanager
def speaking(what: str, file: Path | None = None) -> Iterator[None]:
    """Turn what Java throws into djlift's errors."""
    import jpype

    jvm_signals.disable_faulthandler()
    try:
        yield
    except jpype.JException as thrown:
        raise jvm_errors.translated(what, file, thrown) from None
