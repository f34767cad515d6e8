"""``djlift publish``: a proven archive goes into a zoo, and a zoo is whole at every instant.

The archive first, then its signature, metadata.json last: what metadata.json lists is there. A version and
precision never change: the same bytes again are a no-op, other bytes are refused. Killed anywhere and run
again, it goes on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive import signing
from djlift.archive.container import opened, read_manifest, require_intact
from djlift.archive.manifest import Manifest
from djlift.base.progress import Advance, Bytes, silent
from djlift.errors import ArchiveError, UsageError, ZooError
from djlift.parity import result
from djlift.zoo import address
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

_BLOCK = 1 << 20
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


def examine(archive: Path, advance: Advance = silent) -> Examined:
    """Read an archive as every reader does, and see that a JVM proved it.

    Raises:
        ArchiveError: It is no djlift archive, hostile, not what its manifest says, or not proven.
    """
    with opened(archive, advance) as found:
        require_intact(found)
        manifest = found.manifest
    why = _unproven(manifest)
    if why is not None:
        raise ArchiveError(
            "the archive is not proven; it was not published",
            code="not-proven",
            file=archive,
            expected="the figures of a proof in its manifest, as djlift build writes them",
            found=why,
            mend="djlift verify ARCHIVE shows where it stands; djlift build SOURCE makes a proven one",
        )
    return Examined(archive, manifest, checksums(archive, advance))


def publish(
    archives: Sequence[Path],
    zoo: str | Path | Store,
    *,
    sign_key: Path | None = None,
    trust_key: Path | None = None,
    storage_options: Mapping[str, Any] | None = None,
    advance: Advance = silent,
) -> tuple[Published, ...]:
    """Publish proven archives: all are read, and signed, before the first is written.

    Args:
        zoo: A folder, ``s3://bucket/path``, ``gs://...`` or ``abfs://...``; or a store that is open.
        sign_key: A P-256 private key in PEM to sign with. None: ``ARCHIVE.sig`` is published where it is there.
        trust_key: The public key that must have signed ``ARCHIVE.sig``. None: only the files that the signature
            lists are compared.
        storage_options: For the zoo's back end, such as ``endpoint_url``.

    Raises:
        ArchiveError: One is no djlift archive, hostile, not what was packed, or not proven.
        MissingExtra: A package for the back end, or for signatures, is not installed.
        SignatureError: A key cannot be used, or a signature is not one of its archive.
        UsageError: Both keys are given.
        ZooError: The zoo holds other bytes under the same coordinates, or cannot be read or written.
    """
    if sign_key is not None and trust_key is not None:
        raise UsageError(
            "--sign-key makes a signature, --trust-key checks one: both were given",
            code="options-exclude-each-other",
            expected="one of --sign-key and --trust-key",
            found="both",
            mend="leave out --trust-key, or sign first: djlift sign ARCHIVE --key KEY",
        )
    store = zoo if isinstance(zoo, Store) else address.opened(zoo, storage_options)
    examined = [examine(archive, advance) for archive in archives]
    store.prepare()
    signatures = [signature_for(one, store, sign_key, trust_key) for one in examined]
    unchecked = sign_key is None and trust_key is None
    return tuple(
        dataclasses.replace(
            put(one, store, signature=signature, advance=advance),
            key_unchecked=unchecked and signature is not None,
        )
        for one, signature in zip(examined, signatures, strict=True)
    )


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


def signature_for(
    examined: Examined, store: Store, sign_key: Path | None, trust_key: Path | None = None
) -> bytes | None:
    """The signature to publish an archive with; None when there is none.

    With a key: that of the key; the one in the store where it is that already, so that the same call again
    changes nothing. Without: the one that lies beside the archive, checked.

    Args:
        trust_key: The public key that must have signed what lies beside the archive. None: the signature must
            list exactly the archive's files; whose it is stays open.

    Raises:
        MissingExtra: The package model-signing is not installed.
        SignatureError: A key cannot be used, or what lies beside the archive is no signature of it.
    """
    if sign_key is None:
        beside = signing.Trust(examined.path).of(examined.path)
        if trust_key is None and not beside.is_file():
            return None
        return signing.checked(examined.path, beside, trust_key)
    held = store.read(archive_of(examined.manifest.coordinates) + SIGNATURE)
    if held is not None and signing.signed_already(held.data, examined.path, sign_key):
        return held.data
    return signing.sign(examined.path, sign_key)


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


def _unproven(manifest: Manifest) -> str | None:
    """Why the manifest's figures are no proof; None when they are one."""
    levels = (manifest.parity or {}).get("levels")
    if not isinstance(levels, list) or not all(isinstance(v, Mapping) for v in levels):
        return "no parity figures"
    status = {level.get("level"): level.get("status") for level in levels}
    names = {number: f"level {number} ({name})" for number, name in result.NAMES.items()}
    for number, name in names.items():
        if status.get(number) == result.FAIL:
            return f"{name} failed"
    for number in sorted(result.needed(manifest.precision)):
        if status.get(number) != result.PASS:
            return f"{names[number]}: {status.get(number, 'absent')}"
    return None


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
