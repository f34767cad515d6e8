"""A zoo in a folder: a lock file keeps publishers of one model apart, every file comes by rename."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import filelock

from djlift.base.files import beside, make_parents
from djlift.errors import ZooError
from djlift.zoo.metadata import SIGNATURE
from djlift.zoo.store import Content, Store, Upload

LOCK = ".djlift.lock"
"""Beside metadata.json; empty, and it stays: a lock that goes with its file is none."""
_BLOCK = 1 << 20


class Folder(Store):
    """Files below a folder of this machine, or of a network file system that honours ``flock``."""

    def __init__(self, root: Path, *, patience: float = 600.0) -> None:
        """``patience``: seconds to wait for another publisher of the same model."""
        self.root = root
        self.url = str(root)
        self._patience = patience

    def place(self, name: str) -> str:
        return str(self.root / name)

    def prepare(self) -> None:
        """The lock is tried when it is taken."""

    def tidy(self, name: str) -> None:
        """Done under the lock already."""

    @contextlib.contextmanager
    def exclusive(self, folder: str) -> Iterator[None]:
        file = self.root / folder / LOCK
        make_parents(file)
        lock = filelock.FileLock(file, timeout=self._patience, mode=0o664)
        try:
            lock.acquire()
        except filelock.Timeout as cause:
            raise ZooError(
                "another publisher holds this model's lock",
                code="zoo-locked",
                file=file,
                expected=f"to have it within {self._patience:.0f} s",
                mend="run it again when the other one is done",
            ) from cause
        except (OSError, NotImplementedError) as cause:
            raise _unlockable(file, str(cause)) from cause
        try:
            if isinstance(lock, filelock.SoftFileLock):
                # It would outlive a killed publisher.
                raise _unlockable(file, "this file system has no flock")
            # Nobody else writes here now: what is not renamed yet is a killed publisher's.
            for partial in file.parent.rglob(".*.partial"):
                partial.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    def read(self, name: str) -> Content | None:
        try:
            data = (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise _unreadable(self.place(name), cause) from cause
        return Content(data, hashlib.sha256(data).hexdigest())

    def size(self, name: str) -> int | None:
        file = self.root / name
        try:
            return file.stat().st_size if file.is_file() else None
        except OSError as cause:
            raise _unreadable(self.place(name), cause) from cause

    def blocks(self, name: str) -> Iterator[bytes]:
        try:
            with (self.root / name).open("rb") as data:
                while block := data.read(_BLOCK):
                    yield block
        except OSError as cause:
            raise _unreadable(self.place(name), cause) from cause

    def names(self, folder: str, last: str) -> Sequence[str]:
        try:
            found = [p for p in (self.root / folder).rglob(last) if p.is_file()]
        except OSError as cause:
            raise _unreadable(self.place(folder), cause) from cause
        return sorted(p.relative_to(self.root).as_posix() for p in found)

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        # Under the lock no publisher of djlift's comes between; another program might have.
        found = self.read(name)
        if (None if found is None else found.tag) != tag:
            return False
        self.put(name, data)
        return True

    def put(self, name: str, data: bytes) -> None:
        self._rename(self.root / name, iter([data]))

    def create(self, name: str, upload: Upload) -> bool:
        if (self.root / name).exists():
            return False
        self._rename(self.root / name, upload.blocks())
        return True

    def replace(self, name: str, upload: Upload) -> None:
        # It is a signature of what was there.
        (self.root / f"{name}{SIGNATURE}").unlink(missing_ok=True)
        self._rename(self.root / name, upload.blocks())

    def _rename(self, target: Path, blocks: Iterator[bytes]) -> None:
        make_parents(target)
        with beside(target) as partial, partial.open("wb") as out:
            for block in blocks:
                out.write(block)
            out.flush()
            # Or a power cut could leave the name without the bytes.
            os.fsync(out.fileno())


def _unlockable(file: Path, found: str) -> ZooError:
    return ZooError(
        "two publishers cannot be kept apart in this folder; nothing was published",
        code="zoo-no-locks",
        file=file,
        expected="a file system on which a file can be locked",
        found=found,
        mend="publish into a folder of a local disk, or to s3://, gs:// or abfs://",
    )


def _unreadable(file: str, cause: OSError) -> ZooError:
    return ZooError(
        "the zoo cannot be read",
        code="zoo-unreadable",
        file=file,
        found=cause.strerror or str(cause),
    )
