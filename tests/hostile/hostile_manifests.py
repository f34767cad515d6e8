"""Hostile manifests by name: zips whose djlift.json lies, with the digest that it should have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .rawzip import INNOCENT, manifest_text, signed, with_manifest

Case = tuple[Callable[[], bytes], str]
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
    "manifest of nothing": (raw(b""), "a JSON object"),
    "manifest of zeros": (raw(bytes(1000)), "a JSON object"),
    "manifest is null": (raw(b"null"), "a JSON object"),
    "manifest is a list": (raw(b"[]"), "a JSON object"),
    "manifest is a string": (raw(b'"djlift"'), "a JSON object"),
    "manifest cut": (
        lambda: with_manifest(manifest_text(INNOCENT).encode()[:-20]),
        "a JSON object",
    ),
    "manifest twice": (text(lambda t: t + t), "a JSON object"),
    "nested too deep": (raw(nested(200_000).encode()), "a JSON object"),
    "nested objects too deep": (raw(b'{"a":' * 200_000), "a JSON object"),
    "nested deep in a field": (_source(nested(900)), ""),
    "nested deep in place of a name": (text(lambda t: t.replace('"tiny-ner"', nested(900))), ""),
    "byte order mark": (text(lambda t: "\ufeff" + t), ""),
    "UTF-16": (lambda: with_manifest(manifest_text(INNOCENT).encode("utf-16")), ""),
    "not UTF-8": (
        lambda: with_manifest(
            signed(manifest_text(INNOCENT).encode().replace(b"folder", b"fold\xffr"))
        ),
        "",
    ),
    "lone surrogate": (_source('"\\ud800"'), ""),
    "NaN": (_source("NaN"), ""),
    "infinity": (_source("-Infinity"), ""),
    "number of 5000 digits": (_source("9" * 5000), ""),
    "float past its range": (_source("1e999"), ""),
    "same field twice": (text(lambda t: t.replace("{", '{\n  "name": "other",', 1)), ""),
    "format twice": (text(lambda t: t.replace("{", '{\n  "format": 99,', 1)), ""),
    "same file twice": (
        text(lambda t: t.replace('"files": {', '"files": {\n    "config.json": {},', 1)),
        "",
    ),
    "format is true": (fields(format=True), "format 1"),
    "format is a float": (fields(format=1.0), "format 1"),
    "format is a string": (fields(format="1"), "format 1"),
    "format is zero": (fields(format=0), "format 1"),
    "format is negative": (fields(format=-1), "format 1"),
    "format of the future": (fields(format=10**18), "newer djlift"),
    "files is a list": (fields(files=[]), "'files'"),
    "files is empty": (fields(files={}), "not list"),
    "file is a string": (fields(files={"config.json": "x"}), "config.json"),
    "size negative": (record(size=-1), "config.json"),
    "size is true": (record(size=True), "config.json"),
    "size is a float": (record(size=3.0), "config.json"),
    "size of exabytes": (record(size=1 << 62), "config.json: "),
    "hash too short": (record(sha256="ab"), "config.json"),
    "hash is empty": (record(sha256=""), "config.json"),
    "hash is no hex": (record(sha256="z" * 64), "config.json"),
    "hash is another": (record(sha256="a" * 64), "config.json: SHA-256"),
    "file that leads out": (
        fields(files={"../../etc/passwd": {"sha256": "a" * 64, "size": 1}}),
        "../../etc/passwd: a file of the manifest",
    ),
    "digest absent": (text(lambda t: t.replace(DIGEST, '"digset": ""')), "djlift.json: digest"),
    "digest wrong": (text(lambda t: t.replace(DIGEST, f'"digest": "{"1" * 64}"')), "digest"),
    "digest in upper case": (
        lambda: with_manifest(_shouted(signed(manifest_text(INNOCENT)))),
        "djlift.json: digest",
    ),
    "name that leads out": (fields(name="../../evil"), ""),
    "version that leads out": (fields(version="../../evil"), ""),
    "group that leads out": (fields(group="a/../../evil"), ""),
    "application that is absolute": (fields(application="/etc"), ""),
    "precision that leads out": (fields(precision="../../evil"), ""),
}
