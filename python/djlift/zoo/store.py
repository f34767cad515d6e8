"""Files by name in a folder or an object store, which keeps two publishers apart.

Names are relative and have forward slashes, whatever the back end. Each back end has a module, see
:func:`djlift.zoo.address.opened`.
"""

from __future__ import annotations

import abc
import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.base.progress import Advance, Bytes, silent
from djlift.errors import ZooError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """A small file as it was read.

    Attributes:
        tag: What the store calls this state of the file (an ETag, a generation): it changes with the bytes.
    """

    data: bytes
    tag: str


@dataclass(frozen=True)
class Upload:
    """A file on this machine that goes into a store.

    Attributes:
        size: In bytes.
        sha256: Hex; what is read must have it.
    """

    path: Path
    size: int
    sha256: str
    advance: Advance = field(default=silent, compare=False)

    def blocks(self, size: int = _BLOCK) -> Iterator[bytes]:
        """The bytes, ``size`` at a time.

        Raises:
            ZooError: After the last block, when the file is no longer what was examined.
        """
        told = Bytes(self.advance, "publishing (MiB)", self.size)
        digest = hashlib.sha256()
        with self.path.open("rb") as data:
            while block := data.read(size):
                digest.update(block)
                yield block
                told.more(len(block))
        if digest.hexdigest() != self.sha256:
            raise self._changed(f"SHA-256 {digest.hexdigest()}")

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[Any]:
        """For back ends that read the file by themselves: a callback of fsspec's that tells the progress.

        Raises:
            ZooError: Afterwards, when somebody wrote to the file meanwhile.
        """
        from fsspec.callbacks import Callback

        told = Bytes(self.advance, "publishing (MiB)", self.size)

        def more(size: int | None, value: int, **_: Any) -> None:
            told.more(value - told.done)

        before = self.path.stat()
        yield Callback(size=self.size, hooks={"told": more})
        after = self.path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise self._changed("it was written to")

    def _changed(self, found: str) -> ZooError:
        return ZooError(
            "the archive changed while it was published; the zoo does not list it",
            code="archive-changed",
            file=self.path,
            expected=f"SHA-256 {self.sha256}",
            found=found,
            mend="publish it again when nothing writes to it",
        )


class Store(abc.ABC):
    """Files by name, which two publishers may write at once.

    Every method raises :class:`ZooError` when the back end fails.

    Attributes:
        url: The address as a person reads it.
    """

    url: str

    def place(self, name: str) -> str:
        """The full address of a file."""
        return f"{self.url}/{name}"

    @abc.abstractmethod
    def prepare(self) -> None:
        """Prove that two publishers can be kept apart here; called once before anything is written.

        Raises:
            ZooError: They cannot.
        """

    @contextlib.contextmanager
    def exclusive(self, folder: str) -> Iterator[None]:
        """Keep others that write below ``folder`` away, where the back end needs a lock for :meth:`write`."""
        yield

    @abc.abstractmethod
    def tidy(self, name: str) -> None:
        """Remove what killed publishers left of a file that is whole by now; others cannot see it."""

    @abc.abstractmethod
    def read(self, name: str) -> Content | None:
        """A small file; None when there is none."""

    @abc.abstractmethod
    def size(self, name: str) -> int | None:
        """The bytes that a file has; None when there is none."""

    @abc.abstractmethod
    def blocks(self, name: str) -> Iterator[bytes]:
        """The bytes of a file of any size."""

    @abc.abstractmethod
    def names(self, folder: str, last: str) -> Sequence[str]:
        """The files below ``folder`` whose last part is ``last``, sorted."""

    @abc.abstractmethod
    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        """Write a small file in one step if it is still what was read; False when it is not.

        Args:
            tag: The state that was read; None when there was no file.
        """

    @abc.abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Write a small file in one step, whatever was there."""

    @abc.abstractmethod
    def create(self, name: str, upload: Upload) -> bool:
        """Write a file in one step if there is none of that name; False when there is one."""

    def replace(self, name: str, upload: Upload) -> None:
        """Write a file in one step, whatever was there: only in a zoo of one's own, a folder.

        Raises:
            ZooError: Others may use this store.
        """
        raise ZooError(
            "a published archive is never replaced here",
            code="zoo-replace",
            file=self.place(name),
            expected="a zoo in a folder of your own",
            mend="raise the version",
        )


def sha256_of(store: Store, name: str) -> str:
    """SHA-256 of a file of a store, as hex."""
    digest = hashlib.sha256()
    for block in store.blocks(name):
        digest.update(block)
    return digest.hexdigest()
