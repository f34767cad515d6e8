"""Text embedding on the JVM: what sentence-transformers gives, in every form, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from djlift.builder.build import BuildResult, build
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import quiet
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError, UsageError
from djlift.parity.plain_djl import compare_stock
from djlift.parity.verify import verify
from djlift.predict import predict
from djlift.tasks.registry import of
from djlift.texts import corpus
from tests.support import mixed_texts
from tests.support.checkpoints.task_writer import write as write_base
from tests.support.checkpoints.tasks.text_embedding import MODELS, write
from tests.support.planted_faults import tampered
from tests.support.torch_threads import one_thread

RECIPE = Path(__file__).parents[3] / "model-zoo" / "embed-minilm"
ARCHITECTURES = ("BERT", "RoBERTa", "XLM-R", "MPNet", "ELECTRA", "DistilBERT")
COSINES = {"fp32": 0.99999, "fp16": 0.9999, "int8": 0.98}
NUMBERS = {"fp32": 1e-4, "fp16": 1e-2}


@dataclass(frozen=True)
class Made:
    """A checkpoint and its archives by precision."""

    source: Path
    result: BuildResult

    def archive(self, precision: str) -> Path:
        """The archive; it must have been proven."""
        (found,) = [b.archive for b in self.result.built if b.precision == precision]
        assert found is not None, f"{precision} was not proven"
        return found


def built(folder: Path, recipe: Recipe, every: int = 12) -> BuildResult:
    """A build over each so many-th text of the corpus and three long ones."""
    chosen = [
        t for n, t in enumerate(corpus.builtin()) if n % every == 0 or t.id.startswith("long-00")
    ]
    with patch.object(corpus, "builtin", lambda: chosen), one_thread():
        return build(recipe, folder / "zoo")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Models by architecture, each built once."""
    kept: dict[str, Made] = {}

    def of_architecture(name: str) -> Made:
        if name not in kept:
            folder = tmp_path_factory.mktemp(name.lower())
            MODELS[name](folder / "checkpoint")
            source = folder / "checkpoint"
            precisions = ("fp32", "fp16", "int8") if name == "BERT" else ("fp32", "fp16")
            recipe = Recipe((str(source),), name="small", precisions=precisions)
            kept[name] = Made(source, built(folder, recipe))
        return kept[name]

    return of_architecture


def vectors(lines: Iterator[str]) -> NDArray[np.float64]:
    """What predict gave, a row a text."""
    return np.asarray([json.loads(line)["embedding"] for line in lines], dtype=np.float64)


def embedder(source: Path) -> Any:
    """The checkpoint as sentence-transformers loads it."""
    from sentence_transformers import SentenceTransformer

    with quiet():
        return SentenceTransformer(str(source), device="cpu", local_files_only=True)


def encoded(model: Any, given: list[str], **options: Any) -> NDArray[np.float64]:
    """What sentence-transformers gives."""
    with quiet(), one_thread():
        found = model.encode(given, show_progress_bar=False, **options)
    return np.asarray(found, dtype=np.float64)


def unseen(count: int, seed: int = 77) -> list[str]:
    """Texts that no archive has recorded."""
    recorded = {t.text for t in corpus.builtin()}
    odd = count // 10
    made = [*mixed_texts.invented(count - odd, seed), *mixed_texts.random_characters(odd, seed)]
    found = [t.text for t in made if t.text not in recorded]
    assert len(found) > count * 0.9
    return found


def cosines(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row by row."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(1) / lengths)


@pytest.mark.jvm
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_model_is_proven_and_gives_what_encode_gives(
    made: Callable[[str], Made], architecture: str
) -> None:
    """Each in fp32 and fp16, one in int8: levels hold; texts that were not recorded are the same."""
    model = made(architecture)
    assert model.result.holds, [b.report.first_broken for b in model.result.built]
    given = unseen(40)
    expected = encoded(embedder(model.source), given)
    for b in model.result.built:
        found = vectors(predict(model.archive(b.precision), map(as_input, given)))
        assert found.shape == expected.shape
        assert cosines(expected, found).min() >= COSINES[b.precision]
        if b.precision in NUMBERS:
            scale = max(1.0, np.abs(expected).max())
            assert np.abs(expected - found).max() <= NUMBERS[b.precision] * scale


def as_input(text: str) -> str:
    """A line of predict."""
    return json.dumps({"text": text})


@pytest.mark.jvm
def test_prompts_dimensions_and_normalisation_per_call(made: Callable[[str], Made]) -> None:
    """What encode takes, under the names it has there."""
    model = made("XLM-R")
    reference, given = embedder(model.source), unseen(12)
    calls: list[dict[str, Any]] = [
        {"prompt_name": "passage"},
        {"prompt": "title: "},
        {"truncate_dim": 7},
        {"truncate_dim": 7, "normalize": True},
    ]
    for call in calls:
        options = {("normalize_embeddings" if k == "normalize" else k): v for k, v in call.items()}
        expected = encoded(reference, given, **options)
        found = vectors(predict(model.archive("fp32"), map(as_input, given), parameters=call))
        assert np.abs(expected - found).max() <= 1e-4, call
    nothing = {"prompt_name": None, "prompt": None}
    expected = encoded(reference, given, prompt="")
    found = vectors(predict(model.archive("fp32"), map(as_input, given), parameters=nothing))
    assert np.abs(expected - found).max() <= 1e-4


def _embedding(edit: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """A fault in embedding.json."""

    def plant(folder: Path) -> None:
        file = folder / "embedding.json"
        data = json.loads(file.read_text())
        edit(data)
        file.write_text(json.dumps(data))

    return plant


def _settings(old: str, new: str) -> Callable[[Path], None]:
    """A fault in serving.properties."""

    def plant(folder: Path) -> None:
        file = folder / "serving.properties"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return plant


def _weights(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "dense.safetensors")
    tensors["linear.bias"] = tensors["linear.bias"] + np.float32(0.01)
    save_file(tensors, folder / "dense.safetensors")


def _limit(folder: Path) -> None:
    _settings("axLength=64", "axLength=48")(folder)


FAULTS: dict[str, tuple[str, Callable[[Path], None], int, str]] = {
    "wrong pooling": ("BERT", _embedding(lambda d: d.update(pooling=["cls"])), 3, "embedding["),
    "another mean": (
        "ELECTRA",
        _embedding(lambda d: d.update(pooling=["mean"])),
        3,
        "output decoded from the reference's (default) embedding",
    ),
    "missing normalisation": (
        "BERT",
        _embedding(lambda d: d.update(modules=[])),
        3,
        "embedding (length as a vector)",
    ),
    "dense and normalisation swapped": (
        "RoBERTa",
        _embedding(lambda d: d["modules"].reverse()),
        3,
        "output decoded from the reference's (default) embedding",
    ),
    "another activation": (
        "RoBERTa",
        _embedding(lambda d: d["modules"][0].update(activation="identity")),
        3,
        "output decoded from the reference's (default) embedding",
    ),
    "a bias that moved": ("RoBERTa", _weights, 3, "embedding"),
    "poolings in another order": (
        "MPNet",
        _embedding(lambda d: d["pooling"].reverse()),
        3,
        "embedding[",
    ),
    "the prompt is pooled": (
        "MPNet",
        _embedding(lambda d: d.update(include_prompt=True)),
        3,
        "(prompt) embedding",
    ),
    "the default prompt dropped": (
        "XLM-R",
        _settings('"prompt_name": "query"', '"prompt_name": null'),
        1,
        "ids",
    ),
    "another prompt": (
        "XLM-R",
        _embedding(lambda d: d["prompts"].update(passage="")),
        1,
        "ids",
    ),
    "limit changed": ("BERT", _limit, 1, "ids"),
    "truncated by default": (
        "BERT",
        _settings('"truncate_dim": null', '"truncate_dim": 24'),
        3,
        "(default) embedding",
    ),
}


@pytest.mark.jvm
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught_and_named(
    made: Callable[[str], Made], tmp_path: Path, fault: str
) -> None:
    """At the level that should see it, and no earlier."""
    architecture, plant, number, what = FAULTS[fault]
    planted = tampered(made(architecture).archive("fp32"), tmp_path / "planted.zip", plant)
    report = verify(planted)
    assert not report.holds
    broken = report.first_broken
    assert broken is not None and broken.level == number and broken.first is not None
    assert what in broken.first.what, broken.first


@pytest.mark.jvm
def test_plain_djl_where_it_can_do_the_same(made: Callable[[str], Made]) -> None:
    """DJL's own translator gives MiniLM's kind of embedding; what it has no setting for is named."""
    report = compare_stock(made("BERT").archive("fp32"))
    assert [s.name for s in report.strategies] == ["default", "normalized"]
    assert "truncated" in report.notes[0] and "prompt" in report.notes[0]
    assert report.differing == 0


@pytest.mark.jvm
def test_minilm_is_what_encode_gives(tmp_path: Path) -> None:
    """The recipe of the real embedder, on more than 200 texts that were not recorded."""
    result = built(tmp_path, Recipe.read(RECIPE), every=24)
    assert result.holds
    made = Made(find(Recipe.read(RECIPE)).source.folder, result)
    given = unseen(240)
    assert len(given) > 200
    expected = encoded(embedder(made.source), given)
    for precision in ("fp32", "fp16"):
        found = vectors(predict(made.archive(precision), map(as_input, given)))
        assert found.shape == (len(given), 384)
        assert cosines(expected, found).min() >= COSINES[precision]
        assert np.abs(expected - found).max() <= NUMBERS[precision]


def test_the_reference_is_encode(tmp_path: Path) -> None:
    """What is recorded is what encode gives, though the model runs once for several variants."""
    write(
        tmp_path / "m",
        "BERT",
        "WordPiece, uncased",
        pooling=("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"),
        include_prompt=False,
        then=((24, "SiLU", True), "normalize", (16, "Sigmoid", False)),
        prompts={"query": "query: "},
        limit=20,
    )
    recipe = Recipe((str(tmp_path / "m"),))
    task = of("text-embedding")
    loaded = task.load(find(recipe), recipe)
    chosen = corpus.builtin()[::40]
    with one_thread():
        golden = task.record(loaded, chosen)
        for name, variant in task.variants(loaded).items():  # type: ignore[attr-defined]
            cases = [c for c in golden.cases if name in c.answers]  # type: ignore[attr-defined]
            call = {**loaded.defaults, **variant.parameters}
            expected = encoded(
                loaded.beside.model,
                [c.given["text"] for c in cases],  # type: ignore[attr-defined]
                prompt=loaded.beside.prompt(call),
                truncate_dim=call["truncate_dim"],
                normalize_embeddings=call["normalize"],
            )
            found = [c.answers[name]["embedding"] for c in cases]  # type: ignore[attr-defined]
            assert np.abs(expected - np.asarray(found, dtype=np.float64)).max() < 1e-5, name


def test_a_checkpoint_without_modules_is_asked_for_its_pooling(tmp_path: Path) -> None:
    """Refused with the choices; with a pooling it is what sentence-transformers makes of it."""
    write_base(tmp_path / "m", "AutoModel", "ELECTRA", vocabulary="WordPiece, cased")
    plain = Recipe((str(tmp_path / "m"),), task="text-embedding")
    task = of("text-embedding")
    with pytest.raises(SourceError, match="how the checkpoint's tokens are pooled") as caught:
        task.load(find(plain), plain)
    assert "weightedmean" in str(caught.value.expected)
    asked = plain.with_options(parameters={"pooling": ["cls", "mean"], "normalize": True})
    loaded = task.load(find(asked), asked)
    assert loaded.beside.form.pooling == ("cls", "mean")
    assert loaded.defaults["normalize"] is True
    again = task.built_with(task.facts(loaded, asked))  # type: ignore[attr-defined]
    assert again == {**loaded.defaults, "pooling": ["cls", "mean"]}
    bad = plain.with_options(parameters={"pooling": "best"})
    with pytest.raises(UsageError, match="pooling"):
        task.load(find(bad), bad)


def test_modules_json_is_not_overruled(tmp_path: Path) -> None:
    """A pooling beside it, a prompt that is none, and a module that nobody knows are refused."""
    MODELS["BERT"](tmp_path / "m")
    task = of("text-embedding")

    def refused(kind: type[Exception], **parameters: Any) -> str:
        recipe = Recipe((str(tmp_path / "m"),), parameters=parameters or None)
        with pytest.raises(kind) as caught:
            task.load(find(recipe), recipe)
        return str(caught.value)

    assert "says itself" in refused(UsageError, pooling="mean")
    assert "no prompt of this name" in refused(UsageError, prompt_name="title")
    file = tmp_path / "m" / "modules.json"
    file.write_text(file.read_text().replace("normalize.Normalize", "layer_norm.LayerNorm"))
    assert "layer_norm.LayerNorm" in refused(SourceError)
