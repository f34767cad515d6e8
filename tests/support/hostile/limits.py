"""Archives that are too much, whatever their manifest says, and code under other names."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from djlift.strict.refusal import Refusal
from tests.support.hostile.raw_zip import STORED, Entry, deflated_zeros, raw_zip, sealed
from tests.support.hostile.zips import named, zip_with

Case = tuple[Callable[[], bytes], Refusal]
_MIB = 1 << 20


def zeros(name: bytes, size: int) -> Callable[[], bytes]:
    """An archive with an honest entry of so many zeros, except for its hash."""

    def make() -> bytes:
        entry = Entry(name, b"", packed=deflated_zeros(size), size=size, crc=_crc(size))
        return raw_zip(sealed(entry))

    return make


def _crc(size: int) -> int:
    crc = 0
    for _ in range(size // _MIB):
        crc = zlib.crc32(bytes(_MIB), crc)
    return zlib.crc32(bytes(size % _MIB), crc)


def _quine() -> bytes:
    """An archive that holds an archive that holds an archive."""
    inner = raw_zip(sealed())
    for _ in range(3):
        inner = raw_zip(sealed(Entry(b"inner.zip", inner, STORED)))
    return inner


def _overlapping() -> bytes:
    """Two names whose entries share the same packed bytes."""
    first = Entry(b"a.txt", b"a" * 1000)
    entries = sealed(first, Entry(b"b.txt", b"a" * 1000))
    at = len(raw_zip(entries[:-2])) - sum(46 + len(e.name) for e in entries[:-2]) - 22
    entries[-1] = Entry(b"b.txt", b"a" * 1000, local_name=b"a.txt", offset=at)
    return raw_zip(entries)


LIMITS: dict[str, Case] = {
    "zeros of four megabytes": (zeros(b"zeros.bin", 4 * _MIB), Refusal.TOO_LARGE),
    "zeros as text": (zeros(b"README.md", 65 * _MIB), Refusal.TOO_LARGE),
    "zeros as a model": (zeros(b"golden/cases.jsonl", 100 * _MIB), Refusal.TOO_LARGE),
    "model past protobuf": (
        zip_with(Entry(b"MODEL.ONNX.bin", b"", STORED, size=1 << 31, packed_size=1 << 31)),
        Refusal.NOT_A_ZIP,
    ),
    "archive in an archive": (_quine, Refusal.CODE),
    "overlapping entries": (_overlapping, Refusal.ZIP_LAYOUT),
    "gzip": (named("weights.gz"), Refusal.CODE),
    "tar": (named("weights.tar"), Refusal.CODE),
    "jar beside the model": (named("evil.jar"), Refusal.CODE),
    "class": (named("org/djlift/Evil.class"), Refusal.CODE),
    "library beside the model": (named("libevil.so"), Refusal.CODE),
    "library with a version": (named("libevil.so.1.2"), Refusal.CODE),
    "library of Windows": (named("evil.DLL"), Refusal.CODE),
    "library of macOS": (named("evil.dylib"), Refusal.CODE),
    "Python": (named("model.py"), Refusal.CODE),
    "pickle": (named("pytorch_model.pt"), Refusal.CODE),
    "shell": (named("install.sh"), Refusal.CODE),
    "second graph": (named("other.onnx"), Refusal.CODE),
    "second graph in a folder": (named("golden/model.onnx"), Refusal.CODE),
    "graph in ONNX Runtime's format": (named("model.ort"), Refusal.CODE),
    "name of a device": (named("NUL"), Refusal.ENTRY_NAME),
    "name of a device with a suffix": (named("golden/aux.txt"), Refusal.ENTRY_NAME),
    "dot at the end": (named("config.json."), Refusal.ENTRY_NAME),
    "blank at the end": (named("config.json "), Refusal.ENTRY_NAME),
    "blank at the start": (named(" config.json"), Refusal.ENTRY_NAME),
    "letter that looks the same": (named("c\u043enfig.json"), Refusal.ENTRY_NAME),
    "composed letter": (named("caf\u00e9.txt"), Refusal.ENTRY_NAME),
    "text that turns round": (named("\u202egpj.txt"), Refusal.ENTRY_NAME),
    "wild card": (named("*.txt"), Refusal.ENTRY_NAME),
    "home": (named("~/x"), Refusal.ENTRY_NAME),
    "variable": (named("$HOME"), Refusal.ENTRY_NAME),
    "name in percent signs": (named("%2e%2e/x"), Refusal.ENTRY_NAME),
}
