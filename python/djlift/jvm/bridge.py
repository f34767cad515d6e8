"""Calls into the bridge, djlift's own Java classes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from djlift.jvm import exceptions, names, signals


def java_class(name: str) -> Any:
    """A Java class by its full name."""
    import jpype

    return jpype.JClass(name)


def harness() -> Any:
    """The bridge's class for Python."""
    return java_class(names.HARNESS)


@contextlib.contextmanager
def speaking(what: str, file: Path | None = None) -> Iterator[None]:
    """Turn what Java throws into djlift's errors."""
    import jpype

    signals.disable_faulthandler()
    try:
        yield
    except jpype.JException as thrown:
        raise exceptions.translated(what, file, thrown) from None
