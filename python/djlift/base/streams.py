"""What libraries print and log, native code and Java too: it is never the result."""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def stdout_to(descriptor: int) -> Iterator[int]:
    """Let file descriptor 1 be another one while the block runs.

    Yields:
        A file descriptor of what it was.

    Raises:
        OSError: The process has no file descriptor 1.
    """
    kept = os.dup(1)
    try:
        os.dup2(descriptor, 1)
        try:
            yield kept
        finally:
            with contextlib.suppress(AttributeError, OSError, TypeError):
                # What C still holds back.
                ctypes.CDLL(None).fflush(None)
            os.dup2(kept, 1)
    finally:
        os.close(kept)


@contextlib.contextmanager
def silent_stdout() -> Iterator[None]:
    """Drop what Python, C++ and Java print on stdout while the block runs."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        nowhere = stack.enter_context(Path(os.devnull).open("wb"))
        with contextlib.suppress(OSError):
            stack.enter_context(stdout_to(nowhere.fileno()))
        yield


@contextlib.contextmanager
def quiet_logging(*names: str) -> Iterator[None]:
    """Let loggers report nothing below an error while the block runs; without names, the root logger."""
    loggers = [logging.getLogger(name) for name in names or ("",)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
