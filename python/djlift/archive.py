"""Packing and opening archives. An archive is never half-written, and never trusted.

Writing is deterministic: sorted entries, fixed times and modes, one compression. Reading refuses
everything that a djlift archive never holds (paths, links, duplicates, entries that grow past what
they declare) before a byte of it reaches the disk outside a private folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from djlift import manifest as manifests
from djlift.checkpoint import sha256
from djlift.errors import ArchiveError, DjliftError
from djlift.manifest import FileRecord, Manifest
from djlift.progress import Advance, Bytes, silent

_TIME = (1980, 1, 1, 0, 0, 0)
_BLOCK = 1 << 20
# Weights shrink by a few per cent and take most of the time to inflate at every load.
_INCOMPRESSIBLE = {".onnx", ".data", ".safetensors"}
_MANIFEST_LIMIT = 16 << 20
_ENTRY_LIMIT = 256


@dataclass(frozen=True)
class Problem:
    """One way in which an archive's files are not what its manifest says.

    Attributes:
        file: Entry name.
        expected, found: Both sides, as a person reads them.
    """

    file: str
    expected: str
    found: str


@dataclass(frozen=True)
class Opened:
    """An archive unpacked into a private folder that goes when the context ends."""

    path: Path
    folder: Path
    manifest: Manifest
    problems: tuple[Problem, ...]


def seal(folder: Path, manifest: Manifest, advance: Advance = silent) -> Manifest:
    """Record every file of ``folder`` in the manifest and write it there as djlift.json."""
    found = [(p, p.stat().st_size) for p in folder.rglob("*") if p.is_file()]
    told = Bytes(advance, "hashing (MiB)", sum(size for _, size in found))
    files = {
        p.relative_to(folder).as_posix(): FileRecord(sha256(p, told.more), size)
        for p, size in found
        if p != folder / manifests.FILE
    }
    sealed = replace(manifest, files=dict(sorted(files.items())))
    (folder / manifests.FILE).write_text(sealed.to_json(), encoding="utf-8", newline="\n")
    return sealed


def pack(folder: Path, target: Path, advance: Advance = silent) -> None:
    """Zip the files of ``folder`` to ``target``: the same files give the same bytes.

    The zip is written beside the target and renamed; an interrupted run leaves the target as it was.
    """
    # By name as written: a Path's own order differs between platforms.
    files = sorted((p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file())
    told = Bytes(advance, "zipping (MiB)", sum(p.stat().st_size for _, p in files))
    make_parents(target)
    with beside(target) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as out:
        for name, file in files:
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.compress_type = (
                zipfile.ZIP_STORED if file.suffix in _INCOMPRESSIBLE else zipfile.ZIP_DEFLATED
            )
            # Known beforehand, so that zip64 headers are used exactly when they are needed.
            info.file_size = file.stat().st_size
            with file.open("rb") as data, out.open(info, "w") as entry:
                while block := data.read(_BLOCK):
                    entry.write(block)
                    told.more(len(block))


def make_parents(target: Path) -> None:
    """Make the folders above a file.

    Raises:
        ArchiveError: One of them cannot be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise _unwritable(target, cause) from cause


@contextlib.contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A temporary path in the target's folder, renamed onto it when the block ends well.

    Raises:
        ArchiveError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".partial", dir=target.parent
        )
        os.close(handle)
    except OSError as cause:
        raise _unwritable(target, cause) from cause
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)
        partial.replace(target)
    except OSError as cause:
        raise _unwritable(target, cause) from cause
    finally:
        partial.unlink(missing_ok=True)


def _unwritable(target: Path, cause: OSError) -> ArchiveError:
    return ArchiveError(
        "a file cannot be written",
        file=target,
        found=cause.strerror or str(cause),
        mend="free some room there, or choose another folder",
    )


@contextlib.contextmanager
def opened(path: Path, advance: Advance = silent) -> Iterator[Opened]:
    """Unpack an archive into a private temporary folder and compare it with its manifest.

    Bytes that differ from the manifest are reported in :attr:`Opened.problems` (level 0 of parity); what no
    djlift archive ever is, is refused.

    Raises:
        ArchiveError: Not a zip, hostile, without a manifest, or of a newer format.
    """
    with tempfile.TemporaryDirectory(prefix="djlift-") as name:
        folder = Path(name)
        with _zip(path) as source:
            entries = _safe_entries(source, path)
            manifest = _read_manifest(source, entries, path)
            told = Bytes(advance, "unpacking (MiB)", sum(e.file_size for e in entries.values()))
            problems = tuple(_unpack(source, entries, manifest, folder, path, told))
        yield Opened(path, folder, manifest, problems)


def read_manifest(path: Path) -> Manifest:
    """The manifest of an archive, without unpacking the rest."""
    with _zip(path) as source:
        return _read_manifest(source, _safe_entries(source, path), path)


@contextlib.contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    if not path.is_file():
        raise ArchiveError(
            "there is no archive",
            file=path,
            expected="a djlift archive (.zip)",
            found="a folder" if path.is_dir() else "nothing",
            mend="djlift build SOURCE --zoo DIR",
        )
    try:
        with zipfile.ZipFile(path) as source:
            _refuse_strangers(source, path)
            yield source
    except DjliftError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        IndexError,
    ) as cause:
        raise ArchiveError(
            "the archive is not a readable zip",
            file=path,
            expected="a whole zip file",
            found=str(cause),
        ) from cause


def _refuse_strangers(source: zipfile.ZipFile, path: Path) -> None:
    """Refuse bytes that are neither an entry nor its header: no hash guards them, and another reader may
    take them for entries."""
    limit = zipfile.ZIP64_LIMIT
    directory = size = 0
    for info in source.infolist():
        name = len(info.orig_filename.encode())
        large = max(info.file_size, info.compress_size) > limit
        far = info.header_offset > limit
        size += 30 + name + info.compress_size + (20 if info.file_size * 1.05 > limit else 0)
        directory += 46 + name + (4 if large or far else 0) + 16 * large + 8 * far
    count = len(source.infolist())
    ends = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, directory, size % 2**32, 0)
    with path.open("rb") as zipped:
        zipped.seek(-len(ends), os.SEEK_END)
        end = zipped.read()
    whole = size + directory + len(ends) + (76 if size > limit else 0)
    if path.stat().st_size != whole or (size <= limit and end != ends):
        raise _hostile(path, "entries and nothing else", "bytes before, between or after them")


def _safe_entries(source: zipfile.ZipFile, path: Path) -> Mapping[str, zipfile.ZipInfo]:
    entries: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    listed = source.infolist()
    if len(listed) > _ENTRY_LIMIT:
        raise _hostile(path, f"at most {_ENTRY_LIMIT} entries", f"{len(listed)} entries")
    for info in listed:
        # Not .filename, which ends at the first NUL.
        name = info.orig_filename
        parts = name.split("/")
        mode = info.external_attr >> 16
        checks = (
            (
                name.isprintable() and name and "\\" not in name and ":" not in name,
                "a plain relative name",
            ),
            (not name.endswith("/"), "files only"),
            (not {"", ".", ".."} & set(parts), "a name inside"),
            (stat.S_IFMT(mode) in (0, stat.S_IFREG), "regular files"),
            (name.casefold() not in seen, "each name once, whatever its case"),
            (not info.flag_bits & 0x1, "no encryption"),
            (info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), "deflate or stored"),
            (parts[0].casefold() not in ("libs", "lib"), "no code (libs/, lib/)"),
        )
        for good, expected in checks:
            if not good:
                raise _hostile(path, expected, f"the entry {name!r}")
        seen.add(name.casefold())
        entries[name] = info
    return entries


def _hostile(path: Path, expected: str, found: str) -> ArchiveError:
    return ArchiveError(
        "the archive holds what no djlift archive holds; nothing of it was used",
        file=path,
        expected=expected,
        found=found,
    )


def _read_manifest(
    source: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], path: Path
) -> Manifest:
    if manifests.FILE not in entries:
        raise ArchiveError(
            "the zip is not a djlift archive",
            file=path,
            expected=f"{manifests.FILE} at its top",
            found=", ".join(sorted(entries)[:6]) or "an empty zip",
        )
    with source.open(entries[manifests.FILE]) as entry:
        data = entry.read(_MANIFEST_LIMIT + 1)
    if len(data) > _MANIFEST_LIMIT:
        raise _hostile(path, f"a manifest of at most {_MANIFEST_LIMIT} bytes", "a larger one")
    where = f"{path}!{manifests.FILE}"
    try:
        return Manifest.from_json(data.decode("utf-8"), where)
    except UnicodeDecodeError as cause:
        raise ArchiveError(
            "the archive's manifest is not UTF-8", file=where, found=str(cause)
        ) from cause


def _unpack(
    source: zipfile.ZipFile,
    entries: Mapping[str, zipfile.ZipInfo],
    manifest: Manifest,
    folder: Path,
    path: Path,
    told: Bytes,
) -> Iterator[Problem]:
    stated, computed = manifests.digests(source.read(entries[manifests.FILE]))
    if stated != computed:
        yield Problem(manifests.FILE, f"digest {stated[:16]}…", f"digest {computed[:16]}…")
    for name in sorted(set(manifest.files) - set(entries)):
        yield Problem(name, "a file of the manifest", "no such file")
    for name, info in sorted(entries.items()):
        record = manifest.files.get(name)
        if name == manifests.FILE:
            record = FileRecord("", info.file_size)
        elif record is None:
            yield Problem(name, "nothing", "a file that the manifest does not list")
            continue
        elif info.file_size != record.size:
            yield Problem(name, f"{record.size} bytes", f"{info.file_size} bytes")
            continue
        found = _extract(source, info, folder / name, record.size, path, told)
        if record.sha256 and found != record.sha256:
            yield Problem(name, f"SHA-256 {record.sha256[:16]}…", f"SHA-256 {found[:16]}…")


def _extract(
    source: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path,
    limit: int,
    path: Path,
    told: Bytes,
) -> str:
    """Write one entry, never more bytes than announced; answers its SHA-256, or why it cannot be read."""
    digest = hashlib.sha256()
    written = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open(info) as entry, target.open("wb") as out:
            while block := entry.read(_BLOCK):
                written += len(block)
                if written > limit:
                    raise _hostile(path, f"{limit} bytes in {info.filename}", "more")
                digest.update(block)
                out.write(block)
                told.more(len(block))
    except (zipfile.BadZipFile, EOFError, zlib.error) as cause:
        return f"unreadable: {cause}"
    except OSError as cause:
        raise ArchiveError(
            "a file of the archive cannot be unpacked",
            file=f"{path}!{info.filename}",
            found=cause.strerror or str(cause),
            mend="free some room in the folder for temporary files (TMPDIR)",
        ) from cause
    return digest.hexdigest()
