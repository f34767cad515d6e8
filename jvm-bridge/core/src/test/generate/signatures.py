"""Writes ../resources/signatures: signatures of the tiny archives by a key that is thrown away.

Run after tiny_zoo.py: python jvm-bridge/core/src/test/generate/signatures.py
``folder.sig`` is of the folder tiny-archive, ``zip.sig`` of its zip in the tiny zoo (other files: fewer golden
texts), both by ``trusted.pub``; nobody has signed with ``other.pub``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from djlift.archive import container, signing

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
ZIP = "tiny-zoo/model/nlp/token_classification/org/djlift/test/tiny/1.0/tiny-1.0-fp32.zip"
TARGET = RESOURCES / "signatures"


def main() -> None:
    """Write keys and signatures anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir()
    with tempfile.TemporaryDirectory() as name:
        private, packed = Path(name, "key"), Path(name, "tiny-1.0-fp32.zip")
        key = ec.generate_private_key(ec.SECP256R1())
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        write(TARGET / "trusted.pub", key)
        write(TARGET / "other.pub", ec.generate_private_key(ec.SECP256R1()))
        container.pack(RESOURCES / "tiny-archive", packed)
        signing.sign_beside(packed, private, TARGET / "folder.sig")
        signing.sign_beside(RESOURCES / ZIP, private, TARGET / "zip.sig")


def write(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """The public half of a key."""
    file.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


if __name__ == "__main__":
    main()
