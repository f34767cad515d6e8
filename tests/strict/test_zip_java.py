"""The same hostile archives, through the JVM's reader: Java refuses what Python refuses, by the same code.

``python -m tools.docs.hostile`` writes down what each of the two readers says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djlift.jvm import process
from djlift.strict.refusal import Refusal
from tests.strict.test_zip import flips
from tests.support.hostile.cases import CASES, said_by_java, said_by_python
from tests.support.hostile.raw_zip import raw_zip, sealed
from tests.support.hostile.whole_archive import archive
from tests.support.hostile.zips import ESCAPED

pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module")
def java() -> Any:
    """``org.djlift.Archive`` in the JVM of this process."""
    import jpype

    process.start()
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
    """The folders in which Java's reader unpacks, in the folder that the tests of this process have alone."""
    import jpype

    where = Path(str(jpype.JClass("java.lang.System").getProperty("java.io.tmpdir")))
    assert where != Path(tempfile.gettempdir()), "other processes share it"
    return set(where.glob("djlift-[0-9]*"))


def refusal(java: Any, path: Path) -> str:
    """The code by which Java refuses a zip; empty when it has nothing against it."""
    before = temporary()
    try:
        return said_by_java(java, path)
    finally:
        assert temporary() == before


def test_innocent(java: Any, zipped: Path) -> None:
    """What every case starts from is an archive for Java too."""
    zipped.write_bytes(raw_zip(sealed()))
    assert refusal(java, zipped) == ""
    zipped.write_bytes(archive())
    assert refusal(java, zipped) == ""


def test_the_codes_are_the_same(java: Any) -> None:
    """Every code of Python is one of Java; Java has one more, for what is refused elsewhere."""
    import jpype

    codes = {str(r.code()) for r in jpype.JClass("org.djlift.archive.Refusal").values()}
    assert codes == {str(r) for r in Refusal} | {"unusable"}


@pytest.mark.parametrize("name", CASES)
def test_hostile(java: Any, zipped: Path, name: str) -> None:
    """Java refuses it by the same code, naming the file, and leaves nothing behind."""
    make, code = CASES[name]
    zipped.write_bytes(make())
    assert refusal(java, zipped) == code


def test_any_changed_byte(java: Any, zipped: Path) -> None:
    """When a byte is changed, Java says what Python says."""
    whole = raw_zip(sealed())
    for at, bit in flips(len(whole)):
        data = bytearray(whole)
        data[at] ^= bit
        zipped.write_bytes(data)
        assert refusal(java, zipped) == said_by_python(zipped), f"byte {at} changed by {bit:#x}"


def test_cut_anywhere(java: Any, zipped: Path) -> None:
    """A zip that ends early is refused, wherever it ends."""
    whole = raw_zip(sealed())
    for length in range(0, len(whole), 7):
        zipped.write_bytes(whole[:length])
        assert refusal(java, zipped) == Refusal.NOT_A_ZIP, f"{length} bytes"
