"""Packing and opening archives: the same bytes every time, whole or not at all, and never trusted."""

from __future__ import annotations

import hashlib
import os
import resource
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djlift.archive.container import (
    Opened,
    Problem,
    opened,
    pack,
    read_manifest,
    require_intact,
    seal,
)
from djlift.archive.manifest import FILE, Manifest
from djlift.base.files import beside
from djlift.errors import ArchiveError
from djlift.inspection import inspect
from tests.support.builders import a_folder, a_manifest, an_archive

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")


@contextmanager
def umask(value: int) -> Iterator[None]:
    """Another umask for a while."""
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """No file may grow past ``limit`` bytes for a while, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def repacked(archive: Path, edit: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its entries edited and zipped again; the manifest is not sealed anew."""
    with zipfile.ZipFile(archive) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    edit(entries)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries.items():
            out.writestr(zipfile.ZipInfo(name), data)
    return archive


def problems(archive: Path) -> list[Problem]:
    """What level 0 finds."""
    with opened(archive) as found:
        return list(found.problems)


def leftovers(folder: Path) -> list[str]:
    """Names of everything in a folder that is not an input of the test."""
    return sorted(p.name for p in folder.iterdir() if not p.name.endswith(".files"))


def test_pack_is_deterministic(tmp_path: Path) -> None:
    """Another folder, umask, time and order of creation give the same bytes."""
    one = an_archive(tmp_path / "one.zip")
    other = tmp_path / "deeper" / "other"
    with umask(0o077):
        for file in sorted(a_folder(tmp_path / "source").rglob("*"), reverse=True):
            if file.is_file():
                copy = other / file.relative_to(tmp_path / "source")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
                copy.chmod(0o600)
                os.utime(copy, (1, 1))
        seal(other, a_manifest())
        pack(other, tmp_path / "two.zip")
    assert one.read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_a_file_has_the_rights_that_the_umask_gives(tmp_path: Path, mask: int) -> None:
    """What is written beside and renamed is not its owner's alone, nor more open than other files."""
    with umask(mask):
        with beside(tmp_path / "beside") as partial:
            partial.write_bytes(b"1")
        packed = an_archive(tmp_path / "one.zip")
    for file in (tmp_path / "beside", packed):
        assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~mask


def test_entries_are_plain(archive: Path) -> None:
    """Entries are sorted, at a fixed time, regular, without extras; only weights are not deflated."""
    with zipfile.ZipFile(archive) as source:
        infos = source.infolist()
        assert source.comment == b""
    names = [i.filename for i in infos]
    assert names == sorted(names)
    assert FILE in names
    assert {i.date_time for i in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {i.external_attr >> 16 for i in infos} == {stat.S_IFREG | 0o644}
    stored = {i.filename for i in infos if i.compress_type == zipfile.ZIP_STORED}
    assert stored == {n for n in names if n.endswith((".onnx", ".safetensors"))}
    assert {i.compress_type for i in infos} == {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    assert {(i.extra, i.comment, i.create_system) for i in infos} == {(b"", b"", 3)}


def test_order_is_the_names_order(tmp_path: Path) -> None:
    """Entries are sorted by name as written, so that every platform has the same order."""
    folder = tmp_path / "files"
    for name in ("golden/cases", "golden.txt", "golden-x", "b", "A", "a"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    pack(folder, tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as source:
        assert source.namelist() == sorted(source.namelist())


def test_seal_lists_everything(tmp_path: Path) -> None:
    """The manifest names every file with its size and SHA-256, itself excepted."""
    folder = a_folder(tmp_path / "files")
    sealed = seal(folder, a_manifest())
    expected = {
        p.relative_to(folder).as_posix(): (p.stat().st_size, hashlib.sha256(p.read_bytes()))
        for p in folder.rglob("*")
        if p.is_file() and p.name != FILE
    }
    assert list(sealed.files) == sorted(expected)
    for name, (size, digest) in expected.items():
        assert (sealed.files[name].size, sealed.files[name].sha256) == (size, digest.hexdigest())
    assert Manifest.from_json((folder / FILE).read_text(encoding="utf-8")) == sealed
    again = seal(folder, sealed)
    assert again == sealed


def test_only_the_manifest_itself_is_left_out(tmp_path: Path) -> None:
    """A file that is called djlift.json too, in a subfolder, is listed like any other."""
    folder = a_folder(tmp_path / "files")
    (folder / "golden" / FILE).write_bytes(b"{}")
    assert f"golden/{FILE}" in seal(folder, a_manifest()).files


def test_intact(archive: Path) -> None:
    """An intact archive opens without problems; its files are there while it is open, then gone."""
    with opened(archive) as found:
        assert found.problems == ()
        assert found.path == archive
        assert found.manifest == read_manifest(archive)
        names = {p.relative_to(found.folder).as_posix() for p in found.folder.rglob("*.*")}
        assert names == {*found.manifest.files, FILE}
        assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700
        folder = found.folder
    assert not folder.exists()


def test_folder_goes_when_the_work_fails(archive: Path) -> None:
    """The private folder goes too when the work inside it fails."""
    with pytest.raises(KeyboardInterrupt), opened(archive) as found:
        raise KeyboardInterrupt
    assert not found.folder.exists()


def test_missing_file(archive: Path) -> None:
    """A file of the manifest that is absent is a problem that names it."""

    def edit(entries: dict[str, bytes]) -> None:
        del entries["golden/cases.jsonl"]

    (problem,) = problems(repacked(archive, edit))
    assert problem == Problem("golden/cases.jsonl", "a file of the manifest", "no such file")


def test_extra_file(archive: Path) -> None:
    """A file that the manifest does not list is a problem and is not unpacked."""
    repacked(archive, lambda entries: entries.update({"extra.txt": b"?"}))
    with opened(archive) as found:
        (problem,) = found.problems
        assert problem.file == "extra.txt"
        assert "not list" in problem.found
        assert not (found.folder / "extra.txt").exists()


def test_changed_byte(archive: Path) -> None:
    """One changed byte of the same size is a problem with both digests."""

    def edit(entries: dict[str, bytes]) -> None:
        entries["model.onnx"] = b"\xff" + entries["model.onnx"][1:]

    digest = read_manifest(archive).files["model.onnx"].sha256
    (problem,) = problems(repacked(archive, edit))
    assert problem.file == "model.onnx"
    assert digest[:16] in problem.expected
    assert problem.found.startswith("SHA-256 ")
    assert digest[:16] not in problem.found


def test_changed_size(archive: Path) -> None:
    """A longer or shorter file is a problem with both sizes."""

    def edit(entries: dict[str, bytes]) -> None:
        entries["model.onnx"] += b"!"
        entries["README.md"] = b""

    found = {p.file: (p.expected, p.found) for p in problems(repacked(archive, edit))}
    assert found == {
        "model.onnx": ("2088 bytes", "2089 bytes"),
        "README.md": ("11 bytes", "0 bytes"),
    }


def test_changed_manifest(archive: Path) -> None:
    """A manifest that was edited by hand breaks its digest, which is a problem of djlift.json."""

    def edit(entries: dict[str, bytes]) -> None:
        entries[FILE] = entries[FILE].replace(b'"nodes": 3', b'"nodes": 4')

    (problem,) = problems(repacked(archive, edit))
    assert problem.file == FILE
    assert "digest" in problem.expected


def test_problems_come_in_a_fixed_order(archive: Path) -> None:
    """Several problems are all told, in the order of the names within their kind."""

    def edit(entries: dict[str, bytes]) -> None:
        del entries["config.json"]
        entries["a-new-file"] = b""
        entries["model.onnx"] = b""

    assert [p.file for p in problems(repacked(archive, edit))] == [
        "config.json",
        "a-new-file",
        "model.onnx",
    ]


def test_inspect_sees_the_same(archive: Path) -> None:
    """``djlift inspect`` tells the problems of level 0 and the manifest as plain data."""
    assert inspect(archive).to_dict()["intact"] is True
    repacked(archive, lambda entries: entries.update({"extra.txt": b"?"}))
    data = inspect(archive).to_dict()
    assert data["intact"] is False
    assert [p["file"] for p in data["problems"]] == ["extra.txt"]
    assert data["manifest"]["name"] == "tiny-ner"
    assert data["bytes"] == archive.stat().st_size


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.zip"),
        (b"PK", "two-bytes.zip"),
        (b"not a zip at all\n" * 100, "text.zip"),
        (b"PK\x05\x06" + b"\0" * 18, "no-entries.zip"),
    ],
)
def test_not_an_archive(tmp_path: Path, data: bytes, name: str) -> None:
    """A file that is no djlift archive is refused by name, exit code 2."""
    file = tmp_path / name
    file.write_bytes(data)
    for read in (problems, read_manifest):
        with pytest.raises(ArchiveError) as raised:
            read(file)
        assert raised.value.exit_code == 2
        assert str(file) in str(raised.value)


def test_cut_archive(archive: Path) -> None:
    """An archive cut anywhere is refused by name, never half-read."""
    whole = archive.read_bytes()
    for length in range(0, len(whole), 97):
        archive.write_bytes(whole[:length])
        with pytest.raises(ArchiveError) as raised, opened(archive):
            pass
        assert str(archive) in str(raised.value)


def test_folder_and_nothing(tmp_path: Path) -> None:
    """A folder, or nothing, in the place of an archive is refused by name."""
    for path, what in ((tmp_path, "a folder"), (tmp_path / "absent.zip", "nothing")):
        with pytest.raises(ArchiveError) as raised, opened(path):
            pass
        assert (raised.value.found, raised.value.file) == (what, str(path))


@needs_proc
def test_read_error_leaves_the_target(tmp_path: Path) -> None:
    """A source file that breaks while it is read leaves the old target as it was and no partial file."""
    folder = a_folder(tmp_path / "source.files")
    (folder / "z").symlink_to("/proc/self/mem")  # a regular file whose first byte cannot be read
    target = tmp_path / "model.zip"
    target.write_bytes(b"old")
    with pytest.raises(ArchiveError):
        pack(folder, target)
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == ["model.zip"]


def test_full_disk_leaves_the_target(tmp_path: Path) -> None:
    """A disk that fills while packing is told by name; old target intact, no partial file."""
    folder = tmp_path / "source.files"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(os.urandom(200_000))
    target = tmp_path / "model.zip"
    target.write_bytes(b"old")
    with pytest.raises(ArchiveError) as raised, small_disk(50_000):
        pack(folder, target)
    assert raised.value.file == str(target)
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == ["model.zip"]


def test_full_disk_while_opening(tmp_path: Path) -> None:
    """A disk that fills while unpacking is an archive error, and the private folder goes."""
    folder = tmp_path / "source.files"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"\0" * 200_000)
    seal(folder, a_manifest())
    pack(folder, tmp_path / "model.zip")
    with pytest.raises(ArchiveError) as raised, small_disk(50_000), opened(tmp_path / "model.zip"):
        pass
    assert "not a readable zip" not in raised.value.what, "the zip is whole; the disk is full"


@pytest.mark.parametrize("where", ["file/model.zip", "file/deeper/model.zip", "folder.zip"])
def test_unwritable_target(tmp_path: Path, where: str) -> None:
    """A target whose folder is a file, or that is a folder itself, is told by name."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(ArchiveError) as raised:
        pack(a_folder(tmp_path / "source.files"), tmp_path / where)
    assert where in str(raised.value.file)
    assert leftovers(tmp_path) == ["file", "folder.zip"]


@needs_proc
def test_folder_that_takes_no_files(tmp_path: Path) -> None:
    """A folder that takes no new files is told by name."""
    with pytest.raises(ArchiveError) as raised:
        pack(a_folder(tmp_path / "files"), PROC / "model.zip")
    assert raised.value.file == "/proc/model.zip"


def test_what_is_intact_is_required() -> None:
    """The error names the first file that differs, and how."""
    path, manifest = Path("a.zip"), a_manifest()
    require_intact(Opened(path, Path(), manifest, ()))
    found = Opened(path, Path(), manifest, (Problem("m.onnx", "4 bytes", "5 bytes"),))
    with pytest.raises(ArchiveError) as raised:
        require_intact(found)
    told = raised.value
    assert (told.code, told.file) == ("altered", "a.zip!m.onnx")
    assert (told.expected, told.found) == ("4 bytes", "5 bytes")
    assert told.mend is not None and "djlift inspect a.zip" in told.mend
