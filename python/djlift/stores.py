"""Where a zoo lies: files by name in a folder or an object store, which keeps two publishers apart.

Names are relative and have forward slashes, whatever the back end. Each back end has a module, see
:func:`opened`.
"""

from __future__ import annotations

import abc
import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.errors import ZooError, not_listed, require
from djlift.progress import Advance, Bytes, silent

_BLOCK = 1 << 20
_EXTRAS = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gs"),
    "gcs": ("gcsfs", "gs"),
    "abfs": ("adlfs", "abfs"),
    "abfss": ("adlfs", "abfs"),
    "az": ("adlfs", "abfs"),
}
"""By protocol: the module that speaks it, and djlift's extra that brings it."""


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


def opened(zoo: str | Path, options: Mapping[str, Any] | None = None) -> Store:
    """The store at an address: a folder, or any address that fsspec knows.

    Args:
        options: What fsspec's file system takes, such as ``endpoint_url``; beside its own configuration files
            and environment.

    Raises:
        ZooError: The address or the options cannot be used.
        MissingExtra: The package is missing that speaks the protocol.
    """
    from djlift.store_folder import Folder

    zoo = _address(zoo)
    protocol, mark, path = str(zoo).partition("://")
    if isinstance(zoo, Path) or not mark:
        _refuse_options(zoo, options)
        return Folder(Path(zoo))
    if protocol in ("file", "local"):
        _refuse_options(zoo, options)
        return Folder(Path(path))
    if "::" in protocol or "::" in path:
        raise ZooError(
            "a zoo cannot stand behind a chain of addresses",
            code="zoo-address",
            file=zoo,
            expected="one address, such as s3://bucket/zoo",
        )
    if protocol in _EXTRAS:
        module, extra = _EXTRAS[protocol]
        require(module, extra, f"a zoo at {protocol}://")
    system, root = _file_system(zoo, protocol, options or {})
    url = zoo.rstrip("/")
    if protocol in ("s3", "s3a"):
        from djlift.store_s3 import S3

        return S3(system, root, url)
    if protocol in ("gs", "gcs"):
        from djlift.store_gs import Gs

        return Gs(system, root, url)
    if protocol in ("abfs", "abfss", "az"):
        from djlift.store_abfs import Abfs

        return Abfs(system, root, url)
    from djlift.store_objects import Memory, ReadOnly

    return Memory(system, root, url) if protocol == "memory" else ReadOnly(system, root, url)


def _address(zoo: str | Path) -> str | Path:
    """An address as it is; ``file:/path`` as Java and Spark write it is a folder.

    Raises:
        ZooError: One slash is missing: a folder of that name would be made.
    """
    found = re.match(r"([a-z][a-z0-9+.-]+):(/?)(?!/)", str(zoo), re.IGNORECASE)
    if found is None or (found[1].lower() not in _EXTRAS and not found[2]):
        return zoo
    rest = str(zoo)[found.end() :]
    if found[1].lower() == "file":
        return Path("/", rest)
    raise ZooError(
        "the zoo's address lacks a slash",
        code="zoo-address",
        file=zoo,
        expected=f"{found[1]}://",
        found=found[0],
        mend=f"did you mean {found[1]}://{rest}?",
    )


def option_values(pairs: Sequence[str]) -> dict[str, Any]:
    """``key=value`` of the command line as values: JSON where it is JSON, else text.

    Raises:
        ZooError: No ``=`` in one of them.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not key:
            raise ZooError(
                "a storage option cannot be read",
                code="zoo-storage-options",
                expected="--storage-option KEY=VALUE",
                found=pair,
            )
        try:
            values[key] = json.loads(value)
        except (ValueError, RecursionError):
            values[key] = value
    return values


def _refuse_options(zoo: str | Path, options: Mapping[str, Any] | None) -> None:
    if options:
        raise ZooError(
            "a folder takes no storage options",
            code="zoo-storage-options",
            file=zoo,
            expected="an address such as s3://bucket/zoo",
            found=", ".join(options),
        )


def _file_system(url: str, protocol: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    import fsspec
    from fsspec.core import url_to_fs

    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError as cause:
        raise ZooError(
            f"a zoo at {protocol}:// needs a Python package that is not installed",
            code="missing-package",
            file=url,
            found=str(cause),
        ) from cause
    except ValueError as cause:
        raise not_listed(
            f"the protocol '{protocol}' is not known",
            "zoo-protocol",
            protocol,
            _EXTRAS,
            kind=ZooError,
            file=url,
            expected="a folder, s3://, gs://, abfs://, or another protocol of fsspec",
        ) from cause
    try:
        system, root = url_to_fs(url, **options)
    except Exception as cause:
        raise ZooError(
            "the zoo's address or its storage options cannot be used",
            code="zoo-address",
            file=url,
            found=str(cause) or type(cause).__name__,
            mend="see the options of fsspec's file system for this protocol",
        ) from cause
    return system, str(root).rstrip("/")
