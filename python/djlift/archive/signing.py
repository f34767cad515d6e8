"""Signing archives, and holding them to a signature: the OpenSSF model-signing format with a local P-256 key.

What is signed is the archive's files, as if they lay in a folder: every name with its SHA-256. The signature
lies beside the zip, ``<zip>.sig``, so that anyone can check it with stock tools:

    unzip X.zip -d d && model_signing verify key d --signature X.zip.sig --public_key KEY.pub
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive import manifest as manifests
from djlift.archive import signature as signatures
from djlift.archive.container import Opened, opened, require_intact
from djlift.archive.signature import KEY_UNUSABLE, OTHER_FILES, SUFFIX, TrustedKey
from djlift.base.files import beside, sha256
from djlift.errors import SignatureError, require


@dataclass(frozen=True)
class Trust:
    """What an archive must be signed with.

    Attributes:
        key: The public key (PEM) that is trusted.
        signature: Where the signature is; None for the place beside the archive.
    """

    key: Path
    signature: Path | None = None

    def of(self, archive: Path) -> Path:
        """Where the signature of an archive is."""
        return self.signature or archive.with_name(archive.name + SUFFIX)


def sign(archive: Path, private_key: Path) -> bytes:
    """Sign an archive's files.

    Args:
        archive: The zip; it must be what its manifest says.
        private_key: A P-256 private key in PEM, without a password.

    Returns:
        The bundle, as JSON. Two signatures of the same archive differ: ECDSA draws a number for each.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        MissingExtra: The package model-signing is not installed.
        SignatureError: The key cannot be used.
    """
    require("model_signing", "sign", "signing an archive")
    with opened(archive) as found:
        files = _files(found)
    key = _public(private_key)
    from model_signing import signing

    with tempfile.TemporaryDirectory(prefix="djlift-") as name:
        target = Path(name, "bundle.json")
        (
            signing.Config()
            .use_elliptic_key_signer(private_key=private_key)
            .set_hashing_config(_hashed(archive.stem, files))
            .sign(archive, target)
        )
        data = target.read_bytes()
    # What leaves this function has been read by the reader that everyone will use.
    assert signatures.signed_files(data, key, archive) == files
    return data


def sign_beside(archive: Path, private_key: Path, target: Path | None = None) -> Path:
    """Sign an archive and write the signature to ``target``, by default beside it; answers where."""
    place = target or Trust(private_key).of(archive)
    data = sign(archive, private_key)
    with beside(place) as partial:
        partial.write_bytes(data)
    return place


def signed_already(data: bytes, archive: Path, private_key: Path) -> bool:
    """Whether ``data`` is this key's signature of exactly this archive: then another one is not needed.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        SignatureError: The key cannot be used.
    """
    with opened(archive) as found:
        files = _files(found)
    try:
        return signatures.signed_files(data, _public(private_key), archive) == files
    except SignatureError as problem:
        if problem.code == KEY_UNUSABLE:
            raise
        return False


def check(archive: Path, trust: Trust) -> str:
    """Hold an archive to its signature.

    Returns:
        The fingerprint of the key.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        SignatureError: It is not signed by the trusted key as it stands; ``code`` says how.
    """
    vouched, key = _vouched(archive, trust)
    with opened(archive) as found:
        _compare(found, vouched, trust.of(archive))
    return key.fingerprint


def checked(archive: Path, signature: Path, key: Path | None) -> bytes:
    """The bytes of a signature file, after a check that it signs exactly this archive's files.

    Args:
        key: The public key that must have made it; None: whose it is, and whether it is true, stays open.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        SignatureError: It is no signature of this archive, or not of the key.
    """
    trusted = None if key is None else TrustedKey.read(key)
    data = signatures.read(signature)
    if trusted is None:
        vouched = signatures.claimed_files(data, signature)
    else:
        vouched = signatures.signed_files(data, trusted, signature)
    with opened(archive) as found:
        _compare(found, vouched, signature)
    return data


def confirm(found: Opened, trust: Trust) -> str:
    """The same for an archive that is open already."""
    vouched, key = _vouched(found.path, trust)
    _compare(found, vouched, trust.of(found.path))
    return key.fingerprint


def _vouched(archive: Path, trust: Trust) -> tuple[Mapping[str, str], TrustedKey]:
    key = TrustedKey.read(trust.key)
    file = trust.of(archive)
    return signatures.signed_files(signatures.read(file), key, file), key


def _compare(found: Opened, vouched: Mapping[str, str], signature: Path) -> None:
    files = _files(found)
    for name in sorted(files.keys() | vouched.keys()):
        if files.get(name) != vouched.get(name):
            raise SignatureError(
                "the signature is of other files than the archive's",
                code=OTHER_FILES,
                file=f"{found.path}!{name}",
                expected=_shown(vouched.get(name), "no such file"),
                found=_shown(files.get(name), "no such file"),
                mend=f"take the archive and {signature.name} from the same place",
            )


def _shown(digest: str | None, otherwise: str) -> str:
    return f"SHA-256 {digest}" if digest else otherwise


def _files(found: Opened) -> dict[str, str]:
    """SHA-256 of every file by name, the manifest's own among them, in the order in which they are signed."""
    require_intact(found)
    files = {name: record.sha256 for name, record in found.manifest.files.items()}
    files[manifests.FILE] = sha256(found.folder / manifests.FILE)
    return dict(sorted(files.items(), key=lambda item: item[0].split("/")))


def _public(private_key: Path) -> TrustedKey:
    """The public half of a private key.

    Raises:
        SignatureError: It is no private key on P-256, or it has a password.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = serialization.load_pem_private_key(private_key.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("another kind of key, or another curve")
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise SignatureError(
            "the signing key cannot be used",
            code=KEY_UNUSABLE,
            file=private_key,
            expected="a P-256 private key in PEM, without a password",
            found=str(cause),
            mend="openssl ecparam -name prime256v1 -genkey -noout -out KEY",
        ) from cause
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return TrustedKey(private_key, der)


def _hashed(name: str, files: Mapping[str, str]) -> Any:
    """A hashing configuration of the library that answers files whose hashes are known."""
    from model_signing import hashing, manifest
    from model_signing._hashing.hashing import Digest

    kind = manifest.SerializationType.from_args(
        {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    )
    items = [kind.new_item(n, Digest("sha256", bytes.fromhex(d))) for n, d in files.items()]

    class Known(hashing.Config):  # type: ignore[misc]
        def hash(self, model_path: Any, *, files_to_hash: Any = None) -> Any:
            return manifest.Manifest(name, items, kind)

    return Known()
