"""DJL releases: each one's limits, read from its own jars, and archives proven on its own JVM.

A process has one JVM, so each release runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
from tools.architectures.matrix import Pair

from djlift.archive.container import read_manifest
from djlift.base.targets import DEFAULT, TARGETS, Target, named
from djlift.errors import ExportError, JvmError
from djlift.jars import resolve
from djlift.jvm import process
from djlift.parity.verify import verify
from djlift.predict import predict
from tests.support import planted_faults
from tests.support.checkpoints import architectures
from tests.support.command_line import djlift
from tests.support.small_archives import archive

pytestmark = pytest.mark.jvm

ALL = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
OTHER = named("djl-0.36")
BERT: Pair = ("BERT", "WordPiece, cased")


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive for the default release."""
    return archive(BERT, tmp_path_factory.mktemp("bert"), count=20)


@pytest.fixture(scope="module")
def for_other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive for another release."""
    return archive(BERT, tmp_path_factory.mktemp("other"), count=20, target=OTHER)


def graph(opset: int, ir: int) -> bytes:
    """The smallest graph that states these versions."""
    floats = onnx.TensorProto.FLOAT
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    made = onnx.helper.make_graph(
        [node],
        "least",
        [onnx.helper.make_tensor_value_info("x", floats, [1])],
        [onnx.helper.make_tensor_value_info("y", floats, [1])],
    )
    opsets = [onnx.helper.make_opsetid("", opset)]
    model = onnx.helper.make_model(made, opset_imports=opsets, ir_version=ir)
    return bytes(model.SerializeToString())


LOADED = """
    import json, os, sys
    from pathlib import Path
    import jpype
    from djlift.base import targets
    from djlift.jvm import process
    machine = process.start(target=targets.named(sys.argv[1]))
    versions = machine.versions()
    environment = jpype.JClass("ai.onnxruntime.OrtEnvironment").getEnvironment()
    said = {}
    for file in sorted(Path(sys.argv[2]).iterdir()):
        try:
            environment.createSession(str(file)).close()
            said[file.name] = "read"
        except jpype.JException as thrown:
            said[file.name] = str(thrown.getMessage())
    print(json.dumps({"versions": versions, "said": said}))
"""


@ALL
def test_the_limits_are_those_of_the_release(target: Target, tmp_path: Path) -> None:
    """Its ONNX Runtime reads graphs at the table's limits and refuses graphs one beyond, by either number."""
    graphs = {
        "at both limits": graph(target.opset, target.ir),
        "opset beyond": graph(target.opset + 1, target.ir),
        "IR beyond": graph(target.opset, target.ir + 1),
    }
    for name, data in graphs.items():
        (tmp_path / name).write_bytes(data)
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LOADED), target.name, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["versions"]["djl"] == target.djl
    assert answer["versions"]["onnxruntime"] == target.onnxruntime
    said = answer["said"]
    assert said["at both limits"] == "read"
    assert re.search(rf"opset {target.opset}\b", said["opset beyond"]), said
    assert re.search(rf"max supported IR version: {target.ir}\b", said["IR beyond"]), said


@ALL
def test_the_tokenizers_crate_is_the_librarys_own(target: Target) -> None:
    """The native library names the sources that it was built from; the jar's properties do not tell."""
    (jar,) = [j for j in resolve.resolve(target) if j.name.startswith("tokenizers-")]
    with zipfile.ZipFile(jar) as content:
        library = content.read("native/lib/linux-x86_64/cpu/libtokenizers.so")
    assert set(re.findall(rb"\btokenizers-(\d+\.\d+\.\d+)/src", library)) == {
        target.tokenizers.encode()
    }


def proven(file: Path, target: Target, *options: str) -> Mapping[str, Any]:
    """The report of ``djlift verify`` in a process of its own."""
    ran = djlift("verify", str(file), "--json", *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report: Mapping[str, Any] = json.loads(ran.stdout)
    assert report["parity"] is True
    assert [level["status"] for level in report["levels"]] == ["pass"] * len(report["levels"])
    for name in ("djl", "onnxruntime", "tokenizers"):
        assert report["versions"][name] == getattr(target, name)
    return report


FEWER_TEXTS = """
from djlift.cli import main
from djlift.texts import corpus
texts = corpus.builtin()[::12]
corpus.builtin = lambda: texts
main.main()
"""
"""The command line, with a part of the corpus: nothing here is about texts."""


def test_an_archive_runs_on_the_release_that_it_was_made_for(tmp_path: Path) -> None:
    """``build --target`` proves it there, says so in the manifest, and ``verify`` goes there by itself."""
    architectures.write(*BERT, tmp_path / "checkpoint", 0)
    arguments = ["build", str(tmp_path / "checkpoint"), "--name", "bert", "--target", OTHER.name]
    ran = subprocess.run(
        [sys.executable, "-c", FEWER_TEXTS, *arguments, "--zoo", str(tmp_path / "zoo"), "--json"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    (built,) = json.loads(ran.stdout)["archives"]
    assert built["report"]["versions"]["djl"] == OTHER.djl
    made = read_manifest(Path(built["archive"]))
    assert made.target == OTHER.facts() | {"opset": made.target["opset"], "ir": made.target["ir"]}
    assert made.parity is not None
    assert made.parity["versions"]["djl"] == OTHER.djl
    proven(Path(built["archive"]), OTHER)
    proven(Path(built["archive"]), DEFAULT, "--target", DEFAULT.name)


@pytest.mark.parametrize(
    "pair",
    [
        ("RoBERTa", "byte-level BPE"),
        ("XLM-R", "Unigram, XLM-R"),
        ("DeBERTa-v3", "Unigram, DeBERTa"),
    ],
    ids=lambda pair: pair[0],
)
def test_pairs_of_the_matrix_hold_on_another_release(pair: Pair, tmp_path: Path) -> None:
    """Other tokenizers and architectures than the demo's, on the release before the default."""
    proven(archive(pair, tmp_path, target=OTHER), OTHER)


@ALL
def test_the_bridge_runs_on_every_release(target: Target, small_bert: Path) -> None:
    """djlift's Java classes are compiled against the default release; the proof holds on each of the table."""
    proven(small_bert, target, "--target", target.name)


def test_a_graph_beyond_the_target_is_refused_as_it_is_converted(tmp_path: Path) -> None:
    """The limits are the target's, and both numbers are named."""
    with pytest.raises(ExportError) as refused:
        archive(BERT, tmp_path, count=5, target=replace(OTHER, opset=10))
    assert refused.value.expected == "opset at most 10"
    assert re.fullmatch(r"opset \d+", str(refused.value.found))


def test_a_process_with_another_release_says_so(small_bert: Path) -> None:
    """A process has one JVM: an archive for another release is refused, not run on the wrong jars."""
    assert process.start(target=DEFAULT).target == DEFAULT
    with pytest.raises(JvmError, match="only one") as refused:
        verify(small_bert, target=OTHER)
    assert OTHER.djl in str(refused.value.expected)
    assert DEFAULT.djl in str(refused.value.found)
    with pytest.raises(JvmError, match="only one"):
        process.prepare(target=OTHER)


def test_a_tokenizer_that_is_too_new_names_the_releases_own_versions(
    small_bert: Path, tmp_path: Path
) -> None:
    """The refusal says which crate and which DJL could not read tokenizer.json, per release."""

    def newer(folder: Path) -> None:
        file = folder / "tokenizer.json"
        data = json.loads(file.read_text(encoding="utf-8"))
        data["pre_tokenizer"] = {"type": "OfTheFuture"}
        file.write_text(json.dumps(data), encoding="utf-8")

    broken = planted_faults.tampered(small_bert, tmp_path / "newer.zip", newer)
    for target in (DEFAULT, named("djl-0.33")):
        ran = djlift("verify", str(broken), "--target", target.name)
        assert ran.returncode == 2, ran.stdout
        assert f"tokenizers {target.tokenizers}, the library in DJL {target.djl}" in ran.stderr


def test_predict_runs_on_the_archives_own_release(for_other: Path) -> None:
    """What predict shows is what the pipelines of that release give, or nothing."""
    ran = djlift("predict", str(for_other), "--input", "-", stdin="Angela Merkel\n")
    assert ran.returncode == 0, ran.stderr
    assert "entities" in ran.stdout
    process.start(target=DEFAULT)
    with pytest.raises(JvmError, match="only one") as refused:
        next(predict(for_other, ["Angela Merkel"]))
    assert OTHER.djl in str(refused.value.expected)
