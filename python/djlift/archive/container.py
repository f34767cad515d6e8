"""Packing and opening archives. An archive is never half-written, and never trusted.

Writing is deterministic: sorted entries, fixed times and modes, one compression. Reading refuses
everything that a djlift archive never holds (paths, links, duplicates, entries that grow past what
they declare) before a byte of it reaches the disk outside a private folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from djlift.archive import manifest as manifests
from djlift.archive.manifest import FileRecord, Manifest
from djlift.base.display import printable_name, shorten
from djlift.base.files import beside, make_parents, sha256
from djlift.base.progress import Advance, Bytes, silent
from djlift.errors import ArchiveError, remedy
from djlift.strict import contents
from djlift.strict.refusal import Refusal
from djlift.strict.strict_zip import Entry, StrictZip

_TIME = (1980, 1, 1, 0, 0, 0)
_BLOCK = 1 << 20
# Weights shrink by a few per cent and take most of the time to inflate at every load.
_INCOMPRESSIBLE = {".onnx", ".data", ".safetensors"}
# This machine's fault, not the archive's.
_UNPACKING = "archive-unpacking"


@dataclass(frozen=True)
class Problem:
    """One way in which an archive's files are not what its manifest says.

    Attributes:
        file: Entry name.
        expected, found: Both sides, as a person reads them.
        code: Why the JVM's reader refuses the archive.
    """

    file: str
    expected: str
    found: str
    code: str = Refusal.ALTERED


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


@contextlib.contextmanager
def opened(path: Path, advance: Advance = silent) -> Iterator[Opened]:
    """Unpack an archive into a private temporary folder and compare it with its manifest.

    Bytes that differ from the manifest are reported in :attr:`Opened.problems` (level 0 of parity); what no
    djlift archive ever is, is refused.

    Raises:
        ArchiveError: Not a zip, hostile, without a manifest, or of a newer format; ``code`` says which.
    """
    with tempfile.TemporaryDirectory(prefix="djlift-") as name:
        folder = Path(name)
        with _zip(path) as source:
            data, manifest = _read_manifest(source, path)
            told = Bytes(advance, "unpacking (MiB)", sum(e.size for e in source.entries.values()))
            problems = tuple(_unpack(source, data, manifest, folder, path, told))
        if not problems:
            contents.check(folder, path)
        yield Opened(path, folder, manifest, problems)


def require_intact(found: Opened) -> None:
    """Refuse an archive whose files are not what was packed.

    Raises:
        ArchiveError: One of them is not; the error says how the first such file differs.
    """
    if found.problems:
        first = found.problems[0]
        raise ArchiveError(
            "the archive's files are not what was packed",
            code="altered",
            file=f"{found.path}!{shorten(first.file)}",
            expected=first.expected,
            found=first.found,
            mend=f"fetch or build it again; djlift inspect {found.path} lists all that differs",
        )


def read_manifest(path: Path) -> Manifest:
    """The manifest of an archive, without unpacking the rest."""
    with _zip(path) as source:
        return _read_manifest(source, path)[1]


def _zip(path: Path) -> StrictZip:
    if not path.is_file():
        raise ArchiveError(
            "there is no archive",
            file=path,
            expected="a djlift archive (.zip)",
            found="a folder" if path.is_dir() else "nothing",
            mend="djlift build SOURCE --zoo DIR",
            code=Refusal.ABSENT,
        )
    return StrictZip(path)


def _read_manifest(source: StrictZip, path: Path) -> tuple[bytes, Manifest]:
    if manifests.FILE not in source.entries:
        raise ArchiveError(
            "the zip is not a djlift archive",
            file=path,
            expected=f"{manifests.FILE} at its top",
            found=", ".join(printable_name(name) for name in list(source.entries)[:6])
            or "an empty zip",
            code=Refusal.NO_MANIFEST,
        )
    data = b"".join(source.blocks(source.entries[manifests.FILE]))
    return data, Manifest.from_json(data, f"{path}!{manifests.FILE}")


def _unpack(
    source: StrictZip,
    data: bytes,
    manifest: Manifest,
    folder: Path,
    path: Path,
    told: Bytes,
) -> list[Problem]:
    """Write every file that is what the manifest says; the others are problems, in Java's order."""
    problems = []
    stated, computed = manifests.digests(data)
    if stated != computed:
        digest = f"digest {stated[:16]}…", f"digest {computed[:16]}…"
        problems.append(Problem(manifests.FILE, *digest))
    for name in sorted(set(manifest.files) - set(source.entries)):
        problems.append(Problem(name, "a file of the manifest", "no such file"))
    for name in source.entries:
        if name not in manifest.files and name != manifests.FILE:
            problems.append(Problem(name, "nothing", "a file that the manifest does not list"))
    present = {n: source.entries[n] for n in sorted(manifest.files) if n in source.entries}
    for name, entry in present.items():
        if entry.size != manifest.files[name].size:
            sizes = f"{manifest.files[name].size} bytes", f"{entry.size} bytes"
            problems.append(Problem(name, *sizes))
    (folder / manifests.FILE).write_bytes(data)
    for name, entry in present.items():
        record = manifest.files[name]
        if entry.size != record.size:
            continue
        stated = f"SHA-256 {record.sha256[:16]}…"
        try:
            found = _extract(source, entry, folder / name, path, told)
        except ArchiveError as refusal:
            # Java stops at the first thing that is wrong: a bomb behind another problem is one more problem.
            if refusal.code == _UNPACKING or (refusal.code != Refusal.ALTERED and not problems):
                raise
            problems.append(Problem(name, stated, f"unreadable: {refusal.found}", refusal.code))
            continue
        if found != record.sha256:
            problems.append(Problem(name, stated, f"SHA-256 {found[:16]}…"))
    return problems


def _extract(source: StrictZip, entry: Entry, target: Path, path: Path, told: Bytes) -> str:
    """Write one entry; answers its SHA-256."""
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for block in source.blocks(entry):
                digest.update(block)
                out.write(block)
                told.more(len(block))
    except OSError as cause:
        raise ArchiveError(
            "a file of the archive cannot be unpacked",
            code=_UNPACKING,
            file=f"{path}!{entry.name}",
            found=cause.strerror or str(cause),
            mend=f"{remedy(cause)} (TMPDIR=DIR names another folder for temporary files)",
        ) from cause
    return digest.hexdigest()
