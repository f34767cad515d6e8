"""Files of this machine: hashes, pointers of Git LFS, and writing one whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from djlift.base.files import POINTER, beside, is_pointer, make_parents, sha256
from djlift.errors import ArchiveError


def test_sha256_of_several_blocks(tmp_path: Path) -> None:
    """Every block is hashed, and each one's bytes are told."""
    data = b"djlift" * 400_000
    (tmp_path / "data").write_bytes(data)
    told: list[int] = []
    assert sha256(tmp_path / "data", told.append) == hashlib.sha256(data).hexdigest()
    assert len(told) == 3
    assert sum(told) == len(data)


@pytest.mark.parametrize(
    ("data", "pointer"), [(POINTER + b"v1\noid", True), (POINTER[:-1], False), (b"", False)]
)
def test_a_pointer_is_known_by_its_start(tmp_path: Path, data: bytes, pointer: bool) -> None:
    """A shorter file, or one that begins otherwise, is none."""
    (tmp_path / "data").write_bytes(data)
    assert is_pointer(tmp_path / "data") is pointer


def test_parents_below_a_file_are_refused(tmp_path: Path) -> None:
    """A folder that cannot be made is told by the file that was to be in it."""
    make_parents(tmp_path / "a" / "b" / "c")
    (tmp_path / "a" / "b" / "c").write_bytes(b"")
    with pytest.raises(ArchiveError) as raised:
        make_parents(tmp_path / "a" / "b" / "c" / "d")
    assert raised.value.code == "file-unwritable"
    assert raised.value.file == str(tmp_path / "a" / "b" / "c" / "d")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_interrupt_leaves_the_target(tmp_path: Path, interrupt: type[BaseException]) -> None:
    """An exception of any kind passes through, the old target intact, no partial file."""
    target = tmp_path / "model.zip"
    target.write_bytes(b"old")
    with pytest.raises(interrupt), beside(target) as partial:
        partial.write_bytes(b"half")
        raise interrupt
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.zip"]
