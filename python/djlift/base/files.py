"""Files of this machine: their hashes, pointers of Git LFS, and how one is written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from djlift.base import scratch
from djlift.errors import ArchiveError, remedy

POINTER = b"version https://git-lfs.github.com/spec/"
LFS_PULL = "git lfs pull, in the clone that it came from"
_BLOCK = 1 << 20


def sha256(file: Path, more: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file, as hex, read in blocks; ``more`` is told the bytes of each."""
    digest = hashlib.sha256()
    with file.open("rb") as data:
        while block := data.read(_BLOCK):
            digest.update(block)
            if more is not None:
                more(len(block))
    return digest.hexdigest()


def is_pointer(file: Path) -> bool:
    """Whether a file is what Git LFS leaves in place of one that was not fetched."""
    with file.open("rb") as data:
        return data.read(len(POINTER)) == POINTER


def make_parents(target: Path) -> None:
    """Make the folders above a file.

    Raises:
        ArchiveError: One of them cannot be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise _unwritable(target, cause) from cause


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A temporary path in the target's folder, renamed onto it when the block ends well.

    Raises:
        ArchiveError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    try:
        partial = scratch.new_file(target.parent, f".{target.name}.", ".partial")
    except OSError as cause:
        raise _unwritable(target, cause) from cause
    try:
        with scratch.unfinished(partial):
            yield partial
            partial.replace(target)
    except OSError as cause:
        raise _unwritable(target, cause) from cause
    finally:
        partial.unlink(missing_ok=True)


def _unwritable(target: Path, cause: OSError) -> ArchiveError:
    return ArchiveError(
        "a file cannot be written",
        code="file-unwritable",
        file=target,
        found=cause.strerror or str(cause),
        mend=remedy(cause),
    )
