"""Hostile zips by name: how to make each, and a word of the reason for which it must be refused."""

from __future__ import annotations

import bz2
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from djlift.manifest import FILE

from .rawzip import (
    BZIP2,
    INNOCENT,
    LZMA,
    STORED,
    End,
    Entry,
    deflated,
    deflated_zeros,
    manifest_text,
    raw_zip,
    sealed,
    signed,
)

Case = tuple[Callable[[], bytes], str]

ESCAPED = (Path("/tmp/djlift-escaped.txt"), Path("/djlift-escaped.txt"))
"""What an absolute name would write."""
LARGE = 300 << 20


def zip_with(*entries: Entry, end: End = End()) -> Callable[[], bytes]:  # noqa: B008
    """An archive with these entries, listed in its manifest, beside the innocent ones."""
    return lambda: raw_zip(sealed(*entries), end)


def named(name: str) -> Callable[[], bytes]:
    """An archive with one more entry of this name."""
    return zip_with(Entry(name.encode()))


def _lying(size: int, packed: bytes, *, stated: int, local_size: int | None = None) -> bytes:
    """A weights file of ``packed`` bytes: the manifest states one size, the headers another."""
    files = {"weights.bin": {"sha256": "0" * 63 + "1", "size": stated}}
    manifest = Entry(FILE.encode(), signed(manifest_text(files=files)))
    lie = Entry(b"weights.bin", b"", packed=packed, size=size, local_size=local_size)
    return raw_zip([manifest, lie])


def _swapped() -> bytes:
    """The central directory gives the place of one entry for another."""
    manifest, config, model = sealed()
    at = len(raw_zip([manifest])) - len(raw_zip([])) - _central(manifest)
    return raw_zip([manifest, config, Entry(model.name, model.data, offset=at)])


def _central(entry: Entry) -> int:
    return 46 + len(entry.name)


def _zip64(extra: bytes) -> bytes:
    return raw_zip(sealed(Entry(b"big", b"x", size=0xFFFFFFFF, extra=extra)))


def _two_zips() -> bytes:
    return raw_zip(sealed(Entry(b"first", b"1"))) + raw_zip(sealed(Entry(b"second", b"2")))


def _corrupt(name: bytes) -> bytes:
    """One entry whose deflate stream is noise of the declared length."""
    return raw_zip(
        [
            Entry(e.name, e.data, packed=b"\xff" * len(deflated(e.data))) if e.name == name else e
            for e in sealed()
        ]
    )


def _hidden() -> bytes:
    """An entry that a streaming reader finds and the central directory does not name."""
    manifest, *others = sealed()
    return raw_zip([manifest, Entry(b"libs/evil.jar", b"evil", hidden=True), *others])


NAMES: dict[str, Case] = {
    "parent": (named("../evil.txt"), "a name inside"),
    "parent in the middle": (named("a/../../evil.txt"), "a name inside"),
    "parent alone": (named(".."), "a name inside"),
    "parent at the end": (named("golden/.."), "a name inside"),
    "parent with a back slash": (named("..\\evil.txt"), "a plain relative name"),
    "back slash": (named("golden\\cases.jsonl"), "a plain relative name"),
    "absolute": (named(str(ESCAPED[0])), "a name inside"),
    "absolute at the root": (named(str(ESCAPED[1])), "a name inside"),
    "network share": (named("//server/share/evil.txt"), "a name inside"),
    "drive": (named("C:/evil.txt"), "a plain relative name"),
    "drive without slash": (named("C:evil.txt"), "a plain relative name"),
    "stream": (named("config.json:evil"), "a plain relative name"),
    "dot": (named("./evil.txt"), "a name inside"),
    "dot in the middle": (named("golden/./cases.jsonl"), "a name inside"),
    "double slash": (named("golden//cases.jsonl"), ""),
    "NUL": (
        lambda: raw_zip([*sealed(Entry(b"ok.txt"))[:-1], Entry(b"ok.txt\0.jar")]),
        "a plain relative name",
    ),
    "NUL first": (named("\0evil"), ""),
    "empty name": (named(""), "a plain relative name"),
    "terminal escape": (named("\x1b[2Jcleared.txt"), ""),
    "line break": (named("two\nlines"), ""),
    "duplicate": (lambda: raw_zip([*sealed(), INNOCENT[0]]), "each name once"),
    "duplicate with other bytes": (
        lambda: raw_zip([*sealed(), Entry(b"config.json", b"evil")]),
        "each name once",
    ),
    "duplicate manifest": (lambda: raw_zip([*sealed(), sealed()[0]]), "each name once"),
    "same name in another case": (named("CONFIG.json"), "each name once"),
    "manifest in another case": (named("DJLIFT.JSON"), "each name once"),
    "same name after case folding": (
        zip_with(Entry("straße".encode()), Entry(b"STRASSE")),
        "each name once",
    ),
    "file and folder": (zip_with(Entry(b"x"), Entry(b"x/y")), ""),
    "folder and file": (zip_with(Entry(b"x/y"), Entry(b"x")), ""),
    "manifest as a folder": (named(f"{FILE}/x"), ""),
    "folder": (named("golden/"), "files only"),
    "name too long": (named("a" * 300), ""),
    "path too long": (named("a/" * 3000 + "b"), ""),
    "name not UTF-8": (zip_with(Entry(b"\xff\xfe.txt", unlisted=True)), ""),
    "jar": (named("libs/evil.jar"), "no code"),
    "shared library": (named("lib/evil.so"), "no code"),
    "Java source": (named("libs/classes/Evil.java"), "no code"),
    "jar in another case": (named("LIBS/evil.jar"), "no code"),
}

KINDS: dict[str, Case] = {
    "symbolic link": (
        zip_with(Entry(b"link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)),
        "regular files",
    ),
    "pipe": (zip_with(Entry(b"pipe", mode=stat.S_IFIFO | 0o644)), "regular files"),
    "device": (zip_with(Entry(b"null", mode=stat.S_IFCHR | 0o644)), "regular files"),
    "socket": (zip_with(Entry(b"socket", mode=stat.S_IFSOCK | 0o644)), "regular files"),
    "folder by mode": (zip_with(Entry(b"folder", mode=stat.S_IFDIR | 0o755)), "regular files"),
    "encrypted": (zip_with(Entry(b"secret", flags=0x801)), "no encryption"),
    "strongly encrypted": (zip_with(Entry(b"secret", flags=0x841)), "no encryption"),
    "patched data": (zip_with(Entry(b"patch", flags=0x820)), ""),
    "bzip2": (zip_with(Entry(b"x", method=BZIP2, packed=bz2.compress(b"x"))), "deflate or stored"),
    "lzma": (zip_with(Entry(b"x", method=LZMA)), "deflate or stored"),
    "deflate64": (zip_with(Entry(b"x", method=9)), "deflate or stored"),
    "unknown method": (zip_with(Entry(b"x", method=99)), "deflate or stored"),
    "zip of the future": (zip_with(Entry(b"x", needs=255)), ""),
}

LIES: dict[str, Case] = {
    "size too small": (zip_with(Entry(b"x", b"four", size=3)), "x: 4 bytes, 3 bytes"),
    "size too large": (zip_with(Entry(b"x", b"four", size=5)), "x: 4 bytes, 5 bytes"),
    "size of zero": (zip_with(Entry(b"x", b"four", size=0)), "x: 4 bytes, 0 bytes"),
    "stored size too large": (zip_with(Entry(b"x", b"four", STORED, packed_size=5000)), ""),
    "packed size past the end": (zip_with(Entry(b"x", b"four", packed_size=1 << 30)), ""),
    "packed size of zero": (zip_with(Entry(b"x", b"four", packed_size=0)), ""),
    "wrong checksum": (zip_with(Entry(b"x", b"four", crc=1)), "x: SHA-256"),
    "wrong checksum of the manifest": (
        lambda: raw_zip([Entry(FILE.encode(), sealed()[0].data, crc=1), *INNOCENT]),
        "",
    ),
    "noise": (lambda: _corrupt(b"model.onnx"), "model.onnx: SHA-256"),
    "noise in the manifest": (lambda: _corrupt(FILE.encode()), ""),
    "other name in the local header": (
        zip_with(Entry(b"good.txt", local_name=b"evil.txt")),
        "good.txt: SHA-256",
    ),
    "place of another entry": (_swapped, ""),
    "place past the end": (zip_with(Entry(b"x", offset=1 << 30)), ""),
    "place in the middle": (zip_with(Entry(b"x", offset=17)), ""),
    "entry of no local header": (lambda: _hidden().replace(b"PK\x03\x04", b"PK\x03\x05", 1), ""),
    "hidden entry": (_hidden, ""),
    "too few entries declared": (zip_with(end=End(entries=1)), ""),
    "too many entries declared": (zip_with(end=End(entries=60_000)), ""),
    "directory too small": (zip_with(end=End(directory_size=46)), ""),
    "directory too large": (zip_with(end=End(directory_size=1 << 30)), ""),
    "directory elsewhere": (zip_with(end=End(directory_offset=1 << 30)), ""),
    "another disk": (zip_with(end=End(disk=7)), ""),
    "zip64 field cut": (lambda: _zip64(struct.pack("<2HL", 1, 24, 1)), ""),
    "zip64 field empty": (lambda: _zip64(struct.pack("<2H", 1, 0)), ""),
    "zip64 of exabytes": (lambda: _zip64(struct.pack("<2HQ", 1, 8, 1 << 62)), ""),
    "extra field cut": (zip_with(Entry(b"x", extra=b"\x01\x00\xff")), ""),
    "prefix": (zip_with(end=End(prefix=b"#!/bin/sh\nexec evil\n")), ""),
    "prefix that the offsets count": (
        zip_with(end=End(prefix=b"#!/bin/sh\nexec evil\n", counts_prefix=True)),
        "",
    ),
    "suffix": (zip_with(end=End(suffix=b"\nevil")), ""),
    "comment": (zip_with(end=End(comment=b"evil")), ""),
    "comment of an entry": (zip_with(Entry(b"x", comment=b"evil")), ""),
    "two zips": (_two_zips, ""),
}

BOMBS: dict[str, Case] = {
    "bomb behind an honest-looking size": (
        lambda: _lying(10, deflated_zeros(LARGE), stated=10),
        "weights.bin: SHA-256",
    ),
    "bomb with its own size in the headers": (
        lambda: _lying(LARGE, deflated_zeros(LARGE), stated=10),
        "weights.bin: 10 bytes",
    ),
    "bomb with its size in the local header": (
        lambda: _lying(10, deflated_zeros(LARGE), stated=10, local_size=LARGE),
        "weights.bin: SHA-256",
    ),
    "bomb of a size that no disk has": (
        lambda: _lying(0xFFFFFFFE, deflated_zeros(1 << 20), stated=0xFFFFFFFE),
        "",
    ),
    "bomb as a manifest": (
        lambda: raw_zip([Entry(FILE.encode(), packed=deflated_zeros(LARGE), size=LARGE)]),
        "a manifest of at most",
    ),
    "bomb as a manifest that lies": (
        lambda: raw_zip(
            [
                Entry(
                    FILE.encode(),
                    packed=deflated_zeros(LARGE),
                    size=99,
                    crc=zlib.crc32(bytes(99)),
                )
            ]
        ),
        "manifest",
    ),
    "bomb of entries": (
        lambda: raw_zip([Entry(b"%d" % n, b"", STORED) for n in range(65_000)]),
        "at most 256 entries",
    ),
}

MANY: dict[str, Case] = {
    "one entry too many": (
        lambda: raw_zip(sealed(*(Entry(b"%d" % n) for n in range(255)))),
        "at most 256 entries",
    ),
    "no entry": (lambda: raw_zip([]), "an empty zip"),
    "no manifest": (lambda: raw_zip(INNOCENT), f"{FILE} at its top"),
    "manifest in a folder": (
        lambda: raw_zip([Entry(b"model/" + e.name, e.data) for e in sealed()]),
        f"{FILE} at its top",
    ),
}

ZIPS: dict[str, Case] = {**NAMES, **KINDS, **LIES, **BOMBS, **MANY}
