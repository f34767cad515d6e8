"""Sparse embedding on the JVM: what sentence-transformers' SparseEncoder gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import onnx
import pytest

from djlift.builder.build import BuildResult, build
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import quiet
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, UsageError
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks.registry import of
from djlift.texts import corpus
from tests.support import mixed_texts
from tests.support.checkpoints.task_writer import write as write_base
from tests.support.checkpoints.tasks.sparse_embedding import MODELS
from tests.support.planted_faults import tampered
from tests.support.torch_threads import one_thread

NUMBERS = {"fp32": 1e-4, "fp16": 1e-2}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, BuildResult]]:
    """Checkpoints and what was built of them, by architecture, each once."""
    kept: dict[str, tuple[Path, BuildResult]] = {}

    def of_architecture(name: str) -> tuple[Path, BuildResult]:
        if name not in kept:
            folder = tmp_path_factory.mktemp(name.lower())
            MODELS[name](folder / "checkpoint")
            recipe = Recipe((str(folder / "checkpoint"),), name="s", precisions=("fp32", "fp16"))
            chosen = corpus.builtin()[::16]
            with patch.object(corpus, "builtin", lambda: chosen), one_thread():
                kept[name] = folder / "checkpoint", build(recipe, folder / "zoo")
        return kept[name]

    return of_architecture


def archive(result: BuildResult, precision: str) -> Path:
    """The archive; it must have been proven."""
    (found,) = [b.archive for b in result.built if b.precision == precision]
    assert found is not None, f"{precision} was not proven"
    return found


@pytest.mark.jvm
@pytest.mark.parametrize("architecture", MODELS)
def test_every_model_is_proven_and_gives_what_encode_gives(
    made: Callable[[str], tuple[Path, BuildResult]], architecture: str
) -> None:
    """Weights of texts that were not recorded, and the tokens as the library decodes them."""
    from sentence_transformers import SparseEncoder

    source, result = made(architecture)
    assert result.holds, [b.report.first_broken for b in result.built]
    given = [t.text for t in mixed_texts.mixture(30, 78)]
    with quiet(), one_thread():
        model = SparseEncoder(str(source), device="cpu", local_files_only=True)
        expected = model.encode(given, show_progress_bar=False)
        decoded = model.decode(expected)
    for precision, within in NUMBERS.items():
        lines = list(predict(archive(result, precision), [json.dumps({"text": t}) for t in given]))
        for ours, names, line in zip(expected.to_dense(), decoded, lines, strict=True):
            found = json.loads(line)["tokens"]
            weights = {entry["id"]: entry["weight"] for entry in found}
            cut = max(min(weights.values(), default=0.0), 0.0) if len(found) == 20 else 0.0
            for number, weight in enumerate(ours.tolist()):
                other = weights.get(number, min(weight, cut))
                if weight == 0.0 and 0.0 < other <= cut:
                    # Of tokens with the weight of the last place each side keeps another one.
                    assert any(abs(one - cut) <= within for one in ours.tolist()), line
                    continue
                assert abs(weight - other) <= within * max(1.0, weight), (number, line)
            known = {entry["token"] for entry in found}
            assert {name for name, weight in names if weight > cut + within} <= known


def _graph(edit: Callable[[Any], None]) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        model = onnx.load(folder / "model.onnx")
        edit(model)
        onnx.save(model, folder / "model.onnx")

    return plant


def _mean(model: Any) -> None:
    (node,) = [n for n in model.graph.node if n.op_type == "ReduceMax"]
    node.op_type = "ReduceMean"


def _settings(folder: Path) -> None:
    file = folder / "serving.properties"
    file.write_text(file.read_text().replace('"prompt": "query: "', '"prompt": null'))


FAULTS: dict[str, tuple[str, Callable[[Path], None], int, str]] = {
    "wrong pooling": ("BERT", _graph(_mean), 2, "logits"),
    "the default prompt dropped": ("DistilBERT", _settings, 1, "ids"),
}


@pytest.mark.jvm
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught_and_named(
    made: Callable[[str], tuple[Path, BuildResult]], tmp_path: Path, fault: str
) -> None:
    """At the level that should see it."""
    architecture, plant, number, what = FAULTS[fault]
    report = verify(
        tampered(archive(made(architecture)[1], "fp32"), tmp_path / "planted.zip", plant)
    )
    broken = report.first_broken
    assert broken is not None and broken.level == number and broken.first is not None
    assert what in broken.first.what


def test_a_masked_model_is_asked_for_its_pooling(tmp_path: Path) -> None:
    """Refused with the choices; with a pooling it is what sentence-transformers makes of it."""
    write_base(tmp_path / "m", "AutoModelForMaskedLM", "BERT", vocabulary="WordPiece, cased")
    plain = Recipe((str(tmp_path / "m"),), task="sparse-embedding")
    task = of("sparse-embedding")
    with pytest.raises(SourceError, match="how the checkpoint's tokens are pooled"):
        task.load(find(plain), plain)
    asked = plain.with_options(parameters={"pooling": "sum", "activation": "log1p_relu"})
    loaded = task.load(find(asked), asked)
    stated = {"pooling": "sum", "activation": "log1p_relu"}
    assert vars(loaded.beside) == {**stated, "model": loaded.beside.model, "asked": stated}
    again = task.built_with(task.facts(loaded, asked))  # type: ignore[attr-defined]
    assert again == {**stated, "prompt": None, "top_k": None}
    bad = plain.with_options(parameters={"pooling": "mean"})
    with pytest.raises(UsageError, match="pooling"):
        task.load(find(bad), bad)
