"""Relocking: which jars a lock gets, without a network."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from djlift.base.targets import named
from djlift.errors import JvmError
from djlift.jars import lock as jars_lock
from djlift.jars import maven, relock
from djlift.jars.lock import Lock

GPU = "onnxruntime_gpu"
PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks of this test's own."""
    monkeypatch.setattr(jars_lock, "FOLDER", tmp_path / "locks")
    return tmp_path / "locks"


def a_download(coordinates: str, folder: Path) -> Path:
    """A jar that holds its coordinates and, that for a GPU, a library that is linked to CUDA."""
    _, artifact, version = coordinates.split(":")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{artifact}-{version}.jar"
    if artifact != GPU:
        file.write_text(coordinates)
        return file
    with zipfile.ZipFile(file, "w") as jar:
        jar.writestr(PROVIDER, b"\0libcudart.so.12\0libc.so.6\0libnvrtc.so.12\0")
    return file


def test_the_lock_of_a_target(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every jar that Maven resolves but those not needed, as downloaded now; the one for a GPU beside them."""
    target = named("djl-0.38")
    more = (
        f"com.microsoft.onnxruntime:onnxruntime:{target.onnxruntime}",
        "com.google.errorprone:error_prone_annotations:2.0",
    )
    monkeypatch.setattr(maven, "class_path", lambda roots, scratch: (*roots, *more))
    monkeypatch.setattr(maven, "download", a_download)
    relock.main(["djl-0.38"])
    lock = Lock.read(target)
    expected = {*relock.roots(target), more[0]}
    assert {jar.coordinates for jar in lock.jars} == expected
    for jar in lock.jars:
        assert jar.sha256 == hashlib.sha256(jar.coordinates.encode()).hexdigest()
        assert jar.size == len(jar.coordinates)
    assert lock.gpu is not None
    assert lock.gpu.coordinates.endswith(f":{GPU}:{target.gpu}")
    assert lock.cuda == ("libcudart.so.12", "libnvrtc.so.12")
    assert [f.name for f in folder.iterdir()] == ["djl-0.38.json"]
    assert capsys.readouterr().out == f"{folder / 'djl-0.38.json'}: 5 jars\n"


def test_relocking_refuses_another_onnxruntime(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is wrong about what a release depends on writes no lock."""
    brought = ["com.microsoft.onnxruntime:onnxruntime:1.21.1"]
    monkeypatch.setattr(maven, "class_path", lambda roots, scratch: (*roots, *brought))
    with pytest.raises(JvmError, match="another ONNX Runtime") as refused:
        relock.relock([named("djl-0.32")])
    assert (refused.value.expected, refused.value.found) == ("1.20.0", brought[0])
    assert list(folder.glob("*")) == []
