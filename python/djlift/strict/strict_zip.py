"""A zip that is entries and nothing else, as djlift packs it.

``org.djlift.internal.reader.StrictZip`` takes exactly the same.

:mod:`zipfile` takes what surrounds the entries and believes the central directory where the local headers say
otherwise. Here every byte belongs to one entry, both headers agree, and no entry is a link, encrypted, or
larger than its packed bytes can become.
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from djlift.base.display import printable_name
from djlift.base.files import LFS_PULL, is_pointer
from djlift.errors import ArchiveError
from djlift.strict import limits
from djlift.strict.entry_names import EntryNames
from djlift.strict.refusal import Refusal

_END, _LOCATOR, _END64, _LOCAL, _CENTRAL = 22, 20, 56, 30, 46
_STORED, _DEFLATED = 0, 8
# Compression level and UTF-8 names: all that an honest writer's flags say here.
_HARMLESS_FLAGS, _UTF8 = 0x806, 0x800
_VERSION = 45
_LARGE = 0xFFFFFFFF
# No deflate stream grows by more.
_DEFLATE_RATIO = 1032
_BLOCK = 1 << 20
_NOTHING_ELSE = "entries and nothing else"
_STRANGE = "bytes before, between or after them"
_WHOLE = "a whole zip file"


@dataclass(frozen=True)
class Entry:
    """One entry of the central directory.

    Attributes:
        name: As decoded; ``raw`` as it stands there.
        size, packed: Bytes of the file, and of what lies in the zip.
        offset: Where its local header is.
        plain: Whether its extra field is empty, or a zip64 field that is needed.
    """

    name: str
    raw: bytes
    size: int
    packed: int
    crc: int
    method: int
    flags: int
    needs: int
    mode: int
    offset: int
    plain: bool

    def what_is_wrong(self) -> tuple[Refusal, str] | None:
        """What an entry must be and this one is not; None if it is well."""
        stored = self.method == _STORED
        possible = (
            max(self.size, self.packed, self.offset) < 1 << 63
            and (self.size == self.packed or not stored)
            and self.size // _DEFLATE_RATIO <= self.packed
        )
        cap = limits.of(self.name)
        plain = not self.flags & ~_HARMLESS_FLAGS and self.needs <= _VERSION and self.plain
        thin = self.size > limits.RATIO_FROM and self.size // limits.RATIO > self.packed
        kind = stat.S_IFMT(self.mode) in (0, stat.S_IFREG)
        known = self.method in (_STORED, _DEFLATED)
        ratio = f"at most {limits.RATIO} times the packed bytes"
        checks = (
            (kind, Refusal.ENTRY_KIND, "regular files"),
            (not self.flags & 1, Refusal.ENTRY_KIND, "no encryption"),
            (known, Refusal.ENTRY_KIND, "deflate or stored"),
            (plain, Refusal.ZIP_LAYOUT, "entries without extras"),
            (possible, Refusal.TOO_LARGE, "sizes that its packed bytes can have"),
            (self.size <= cap, Refusal.TOO_LARGE, f"at most {cap} bytes in such a file"),
            (not thin, Refusal.TOO_LARGE, ratio),
        )
        return next(((code, expected) for good, code, expected in checks if not good), None)


class StrictZip:
    """An open zip; reading an entry to its end also checks its size and checksum.

    Raises:
        ArchiveError: It is no zip, or one with more in it than entries.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, int] = {}
        self.entries: Mapping[str, Entry] = {}
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as cause:
            raise self._refuse(Refusal.NOT_A_ZIP, _WHOLE, cause.strerror or str(cause)) from cause
        try:
            self._read_directory()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry, never more than its header says.

        Raises:
            ArchiveError: ``TOO_LARGE`` if there are more, ``ALTERED`` if there are fewer or others.
        """
        inflater = zlib.decompressobj(-15) if entry.method == _DEFLATED else None
        crc = size = 0
        try:
            for block in self._unpacked(entry, inflater):
                size += len(block)
                crc = zlib.crc32(block, crc)
                if size > entry.size:
                    raise self._refuse(Refusal.TOO_LARGE, f"{entry.size} bytes", "more", entry)
                yield block
        except zlib.error as cause:
            raise self._refuse(Refusal.ALTERED, "a deflate stream", str(cause), entry) from cause
        whole = inflater is None or (inflater.eof and not inflater.unused_data)
        if not whole or size != entry.size or crc != entry.crc:
            expected = f"{entry.size} bytes with the checksum of their header"
            raise self._refuse(Refusal.ALTERED, expected, "others", entry)

    def _unpacked(self, entry: Entry, inflater: zlib._Decompress | None) -> Iterator[bytes]:
        at, left = self._places[entry.name], entry.packed
        while left:
            packed = self._bytes(at, min(left, _BLOCK))
            at, left = at + len(packed), left - len(packed)
            if inflater is None:
                yield packed
                continue
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _BLOCK)
                packed = inflater.unconsumed_tail
            if inflater.eof and left:
                raise zlib.error("it ends before its packed bytes do")
        while inflater is not None and not inflater.eof:
            rest = inflater.decompress(b"", _BLOCK)
            if not rest:
                break
            yield rest

    def _read_directory(self) -> None:
        size = self._file.seek(0, 2)
        self._require(size >= _END, _WHOLE, f"{size} bytes")
        end = self._bytes(size - _END, _END)
        magic, disk, first, on_disk, count, length, offset, comment = struct.unpack("<4s4H2LH", end)
        self._require(
            magic == b"PK\5\6", _WHOLE, "no end of a zip; a comment or other bytes behind it?"
        )
        good = disk == first == comment == 0
        self._require(good, "a zip in one file, without comment", "another", Refusal.ZIP_LAYOUT)
        behind = size - _END
        if behind >= _LOCATOR + _END64:
            locator = struct.unpack("<4sLQL", self._bytes(behind - _LOCATOR, _LOCATOR))
            if locator[0] == b"PK\6\7":
                behind -= _LOCATOR + _END64
                magic, own, _, _, disk, first, on_disk, count, length, offset = struct.unpack(
                    "<4sQ2H2L4Q", self._bytes(behind, _END64)
                )
                good = locator[1:] == (0, behind, 1) and magic == b"PK\6\6"
                good &= own == _END64 - 12 and disk == first == 0
                self._require(good, "the end of a zip64", "another", Refusal.ZIP_LAYOUT)
        many = f"at most {limits.ENTRIES} entries"
        self._require(count <= limits.ENTRIES, many, f"{count} entries", Refusal.TOO_LARGE)
        fits = on_disk == count and length <= limits.DIRECTORY and offset == behind - length
        self._require(fits, _NOTHING_ELSE, _STRANGE, Refusal.ZIP_LAYOUT)
        entries = self._read_entries(self._bytes(offset, length), count)
        following = 0
        for entry in sorted(entries, key=lambda e: e.offset):
            self._require(entry.offset == following, _NOTHING_ELSE, _STRANGE, Refusal.ZIP_LAYOUT)
            following = self._place(entry, offset) + entry.packed
        self._require(following == offset, _NOTHING_ELSE, _STRANGE, Refusal.ZIP_LAYOUT)
        total = sum(e.size for e in entries)
        self._require(
            total <= limits.unpacked(),
            f"at most {limits.unpacked()} bytes in all files ({limits.VARIABLE} to allow more)",
            f"{total} bytes",
            Refusal.TOO_LARGE,
        )
        self.entries = {e.name: e for e in sorted(entries, key=lambda e: e.name)}

    def _read_entries(self, directory: bytes, count: int) -> list[Entry]:
        entries: list[Entry] = []
        names = EntryNames()
        at = 0
        for _ in range(count):
            self._require(len(directory) - at >= _CENTRAL, _WHOLE, "a directory that is cut")
            entry, at = self._entry(directory, at)
            wrong = names.what_is_wrong(entry.name) or entry.what_is_wrong()
            if wrong:
                raise self._refuse(*wrong, f"the entry '{printable_name(entry.name)}'")
            entries.append(entry)
        self._require(at == len(directory), _NOTHING_ELSE, _STRANGE, Refusal.ZIP_LAYOUT)
        return entries

    def _entry(self, directory: bytes, at: int) -> tuple[Entry, int]:
        (magic, _, needs, flags, method, _, _, crc, packed, size, name, extra) = struct.unpack_from(
            "<4s6H3L2H", directory, at
        )
        comment, disk, _, attributes, offset = struct.unpack_from("<3H2L", directory, at + 32)
        end = at + _CENTRAL + name + extra
        good = magic == b"PK\1\2" and end <= len(directory) and comment == disk == 0
        found = "a central directory with more or less"
        self._require(good, _NOTHING_ELSE, found, Refusal.ZIP_LAYOUT)
        raw = directory[at + _CENTRAL : at + _CENTRAL + name]
        try:
            # Without the flag, names are in a code page that no two tools agree on.
            decoded = raw.decode("utf-8" if flags & _UTF8 else "ascii")
        except UnicodeDecodeError as cause:
            raise self._refuse(Refusal.ENTRY_NAME, "names in UTF-8", "other bytes") from cause
        field = directory[end - extra : end]
        numbers = [size, packed, offset]
        wide = [i for i, number in enumerate(numbers) if number == _LARGE]
        # The zip64 field holds those numbers that need it, and is there only for them.
        plain = not field
        if wide:
            plain = len(field) == 4 + 8 * len(wide)
            plain = plain and struct.unpack_from("<2H", field) == (1, 8 * len(wide))
            for place, i in enumerate(wide if plain else ()):
                numbers[i] = struct.unpack_from("<Q", field, 4 + 8 * place)[0]
        entry = Entry(
            decoded, raw, numbers[0], numbers[1], crc, method, flags, needs, attributes >> 16,
            numbers[2], plain,
        )  # fmt: skip
        return entry, end

    def _place(self, entry: Entry, limit: int) -> int:
        """Where the data of an entry starts; the local header must say what the central directory says."""
        past = f"the entry '{printable_name(entry.name)}' past its end"
        self._require(entry.offset + _LOCAL <= limit, _WHOLE, past)
        magic, needs, flags, method, _, _, crc, packed, size, name, extra = struct.unpack(
            "<4s5H3L2H", self._bytes(entry.offset, _LOCAL)
        )
        data: int = entry.offset + _LOCAL + name + extra
        self._require(data <= limit, _WHOLE, past)
        rest = self._bytes(entry.offset + _LOCAL, name + extra)
        field = rest[name:]
        if extra == 20 and field[:4] == b"\1\0\x10\0" and packed == size == _LARGE:
            size, packed = struct.unpack_from("<2Q", field, 4)
            field = b""
        same = (magic, flags, method, crc, packed, size, rest[:name], field) == (
            b"PK\3\4", entry.flags, entry.method, entry.crc, entry.packed, entry.size, entry.raw,
            b"",
        ) and needs <= _VERSION  # fmt: skip
        agrees = "a local header that agrees with the central directory"
        self._require(same, agrees, f"the entry '{printable_name(entry.name)}'", Refusal.ZIP_LAYOUT)
        self._require(entry.packed <= limit - data, _WHOLE, past)
        self._places[entry.name] = data
        return data

    def _bytes(self, at: int, length: int) -> bytes:
        self._file.seek(at)
        data = self._file.read(length)
        self._require(len(data) == length, _WHOLE, f"its end at byte {at + len(data)}")
        return data

    def _require(
        self, good: bool, expected: str, found: str, code: Refusal = Refusal.NOT_A_ZIP
    ) -> None:
        if not good:
            raise self._refuse(code, expected, found)

    def _refuse(
        self, code: Refusal, expected: str, found: str, entry: Entry | None = None
    ) -> ArchiveError:
        whole = code is Refusal.NOT_A_ZIP
        pointer = False
        with contextlib.suppress(OSError):
            pointer = whole and is_pointer(self._path)
        return ArchiveError(
            "the archive is not a readable zip"
            if whole
            else "the archive holds what no djlift archive holds; nothing of it was used",
            file=f"{self._path}!{entry.name}" if entry else self._path,
            expected=expected,
            found=found,
            code=code,
            mend=LFS_PULL if pointer else None,
        )
