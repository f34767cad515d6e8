"""Write an archive, its signature and its metadata into a store: nothing is listed before it is there."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive.container import read_manifest
from djlift.archive.manifest import Manifest
from djlift.base.progress import Advance, Bytes, silent
from djlift.errors import ArchiveError, ZooError
from djlift.zoo.folder import Folder
from djlift.zoo.metadata import (
    SIGNATURE,
    Artifact,
    Checksums,
    Metadata,
    archive_of,
    artifact_of,
    folder_of,
    metadata_of,
    model_file,
    taken_error,
)
from djlift.zoo.store import Store, Upload, sha256_of

_PATIENCE = 300.0
"""Seconds for which a conditional write is tried again while others publish the same model."""


@dataclass(frozen=True)
class Examined:
    """An archive that may be published.

    Attributes:
        path: On this machine.
    """

    path: Path
    manifest: Manifest
    checksums: Checksums


@dataclass(frozen=True)
class Published:
    """What became of one archive.

    Attributes:
        address: Where it is in the zoo.
        changed: Whether anything of the zoo was changed; False: it held exactly this already.
        yanked: Whether the zoo holds it as yanked, so that nobody resolves it.
        signed: Whether a signature lies beside it.
        key_unchecked: Whether the signature came with the archive and no key was named to check it by.
    """

    manifest: Manifest
    address: str
    sha256: str
    changed: bool
    yanked: bool = False
    signed: bool = False
    key_unchecked: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON data, for ``--json``."""
        m = self.manifest
        return {
            "group": m.group,
            "name": m.name,
            "version": m.version,
            "precision": m.precision,
            "archive": self.address,
            "sha256": self.sha256,
            "changed": self.changed,
            "yanked": self.yanked,
            "signed": self.signed,
        }


def put(
    examined: Examined,
    store: Store,
    *,
    signature: bytes | None = None,
    replace: bool = False,
    advance: Advance = silent,
) -> Published:
    """Put an archive into a zoo, and a signature beside it when there is one.

    Args:
        examined: What :func:`examine` answered.
        store: Where the zoo lies, prepared (:meth:`Store.prepare`).
        signature: What :func:`signature_for` answered, stored as ``<archive>.sig``.
        replace: Put it in place of other bytes: only in a zoo of one's own, in a folder.

    Raises:
        ZooError: The zoo holds other bytes under these coordinates, or cannot be read or written.
    """
    at, checked = examined.manifest.coordinates, examined.checksums
    # Before anything is written: it may be refused.
    signed = signature is not None
    entry = artifact_of(examined.manifest, checked, signed=signed, archive=examined.path)
    _parsed(store, examined.manifest)
    name = archive_of(at)
    upload = Upload(examined.path, checked.size, checked.sha256, advance)
    with store.exclusive(folder_of(at)):
        placed = _place(store, examined, upload, replace=replace)
        store.tidy(name)
        if signature is not None and _differs(store, name + SIGNATURE, signature):
            store.put(name + SIGNATURE, signature)
            placed = True

        def listed(before: Metadata) -> Metadata:
            held = before.find(at.version, at.precision)
            _refuse_other(store, examined, held, replace=replace)
            kept = held is not None and "signature" in held and not _stale(held, checked)
            return before.with_artifact(
                {**entry, "signature": f"{model_file(entry)['uri']}{SIGNATURE}"} if kept else entry
            )

        after, written = update(store, metadata_of(at), listed, Metadata.fresh(examined.manifest))
    mine = after.find(at.version, at.precision)
    return Published(
        examined.manifest,
        store.place(name),
        checked.sha256,
        changed=placed or written,
        yanked=mine in after.yanked,
        signed=mine is not None and "signature" in mine,
    )


def add(zoo: Path, archive: Path, *, replace: bool = False) -> Published:
    """Put an archive that was just built and proven into a folder's zoo.

    Raises:
        ZooError: The zoo holds other bytes under these coordinates, or its metadata cannot be read.
    """
    examined = Examined(archive, read_manifest(archive), checksums(archive))
    return put(examined, Folder(zoo), replace=replace)


def update(
    store: Store, name: str, change: Callable[[Metadata], Metadata], fresh: Metadata | None = None
) -> tuple[Metadata, bool]:
    """Read metadata.json, change it and write it back; again, when somebody else wrote meanwhile.

    Args:
        fresh: What to change when there is none.

    Returns:
        The metadata as the zoo holds it, and whether it was written.

    Raises:
        ZooError: There is none, it cannot be read, or others never let one write.
    """
    for _ in _tries(store.place(name)):
        content = store.read(name)
        if content is not None:
            before = Metadata.parse(content.data, store.place(name))
        elif fresh is not None:
            before = fresh
        else:
            raise ZooError(
                "the zoo does not hold the model any more",
                code="zoo-model-gone",
                file=store.place(name),
            )
        after = change(before)
        if content is not None and after.data == before.data:
            return after, False
        if store.write(name, after.to_bytes(), None if content is None else content.tag):
            return after, True
    raise AssertionError("the last try raises")


def checksums(file: Path, advance: Advance = silent) -> Checksums:
    """A file's size and checksums, read once.

    Raises:
        ArchiveError: It cannot be read.
    """
    sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
    size = 0
    try:
        told = Bytes(advance, "hashing (MiB)", file.stat().st_size)
        with file.open("rb") as data:
            while block := data.read(_BLOCK):
                sha1.update(block)
                sha256.update(block)
                size += len(block)
                told.more(len(block))
    except OSError as cause:
        raise ArchiveError(
            "the archive cannot be read",
            code="archive-unreadable",
            file=file,
            found=cause.strerror or str(cause),
        ) from cause
    return Checksums(size, sha1.hexdigest(), sha256.hexdigest())


def _place(store: Store, examined: Examined, upload: Upload, *, replace: bool) -> bool:
    """See that the archive is in the store; answers whether it had to be written.

    Raises:
        ZooError: Other bytes are there.
    """
    name = archive_of(examined.manifest.coordinates)
    for _ in _tries(store.place(name)):
        size = store.size(name)
        if size is None:
            if store.create(name, upload):
                return True
            # Somebody was faster: look at what is there now.
            continue
        held = _parsed(store, examined.manifest).find(
            examined.manifest.version, examined.manifest.precision
        )
        if size == upload.size and (
            _states(held, upload) or sha256_of(store, name) == upload.sha256
        ):
            return False
        if replace:
            store.replace(name, upload)
            return True
        if held is not None:
            _refuse_other(store, examined, held, replace=False)
            raise ZooError(
                "the zoo's archive is not the one that its metadata lists",
                code="zoo-altered",
                file=store.place(name),
                expected=f"{upload.size} bytes, SHA-256 {upload.sha256}",
                found=f"{size} bytes",
                mend="remove the file and publish again: these are the bytes that are listed",
            )
        raise ZooError(
            "a file that the zoo does not list is in the way",
            code="zoo-file-in-the-way",
            file=store.place(name),
            expected="nothing, or the bytes of the archive that is published",
            found=f"other bytes ({size}): somebody publishes them now, or was stopped while doing so",
            mend="raise the version; or, when nobody publishes it, remove the file and publish again",
        )
    raise AssertionError("the last try raises")


_BLOCK = 1 << 20


def _refuse_other(
    store: Store, examined: Examined, held: Artifact | None, *, replace: bool
) -> None:
    if held is not None and not replace and _stale(held, examined.checksums):
        at = examined.manifest.coordinates
        raise taken_error(at, store.place(archive_of(at)))


def _stale(held: Artifact, checked: Checksums) -> bool:
    """Whether an entry states other checksums; entries from before SHA-256 was listed have SHA-1 alone."""
    stated = model_file(held)
    found = {"sha256": checked.sha256, "sha1Hash": checked.sha1}
    return any(key in stated and stated[key] != value for key, value in found.items())


def _states(held: Artifact | None, upload: Upload) -> bool:
    return held is not None and model_file(held).get("sha256") == upload.sha256


def _parsed(store: Store, manifest: Manifest) -> Metadata:
    """The model's metadata as it is now, or as it would begin.

    Raises:
        ZooError: It cannot be read.
    """
    name = metadata_of(manifest.coordinates)
    content = store.read(name)
    if content is None:
        return Metadata.fresh(manifest)
    return Metadata.parse(content.data, store.place(name))


def _differs(store: Store, name: str, data: bytes) -> bool:
    found = store.read(name)
    return found is None or found.data != data


def _tries(place: str) -> Iterator[None]:
    """Again and again, a little later each time, for as long as others may reasonably take.

    Raises:
        ZooError: They took longer.
    """
    end = time.monotonic() + _PATIENCE
    longest = 0.05
    while time.monotonic() < end:
        yield
        # Of different length, or all would come back at once.
        time.sleep(random.uniform(0, longest))
        longest = min(2 * longest, 2.0)
    raise ZooError(
        "others write to the zoo faster than this publisher",
        code="zoo-busy",
        file=place,
        expected=f"a turn within {_PATIENCE:.0f} s",
        mend="run it again: what is done stays done",
    )
