"""The table of DJL releases and their locks: what can be checked without a JVM and without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.base import targets
from djlift.base.targets import DEFAULT, TARGETS, Target, named
from djlift.checkpoints.recipe import Recipe
from djlift.errors import ArchiveError, JvmError, UsageError
from djlift.jars import lock as jars_lock
from djlift.jars import relock
from djlift.jars.lock import Lock

ALL = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))


@ALL
def test_the_committed_lock(target: Target) -> None:
    """It is as relocking writes it, is for the table's versions, and holds what the JVM needs."""
    file = jars_lock.lock_file(target)
    lock = Lock.read(target)
    assert lock.to_json() == file.read_text(encoding="utf-8")
    assert (lock.djl, lock.onnxruntime) == (target.djl, target.onnxruntime)
    coordinates = {jar.coordinates for jar in lock.jars}
    assert set(relock.roots(target)) <= coordinates
    assert f"com.microsoft.onnxruntime:onnxruntime:{target.onnxruntime}" in coordinates
    of_djl = [c.split(":") for c in coordinates if c.startswith("ai.djl")]
    assert {version for _, _, version in of_djl} == {target.djl}
    assert len({jar.file for jar in lock.jars}) == len(lock.jars), "a kit is flat"
    assert lock.gpu is not None
    for jar in (*lock.jars, lock.gpu):
        _, artifact, version = jar.coordinates.split(":")
        assert jar.file == f"{artifact}-{version}.jar"
        assert len(bytes.fromhex(jar.sha256)) == 32
        assert jar.size > 0


def test_every_lock_has_a_target() -> None:
    """No lock is left over, and each target has one."""
    assert {file.stem for file in jars_lock.FOLDER.iterdir()} == set(TARGETS)


@ALL
def test_on_a_gpu_one_jar_takes_the_others_place(target: Target) -> None:
    """``onnxruntime_gpu``, of the same version or the nearest before it, and no ``onnxruntime``."""
    lock = Lock.read(target)
    cpu, gpu = lock.on(gpu=False), lock.on(gpu=True)
    changed = [(c.coordinates, g.coordinates) for c, g in zip(cpu, gpu, strict=True) if c != g]
    group = "com.microsoft.onnxruntime"
    assert changed == [
        (f"{group}:onnxruntime:{target.onnxruntime}", f"{group}:onnxruntime_gpu:{target.gpu}")
    ]
    assert target.gpu.split(".")[:2] == target.onnxruntime.split(".")[:2]
    assert {"libcudart.so.12", "libcudnn.so.9", "libcublas.so.12"} <= set(lock.cuda)


def test_a_release_without_a_gpu_jar() -> None:
    """It is said, and the CPU's jar is not taken for it."""
    with pytest.raises(JvmError, match="cannot run on a GPU"):
        Lock("1", "2", ()).on(gpu=True)


def test_names(tmp_path: Path) -> None:
    """A name is found; another one is refused with those that there are, also in a recipe."""
    assert named("djl-0.36").djl == "0.36.0"
    assert Recipe(("x",)).target == DEFAULT.name == "djl-0.38"
    for wrong in ("djl-0.37", "0.38", ""):
        with pytest.raises(UsageError) as refused:
            named(wrong)
        assert "djl-0.36" in str(refused.value.expected)
    (tmp_path / "recipe.toml").write_text('sources = ["x"]\ntarget = "djl-0.36"\n')
    assert Recipe.read(tmp_path).target == "djl-0.36"
    assert Recipe.read(tmp_path).with_options(target="djl-0.38").target == "djl-0.38"
    (tmp_path / "recipe.toml").write_text('sources = ["x"]\ntarget = "djl-9"\n')
    with pytest.raises(UsageError, match="djl-9"):
        Recipe.read(tmp_path)


@pytest.mark.parametrize("recorded", [{}, {"djl": None}, {"djl": "9.9.9"}, {"djl": [1]}])
def test_an_archive_for_an_unknown_release(recorded: dict[str, object]) -> None:
    """It is not run on whatever is at hand: the user says on what."""
    with pytest.raises(ArchiveError, match="does not know") as refused:
        targets.of_archive(recorded, "a.zip")
    assert "--target djl-0.38" in str(refused.value.mend)
    assert targets.of_archive({"djl": "0.36.0"}, "a.zip") == named("djl-0.36")


def test_the_table_in_the_docs_is_this_table() -> None:
    """docs/targets.md says what the code says."""
    page = (Path(__file__).parents[3] / "docs" / "targets.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| djl-")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        [t.name, t.djl, t.onnxruntime, str(t.opset), str(t.ir), t.tokenizers, t.gpu]
        for t in TARGETS.values()
    ]
