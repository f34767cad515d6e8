"""The same hostile zips, through the JVM's reader: Java refuses what Python refuses.

``pytest tests/hostile/test_zip_java.py -s`` prints what each of the two readers says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djlift import archive, jvm
from djlift.errors import ArchiveError

from .hostile_manifests import MANIFESTS
from .hostile_zips import ESCAPED, ZIPS
from .rawzip import raw_zip, sealed
from .test_zip import flips

pytestmark = pytest.mark.jvm
CASES = {**ZIPS, **MANIFESTS}


@pytest.fixture(scope="module")
def java() -> Any:
    """``org.djlift.Archive`` in the JVM of this process."""
    import jpype

    jvm.start()
    return jpype.JClass("org.djlift.Archive")


@pytest.fixture
def zipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a case's zip stands; nothing may appear beside it or in the working directory."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    yield tmp_path / "cwd" / "hostile.zip"
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")} == {
        "cwd",
        "cwd/hostile.zip",
    }
    assert not any(path.exists() for path in ESCAPED)


def temporary() -> set[Path]:
    """The folders in which Java's reader unpacks: its names are digits, Python's are not only."""
    return set(Path(tempfile.gettempdir()).glob("djlift-[0-9]*"))


def remains(before: set[Path]) -> list[Path]:
    """New folders that hold a manifest of these tests: other processes may be unpacking theirs."""
    new = [folder / "djlift.json" for folder in temporary() - before]
    return [file for file in new if file.is_file() and b"tiny-ner" in file.read_bytes()]


def refusal(java: Any, path: Path) -> str | None:
    """What Java says against a zip; None when it has nothing against it."""
    import jpype

    before = temporary()
    try:
        with java.open(jpype.JClass("java.nio.file.Path").of(str(path))) as opened:
            assert opened.manifest() is not None
    except jpype.JException as thrown:
        kind = str(thrown.getClass().getName())
        assert kind == "org.djlift.ArchiveException", f"{kind}: {thrown.getMessage()}"
        assert str(thrown.file()).startswith(str(path))
        return f"expected {thrown.expected()}, found {thrown.found()}"
    finally:
        assert remains(before) == []
    return None


def said_by_python(path: Path) -> str:
    """What Python's reader says against it."""
    try:
        with archive.opened(path) as opened:
            return "; ".join(f"{p.file}: {p.expected}, {p.found}" for p in opened.problems)
    except ArchiveError as error:
        return f"expected {error.expected}, found {error.found}"


def test_innocent(java: Any, zipped: Path) -> None:
    """What every case starts from is an archive for Java too."""
    zipped.write_bytes(raw_zip(sealed()))
    assert refusal(java, zipped) is None


@pytest.mark.parametrize("name", CASES)
def test_hostile(java: Any, zipped: Path, name: str) -> None:
    """Java refuses it by an ArchiveException that names the file, and leaves nothing behind."""
    zipped.write_bytes(CASES[name][0]())
    told = refusal(java, zipped)
    print(f"\n{name}\n  java:   {(told or '')[:150]!r}\n  python: {said_by_python(zipped)[:150]!r}")
    assert told, "it passes for an intact archive"
    assert len(told) < 2000
    assert told.isprintable()


def test_any_changed_byte(java: Any, zipped: Path) -> None:
    """What Python refuses when a byte is changed, Java refuses."""
    whole = raw_zip(sealed())
    for at, bit in flips(len(whole)):
        data = bytearray(whole)
        data[at] ^= bit
        zipped.write_bytes(data)
        if said_by_python(zipped):
            assert refusal(java, zipped), f"byte {at} changed by {bit:#x}"


def test_cut_anywhere(java: Any, zipped: Path) -> None:
    """A zip that ends early is refused, wherever it ends."""
    whole = raw_zip(sealed())
    for length in range(0, len(whole), 7):
        zipped.write_bytes(whole[:length])
        assert refusal(java, zipped), f"{length} bytes"
