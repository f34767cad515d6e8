"""Hostile zips by name: how to make each, and a word of the reason for which it must be refused."""

from __future__ import annotations

import bz2
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from djlift.archive.manifest import FILE
from djlift.strict.refusal import Refusal
from tests.support.hostile.raw_zip import (
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

Case = tuple[Callable[[], bytes], Refusal]

ESCAPED = (Path("/tmp/djlift-escaped.txt"), Path("/djlift-escaped.txt"))
"""What an absolute name would write."""
LARGE = 300 << 20


def zip_with(*entries: Entry, end: End = End()) -> Callable[[], bytes]:  # noqa: B008
    """An archive with these entries, listed in its manifest, beside the innocent ones."""
    return lambda: raw_zip(sealed(*entries), end)


def named(name: str) -> Callable[[], bytes]:
    """An archive with one more entry of this name."""
    return zip_with(Entry(name.encode()))


def _lying(
    size: int,
    packed: bytes,
    *,
    stated: int,
    local_size: int | None = None,
    seal: Callable[[bytes], bytes] = signed,
) -> bytes:
    """A weights file of ``packed`` bytes: the manifest states one size, the headers another."""
    files = {"weights.bin": {"sha256": "0" * 63 + "1", "size": stated}}
    manifest = Entry(FILE.encode(), seal(manifest_text(files=files).encode()))
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
    "parent": (named("../evil.txt"), Refusal.ENTRY_NAME),
    "parent in the middle": (named("a/../../evil.txt"), Refusal.ENTRY_NAME),
    "parent alone": (named(".."), Refusal.ENTRY_NAME),
    "parent at the end": (named("golden/.."), Refusal.ENTRY_NAME),
    "parent with a back slash": (named("..\\evil.txt"), Refusal.ENTRY_NAME),
    "back slash": (named("golden\\cases.jsonl"), Refusal.ENTRY_NAME),
    "absolute": (named(str(ESCAPED[0])), Refusal.ENTRY_NAME),
    "absolute at the root": (named(str(ESCAPED[1])), Refusal.ENTRY_NAME),
    "network share": (named("//server/share/evil.txt"), Refusal.ENTRY_NAME),
    "drive": (named("C:/evil.txt"), Refusal.ENTRY_NAME),
    "drive without slash": (named("C:evil.txt"), Refusal.ENTRY_NAME),
    "stream": (named("config.json:evil"), Refusal.ENTRY_NAME),
    "dot": (named("./evil.txt"), Refusal.ENTRY_NAME),
    "dot in the middle": (named("golden/./cases.jsonl"), Refusal.ENTRY_NAME),
    "double slash": (named("golden//cases.jsonl"), Refusal.ENTRY_NAME),
    "NUL": (
        lambda: raw_zip([*sealed(Entry(b"ok.txt"))[:-1], Entry(b"ok.txt\0.jar")]),
        Refusal.ENTRY_NAME,
    ),
    "NUL first": (named("\0evil"), Refusal.ENTRY_NAME),
    "empty name": (named(""), Refusal.ENTRY_NAME),
    "terminal escape": (named("\x1b[2Jcleared.txt"), Refusal.ENTRY_NAME),
    "line break": (named("two\nlines"), Refusal.ENTRY_NAME),
    "duplicate": (lambda: raw_zip([*sealed(), INNOCENT[0]]), Refusal.ENTRY_TWICE),
    "duplicate with other bytes": (
        lambda: raw_zip([*sealed(), Entry(b"config.json", b"evil")]),
        Refusal.ENTRY_TWICE,
    ),
    "duplicate manifest": (lambda: raw_zip([*sealed(), sealed()[0]]), Refusal.ENTRY_TWICE),
    "same name in another case": (named("CONFIG.json"), Refusal.ENTRY_TWICE),
    "manifest in another case": (named("DJLIFT.JSON"), Refusal.ENTRY_TWICE),
    "same name after case folding": (
        zip_with(Entry("straße".encode()), Entry(b"STRASSE")),
        Refusal.ENTRY_NAME,
    ),
    "file and folder": (zip_with(Entry(b"x"), Entry(b"x/y")), Refusal.ENTRY_TWICE),
    "folder and file": (zip_with(Entry(b"x/y"), Entry(b"x")), Refusal.ENTRY_TWICE),
    "manifest as a folder": (named(f"{FILE}/x"), Refusal.ENTRY_TWICE),
    "folder": (named("golden/"), Refusal.ENTRY_KIND),
    "name too long": (named("a" * 300), Refusal.ENTRY_NAME),
    "path too long": (named("a/" * 3000 + "b"), Refusal.ENTRY_NAME),
    "name not UTF-8": (zip_with(Entry(b"\xff\xfe.txt", unlisted=True)), Refusal.ENTRY_NAME),
    "jar": (named("libs/evil.jar"), Refusal.CODE),
    "shared library": (named("lib/evil.so"), Refusal.CODE),
    "Java source": (named("libs/classes/Evil.java"), Refusal.CODE),
    "jar in another case": (named("LIBS/evil.jar"), Refusal.CODE),
}

KINDS: dict[str, Case] = {
    "symbolic link": (
        zip_with(Entry(b"link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)),
        Refusal.ENTRY_KIND,
    ),
    "pipe": (zip_with(Entry(b"pipe", mode=stat.S_IFIFO | 0o644)), Refusal.ENTRY_KIND),
    "device": (zip_with(Entry(b"null", mode=stat.S_IFCHR | 0o644)), Refusal.ENTRY_KIND),
    "socket": (zip_with(Entry(b"socket", mode=stat.S_IFSOCK | 0o644)), Refusal.ENTRY_KIND),
    "folder by mode": (zip_with(Entry(b"folder", mode=stat.S_IFDIR | 0o755)), Refusal.ENTRY_KIND),
    "encrypted": (zip_with(Entry(b"secret", flags=0x801)), Refusal.ENTRY_KIND),
    "strongly encrypted": (zip_with(Entry(b"secret", flags=0x841)), Refusal.ENTRY_KIND),
    "patched data": (zip_with(Entry(b"patch", flags=0x820)), Refusal.ZIP_LAYOUT),
    "bzip2": (zip_with(Entry(b"x", method=BZIP2, packed=bz2.compress(b"x"))), Refusal.ENTRY_KIND),
    "lzma": (zip_with(Entry(b"x", method=LZMA)), Refusal.ENTRY_KIND),
    "deflate64": (zip_with(Entry(b"x", method=9)), Refusal.ENTRY_KIND),
    "unknown method": (zip_with(Entry(b"x", method=99)), Refusal.ENTRY_KIND),
    "zip of the future": (zip_with(Entry(b"x", needs=255)), Refusal.ZIP_LAYOUT),
}

LIES: dict[str, Case] = {
    "size too small": (zip_with(Entry(b"x", b"four", size=3)), Refusal.ALTERED),
    "size too large": (zip_with(Entry(b"x", b"four", size=5)), Refusal.ALTERED),
    "size of zero": (zip_with(Entry(b"x", b"four", size=0)), Refusal.ALTERED),
    "stored size too large": (
        zip_with(Entry(b"x", b"four", STORED, packed_size=5000)),
        Refusal.TOO_LARGE,
    ),
    "packed size past the end": (
        zip_with(Entry(b"x", b"four", packed_size=1 << 30)),
        Refusal.NOT_A_ZIP,
    ),
    "packed size of zero": (zip_with(Entry(b"x", b"four", packed_size=0)), Refusal.ZIP_LAYOUT),
    "wrong checksum": (zip_with(Entry(b"x", b"four", crc=1)), Refusal.ALTERED),
    "wrong checksum of the manifest": (
        lambda: raw_zip([Entry(FILE.encode(), sealed()[0].data, crc=1), *INNOCENT]),
        Refusal.ALTERED,
    ),
    "noise": (lambda: _corrupt(b"model.onnx"), Refusal.ALTERED),
    "noise in the manifest": (lambda: _corrupt(FILE.encode()), Refusal.ALTERED),
    "other name in the local header": (
        zip_with(Entry(b"good.txt", local_name=b"evil.txt")),
        Refusal.ZIP_LAYOUT,
    ),
    "place of another entry": (_swapped, Refusal.ZIP_LAYOUT),
    "place past the end": (zip_with(Entry(b"x", offset=1 << 30)), Refusal.ZIP_LAYOUT),
    "place in the middle": (zip_with(Entry(b"x", offset=17)), Refusal.ZIP_LAYOUT),
    "entry of no local header": (
        lambda: _hidden().replace(b"PK\x03\x04", b"PK\x03\x05", 1),
        Refusal.ZIP_LAYOUT,
    ),
    "hidden entry": (_hidden, Refusal.ZIP_LAYOUT),
    "too few entries declared": (zip_with(end=End(entries=1)), Refusal.ZIP_LAYOUT),
    "too many entries declared": (zip_with(end=End(entries=60_000)), Refusal.TOO_LARGE),
    "directory too small": (zip_with(end=End(directory_size=46)), Refusal.ZIP_LAYOUT),
    "directory too large": (zip_with(end=End(directory_size=1 << 30)), Refusal.ZIP_LAYOUT),
    "directory elsewhere": (zip_with(end=End(directory_offset=1 << 30)), Refusal.ZIP_LAYOUT),
    "another disk": (zip_with(end=End(disk=7)), Refusal.ZIP_LAYOUT),
    "zip64 field cut": (lambda: _zip64(struct.pack("<2HL", 1, 24, 1)), Refusal.ZIP_LAYOUT),
    "zip64 field empty": (lambda: _zip64(struct.pack("<2H", 1, 0)), Refusal.ZIP_LAYOUT),
    "zip64 of exabytes": (lambda: _zip64(struct.pack("<2HQ", 1, 8, 1 << 62)), Refusal.TOO_LARGE),
    "extra field cut": (zip_with(Entry(b"x", extra=b"\x01\x00\xff")), Refusal.ZIP_LAYOUT),
    "prefix": (zip_with(end=End(prefix=b"#!/bin/sh\nexec evil\n")), Refusal.ZIP_LAYOUT),
    "prefix that the offsets count": (
        zip_with(end=End(prefix=b"#!/bin/sh\nexec evil\n", counts_prefix=True)),
        Refusal.ZIP_LAYOUT,
    ),
    "suffix": (zip_with(end=End(suffix=b"\nevil")), Refusal.NOT_A_ZIP),
    "comment": (zip_with(end=End(comment=b"evil")), Refusal.NOT_A_ZIP),
    "comment of an entry": (zip_with(Entry(b"x", comment=b"evil")), Refusal.ZIP_LAYOUT),
    "two zips": (_two_zips, Refusal.ZIP_LAYOUT),
}

BOMBS: dict[str, Case] = {
    "bomb behind an honest-looking size": (
        lambda: _lying(10, deflated_zeros(LARGE), stated=10),
        Refusal.TOO_LARGE,
    ),
    "bomb with its own size in the headers": (
        lambda: _lying(LARGE, deflated_zeros(LARGE), stated=10),
        Refusal.TOO_LARGE,
    ),
    "bomb with its size in the local header": (
        lambda: _lying(10, deflated_zeros(LARGE), stated=10, local_size=LARGE),
        Refusal.ZIP_LAYOUT,
    ),
    "bomb of a size that no disk has": (
        lambda: _lying(0xFFFFFFFE, deflated_zeros(1 << 20), stated=0xFFFFFFFE),
        Refusal.TOO_LARGE,
    ),
    "bomb as a manifest": (
        lambda: raw_zip([Entry(FILE.encode(), packed=deflated_zeros(LARGE), size=LARGE)]),
        Refusal.TOO_LARGE,
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
        Refusal.TOO_LARGE,
    ),
    "bomb behind a wrong digest": (
        lambda: _lying(10, deflated_zeros(LARGE), stated=10, seal=bytes),
        Refusal.ALTERED,
    ),
    "bomb of entries": (
        lambda: raw_zip([Entry(b"%d" % n, b"", STORED) for n in range(65_000)]),
        Refusal.TOO_LARGE,
    ),
}

MANY: dict[str, Case] = {
    "one entry too many": (
        lambda: raw_zip(sealed(*(Entry(b"%d" % n) for n in range(255)))),
        Refusal.TOO_LARGE,
    ),
    "no entry": (lambda: raw_zip([]), Refusal.NO_MANIFEST),
    "no manifest": (lambda: raw_zip(INNOCENT), Refusal.NO_MANIFEST),
    "manifest in a folder": (
        lambda: raw_zip([Entry(b"model/" + e.name, e.data) for e in sealed()[:2]]),
        Refusal.NO_MANIFEST,
    ),
}

ZIPS: dict[str, Case] = {**NAMES, **KINDS, **LIES, **BOMBS, **MANY}
