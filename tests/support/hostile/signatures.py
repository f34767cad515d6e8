"""Signatures that must be refused, and with which code: each is made from a true one by one change."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils

from djlift.archive import signature as signatures
from djlift.archive.container import opened, pack, seal
from djlift.archive.signature import (
    ABSENT,
    FALSE,
    KEY_UNUSABLE,
    OTHER_FILES,
    OTHER_KEY,
    PAYLOAD_TYPE,
    UNREADABLE,
)
from djlift.archive.signing import sign
from tests.support.builders import a_folder, a_manifest, an_archive

ALTERED = "altered"
"""Not a signature's fault: the archive's files are not what its manifest says."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Signed:
    """An archive with a true signature, and keys: its own, another, and some that cannot be used."""

    folder: Path
    archive: Path
    bundle: bytes
    private: Path
    public: Path

    @property
    def parsed(self) -> dict[str, Any]:
        """The bundle as JSON data."""
        return dict(json.loads(self.bundle))

    def changed(self, edit: Callable[[dict[str, Any]], object]) -> bytes:
        """The bundle with one change outside what is signed."""
        data = self.parsed
        edit(data)
        return json.dumps(data).encode()

    def statement(self, edit: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
        """A bundle whose statement was changed, and then signed by the trusted key."""
        data = json.loads(base64.b64decode(self.parsed["dsseEnvelope"]["payload"]))
        edit(data)
        return self.vouched(json.dumps(data).encode())

    def vouched(self, payload: bytes) -> bytes:
        """A bundle of any payload, signed by the trusted key."""
        key = serialization.load_pem_private_key(self.private.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        head = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode()
        signed = key.sign(head + payload, ec.ECDSA(hashes.SHA256()))

        def put(data: dict[str, Any]) -> None:
            data["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
            data["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signed).decode()

        return self.changed(put)

    def with_sig(self, edit: Callable[[int, int], bytes]) -> bytes:
        """The bundle with another spelling or value of the two numbers of ECDSA."""
        whole = base64.b64decode(self.parsed["dsseEnvelope"]["signatures"][0]["sig"])
        other = base64.b64encode(edit(*utils.decode_dss_signature(whole))).decode()
        return self.changed(lambda d: d["dsseEnvelope"]["signatures"][0].update(sig=other))


@dataclass(frozen=True)
class Attempt:
    """What is presented, and the code that refuses it.

    Attributes:
        code: None when it is well.
        bundle: The signature's bytes; None for no file.
        key: The public key that is trusted.
    """

    code: str | None
    bundle: bytes | None
    key: Path
    archive: Path


def a_key(folder: Path, name: str, curve: ec.EllipticCurve | None = None) -> Path:
    """A private key in PEM, its public half beside it as ``NAME.pub``."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    file = folder / name
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    _public(folder / f"{name}.pub", key.public_key())
    return file


def signed(folder: Path) -> Signed:
    """A small archive and its signature."""
    archive = an_archive(folder / "tiny-ner-1.0.0-fp32.zip")
    private = a_key(folder, "key")
    return Signed(folder, archive, sign(archive, private), private, folder / "key.pub")


def attempts(one: Signed) -> Mapping[str, Attempt]:
    """Every case by its name."""
    return {**_bundles(one), **_statements(one), **_archives(one), **_keys(one)}


def _bundles(one: Signed) -> dict[str, Attempt]:
    envelope, text = one.parsed["dsseEnvelope"], one.bundle.decode()
    other_key = sign(one.archive, a_key(one.folder, "other"))
    own = signatures.TrustedKey.read(one.public).fingerprint
    posing = json.loads(other_key)
    posing["verificationMaterial"]["publicKey"]["hint"] = own
    again = json.loads(sign(one.archive, one.private))["dsseEnvelope"]["signatures"]
    payload = base64.b64decode(envelope["payload"])
    edited = base64.b64encode(payload.replace(b"a", b"b", 1)).decode()

    def in_envelope(**changes: Any) -> bytes:
        return one.changed(lambda d: d["dsseEnvelope"].update(changes))

    bundles: dict[str, tuple[str | None, bytes | None]] = {
        "the true signature": (None, one.bundle),
        "another true one": (None, in_envelope(signatures=again)),
        "fields that nobody knows": (
            UNREADABLE,
            one.changed(lambda d: d.update(more={"a": [1.5]})),
        ),
        "fields of the statement that nobody knows": (
            None,
            one.statement(lambda d: d["predicate"].update(more=[1.5])),
        ),
        "an entry of a log": (
            UNREADABLE,
            one.changed(lambda d: d["verificationMaterial"].update(tlogEntries=[{}])),
        ),
        "a keyid": (None, in_envelope(signatures=[envelope["signatures"][0] | {"keyid": "me"}])),
        "a keyid that is no text": (
            UNREADABLE,
            in_envelope(signatures=[envelope["signatures"][0] | {"keyid": 7}]),
        ),
        "none": (ABSENT, None),
        "of another key": (OTHER_KEY, other_key),
        "of a key on P-384": (OTHER_KEY, _p384(one)),
        "of another key that poses as the trusted one": (FALSE, json.dumps(posing).encode()),
        "an edited payload": (FALSE, in_envelope(payload=edited)),
        "an empty payload": (FALSE, in_envelope(payload="")),
        "zeros": (FALSE, one.with_sig(lambda r, s: _der(0, 0))),
        "r alone": (FALSE, one.with_sig(lambda r, s: _der(r, 0))),
        "s past the order": (FALSE, one.with_sig(lambda r, s: _der(r, s + _ORDER))),
        "a negative s": (FALSE, one.with_sig(lambda r, s: _der(r, s - _ORDER))),
        "an empty value": (FALSE, one.with_sig(lambda r, s: b"")),
        "a byte after the end": (FALSE, one.with_sig(lambda r, s: _der(r, s) + b"\0")),
        "a long length": (FALSE, one.with_sig(lambda r, s: b"\x30\x81" + _der(r, s)[1:])),
        "two bare numbers": (
            FALSE,
            one.with_sig(lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        ),
        "an empty file": (UNREADABLE, b""),
        "no JSON": (UNREADABLE, b"untrusted comment: signature\n"),
        "half of it": (UNREADABLE, one.bundle[: len(one.bundle) // 2]),
        "a list": (UNREADABLE, b"[" + one.bundle + b"]"),
        "text after the end": (UNREADABLE, one.bundle + b"x"),
        "in UTF-16": (UNREADABLE, text.encode("utf-16")),
        "a byte order mark": (UNREADABLE, b"\xef\xbb\xbf" + one.bundle),
        "a key twice": (UNREADABLE, b'{"mediaType": 1, ' + one.bundle.strip()[1:]),
        "not a number": (UNREADABLE, one.bundle.strip()[:-1] + b', "a": NaN}'),
        "half a character": (UNREADABLE, one.bundle.strip()[:-1] + b', "a": "\\ud800"}'),
        "deep": (UNREADABLE, one.bundle.strip()[:-1] + b', "a": ' + b"[" * 40 + b"]" * 40 + b"}"),
        "very deep": (UNREADABLE, b"[" * 500_000),
        "huge": (UNREADABLE, one.bundle + b" " * (1 << 20)),
        "an older bundle": (UNREADABLE, one.changed(lambda d: d.update(mediaType="v0.2"))),
        "no material": (UNREADABLE, one.changed(lambda d: d.pop("verificationMaterial"))),
        "no fingerprint": (
            UNREADABLE,
            one.changed(lambda d: d["verificationMaterial"]["publicKey"].pop("hint")),
        ),
        "another payload type": (UNREADABLE, in_envelope(payloadType="application/json")),
        "no signature in it": (UNREADABLE, in_envelope(signatures=[])),
        "two signatures": (UNREADABLE, in_envelope(signatures=[*envelope["signatures"], *again])),
        "a payload that is no text": (UNREADABLE, in_envelope(payload=None)),
        "no base64": (UNREADABLE, in_envelope(payload=envelope["payload"][:-4] + "é===")),
        "base64 in lines": (UNREADABLE, in_envelope(payload=envelope["payload"] + "\n")),
        "base64 without its end": (UNREADABLE, in_envelope(signatures=[{"sig": "QQ"}])),
        "base64 with bits left": (UNREADABLE, in_envelope(signatures=[{"sig": "QR=="}])),
    }
    return {
        name: Attempt(code, bundle, one.public, one.archive)
        for name, (code, bundle) in bundles.items()
    }


def _statements(one: Signed) -> dict[str, Attempt]:
    """Statements that the trusted key signed, but not for this archive or in no form that is read."""

    def resources(edit: Callable[[list[dict[str, str]]], object]) -> bytes:
        def put(data: dict[str, Any]) -> None:
            listed = data["predicate"]["resources"]
            edit(listed)
            joined = b"".join(bytes.fromhex(r["digest"]) for r in listed if len(r["digest"]) == 64)
            data["subject"][0]["digest"]["sha256"] = hashlib.sha256(joined).hexdigest()

        return one.statement(put)

    def serialization(**changes: Any) -> bytes:
        return one.statement(lambda d: d["predicate"]["serialization"].update(changes))

    compat = {"predicateType": "https://model_signing/Digests/v0.1"}
    extra = {"name": "x", "algorithm": "sha256", "digest": "0" * 64}
    found: dict[str, tuple[str | None, bytes]] = {
        "a statement in another order": (None, resources(lambda r: r.reverse())),
        "paths that stock tools ignore": (None, serialization(ignore_paths=[".git"])),
        "a file that is not signed": (OTHER_FILES, resources(lambda r: r.pop())),
        "a file that is not there": (OTHER_FILES, resources(lambda r: r.append(extra))),
        "a name in another spelling": (
            OTHER_FILES,
            resources(lambda r: r[0].update(name=f"./{r[0]['name']}")),
        ),
        "no files": (OTHER_FILES, resources(lambda r: r.clear())),
        "files to ignore": (
            OTHER_FILES,
            one.statement(
                lambda d: (
                    d["predicate"]["serialization"].update(ignore_paths=["model.onnx"]),
                    d["predicate"]["resources"].clear(),
                    d["subject"][0]["digest"].update(sha256=hashlib.sha256().hexdigest()),
                )
            ),
        ),
        "a statement that is no JSON": (UNREADABLE, one.vouched(b"files")),
        "a statement of another type": (UNREADABLE, one.statement(lambda d: d.update(_type="v0"))),
        "digests as before 1.0": (UNREADABLE, one.statement(lambda d: d.update(compat))),
        "shards": (UNREADABLE, serialization(method="shards", shard_size=1000)),
        "another hash": (UNREADABLE, serialization(hash_type="blake3")),
        "another algorithm": (UNREADABLE, resources(lambda r: r[0].update(algorithm="sha512"))),
        "a digest in capitals": (
            UNREADABLE,
            resources(lambda r: r[0].update(digest=r[0]["digest"].upper() + "A")),
        ),
        "a resource twice": (UNREADABLE, resources(lambda r: r.append(r[0]))),
        "a resource without a name": (UNREADABLE, resources(lambda r: r[0].pop("name"))),
        "another root": (
            UNREADABLE,
            one.statement(lambda d: d["subject"][0]["digest"].update(sha256="0" * 64)),
        ),
        "no subject": (UNREADABLE, one.statement(lambda d: d.update(subject=[]))),
    }
    return {n: Attempt(code, b, one.public, one.archive) for n, (code, b) in found.items()}


def _archives(one: Signed) -> dict[str, Attempt]:
    """The true signature beside other files."""

    def resealed(name: str, edit: Callable[[Path], object]) -> Path:
        folder = a_folder(one.folder / f"{name}.files")
        edit(folder)
        seal(folder, a_manifest())
        pack(folder, one.folder / f"{name}.zip")
        return one.folder / f"{name}.zip"

    edited = one.folder / "edited.zip"
    with opened(one.archive) as found:
        (found.folder / "config.json").write_bytes(b'{"id2label": {"0": "X"}}\n')
        pack(found.folder, edited)
    found = {
        "another archive": (OTHER_FILES, an_archive(one.folder / "more.zip", version="2.0.0")),
        "an edited file, sealed again": (
            OTHER_FILES,
            resealed("resealed", lambda f: (f / "README.md").write_bytes(b"other")),
        ),
        "an extra file, sealed again": (
            OTHER_FILES,
            resealed("extra", lambda f: (f / "extra.txt").write_bytes(b"")),
        ),
        "a missing file, sealed again": (
            OTHER_FILES,
            resealed("missing", lambda f: (f / "README.md").unlink()),
        ),
        "an edited file": (ALTERED, edited),
    }
    return {n: Attempt(code, one.bundle, one.public, a) for n, (code, a) in found.items()}


def _keys(one: Signed) -> dict[str, Attempt]:
    """Keys that cannot be trusted, whatever they signed."""
    folder = one.folder
    der = base64.b64decode("".join(one.public.read_text().split("\n")[1:-2]))
    key = serialization.load_der_public_key(der)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    compressed = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    short = der[:1] + bytes([der[1] - 32]) + der[2:24] + b"\x22\0" + compressed
    pem = one.public.read_text()
    files = {
        "no file": folder / "nowhere.pub",
        "a folder": folder,
        "an empty key file": _file(folder / "empty.pub", b""),
        "the private key": one.private,
        "a certificate": _file(folder / "c.pub", pem.replace("PUBLIC KEY", "CERTIFICATE").encode()),
        "a key on P-384": a_key(folder, "p384", ec.SECP384R1()).with_name("p384.pub"),
        "a key on secp256k1": a_key(folder, "k1", ec.SECP256K1()).with_name("k1.pub"),
        "an RSA key": _public(folder / "rsa", rsa.generate_private_key(65537, 2048).public_key()),
        "an Ed25519 key": _public(folder / "ed", ed25519.Ed25519PrivateKey.generate().public_key()),
        "a compressed point": _file(folder / "short", _pem(short)),
        "a point off the curve": _file(folder / "off", _pem(der[:-1] + bytes([der[-1] ^ 1]))),
        "a byte after the key": _file(folder / "long", _pem(der + b"\0")),
        "two keys": _file(folder / "two", 2 * pem.encode()),
    }
    fine = {
        "a key with CRLF": _file(folder / "crlf", pem.replace("\n", "\r\n").encode()),
        "a key on one line": _file(folder / "line", pem.replace("\n", " ").encode()),
    }
    return {
        **{n: Attempt(KEY_UNUSABLE, one.bundle, f, one.archive) for n, f in files.items()},
        **{n: Attempt(None, one.bundle, f, one.archive) for n, f in fine.items()},
    }


def _p384(one: Signed) -> bytes:
    from model_signing import signing

    folder, target = one.folder / "unpacked", one.folder / "p384.json"
    with zipfile.ZipFile(one.archive) as source:
        source.extractall(folder)
    private = a_key(one.folder, "signer384", ec.SECP384R1())
    signing.Config().use_elliptic_key_signer(private_key=private).sign(folder, target)
    return target.read_bytes()


def _der(*numbers: int) -> bytes:
    """ASN.1 of some numbers, negative ones too."""
    encoded = b""
    for number in numbers:
        data = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
        encoded += b"\x02" + bytes([len(data)]) + data
    return b"\x30" + bytes([len(encoded)]) + encoded


def _public(file: Path, key: Any) -> Path:
    return _file(
        file,
        key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )


def _pem(der: bytes) -> bytes:
    body = base64.encodebytes(der).decode().replace("\n", "")
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


def _file(file: Path, data: bytes) -> Path:
    file.write_bytes(data)
    return file
