"""The doctor's findings and the offline kit; small files stand in for the jars."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from djlift import doctor
from djlift.base.targets import DEFAULT, named
from djlift.errors import DjliftError, JvmError, install
from djlift.jars import lock, resolve
from djlift.jars.lock import Jar, Lock
from djlift.jvm import gpu

DATA = {
    "api-1.jar": b"api",
    "onnxruntime-2.jar": b"runtime",
    "gson-3.jar": b"library",
    "onnxruntime_gpu-2.jar": b"runtime for a GPU",
}


def locked(coordinates: str, file: str) -> Jar:
    """A jar of the stand-in lock."""
    return Jar(coordinates, file, hashlib.sha256(DATA[file]).hexdigest(), len(DATA[file]))


LOCK = Lock(
    "1",
    "2",
    (
        locked("ai.djl:api:1", "api-1.jar"),
        locked("com.microsoft.onnxruntime:onnxruntime:2", "onnxruntime-2.jar"),
        locked("com.google.code.gson:gson:3", "gson-3.jar"),
    ),
    locked("com.microsoft.onnxruntime:onnxruntime_gpu:2", "onnxruntime_gpu-2.jar"),
    ("libno_such_cuda.so.12",),
)
CPU = [jar.file for jar in LOCK.jars]


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with every jar in its Maven repository, a bridge, and no network."""
    monkeypatch.setattr(lock, "FOLDER", tmp_path)
    for target in (DEFAULT, named("djl-0.36")):
        lock.lock_file(target).write_text(LOCK.to_json())
    monkeypatch.delenv("DJLIFT_JARS", raising=False)
    monkeypatch.setenv("DJLIFT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    monkeypatch.setenv("DJLIFT_MAVEN_MIRROR", "http://127.0.0.1:9/maven")
    assert LOCK.gpu is not None
    for jar in (*LOCK.jars, LOCK.gpu):
        file = tmp_path / "m2" / jar.maven_path
        file.parent.mkdir(parents=True)
        file.write_bytes(DATA[jar.file])
    bridge = tmp_path / "djlift-core-0.1.0.jar"
    bridge.write_bytes(b"bridge")
    monkeypatch.setenv("DJLIFT_BRIDGE_JAR", str(bridge))
    (tmp_path / "djlift-tooling-0.1.0.jar").write_bytes(b"tooling")
    monkeypatch.setattr(resolve, "BRIDGE_FOLDER", tmp_path)
    return tmp_path


def finding(name: str, java_home: Path | None = None) -> doctor.Finding:
    """The finding whose name starts so."""
    (found,) = [f for f in doctor.examine(java_home) if f.name.startswith(name)]
    return found


def test_all_is_well() -> None:
    """A machine with everything has nothing to mend in jars and bridge."""
    for name in ("Python", "bridge jar", "DJL 0", "ONNX Runtime", "DJL's libraries", "cache"):
        assert (finding(name).status, finding(name).mend) == ("ok", ""), name
    assert finding("ONNX Runtime").detail == "1 jar, Maven repository, SHA-256 right"


def test_every_finding_that_is_not_ok_has_a_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong, the next step is said."""
    monkeypatch.setenv("DJLIFT_JARS", str(tmp_path / "absent"))
    monkeypatch.setenv("DJLIFT_BRIDGE_JAR", str(tmp_path / "absent"))
    monkeypatch.setenv("PATH", "")
    found = doctor.examine(tmp_path / "absent")
    assert {f.name for f in found if f.status == "missing"} >= {"Java", "bridge jar", "DJL 0.38.0"}
    assert [f.name for f in found if f.status != "ok" and not f.mend] == []


def test_the_jar_of_the_tooling_is_needed_too(tmp_path: Path) -> None:
    (tmp_path / "djlift-tooling-0.1.0.jar").unlink()
    found = finding("bridge jar")
    assert found.status == "missing" and "tooling" in found.detail and "make bridge" in found.mend


def test_looking_downloads_nothing(tmp_path: Path) -> None:
    """A jar that is nowhere is a warning: the first use brings it."""
    (tmp_path / "m2" / LOCK.jars[1].maven_path).unlink()
    found = finding("ONNX Runtime")
    assert found.status == "warn"
    assert "onnxruntime-2.jar" in found.detail
    assert "djlift doctor --fetch" in found.mend


def test_looking_deletes_nothing(tmp_path: Path) -> None:
    """A wrong file in the cache is left to the next use, which mends it."""
    spoiled = resolve.cached_path(LOCK.jars[0])
    spoiled.parent.mkdir(parents=True)
    spoiled.write_bytes(b"xpi")
    assert finding("DJL 0").detail == "1 jar, Maven repository, SHA-256 right"
    assert spoiled.exists()


def test_a_wrong_jar_in_the_given_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hashes are shown."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "api-1.jar").write_bytes(b"xpi")
    monkeypatch.setenv("DJLIFT_JARS", str(tmp_path / "given"))
    found = finding("DJL 0")
    assert found.status == "missing"
    assert LOCK.jars[0].sha256 in found.detail
    assert hashlib.sha256(b"xpi").hexdigest() in found.detail


def test_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What build needs: absent and too old are told apart, neither stops verify."""
    versions = {"torch": "2.1.0+cpu", "transformers": "5.1.0", "peft": "0.17.0"}
    answer(monkeypatch, versions)
    monkeypatch.setattr(
        importlib.metadata,
        "requires",
        lambda name: ["torch>=2.6; extra == 'export'", "transformers>=5.0; extra == 'export'"],
    )
    assert finding("torch").status == "warn"
    assert finding("torch").detail == "2.1.0+cpu; djlift build needs 2.6 or newer"
    assert finding("transformers") == doctor.Finding("transformers", "ok", "5.1.0")
    assert finding("peft").status == "ok"
    assert finding("onnxscript").status == "warn"
    assert finding("onnxscript").mend == install("export")


def test_both_onnxruntimes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU and the GPU package are the same module: together they break each other."""
    answer(monkeypatch, {"onnxruntime": "1.22.0", "onnxruntime-gpu": "1.22.0"})
    found = finding("onnxruntime")
    assert found.status == "warn"
    assert "pip uninstall" in found.mend
    answer(monkeypatch, {"onnxruntime": "1.22.0"})
    assert finding("onnxruntime").detail.startswith("onnxruntime 1.22.0; providers: CPU")
    answer(monkeypatch, {})
    assert finding("onnxruntime").mend == install("export")


def answer(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    """Let only these packages be installed."""

    def version(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_a_token_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether there is a token is said, not which."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HF_TOKEN_PATH", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert finding("Hugging Face").detail.endswith("token no, offline yes")
    (tmp_path / "token").write_text("hf_secret")
    assert "token yes" in finding("Hugging Face").detail
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert "hf_secret" not in str(doctor.examine())


def test_no_heavy_import() -> None:
    """Looking at torch does not import it, nor anything else of its weight, nor JPype."""
    script = (
        "import sys; from djlift import doctor; doctor.examine();"
        "print(*sorted({'torch', 'transformers', 'onnx', 'onnxruntime', 'jpype'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_a_kit_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every jar, the bridge, how to use it, and hashes that sha256sum would check."""
    kit = tmp_path / "new" / "kit"
    files = doctor.fetch(kit)
    names = {"README.txt", "SHA256SUMS", "djlift-core-0.1.0.jar", *CPU}
    assert {file.name for file in files} == {file.name for file in kit.iterdir()} == names
    assert f"{LOCK.jars[0].sha256}  api-1.jar" in (kit / "SHA256SUMS").read_text()
    for line in (kit / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((kit / name).read_bytes()).hexdigest() == sha256
    assert "DJLIFT_JARS" in (kit / "README.txt").read_text()
    monkeypatch.setenv("DJLIFT_JARS", str(kit))
    assert [file.parent for file in resolve.resolve(offline=True)] == [kit] * 3
    assert [file.name for file in kit.parent.iterdir()] == ["kit"], "nothing is left beside it"


def test_an_empty_folder_and_an_older_kit_are_replaced(tmp_path: Path) -> None:
    """The same command again brings the kit up to date."""
    kit = tmp_path / "kit"
    kit.mkdir()
    doctor.fetch(kit)
    (kit / "gson-3.jar").write_bytes(b"spoiled")
    doctor.fetch(kit)
    assert (kit / "gson-3.jar").read_bytes() == DATA["gson-3.jar"]


@pytest.mark.parametrize("within_a_kit", [False, True])
def test_what_is_no_kit_is_left_alone(tmp_path: Path, within_a_kit: bool) -> None:
    """A folder with a file that no kit lists is refused, whatever else is in it."""
    folder = tmp_path / "precious"
    folder.mkdir()
    if within_a_kit:
        doctor.fetch(folder)
    (folder / "thesis.txt").write_text("years of work")
    before = sorted(file.name for file in folder.iterdir())
    with pytest.raises(DjliftError) as error:
        doctor.fetch(folder)
    assert error.value.found == "thesis.txt"
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_kit_without_network_leaves_nothing(tmp_path: Path) -> None:
    """A jar that cannot be had: no half kit."""
    (tmp_path / "m2" / LOCK.jars[1].maven_path).unlink()
    with pytest.raises(JvmError):
        doctor.fetch(tmp_path / "kit")
    assert not list(tmp_path.glob("*kit*"))


def test_a_kit_for_another_release_and_for_a_gpu(tmp_path: Path) -> None:
    """Its README says for which release; ``onnxruntime_gpu`` comes beside the CPU's jar."""
    kit = tmp_path / "kit"
    files = doctor.fetch(kit, target=named("djl-0.36"), gpu=True)
    assert {file.name for file in files} >= set(DATA)
    text = (kit / "README.txt").read_text()
    assert "--target djl-0.36" in text
    assert "--device cuda:N" in text
    assert "onnxruntime_gpu" in (kit / "SHA256SUMS").read_text()
    doctor.fetch(kit)
    assert not (kit / "onnxruntime_gpu-2.jar").exists()
    assert "cuda" not in (kit / "README.txt").read_text()


def test_another_release_is_looked_for() -> None:
    """The findings are about the release that was named."""
    names = [f.name for f in doctor.examine(target=named("djl-0.36"))]
    assert "DJL 0.36.0" in names
    assert "DJL 0.38.0" not in names


def test_cuda_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to be mended where there is no GPU, and it is said that CUDA cannot be used."""
    monkeypatch.setattr(gpu, "_DRIVER", {"linux": "libno_such_driver.so.1"})
    for side in ("CUDA for Python", "CUDA for the JVM"):
        assert finding(side).status == "ok"
        assert finding(side).detail.startswith("not usable: there is no GPU")


def test_cuda_with_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one, each side says what it lacks, or that it lacks nothing."""
    monkeypatch.setattr(gpu, "cards", lambda: 2)
    answer(monkeypatch, {"onnxruntime": "1.31.0"})
    assert finding("CUDA for Python").status == "warn"
    assert "onnxruntime 1.31.0" in finding("CUDA for Python").detail
    assert finding("CUDA for the JVM").status == "warn"
    assert "libno_such_cuda.so.12" in finding("CUDA for the JVM").detail
    answer(monkeypatch, {"onnxruntime-gpu": "1.31.0"})
    assert finding("CUDA for Python") == doctor.Finding("CUDA for Python", "ok", "usable, 2 GPUs")
