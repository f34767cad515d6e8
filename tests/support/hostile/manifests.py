"""Hostile manifests by name: zips whose djlift.json lies, with the digest that it should have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from djlift.strict.refusal import Refusal
from tests.support.hostile.raw_zip import INNOCENT, manifest_text, signed, with_manifest

Case = tuple[Callable[[], bytes], Refusal]
DIGEST = '"digest": "' + "0" * 64 + '"'


def fields(**changed: Any) -> Callable[[], bytes]:
    """An archive whose manifest has these fields instead."""
    return lambda: with_manifest(signed(manifest_text(INNOCENT, **changed)))


def text(edit: Callable[[str], str]) -> Callable[[], bytes]:
    """An archive whose manifest was edited as text, then given its digest."""
    return lambda: with_manifest(signed(edit(manifest_text(INNOCENT))))


def raw(data: bytes) -> Callable[[], bytes]:
    """An archive whose manifest is these bytes."""
    return lambda: with_manifest(data)


def record(**changed: Any) -> Callable[[], bytes]:
    """An archive whose manifest states one file otherwise."""

    def make() -> bytes:
        data = json.loads(manifest_text(INNOCENT))
        data["files"]["config.json"] |= changed
        return with_manifest(signed(json.dumps(data, indent=2, sort_keys=True)))

    return make


def nested(depth: int) -> str:
    """A list in a list in a list."""
    return "[" * depth + "]" * depth


def _source(value: str) -> Callable[[], bytes]:
    """An archive whose manifest has ``value``, JSON text, below its source."""
    return text(lambda t: t.replace('"kind": "folder"', f'"kind": {value}'))


def _shouted(manifest: bytes) -> bytes:
    """The digest's digits in upper case."""
    digest = json.loads(manifest)["digest"].encode()
    return manifest.replace(digest, digest.upper())


MANIFESTS: dict[str, Case] = {
    "manifest of nothing": (raw(b""), Refusal.MANIFEST),
    "manifest of zeros": (raw(bytes(1000)), Refusal.MANIFEST),
    "manifest is null": (raw(b"null"), Refusal.MANIFEST),
    "manifest is a list": (raw(b"[]"), Refusal.MANIFEST),
    "manifest is a string": (raw(b'"djlift"'), Refusal.MANIFEST),
    "manifest cut": (
        lambda: with_manifest(manifest_text(INNOCENT).encode()[:-20]),
        Refusal.MANIFEST,
    ),
    "manifest twice": (text(lambda t: t + t), Refusal.MANIFEST),
    "nested too deep": (raw(nested(200_000).encode()), Refusal.MANIFEST),
    "nested objects too deep": (raw(b'{"a":' * 200_000), Refusal.MANIFEST),
    "nested deep in a field": (_source(nested(900)), Refusal.MANIFEST),
    "nested deep in place of a name": (
        text(lambda t: t.replace('"tiny-ner"', nested(900))),
        Refusal.MANIFEST,
    ),
    "byte order mark": (text(lambda t: "\ufeff" + t), Refusal.MANIFEST),
    "UTF-16": (lambda: with_manifest(manifest_text(INNOCENT).encode("utf-16")), Refusal.MANIFEST),
    "not UTF-8": (
        lambda: with_manifest(
            signed(manifest_text(INNOCENT).encode().replace(b"folder", b"fold\xffr"))
        ),
        Refusal.MANIFEST,
    ),
    "lone surrogate": (_source('"\\ud800"'), Refusal.MANIFEST),
    "NaN": (_source("NaN"), Refusal.MANIFEST),
    "infinity": (_source("-Infinity"), Refusal.MANIFEST),
    "number of 5000 digits": (_source("9" * 5000), Refusal.MANIFEST),
    "float past its range": (_source("1e999"), Refusal.MANIFEST),
    "same field twice": (
        text(lambda t: t.replace("{", '{\n  "name": "other",', 1)),
        Refusal.MANIFEST,
    ),
    "format twice": (text(lambda t: t.replace("{", '{\n  "format": 99,', 1)), Refusal.MANIFEST),
    "same file twice": (
        text(lambda t: t.replace('"files": {', '"files": {\n    "config.json": {},', 1)),
        Refusal.MANIFEST,
    ),
    "format is true": (fields(format=True), Refusal.MANIFEST),
    "format is a float": (fields(format=1.0), Refusal.MANIFEST),
    "format is a string": (fields(format="1"), Refusal.MANIFEST),
    "format is zero": (fields(format=0), Refusal.MANIFEST),
    "format is negative": (fields(format=-1), Refusal.MANIFEST),
    "format of the future": (fields(format=10**18), Refusal.NEWER_FORMAT),
    "files is a list": (fields(files=[]), Refusal.MANIFEST),
    "files is empty": (fields(files={}), Refusal.ALTERED),
    "file is a string": (fields(files={"config.json": "x"}), Refusal.MANIFEST),
    "size negative": (record(size=-1), Refusal.MANIFEST),
    "size is true": (record(size=True), Refusal.MANIFEST),
    "size is a float": (record(size=3.0), Refusal.MANIFEST),
    "size of exabytes": (record(size=1 << 62), Refusal.ALTERED),
    "hash too short": (record(sha256="ab"), Refusal.MANIFEST),
    "hash is empty": (record(sha256=""), Refusal.MANIFEST),
    "hash is no hex": (record(sha256="z" * 64), Refusal.MANIFEST),
    "hash is another": (record(sha256="a" * 64), Refusal.ALTERED),
    "file that leads out": (
        fields(files={"../../etc/passwd": {"sha256": "a" * 64, "size": 1}}),
        Refusal.ALTERED,
    ),
    "digest absent": (text(lambda t: t.replace(DIGEST, '"digset": ""')), Refusal.ALTERED),
    "digest wrong": (text(lambda t: t.replace(DIGEST, f'"digest": "{"1" * 64}"')), Refusal.ALTERED),
    "digest in upper case": (
        lambda: with_manifest(_shouted(signed(manifest_text(INNOCENT)))),
        Refusal.ALTERED,
    ),
    "name that leads out": (fields(name="../../evil"), Refusal.MANIFEST),
    "version that leads out": (fields(version="../../evil"), Refusal.MANIFEST),
    "group that leads out": (fields(group="a/../../evil"), Refusal.MANIFEST),
    "application that is absolute": (fields(application="/etc"), Refusal.MANIFEST),
    "precision that leads out": (fields(precision="../../evil"), Refusal.MANIFEST),
}
