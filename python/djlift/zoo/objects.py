"""What stores over fsspec share: reading, listing, and errors of the back end as djlift's own."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from djlift.errors import DjliftError, ZooError
from djlift.zoo.store import Content, Store, Upload

PROBE = ".djlift-conditional-writes"
"""A small file at the zoo's top, on which conditions are tried."""
PROBE_TEXT = b"djlift publish tries here whether this store honours conditional writes.\n"
_BLOCK = 4 << 20


class Objects(Store):
    """Files below a path of an fsspec file system."""

    def __init__(self, system: Any, root: str, url: str) -> None:
        """``root``: the path as the file system calls it, such as ``bucket/zoo``."""
        self.system = system
        self.root = root
        self.url = url

    def path(self, name: str) -> str:
        """A file's path as the file system calls it."""
        return f"{self.root}/{name}" if self.root else name

    def prepare(self) -> None:
        """Nothing to prove, unless a back end says so."""

    def try_conditions(self, wrong: str) -> None:
        """Prove that :meth:`write` is refused when its condition does not hold.

        Args:
            wrong: A tag that no file has.
        """
        self.write(PROBE, PROBE_TEXT, None)
        for tag in (None, wrong):
            if self.write(PROBE, PROBE_TEXT, tag):
                raise ZooError(
                    "two publishers cannot be kept apart in this store; nothing was published",
                    code="zoo-no-locks",
                    file=self.place(PROBE),
                    expected="a write to be refused when its condition does not hold",
                    found="it was carried out",
                )

    def tidy(self, name: str) -> None:
        """Nothing is left: what was not uploaded to its end is not there."""

    def size(self, name: str) -> int | None:
        with told(self.place(name)):
            self.system.invalidate_cache()
            try:
                found = self.system.info(self.path(name))
            except FileNotFoundError:
                return None
            return None if found.get("type") == "directory" else int(found["size"])

    def blocks(self, name: str) -> Iterator[bytes]:
        with told(self.place(name)):
            self.system.invalidate_cache()
            with self.system.open(self.path(name), "rb", block_size=_BLOCK) as data:
                while block := data.read(_BLOCK):
                    yield block

    def read(self, name: str) -> Content | None:
        with told(self.place(name)):
            try:
                data = bytes(self.system.cat_file(self.path(name)))
            except FileNotFoundError:
                return None
        return Content(data, hashlib.sha256(data).hexdigest())

    def names(self, folder: str, last: str) -> Sequence[str]:
        with told(self.place(folder)):
            self.system.invalidate_cache()
            try:
                found = self.system.find(self.path(folder))
            except FileNotFoundError:
                return ()
        start = len(self.path(""))
        return sorted(str(p)[start:] for p in found if str(p).rsplit("/", 1)[-1] == last)


class ReadOnly(Objects):
    """A back end that can be listed, but not published to."""

    def prepare(self) -> None:
        raise self._refused()

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        raise self._refused()

    def put(self, name: str, data: bytes) -> None:
        raise self._refused()

    def create(self, name: str, upload: Upload) -> bool:
        raise self._refused()

    def _refused(self) -> ZooError:
        return ZooError(
            "two publishers cannot be kept apart at this address; nothing was published",
            code="zoo-no-locks",
            file=self.url,
            expected="a folder, s3://, gs:// or abfs://: there are locks or conditional writes",
            found=f"{self.url.partition('://')[0]}://",
            mend="publish into a folder and copy it there, archives first, metadata.json last",
        )


class Memory(Objects):
    """fsspec's memory file system: within one process, for tests of other programs."""

    _locks: ClassVar[defaultdict[str, threading.RLock]] = defaultdict(threading.RLock)

    @contextlib.contextmanager
    def exclusive(self, folder: str) -> Iterator[None]:
        with self._locks[self.path(folder)]:
            yield

    def write(self, name: str, data: bytes, tag: str | None) -> bool:
        found = self.read(name)
        if (None if found is None else found.tag) != tag:
            return False
        self.put(name, data)
        return True

    def put(self, name: str, data: bytes) -> None:
        self.system.pipe_file(self.path(name), data)

    def create(self, name: str, upload: Upload) -> bool:
        if self.size(name) is not None:
            return False
        self.put(name, b"".join(upload.blocks()))
        return True


@contextlib.contextmanager
def told(place: str) -> Iterator[None]:
    """Turn whatever the back end raises into a :class:`ZooError` that names the file.

    Each back end has exceptions of its own, and its network and credentials libraries have theirs.
    """
    try:
        yield
    except DjliftError:
        raise
    except Exception as cause:
        raise _error(place, cause) from cause


class Outcome:
    """Whether a conditional write was carried out."""

    won = True


@contextlib.contextmanager
def lost_is_false(lost: Callable[[Exception], bool]) -> Iterator[Outcome]:
    """A conditional write; ``lost`` knows the exceptions that say its condition does not hold."""
    outcome = Outcome()
    try:
        yield outcome
    except Exception as problem:
        if not lost(problem):
            raise
        outcome.won = False


def _error(place: str, cause: Exception) -> ZooError:
    found = f"{type(cause).__name__}: {cause}".rstrip(": ")
    code = code_of(cause)
    if code and code not in found:
        found = f"{found} ({code})"
    if isinstance(cause, PermissionError) or "Credentials" in type(cause).__name__:
        return ZooError(
            "the zoo's store denies it",
            code="zoo-store-denied",
            file=place,
            expected="credentials that may list, read and write there",
            found=found,
            mend="check the back end's own environment variables and configuration, or --storage-option",
        )
    if isinstance(cause, FileNotFoundError):
        return ZooError(
            "the zoo's bucket or container is not there",
            code="zoo-bucket-missing",
            file=place,
            expected="one that exists: djlift makes none",
            found=found,
        )
    return ZooError("the zoo's store failed", code="zoo-store-failed", file=place, found=found)


def code_of(problem: BaseException) -> str:
    """The service's own word for what happened, where the exception carries it: ``NoSuchBucket``."""
    for one in (problem, problem.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""
