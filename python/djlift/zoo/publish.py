"""``djlift publish``: a proven archive goes into a zoo, and a zoo is whole at every instant.

The archive first, then its signature, metadata.json last: what metadata.json lists is there. A version and
precision never change: the same bytes again are a no-op, other bytes are refused. Killed anywhere and run
again, it goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from djlift.archive import signing
from djlift.archive.container import opened, require_intact
from djlift.archive.manifest import Manifest
from djlift.base.progress import Advance, silent
from djlift.errors import ArchiveError, UsageError
from djlift.parity import result
from djlift.zoo import address
from djlift.zoo.metadata import (
    SIGNATURE,
    archive_of,
)
from djlift.zoo.placing import (
    Examined,
    Published,
    checksums,
    put,
)
from djlift.zoo.store import Store


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
