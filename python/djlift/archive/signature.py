"""Signatures in the OpenSSF model-signing format, read and checked: strictly, and as ``org.djlift`` does it.

A signature is a Sigstore bundle (JSON) around a DSSE envelope around an in-toto statement that lists every
file with its SHA-256. What is read here is what ``model_signing sign key`` writes with a P-256 key;
docs/trust.md has the rules and the codes. The Java half is
``org.djlift.internal.reader.ArchiveSignature``: a rule that changes here changes there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.errors import SignatureError, require
from djlift.strict import strict_json

SUFFIX = ".sig"
"""Added to an archive's name: where its signature lies."""
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://model_signing/signature/v1.0"

ABSENT = "signature-absent"
UNREADABLE = "signature-unreadable"
OTHER_KEY = "signature-other-key"
FALSE = "signature-false"
OTHER_FILES = "signature-other-files"
KEY_UNUSABLE = "key-unusable"

_LIMIT = 1 << 20
_KEY_LIMIT = 1 << 14
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PEM = re.compile(rb"\s*-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*")
# SubjectPublicKeyInfo of a point on P-256, written out: 26 bytes that never change, then 4, x and y.
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_P256_SIZE = 91
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class TrustedKey:
    """A P-256 public key whose signatures are believed.

    Attributes:
        file: Where it was read from.
        der: Its SubjectPublicKeyInfo.
    """

    file: Path
    der: bytes

    @staticmethod
    def read(file: Path) -> TrustedKey:
        """Read a public key as ``openssl ec -pubout`` writes it.

        Raises:
            SignatureError: Not a file, no PEM, or a key that is not on the curve P-256.
        """
        try:
            with file.open("rb") as data:
                found = _PEM.fullmatch(data.read(_KEY_LIMIT))
        except OSError as cause:
            raise _unusable(file, cause.strerror or str(cause)) from cause
        if found is None:
            raise _unusable(file, "something else")
        try:
            key = TrustedKey(file, _base64(b"".join(found[1].split()).decode()))
            if len(key.der) != _P256_SIZE or not key.der.startswith(_P256 + b"\4"):
                raise ValueError("another kind of key, or another curve")
            key.public_key()
        except ValueError as cause:
            raise _unusable(file, str(cause)) from cause
        return key

    @property
    def fingerprint(self) -> str:
        """What a signature names its key by: the SHA-256 of the PEM, as hex."""
        body = base64.b64encode(self.der).decode()
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
        return hashlib.sha256(pem.encode()).hexdigest()

    def public_key(self) -> Any:
        """The key for ``cryptography``; ValueError when the point is not on the curve."""
        require("cryptography", "sign", "checking a signature")
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        return load_der_public_key(self.der)


def signed_files(data: bytes, key: TrustedKey, file: Path) -> Mapping[str, str]:
    """The SHA-256 of every file that a signature vouches for, by name.

    Args:
        data: The signature's bytes.
        key: The only key that is believed.
        file: Where the bytes come from, for errors.

    Raises:
        SignatureError: It is no signature, another key's, or not true.
    """
    payload, signature, hint = _parsed(data, file)
    if hint != key.fingerprint:
        raise SignatureError(
            "the archive is signed with another key than the trusted one",
            code=OTHER_KEY,
            file=file,
            expected=f"the key {key.fingerprint} ({key.file.name})",
            found=f"the key {hint}",
            mend="pass the key of the archive's publisher, if you have it from them",
        )
    if not _holds(key, signature, payload):
        raise SignatureError(
            "the signature is not one of the trusted key over its statement",
            code=FALSE,
            file=file,
            expected=f"a signature by {key.file.name}",
            found="one that does not verify: the statement or the signature was changed",
        )
    return _listed(payload, file)


def claimed_files(data: bytes, file: Path) -> Mapping[str, str]:
    """The same without a key: what the signature says, which whoever wrote it may have made up.

    Raises:
        SignatureError: It is no signature.
    """
    payload, _, _ = _parsed(data, file)
    return _listed(payload, file)


def _parsed(data: bytes, file: Path) -> tuple[bytes, bytes, str]:
    """Payload, signature, and the fingerprint of the key that the bundle names."""
    try:
        envelope, hint = _envelope(_json(data))
        return _base64(envelope.get("payload")), _signature(envelope), hint
    except ValueError as cause:
        raise unreadable(file, str(cause)) from cause


def _listed(payload: bytes, file: Path) -> Mapping[str, str]:
    try:
        return _statement(_json(payload))
    except ValueError as cause:
        raise unreadable(file, str(cause)) from cause


def read(file: Path) -> bytes:
    """The bytes of a signature file.

    Raises:
        SignatureError: There is none, or it is larger than any signature.
    """
    try:
        with file.open("rb") as data:
            found = data.read(_LIMIT + 1)
    except OSError as cause:
        raise SignatureError(
            "the archive has no signature",
            code=ABSENT,
            file=file,
            expected="a signature by the trusted key",
            found=cause.strerror or str(cause),
            mend="fetch it from the zoo, beside the archive; or djlift sign ARCHIVE --key KEY",
        ) from cause
    if len(found) > _LIMIT:
        raise unreadable(file, f"more than {_LIMIT} bytes")
    return found


def unreadable(file: Path, found: str) -> SignatureError:
    """The error for what is no signature."""
    return SignatureError(
        "the signature cannot be read",
        code=UNREADABLE,
        file=file,
        expected="an OpenSSF model signature: a Sigstore bundle v0.3 by a P-256 key",
        found=found,
    )


def _unusable(file: Path, found: str) -> SignatureError:
    return SignatureError(
        "the trusted key cannot be used",
        code=KEY_UNUSABLE,
        file=file,
        expected="a P-256 public key in PEM (BEGIN PUBLIC KEY)",
        found=found,
        mend="openssl ec -in KEY -pubout -out KEY.pub",
    )


def _json(data: bytes) -> Any:
    """JSON as archives have it; ValueError for any other."""
    try:
        return strict_json.parse(data)
    except ValueError as cause:
        raise ValueError(f"not plain JSON ({cause})"[:200]) from cause


def _envelope(bundle: Any) -> tuple[Mapping[str, Any], str]:
    """The DSSE envelope of a bundle, and the fingerprint of the key that it says signed it."""
    fields = _only(bundle, "a bundle", "mediaType", "verificationMaterial", "dsseEnvelope")
    _same(fields.get("mediaType"), BUNDLE_TYPE, "mediaType")
    material = _only(
        fields.get("verificationMaterial"), "verificationMaterial", "publicKey", "tlogEntries"
    )
    if material.get("tlogEntries", []) != []:
        raise ValueError("entries of a log (tlogEntries), which nobody checks here")
    hint = _only(material.get("publicKey"), "publicKey", "hint").get("hint")
    if not isinstance(hint, str) or not _SHA256.fullmatch(hint):
        raise ValueError("no fingerprint of a key (publicKey.hint)")
    envelope = _only(
        fields.get("dsseEnvelope"), "dsseEnvelope", "payload", "payloadType", "signatures"
    )
    _same(envelope.get("payloadType"), PAYLOAD_TYPE, "payloadType")
    return envelope, hint


def _signature(envelope: Mapping[str, Any]) -> bytes:
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise ValueError("not exactly one signature")
    signature = _only(signatures[0], "a signature", "sig", "keyid")
    if not isinstance(signature.get("keyid", ""), str):
        raise ValueError("a keyid that is no text")
    return _base64(signature.get("sig"))


def _holds(key: TrustedKey, signature: bytes, payload: bytes) -> bool:
    """Whether ECDSA with SHA-256 holds over the payload in DSSE's pre-authentication encoding."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    try:
        r, s = utils.decode_dss_signature(signature)
    except ValueError:
        return False
    # Java must say the same, and some of its releases take zeros (CVE-2022-21449).
    whole = utils.encode_dss_signature(r, s) == signature
    if not whole or not 0 < r < _P256_ORDER or not 0 < s < _P256_ORDER:
        return False
    encoded = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
    try:
        key.public_key().verify(signature, encoded, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _statement(data: Any) -> Mapping[str, str]:
    statement = _of(data, "a statement")
    _same(statement.get("_type"), STATEMENT_TYPE, "_type")
    _same(statement.get("predicateType"), PREDICATE_TYPE, "predicateType")
    predicate = _of(statement.get("predicate"), "predicate")
    serialization = _of(predicate.get("serialization"), "serialization")
    _same(serialization.get("method"), "files", "serialization.method")
    _same(serialization.get("hash_type"), "sha256", "serialization.hash_type")
    files = _resources(predicate.get("resources"))
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise ValueError("not exactly one subject")
    digest = _of(_of(subjects[0], "a subject").get("digest"), "digest").get("sha256")
    root = hashlib.sha256(b"".join(bytes.fromhex(d) for d in files.values())).hexdigest()
    if digest != root:
        raise ValueError("the subject's digest is not that of the resources")
    return files


def _resources(listed: Any) -> Mapping[str, str]:
    if not isinstance(listed, list):
        raise ValueError("no resources")
    files: dict[str, str] = {}
    for one in listed:
        resource = _of(one, "a resource")
        name, digest = resource.get("name"), resource.get("digest")
        _same(resource.get("algorithm"), "sha256", "algorithm")
        if not isinstance(name, str) or name in files:
            raise ValueError("a resource without a name of its own")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ValueError("a resource without a SHA-256")
        files[name] = digest
    return files


def _of(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object")
    return value


def _only(value: Any, what: str, *names: str) -> dict[str, Any]:
    """An object without other fields: what nobody reads could mean something to another reader."""
    if _of(value, what).keys() - set(names):
        raise ValueError(f"{what} has fields beside {', '.join(names)}")
    return dict(value)


def _same(value: Any, expected: str, what: str) -> None:
    if value != expected:
        raise ValueError(f"{what} is not {expected}")


def _base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("no base64")
    try:
        data = base64.b64decode(value, validate=True)
    except binascii.Error as cause:
        raise ValueError("no base64") from cause
    # One spelling only: decoders differ about bits and signs at the end.
    if base64.b64encode(data).decode() != value:
        raise ValueError("base64 in another spelling")
    return data
