"""djlift.json: what is written is what is read, and every byte of it counts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from djlift.archive.manifest import FORMAT, FileRecord, Manifest, digests
from djlift.errors import ArchiveError
from tests.support.builders import a_manifest

RECORD = FileRecord(hashlib.sha256(b"x").hexdigest(), 1)


def edited(**fields: Any) -> str:
    """The JSON of a manifest with some fields replaced; ``...`` removes one."""
    data = json.loads(a_manifest().to_json()) | fields
    return json.dumps({key: value for key, value in data.items() if value is not ...})


def test_round_trip() -> None:
    """A manifest that is written and read again is the same value."""
    manifest = a_manifest(
        files={"model.onnx": RECORD},
        parity={"levels": [{"level": 0, "status": "pass"}]},
        accuracy={"archive": 0.9123, "reference": 0.9125},
        licence="Lizenz für alle \N{PARTY POPPER}",
    )
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_absent_optional_fields() -> None:
    """Licence, parity and accuracy may be absent; they are read as None."""
    manifest = Manifest.from_json(edited(licence=..., parity=..., accuracy=...))
    assert (manifest.licence, manifest.parity, manifest.accuracy) == (None, None, None)


def test_bytes_are_deterministic() -> None:
    """The same value gives the same ASCII bytes, whatever the order of its mappings."""
    one = a_manifest(tools={"a": "1", "b": "2"}).to_json()
    other = a_manifest(tools={"b": "2", "a": "1"}).to_json()
    assert one == other
    assert one.isascii()
    assert one.endswith("}\n")
    assert "\r" not in one


def test_digest_is_stated() -> None:
    """The digest that a fresh manifest states is the one that its bytes have."""
    stated, computed = digests(a_manifest(files={"model.onnx": RECORD}).to_json().encode())
    assert stated == computed


def test_digest_is_the_documented_one() -> None:
    """The digest is the SHA-256 of the bytes with the digest's own digits set to zeros."""
    text = a_manifest().to_json()
    stated = json.loads(text)["digest"]
    zeroed = text.replace(stated, "0" * 64)
    assert hashlib.sha256(zeroed.encode()).hexdigest() == stated


def test_digest_ignores_lookalikes() -> None:
    """A nested field called digest, or 64 zeros elsewhere, is not taken for the manifest's digest."""
    text = a_manifest(accuracy={"a": "0" * 64, "digest": "0" * 64}).to_json()
    data = json.loads(text)
    assert data["accuracy"] == {"a": "0" * 64, "digest": "0" * 64}
    assert data["digest"] != "0" * 64
    altered = text.replace(f'  "digest": "{data["digest"]}"', f'  "digest": "{"1" * 64}"')
    assert altered != text
    stated, computed = digests(altered.encode())
    assert stated != computed


def test_every_byte_is_guarded() -> None:
    """Any changed byte either makes the manifest unreadable or breaks its digest."""
    whole = a_manifest(files={f"file-{n}": RECORD for n in range(4)}).to_json().encode()
    sampled = sorted({*range(0, len(whole), max(1, len(whole) // 60)), len(whole) - 1})
    assert len(sampled) >= 50
    for at in sampled:
        for flip in (0x01, 0x20, 0x80):
            data = bytearray(whole)
            data[at] ^= flip
            try:
                Manifest.from_json(bytes(data).decode("utf-8"))
            except (ArchiveError, UnicodeDecodeError):
                continue
            stated, computed = digests(bytes(data))
            assert stated != computed, f"byte {at} changed by {flip:#x} goes unseen"


def test_no_digest_is_never_right() -> None:
    """A manifest without a digest does not pass for an intact one."""
    stated, computed = digests(edited(digest=...).encode())
    assert stated != computed


def test_coordinates_and_file_name() -> None:
    """The archive's name is made of name, version and precision."""
    manifest = a_manifest(precision="fp16", version="2.1.0")
    assert manifest.file_name == "tiny-ner-2.1.0-fp16.zip"
    assert manifest.coordinates.group == "org.example.nlp"
    assert manifest.coordinates.application == "nlp/token_classification"


def test_newer_format() -> None:
    """A format of the future is refused with the command that mends it."""
    with pytest.raises(ArchiveError) as raised:
        Manifest.from_json(edited(format=FORMAT + 1), "model.zip!djlift.json")
    error = raised.value
    assert error.exit_code == 2
    assert error.file == "model.zip!djlift.json"
    assert error.found == f"format {FORMAT + 1}"
    assert error.mend == "install a newer djlift"


@pytest.mark.parametrize("value", [True, None, "1", 1.0, 0, -1, [1], ...])
def test_format_of_the_wrong_kind(value: Any) -> None:
    """The format is a whole number from 1 on; a bool or a float is none."""
    with pytest.raises(ArchiveError):
        Manifest.from_json(edited(format=value))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", 3),
        ("name", ...),
        ("group", ["org"]),
        ("version", 1.0),
        ("precision", None),
        ("task", {}),
        ("application", ...),
        ("licence", 1),
        ("source", "hub"),
        ("target", None),
        ("tools", []),
        ("graph", ...),
        ("model", "bert"),
        ("golden", 7),
        ("parity", []),
        ("accuracy", 0.9),
        ("files", []),
        ("files", None),
    ],
)
def test_field_of_the_wrong_kind(field: str, value: Any) -> None:
    """A field that is absent or of another kind is named."""
    with pytest.raises(ArchiveError) as raised:
        Manifest.from_json(edited(**{field: value}))
    assert f"'{field}'" in str(raised.value.expected)


@pytest.mark.parametrize(
    "record",
    [
        None,
        "abc",
        {},
        {"sha256": "a" * 64},
        {"size": 1},
        {"sha256": "a" * 63, "size": 1},
        {"sha256": 7, "size": 1},
        {"sha256": "z" * 64, "size": 1},
        {"sha256": "a" * 64, "size": -1},
        {"sha256": "a" * 64, "size": 1.5},
        {"sha256": "a" * 64, "size": "1"},
        {"sha256": "a" * 64, "size": True},
    ],
)
def test_file_record_of_the_wrong_kind(record: Any) -> None:
    """A file needs 64 hex digits and a size of zero or more; the file at fault is named."""
    with pytest.raises(ArchiveError) as raised:
        Manifest.from_json(edited(files={"model.onnx": record}))
    assert "model.onnx" in str(raised.value.expected)


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "1", '"x"', "{", "{}", "{}{}", "[" * 100_000, '{"format": ' + "9" * 5000],
)
def test_not_a_manifest(text: str) -> None:
    """Text that is not a JSON object with a format is refused as an archive error."""
    with pytest.raises(ArchiveError):
        Manifest.from_json(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../evil"),
        ("name", "a/b"),
        ("name", ""),
        ("version", "../../1"),
        ("version", "latest"),
        ("group", "a/../../b"),
        ("group", ""),
        ("application", "/etc"),
        ("application", "../.."),
        ("precision", "../fp32"),
    ],
)
def test_coordinates_that_lead_elsewhere(field: str, value: str) -> None:
    """Coordinates become paths in a zoo, so those that would leave their folder are refused."""
    with pytest.raises(ArchiveError):
        Manifest.from_json(edited(**{field: value}))
