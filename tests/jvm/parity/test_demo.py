"""The main job on the real model: built, proven, and equal to the pipeline."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from djlift.archive.container import read_manifest
from djlift.builder.build import BuildResult, build
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.jvm import process
from djlift.parity.diagnosis import parse
from djlift.parity.report import write_junit
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks.token_classification.reference import entities, pipeline
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.tasks.token_classification.task import TASK
from tests.jvm.conftest import RECIPE

pytestmark = pytest.mark.jvm

TEXTS = [
    "Maria Gonzalez met Angela Merkel at Siemens in Berlin.",
    "The Red Cross flew from Zürich 🇨🇭 to São Paulo on Friday 🎉",
    "O'Neill's lawyers, Smith-Jones & Co., sued the U.S.A. — in Stratford-upon-Avon…",
    "",
    "   ",
    "𝕁𝕠𝕙𝕟 𝕊𝕞𝕚𝕥𝕙 visited 東京 and Αθήνα 👩‍👩‍👧‍👦Berlin",
    " ".join(["Angela Merkel left Berlin for Paris, said Reuters."] * 90),
]


def test_every_level_holds_in_both_precisions(demo: BuildResult) -> None:
    """Levels 0 to 5 pass on at least 300 texts."""
    for built in demo.built:
        assert built.report.holds
        assert {level.level for level in built.report.levels} == {0, 1, 2, 3, 4, 5}
        assert {level.status for level in built.report.levels} == {"pass"}
        assert next(lv for lv in built.report.levels if lv.level == 3).compared >= 300


def test_the_figures_that_ship(demo: BuildResult) -> None:
    """fp16 is at most 0.51 of fp32, and every attention layer is fused."""
    fp32, fp16 = demo.built
    assert fp16.manifest.graph["bytes"] <= 0.51 * fp32.manifest.graph["bytes"]
    for built in demo.built:
        assert built.manifest.graph["fused"]["Attention"] == built.manifest.graph["layers"] == 6


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_predict_gives_what_the_pipeline_gives(fp32: Path, strategy: str) -> None:
    """Texts that were never recorded: labels, spans and words are the pipeline's own, scores to 1e-4."""
    pipe = pipeline(TASK.load(find(Recipe.read(RECIPE))))
    lines = list(predict(fp32, TEXTS, aggregation_strategy=strategy))
    for text, line in zip(TEXTS, lines, strict=True):
        expected = entities(pipe(text, aggregation_strategy=strategy))
        found = parse(line)
        assert [e.identity for e in found] == [e.identity for e in expected], text
        assert all(abs(a.score - b.score) < 1e-4 for a, b in zip(found, expected, strict=True)), (
            text
        )


@pytest.mark.parametrize("stride", [0, 32, 128])
def test_stride_gives_what_the_pipeline_gives(fp32: Path, stride: int) -> None:
    """A document of several windows is merged as the pipeline merges it."""
    pipe = pipeline(TASK.load(find(Recipe.read(RECIPE))))
    document = " ".join(TEXTS[:3] * 40)
    for strategy in STRATEGIES[1:]:
        expected = entities(pipe(document, aggregation_strategy=strategy, stride=stride))
        (line,) = predict(fp32, [document], aggregation_strategy=strategy, stride=stride)
        assert [e.identity for e in parse(line)] == [e.identity for e in expected]
        assert len(expected) > 100


def test_utf16_offsets_cut_the_java_string(fp32: Path) -> None:
    """utf16_start and utf16_end cut the same characters from UTF-16 that start and end cut from code points."""
    text = "🎉🎉 Angela Merkel 👩‍👩‍👧‍👦 in Berlin"
    (line,) = predict(fp32, [text])
    found = json.loads(line)["entities"]
    assert found
    units = text.encode("utf-16-le")
    for entity in found:
        cut = units[2 * entity["utf16_start"] : 2 * entity["utf16_end"]].decode("utf-16-le")
        assert cut == text[entity["start"] : entity["end"]]
        assert entity["utf16_start"] > entity["start"]


def test_verify_reproduces_the_proof_and_writes_junit(fp32: Path, tmp_path: Path) -> None:
    """Verifying a shipped archive holds again; JUnit has a test case per level and group."""
    report = verify(fp32)
    assert report.holds, report.to_dict()
    write_junit(report, tmp_path / "report.xml")
    suites = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert [s.get("failures") for s in suites] == ["0"] * len(suites)
    assert {c.get("name") for s in suites for c in s} >= {"news", "tweets", "scripts", "long"}


def test_more_texts_with_their_reference(small: Path, tmp_path: Path) -> None:
    """--texts with --reference passes all levels for texts that were not recorded."""
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS[:3]) + "\n", encoding="utf-8")
    report = verify(small, texts=texts, reference=Recipe.read(RECIPE))
    plain = verify(small)
    assert report.holds
    assert report.notes == ()
    assert [a.compared - b.compared for a, b in zip(report.levels, plain.levels, strict=True)] == [
        0,
        3,
        3,
        3,
        3,
    ]


def test_more_texts_without_reference_say_what_was_not_compared(
    small: Path, tmp_path: Path
) -> None:
    """--texts alone compares tokens and invariance, and says that logits and entities were not."""
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS[:3]) + "\n", encoding="utf-8")
    report = verify(small, texts=texts)
    assert report.holds
    assert "--reference" in report.notes[0]


def test_the_same_inputs_give_the_same_bytes(demo: BuildResult, tmp_path: Path) -> None:
    """A second build, into another folder, is equal bit for bit."""
    again = build(Recipe.read(RECIPE), tmp_path / "elsewhere")
    for first, second in zip(demo.built, again.built, strict=True):
        assert first.archive is not None
        assert second.archive is not None
        assert _sha256(first.archive) == _sha256(second.archive)


def test_the_same_inputs_are_proven_again_not_built_again(demo: BuildResult, zoo: Path) -> None:
    """A second build into the same zoo loads no model: the archives are there, and still right."""
    before = {b.archive: _sha256(b.archive) for b in demo.built if b.archive}
    code = (
        "import sys; from pathlib import Path; from djlift.builder.build import build;"
        "from djlift.checkpoints.recipe import Recipe;"
        f"r = build(Recipe.read(Path({str(RECIPE)!r})), Path({str(zoo)!r}));"
        "assert r.holds and all(b.reused for b in r.built); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert {a: _sha256(a) for a in before} == before


def test_nothing_of_this_machine_is_in_the_archive(fp32: Path, tmp_path: Path) -> None:
    """No path, user or host name travels."""
    from djlift.archive.container import opened

    with opened(fp32) as found:
        for file in found.folder.rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                assert str(Path.home()).encode() + b"/" not in data, file.name
                assert str(RECIPE.parent.parent).encode() not in data, file.name


def test_an_archive_says_where_it_comes_from(fp32: Path) -> None:
    """The manifest names source, adapter, licence, weights and the flags that were not used."""
    manifest = read_manifest(fp32)
    assert manifest.source["kind"] == "package"
    assert manifest.source["adapter"] == "adapter"
    assert manifest.licence == "apache-2.0"
    assert manifest.source["pickle"] is False
    assert manifest.source["remote_code"] is False
    assert set(manifest.source["weights"]) == {
        "model.safetensors",
        "adapter/adapter_model.safetensors",
    }
    assert manifest.target["djl"] == "0.38.0"


def test_the_jvm_is_started_once() -> None:
    """Asking for the JVM again gives the running one."""
    assert process.start() is process.start()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
