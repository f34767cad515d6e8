"""A zip writer that lies: every field of every header can be set, which :mod:`zipfile` rightly refuses."""

from __future__ import annotations

import hashlib
import json
import stat
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from djlift.archive.manifest import FILE
from tests.support.builders import a_manifest
from tests.support.hostile.onnx_bytes import PLAIN

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
REGULAR = stat.S_IFREG | 0o644


@dataclass(frozen=True)
class Entry:
    """One entry; what is None is what an honest writer would put there.

    Attributes:
        name: In the central directory; ``local_name`` in the local header.
        packed: The bytes that follow the local header.
        size, packed_size, crc: Declared in both headers; ``local_size`` in the local one alone.
        offset: Where the central directory says that the local header is.
        hidden: Not in the central directory.
        unlisted: Not in the manifest that :func:`sealed` writes.
    """

    name: bytes
    data: bytes = b"x"
    method: int = DEFLATED
    mode: int = REGULAR
    flags: int = 0x800
    needs: int = 20
    packed: bytes | None = None
    size: int | None = None
    local_size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    extra: bytes = b""
    comment: bytes = b""
    offset: int | None = None
    hidden: bool = False
    unlisted: bool = False


@dataclass(frozen=True)
class End:
    """What surrounds the entries, and the lies of the end of central directory.

    Attributes:
        counts_prefix: Whether the offsets in the headers count the prefix, as a careful writer's do.
    """

    prefix: bytes = b""
    counts_prefix: bool = False
    suffix: bytes = b""
    comment: bytes = b""
    entries: int | None = None
    directory_size: int | None = None
    directory_offset: int | None = None
    disk: int = 0


@dataclass
class _Written:
    """The zip so far: local headers with data, and the central directory."""

    body: bytearray
    directory: bytearray = field(default_factory=bytearray)
    count: int = 0


def deflated(data: bytes) -> bytes:
    """Raw deflate, as a zip holds it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@cache
def deflated_zeros(count: int) -> bytes:
    """``count`` zeros deflated, without ever holding them: a bomb."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 20)
    whole, rest = divmod(count, len(block))
    parts = [packer.compress(block) for _ in range(whole)]
    return b"".join([*parts, packer.compress(block[:rest]), packer.flush()])


def raw_zip(entries: Sequence[Entry], end: End = End()) -> bytes:
    """The bytes of a zip of these entries."""
    written = _Written(bytearray(end.prefix if end.counts_prefix else b""))
    for entry in entries:
        _write(written, entry)
    size = len(written.directory) if end.directory_size is None else end.directory_size
    offset = len(written.body)
    count = written.count if end.entries is None else end.entries
    tail = struct.pack(
        "<4s4H2LH",
        b"PK\x05\x06",
        end.disk,
        end.disk,
        count & 0xFFFF,
        count & 0xFFFF,
        size & 0xFFFFFFFF,
        (offset if end.directory_offset is None else end.directory_offset) & 0xFFFFFFFF,
        len(end.comment),
    )
    whole = bytes(written.body + written.directory) + tail + end.comment + end.suffix
    return whole if end.counts_prefix else end.prefix + whole


def _write(written: _Written, entry: Entry) -> None:
    packed = entry.packed
    if packed is None:
        packed = deflated(entry.data) if entry.method == DEFLATED else entry.data
    size = len(entry.data) if entry.size is None else entry.size
    local_size = size if entry.local_size is None else entry.local_size
    packed_size = len(packed) if entry.packed_size is None else entry.packed_size
    crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
    local_name = entry.name if entry.local_name is None else entry.local_name
    offset = len(written.body) if entry.offset is None else entry.offset
    common = (entry.flags, entry.method, 0, 0x21, crc, packed_size)
    local = (entry.needs, *common, local_size, len(local_name), len(entry.extra))
    written.body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *local)
    written.body += local_name + entry.extra + packed
    if entry.hidden:
        return
    central = (0x314, entry.needs, *common, size, len(entry.name), len(entry.extra))
    written.directory += struct.pack("<4s6H3L2H", b"PK\x01\x02", *central)
    written.directory += struct.pack(
        "<3H2L", len(entry.comment), 0, 0, (entry.mode << 16) & 0xFFFFFFFF, offset
    )
    written.directory += entry.name + entry.extra + entry.comment
    written.count += 1


def signed(text: str | bytes) -> bytes:
    """A manifest's bytes with the digest that they should have: an attacker can count too."""
    data = text.encode() if isinstance(text, str) else text
    zeros = b"0" * 64
    return data.replace(zeros, hashlib.sha256(data).hexdigest().encode(), 1)


def manifest_text(entries: Sequence[Entry] = (), **fields: Any) -> str:
    """djlift.json that lists the entries as they are, its digest still zeros; fields replaced."""
    files = {
        e.name.decode("utf-8", "surrogateescape"): {
            "sha256": hashlib.sha256(e.data).hexdigest(),
            "size": len(e.data),
        }
        for e in entries
        if not e.unlisted
    }
    data = json.loads(a_manifest().to_json()) | {"files": files, "digest": "0" * 64} | fields
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def sealed(*entries: Entry, **fields: Any) -> list[Entry]:
    """An archive's entries: the ones given, two innocent ones and a manifest that lists them all."""
    listed = [*INNOCENT, *entries]
    return [Entry(FILE.encode(), signed(manifest_text(listed, **fields))), *listed]


def with_manifest(data: bytes, **changes: Any) -> bytes:
    """A zip whose manifest is these bytes beside the innocent files."""
    return raw_zip([replace(Entry(FILE.encode(), data), **changes), *INNOCENT])


INNOCENT = (Entry(b"config.json", b"{}\n"), Entry(b"model.onnx", PLAIN))
