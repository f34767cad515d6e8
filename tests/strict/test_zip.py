"""Zips from outside that mean harm or are broken: refused, or a problem of level 0, and nothing else.

Each case is sealed as well as an attacker can seal it: the manifest lists what is there, with the right hashes
and the right digest, unless that is what the case is about.
"""

from __future__ import annotations

import hashlib
import json
import stat
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from djlift.archive.container import opened, read_manifest
from djlift.errors import ArchiveError
from djlift.inspection import inspect
from djlift.strict.refusal import Refusal
from tests.support.hostile.cases import CASES, KINDS_OF_CASES, SLOW
from tests.support.hostile.raw_zip import INNOCENT, raw_zip, sealed
from tests.support.hostile.whole_archive import archive
from tests.support.hostile.zips import ESCAPED

MEGABYTE = 1 << 20
SECONDS = 20
"""Far more than any case takes, so that a busy machine fails none; a hang does."""


@dataclass(frozen=True)
class Sandbox:
    """Where a test runs: a folder of its own, the archive in it, and the only place that may be written."""

    root: Path
    archive: Path
    private: Path

    def others(self) -> set[str]:
        """Everything that is not in the private place."""
        inside = self.private.relative_to(self.root).parts
        return {
            p.relative_to(self.root).as_posix()
            for p in self.root.rglob("*")
            if p.relative_to(self.root).parts[:1] != inside
        }


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A working directory and a folder for temporary files below the test's own folder."""
    private, cwd = tmp_path / "private", tmp_path / "cwd"
    private.mkdir()
    cwd.mkdir()
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    yield Sandbox(tmp_path, cwd / "hostile.zip", private)


def verdict(sandbox: Sandbox) -> str:
    """By which code an archive is refused, or has a problem; empty when nothing was wrong with it."""
    before = sandbox.others()
    try:
        with opened(sandbox.archive) as found:
            for path in sandbox.private.rglob("*"):
                assert path.is_relative_to(found.folder)
                assert not path.is_symlink()
                assert stat.S_ISREG(path.stat().st_mode) or path.is_dir()
            assert {p.resolve() for p in sandbox.private.iterdir()} == {found.folder.resolve()}
            told = str(found.problems[0].code) if found.problems else ""
    except ArchiveError as refusal:
        assert refusal.exit_code == 2
        assert refusal.file
        assert str(sandbox.archive) in refusal.file
        assert len(refusal.text()) < 2000 + 2 * len(str(sandbox.archive))
        told = str(refusal.code)
    assert list(sandbox.private.iterdir()) == []
    assert sandbox.others() == before
    assert not any(path.exists() for path in ESCAPED)
    return told


def test_innocent(sandbox: Sandbox) -> None:
    """The innocent entries that every case starts from are an intact archive."""
    sandbox.archive.write_bytes(raw_zip(sealed()))
    assert verdict(sandbox) == ""
    sandbox.archive.write_bytes(archive())
    assert verdict(sandbox) == ""


@pytest.mark.parametrize("name", CASES)
def test_hostile(sandbox: Sandbox, name: str) -> None:
    """It is refused or a problem, by its own code, in little time and memory and nowhere else on the disk."""
    make, code = CASES[name]
    sandbox.archive.write_bytes(make())
    begun = time.monotonic()
    if name not in SLOW:
        tracemalloc.start()
    try:
        told = verdict(sandbox)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told == code
    assert peak < 200 * MEGABYTE
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("name", CASES)
def test_hostile_to_the_other_readers(sandbox: Sandbox, name: str) -> None:
    """Reading the manifest alone, and ``djlift inspect``, fail in no other way and tell it in JSON."""
    sandbox.archive.write_bytes(CASES[name][0]())
    for read in (read_manifest, lambda path: inspect(path).to_dict()):
        try:
            answer = read(sandbox.archive)
        except ArchiveError:
            continue
        if isinstance(answer, dict):
            json.dumps(answer, allow_nan=False)
    assert list(sandbox.private.iterdir()) == []


def flips(length: int) -> Iterator[tuple[int, int]]:
    """Places and bits: a change in about every third byte."""
    for at in range(0, length, 3):
        yield at, 1 << (at // 3 % 8)


def test_any_changed_byte(sandbox: Sandbox) -> None:
    """A changed byte anywhere is seen, or lies in a header field that no file depends on."""
    whole = raw_zip(sealed())
    expected = {e.name.decode(): e.data for e in sealed()}
    for at, bit in flips(len(whole)):
        data = bytearray(whole)
        data[at] ^= bit
        sandbox.archive.write_bytes(data)
        try:
            with opened(sandbox.archive) as found:
                if found.problems:
                    continue
                files = {
                    p.relative_to(found.folder).as_posix(): p.read_bytes()
                    for p in found.folder.rglob("*")
                }
        except ArchiveError:
            continue
        except Exception as other:
            pytest.fail(f"byte {at} changed by {bit:#x}: {other!r}")
        assert files == expected, f"byte {at} changed by {bit:#x} goes unseen"


def test_cut_anywhere(sandbox: Sandbox) -> None:
    """A zip that ends early is refused, wherever it ends."""
    whole = raw_zip(sealed())
    for length in range(0, len(whole), 7):
        sandbox.archive.write_bytes(whole[:length])
        assert verdict(sandbox) == Refusal.NOT_A_ZIP


def test_innocent_is_the_only_difference() -> None:
    """The list of cases is as long as it claims to be, and each zip differs from the others."""
    assert len(CASES) == sum(map(len, KINDS_OF_CASES.values())) >= 400
    made = {hashlib.sha256(make()).digest(): name for name, (make, _) in CASES.items()}
    assert len(made) == len(CASES), set(CASES) - set(made.values())
    assert all(len(e.data) < MEGABYTE for e in INNOCENT)
