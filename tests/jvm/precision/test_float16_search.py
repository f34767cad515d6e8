"""fp16 with rescue on checkpoints that fp16 breaks: few nodes stay fp32, are named, and the JVM proves it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from djlift.archive.container import read_manifest
from djlift.archive.golden import Golden
from djlift.builder.build import build
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.errors import NotProven
from djlift.graph.converted import Converted
from djlift.graph.evaluation import Trial
from djlift.graph.fusion import convert
from djlift.precision.float16 import as_stored, halve
from djlift.precision.float16_search import SAFE, SMALL, rescued
from djlift.precision.kept_nodes import LOSS, RANGE
from djlift.tasks.frame.tolerance import REDUCED_LOGITS
from djlift.tasks.token_classification.reference import record
from djlift.tasks.token_classification.task import TASK
from djlift.texts import corpus
from tests.support.checkpoints import architectures, float16_damage
from tests.support.checkpoints.architectures import SHORT
from tests.support.torch_threads import one_thread

PAIR = dict(SHORT)
CALM = 5.0
"""Added to the logits of O: one token in twenty is an entity."""


def fused(folder: Path) -> tuple[Converted, Golden, int]:
    """The fused fp32 graph of ``folder/checkpoint``, what it gives for some texts, and its padding id."""
    with one_thread():
        loaded = TASK.load(find(a_recipe(folder)))
        golden = record(loaded, corpus.builtin()[::8])
        exported = export(loaded, folder / "exported.onnx")
    graph = convert(exported, folder / "fused.onnx")
    return graph, golden, loaded.tokenizer.pad_token_id


def a_recipe(folder: Path, name: str = "hot") -> Recipe:
    return Recipe(
        (str(folder / "checkpoint"),), name=name, group="org.example", precisions=("fp16",)
    )


def naive_is_finite(graph: Converted, golden: Golden, pad_id: int, folder: Path) -> bool:
    """Whether everything in fp16, really stored in fp16, gives finite logits."""
    import onnx

    file = folder / "naive.onnx"
    onnx.save(as_stored(halve(onnx.load(graph.file))), file)
    return Trial.of(golden, pad_id).judge(file, optimized=False).finite


@pytest.mark.parametrize("architecture", ["BERT", "RoBERTa", "DistilBERT", "MPNet"])
def test_islands_are_the_layers_own_feed_forward(architecture: str, tmp_path: Path) -> None:
    """Naive fp16 is not finite; with two matrices of one layer and what is between them in fp32 it holds."""
    float16_damage.write((architecture, PAIR[architecture]), tmp_path / "checkpoint", [0])
    graph, golden, pad_id = fused(tmp_path)
    assert not naive_is_finite(graph, golden, pad_id, tmp_path)
    found = next(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    islands = found.search["islands"]
    assert [i["operator"] for i in islands] == ["MatMul", "BiasGelu", "MatMul"]
    assert {(i["layer"], i["why"]) for i in islands} == {("layer 0", RANGE)}
    assert all(i["figure"] > 65504 for i in islands)
    assert found.kept == tuple(i["node"] for i in islands)
    assert len(found.kept) <= SMALL * found.search["nodes"]
    assert any("layer 0" in note for note in found.notes)


@pytest.mark.parametrize(
    "architecture", ["BERT", "RoBERTa", "ALBERT", "MPNet", "DeBERTa-v3", "ModernBERT"]
)
def test_no_island_where_none_is_needed(architecture: str, tmp_path: Path) -> None:
    """One trial, nothing kept, nothing left beside the graph, and the same bytes again."""
    architectures.write(architecture, PAIR[architecture], tmp_path / "checkpoint")
    graph, golden, pad_id = fused(tmp_path)
    found = next(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    assert found.kept == ()
    assert found.search["islands"] == []
    assert found.search["trials"] == 1
    assert {f.name for f in tmp_path.iterdir()} == {
        "checkpoint", "exported.onnx", "fused.onnx", "fp16.onnx",
    }  # fmt: skip
    twice = next(rescued(graph, golden, pad_id, tmp_path / "again.onnx"))
    assert twice.file.read_bytes() == found.file.read_bytes()


def test_positions_are_not_rounded(tmp_path: Path) -> None:
    """MPNet's distance buckets come from a logarithm: ONNX Runtime's converter rounds it, and fails level 2."""
    import onnx
    from onnxruntime.transformers.onnx_model import OnnxModel

    architectures.write("MPNet", PAIR["MPNet"], tmp_path / "checkpoint")
    graph, golden, pad_id = fused(tmp_path)
    theirs = OnnxModel(onnx.load(graph.file))
    theirs.convert_float_to_float16(keep_io_types=True)
    theirs.topological_sort()
    onnx.save(theirs.model, tmp_path / "theirs.onnx")
    onnx.save(halve(onnx.load(graph.file)), tmp_path / "ours.onnx")
    trial = Trial.of(golden, pad_id)
    scale = golden.logit_range()
    assert trial.judge(tmp_path / "theirs.onnx").largest > REDUCED_LOGITS * scale
    assert trial.judge(tmp_path / "ours.onnx").largest < 0.1 * REDUCED_LOGITS * scale


def test_what_loses_too_much_is_found(tmp_path: Path) -> None:
    """Nothing leaves fp16's range; it is the one matrix that rounds too much."""
    float16_damage.write_lossy(("BERT", PAIR["BERT"]), tmp_path / "checkpoint")
    graph, golden, pad_id = fused(tmp_path)
    assert naive_is_finite(graph, golden, pad_id, tmp_path)
    found = next(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    islands = found.search["islands"]
    # And, by how the figures fall on a machine, what takes its sum back.
    assert [i["operator"] for i in islands] in (["MatMul"], ["MatMul", "SkipLayerNormalization"])
    assert {(i["layer"], i["why"]) for i in islands} == {("layer 0", LOSS)}
    assert "attention/output/dense" in islands[0]["node"]
    assert islands[0]["figure"] > 0.5


def test_the_squares_of_rms_norms_stay_fp32(tmp_path: Path) -> None:
    """A channel far out, as decoders have it: fp16 holds it, and not the mean of its square."""
    float16_damage.write_far(tmp_path / "checkpoint")
    graph, golden, pad_id = fused(tmp_path)
    found = next(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    islands = found.search["islands"]
    assert {i["operator"] for i in islands} == {"SkipSimplifiedLayerNormalization"}
    assert {(i["why"], i["of"]) for i in islands} == {(RANGE, "mean square")}
    assert all(i["figure"] > 65504 for i in islands)


def test_a_second_graph_when_the_jvm_refuses_the_first(tmp_path: Path) -> None:
    """It uses less of the tolerance; where there is none, no third is made up."""
    float16_damage.write_lossy(("BERT", PAIR["BERT"]), tmp_path / "checkpoint", shift=12.0)
    graph, golden, pad_id = fused(tmp_path)
    found = list(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    assert len(found) == 2
    assert found[0].kept == ()
    assert found[1].kept
    assert all(
        "attention/output" in i["node"] or "Skip" in i["node"] for i in found[1].search["islands"]
    )


def test_too_many_islands_are_refused(tmp_path: Path) -> None:
    """Both layers overflow: what the layers reach is named, and no graph is offered."""
    float16_damage.write(("BERT", PAIR["BERT"]), tmp_path / "checkpoint", [0, 1])
    graph, golden, pad_id = fused(tmp_path)
    with pytest.raises(NotProven) as refused:
        next(rescued(graph, golden, pad_id, tmp_path / "fp16.onnx"))
    found = refused.value.found or ""
    assert "layer 0, layer 1" in found
    assert "intermediate/dense/MatMul reaches" in found
    assert f"{SAFE * 65504:.0f}" in (refused.value.expected or "")


@pytest.mark.jvm
@pytest.mark.parametrize("architecture", ["BERT", "RoBERTa"])
def test_the_jvm_proves_a_rescued_archive(architecture: str, tmp_path: Path) -> None:
    """Built by the command's own function: all levels hold, and the manifest in the zoo names the islands."""
    float16_damage.write(
        (architecture, PAIR[architecture]), tmp_path / "checkpoint", [1], calm=CALM
    )
    with one_thread():
        result = build(a_recipe(tmp_path), tmp_path / "zoo")
    (built,) = result.built
    assert built.archive is not None, built.report
    assert result.holds
    graph = read_manifest(built.archive).graph
    assert len(graph["kept_in_fp32"]) == 3
    assert [i["node"] for i in graph["search"]["islands"]] == graph["kept_in_fp32"]
    assert {i["layer"] for i in graph["search"]["islands"]} == {"layer 1"}
    assert any("fp16 on a CPU" in remark for remark in graph["remarks"])


@pytest.mark.jvm
def test_the_command_refuses_what_no_small_set_rescues(tmp_path: Path) -> None:
    """Exit 1, the layers on stderr, and no archive in the zoo."""
    float16_damage.write(("RoBERTa", PAIR["RoBERTa"]), tmp_path / "checkpoint", [0, 1])
    zoo = tmp_path / "zoo"
    command = ["build", str(tmp_path / "checkpoint"), "--precision", "fp16", "--zoo", str(zoo)]
    run = subprocess.run(
        [sys.executable, "-m", "djlift.cli.main", *command, "--json"],
        env={**os.environ, "NO_COLOR": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert run.returncode == 1, run.stderr
    said = run.stdout + run.stderr
    assert "layer 0, layer 1" in said
    assert not list(zoo.rglob("*.zip"))
    if run.stdout.strip():
        assert json.loads(run.stdout)["error"] == "NotProven"
