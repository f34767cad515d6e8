"""Memory that is freed goes back to the system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from djlift.base import memory


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_what_is_free_is_given_back() -> None:
    """Pieces too small to be mapped one by one stay with glibc until it is told."""
    import ctypes

    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    size, count = 64 << 10, 1600
    pieces = [libc.malloc(size) for _ in range(count)]
    for piece in pieces:
        ctypes.memset(piece, 1, size)
    # The last one, kept, holds the heap's end where it is.
    for piece in pieces[:-1]:
        libc.free(piece)
    before = _resident()
    memory.give_back()
    assert before - _resident() > size * count // 2
    libc.free(pieces[-1])


def test_the_peak_is_no_less_than_what_is_held_now() -> None:
    assert sys.platform == "win32" or memory.peak_bytes() >= 10 << 20
