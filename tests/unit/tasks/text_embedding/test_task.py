"""Text embedding without a model: what is read of a checkpoint, what an archive may say, and what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from djlift.archive.windows import Window
from djlift.builder import fingerprint as inputs
from djlift.checkpoints import sentence_transformers
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.settings import module_folders
from djlift.errors import SourceError, UsageError
from djlift.strict import embedding_form
from djlift.strict.onnx_wire import Refused
from djlift.strict.refusal import Refusal
from djlift.tasks import registry
from djlift.tasks.frame.outputs import cosine
from djlift.tasks.frame.task import Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.text_embedding import reference, task
from djlift.tasks.text_embedding.head import Form, Step
from djlift.tasks.text_embedding.task import TASK
from tests.support.builders import a_checkpoint, a_golden

FP32 = Tolerance.of("fp32", a_golden())
FP16 = Tolerance.of("fp16", a_golden())
INT8 = Tolerance.of("int8", a_golden())
_TYPES = "sentence_transformers.models."


def written(folder: Path, *kinds: str, architecture: str = "BertModel") -> Path:
    """A checkpoint with modules.json; kinds are the last words of types, or whole types."""
    a_checkpoint(folder, architectures=[architecture])
    listed = []
    for number, kind in enumerate(kinds):
        path = "" if number == 0 else f"{number}_{kind.rsplit('.')[-1]}"
        full = kind if "." in kind else _TYPES + kind
        listed.append({"idx": number, "name": str(number), "path": path, "type": full})
        (folder / path).mkdir(exist_ok=True)
        if path:
            (folder / path / "config.json").write_text("{}")
    (folder / "modules.json").write_text(json.dumps(listed))
    return folder


def recipe(folder: Path, **settings: Any) -> Recipe:
    """A recipe of one folder."""
    return Recipe((str(folder),), **settings)


def test_modules_are_read_as_any_version_writes_them(tmp_path: Path) -> None:
    """Types by their old and new places."""
    new = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
    folder = written(tmp_path / "m", "Transformer", new, "Dense", "Normalize")
    kinds = [module.kind for module in sentence_transformers.modules(folder)]
    assert kinds == ["Transformer", "Pooling", "Dense", "Normalize"]


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (("Transformer", "Pooling", "custom_st.Gate"), "custom_st.Gate"),
        (("Transformer", "Pooling", "LayerNorm"), "sentence_transformers.models.LayerNorm"),
        (("custom.Transformer", "Pooling"), "custom.Transformer"),
        (("evil.sentence_transformers.models.Transformer", "Pooling"), "evil.sentence_"),
        (("Transformer", "Normalize", "Pooling"), "Transformer, Normalize, Pooling"),
        (("Transformer", "Pooling", "Pooling"), "Transformer, Pooling, Pooling"),
        (("Transformer",), "Transformer"),
    ],
)
def test_other_modules_are_refused_by_name(
    tmp_path: Path, kinds: tuple[str, ...], found: str
) -> None:
    """An unknown module, a custom one, and an order that nothing gives."""
    with pytest.raises(SourceError) as caught:
        sentence_transformers.modules(written(tmp_path / "m", *kinds))
    assert found in str(caught.value.found)


def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    """And a model that is not where its configuration is."""
    folder = written(tmp_path / "m", "Transformer", "Pooling")
    (folder / "modules.json").write_text('{"a": 1}')
    with pytest.raises(SourceError):
        sentence_transformers.modules(folder)
    listed = [{"type": f"{_TYPES}{k}", "path": f"{k}"} for k in ("Transformer", "Pooling")]
    (folder / "modules.json").write_text(json.dumps(listed))
    with pytest.raises(SourceError, match="not where its configuration is"):
        sentence_transformers.modules(folder)


def test_modules_json_claims_and_an_adapter_takes_it_back(tmp_path: Path) -> None:
    """MiniLM is an embedder by itself, and a recogniser with the adapter of one."""
    folder = written(tmp_path / "m", "Transformer", "Pooling", architecture="BertForMaskedLM")
    assert registry.chosen(recipe(folder), find(recipe(folder))) is TASK
    folder = written(tmp_path / "bare", "Transformer", "Pooling")
    adapter = tmp_path / "a"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"task_type": "TOKEN_CLS"}')
    save_file({"w": np.zeros(1, np.float32)}, adapter / "adapter_model.safetensors")
    adapted = recipe(folder, adapter=str(adapter))
    assert not TASK.claims(find(adapted))
    assert registry.chosen(adapted, find(adapted)).name == "token-classification"


def test_models_of_another_kind_are_not_claimed(tmp_path: Path) -> None:
    """A cross encoder has a modules.json too; a plain checkpoint has none."""
    folder = written(tmp_path / "m", "Transformer", "Pooling")
    (folder / sentence_transformers.SETTINGS).write_text('{"model_type": "CrossEncoder"}')
    assert not TASK.claims(find(recipe(folder)))
    plain = a_checkpoint(tmp_path / "plain", architectures=["BertModel"])
    assert not TASK.claims(find(recipe(plain)))


def test_weights_of_modules_belong_to_the_checkpoint(tmp_path: Path) -> None:
    """By path, pickled ones only where they may be read; and nothing outside of the folder."""
    folder = written(tmp_path / "m", "Transformer", "Pooling", "Dense")
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")
    assert list(find(recipe(folder)).weights) == ["model.safetensors"]
    allowed = find(recipe(folder), allow_pickle=True)
    assert list(allowed.weights) == ["2_Dense/pytorch_model.bin", "model.safetensors"]
    assert allowed.pickle
    save_file({"w": np.zeros(1, np.float32)}, folder / "2_Dense" / "model.safetensors")
    assert list(find(recipe(folder)).weights) == ["2_Dense/model.safetensors", "model.safetensors"]
    (folder / "modules.json").write_text('[{"path": ".."}, {"path": "/tmp"}, {"path": 3}, 4]')
    assert module_folders(folder) == ()


def test_dense_layers_without_weights_are_refused(tmp_path: Path) -> None:
    """Pickled, absent, or with an activation that sentence-transformers would replace."""
    folder = written(tmp_path / "m", "Transformer", "Pooling", "Dense")
    listed = sentence_transformers.modules(folder)
    with pytest.raises(SourceError, match="no weights"):
        sentence_transformers._refuse_unread(find(recipe(folder)), listed)
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(SourceError, match="pickled"):
        sentence_transformers._refuse_unread(find(recipe(folder)), listed)
    save_file({"w": np.zeros(1, np.float32)}, folder / "2_Dense" / "model.safetensors")
    sentence_transformers._refuse_unread(find(recipe(folder)), listed)
    (folder / "2_Dense" / "config.json").write_text('{"activation_function": "mine.Act"}')
    with pytest.raises(SourceError, match="activation") as caught:
        sentence_transformers._refuse_unread(find(recipe(folder)), listed)
    assert caught.value.found == "mine.Act"


def test_another_pooling_is_another_input(tmp_path: Path) -> None:
    """The digest of a build covers what the modules' folders say."""
    folder = written(tmp_path / "m", "Transformer", "Pooling")
    before = inputs.digest(recipe(folder), find(recipe(folder)), [], "fp32", {})
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}')
    assert inputs.digest(recipe(folder), find(recipe(folder)), [], "fp32", {}) != before


def vector(*values: float | None) -> dict[str, Any]:
    """An output."""
    return {"embedding": list(values)}


def test_equal_embeddings_are_equal() -> None:
    """Within the tolerance, and also where something is no number."""
    one = vector(0.6, -0.8)
    for tolerance in (FP32, FP16, INT8):
        assert TASK.difference(one, vector(0.6, -0.8), tolerance) is None
    assert TASK.difference(one, vector(0.60004, -0.79996), FP32) is None
    assert TASK.difference(vector(None, 1.0), vector(None, 1.0), FP32) is None
    assert TASK.difference(vector(0.0, 0.0), vector(0.0, 0.0), FP32) is None


@pytest.mark.parametrize(
    ("expected", "found", "path"),
    [
        (vector(0.6, -0.8), vector(0.6, -0.8, 0.0), "embedding"),
        (vector(0.6, -0.8), {"vector": []}, "embedding"),
        (vector(0.6, -0.8), vector(0.8, -0.6), "embedding[0]"),
        (vector(0.6, -0.8), vector(0.6, None), "embedding[1]"),
        (vector(0.6, -0.8), vector(3.0, -4.0), "embedding (length as a vector)"),
        (vector(0.6, -0.8), vector(0.0, 0.0), "embedding[1]"),
    ],
)
def test_what_differs_is_named(expected: Any, found: Any, path: str) -> None:
    """How many numbers, which, or the length: a missing normalisation."""
    for tolerance in (FP32, FP16):
        apart = TASK.difference(expected, found, tolerance)
        assert apart is not None and apart.path == path


def test_the_direction_counts_where_each_number_is_near() -> None:
    """Many small differences are one large one."""
    rng = np.random.default_rng(0)
    one = rng.normal(size=512) / np.sqrt(512)
    for tolerance, step in ((FP32, 9e-5), (FP16, 9e-3)):
        # Orthogonal noise of at most the tolerance of a number.
        other = one + step * np.sign(rng.normal(size=512))
        one_sided = reference.difference(vector(*one), vector(*other), tolerance)
        seen = cosine(one, other)
        least = reference.FP32_COSINE if tolerance.exact else reference.REDUCED_COSINE
        assert (one_sided is None) == (seen >= least)
    assert reference.difference(vector(*one), vector(*other), FP16) is not None
    apart = reference.difference(vector(*one), vector(*other), FP16)
    assert apart is not None and apart.path == "embedding (cosine)"


def test_large_embeddings_have_a_tolerance_of_their_own_size() -> None:
    """A number of 100 has four digits of 1e-4 too."""
    assert TASK.difference(vector(100.0, 1.0), vector(100.005, 1.0), FP32) is None
    assert TASK.difference(vector(100.0, 1.0), vector(100.02, 1.0), FP32) is not None


def test_int8_counts_by_direction() -> None:
    """Level 4 judges; level 3 counts those that turned."""
    turned = TASK.difference(vector(1.0, 0.0), vector(0.9, 0.3), INT8)
    assert turned is not None and turned.path == "embedding (cosine)"
    assert TASK.difference(vector(1.0, 0.0), vector(2.0, 0.0), INT8) is None
    assert TASK.agrees(vector(1.0, 0.0), vector(1.0, 0.05))
    assert not TASK.agrees(vector(1.0, 0.0), vector(1.0, 0.5))
    assert not TASK.agrees(vector(1.0, 0.0), vector(1.0))


def test_windows_agree_by_their_mean() -> None:
    """What int8 is searched by."""
    ids = np.zeros(2, dtype=np.int64)
    logits = np.asarray([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    window = Window(ids, ids, ids, np.zeros((2, 2), dtype=np.int64), logits)
    assert TASK.agreement(window, logits)
    assert not TASK.agreement(window, np.asarray([[1, 0], [1, 0]], dtype=np.float32))


def test_some_are_recorded_whole() -> None:
    """Token vectors of short texts, other variants of some texts, the plain call of all."""
    ids = np.zeros(9, dtype=np.int64)
    short = Window(ids, ids, ids, np.zeros((9, 2), dtype=np.int64), np.zeros((9, 4), np.float32))
    long = replace(short, ids=np.zeros(60, dtype=np.int64))
    assert TASK.kept(0, short) and not TASK.kept(1, short) and not TASK.kept(0, long)
    assert all(TASK.asked(n, "default") for n in range(20))
    assert TASK.asked(8, "normalized") and not TASK.asked(9, "normalized")


def test_poolings_by_parameter() -> None:
    """Names, lists of names, and the short name of one."""
    assert task._poolings("mean") == ["mean"]
    assert task._poolings(["cls", "mean_sqrt_len"]) == ["cls", "mean_sqrt_len_tokens"]
    for bad in ("average", [], ["mean", 3], 7, None):
        with pytest.raises(UsageError, match="pooling"):
            task._poolings(bad)


def a_form(*steps: Step, pooling: tuple[str, ...] = ("mean",)) -> Form:
    """A form over tokens of four numbers."""
    return Form(4, pooling, True, (), steps, {"query": "query: "})


def dense(outputs: int, inputs: int, activation: str = "tanh", bias: bool = True) -> Step:
    """A dense step of zeros."""
    weight = np.zeros((outputs, inputs), dtype=np.float32)
    return Step("dense", activation, weight, np.zeros((1, outputs), np.float32) if bias else None)


NORMALIZE = Step("normalize")


def form_files(folder: Path, form: Form, **changes: Any) -> Path:
    """The files of a form in a folder, fields of embedding.json replaced."""
    folder.mkdir(exist_ok=True)
    (folder / "embedding.json").write_text(json.dumps(form.to_dict() | changes))
    if form.tensors():
        save_file(form.tensors(), folder / "dense.safetensors")
    return folder


@pytest.mark.parametrize(
    "form",
    [
        a_form(),
        a_form(NORMALIZE),
        a_form(dense(3, 4), NORMALIZE),
        a_form(NORMALIZE, dense(6, 8, "gelu", bias=False), dense(2, 6), pooling=("cls", "max")),
    ],
)
def test_what_djlift_writes_is_of_the_form(tmp_path: Path, form: Form) -> None:
    """Every form passes its own check."""
    embedding_form.check(form_files(tmp_path / "f", form))


BAD: dict[str, dict[str, Any]] = {
    "pooling of no kind": {"pooling": ["best"]},
    "no pooling": {"pooling": []},
    "pooling as a text": {"pooling": "mean"},
    "columns as a text": {"columns": "4"},
    "no columns": {"columns": 0},
    "a flag as a number": {"include_prompt": 1},
    "an id below zero": {"special_ids": [-1]},
    "a module of no kind": {"modules": [{"type": "code"}]},
    "a module with more": {"modules": [{"type": "normalize", "path": "x"}]},
    "too many modules": {"modules": [{"type": "normalize"}] * 17},
    "prompts as a list": {"prompts": []},
    "a prompt as a number": {"prompts": {"query": 1}},
    "another dimension": {"dimension": 5},
    "a key more": {"code": "x"},
}


@pytest.mark.parametrize("name", BAD)
def test_other_forms_are_refused(tmp_path: Path, name: str) -> None:
    """By the code for configurations."""
    folder = form_files(tmp_path / "f", a_form(NORMALIZE), **BAD[name])
    with pytest.raises(Refused) as caught:
        embedding_form.check(folder)
    assert (caught.value.code, caught.value.file) == (Refusal.CONFIG, "embedding.json")


@pytest.mark.parametrize(
    "fault", ["absent", "not asked for", "another shape", "alone", "a tensor more", "no numbers"]
)
def test_weights_must_be_those_of_the_form(tmp_path: Path, fault: str) -> None:
    """All of them, and no more."""
    form = a_form(dense(3, 4))
    folder = form_files(tmp_path / "f", form)
    weights = folder / "dense.safetensors"
    if fault == "absent":
        weights.unlink()
    elif fault == "not asked for":
        form_files(folder, a_form(NORMALIZE))
    elif fault == "another shape":
        save_file(a_form(dense(4, 3)).tensors(), weights)
    elif fault == "alone":
        (folder / "embedding.json").unlink()
    elif fault == "a tensor more":
        save_file({**form.tensors(), "more": np.zeros((1, 1), np.float32)}, weights)
    else:
        tensors = form.tensors()
        tensors["linear.bias"][0, 0] = np.nan
        save_file(tensors, weights)
    with pytest.raises(Refused) as caught:
        embedding_form.check(folder)
    assert (caught.value.code, caught.value.file) == (Refusal.CONFIG, "dense.safetensors")


def test_what_plain_djl_can_do(tmp_path: Path) -> None:
    """One pooling, one dense layer with tanh or nothing, then normalisation; no prompt, no dimension."""
    model = {"embedding": a_form(dense(3, 4), NORMALIZE).to_dict(), "parameters": {}}
    assert TASK.stock(Variant(), model) == {
        "pooling": "mean",
        "normalize": "true",
        "denseActivation": "Tanh",
        "dense": "dense.safetensors",
    }
    assert TASK.stock(Variant({"truncate_dim": 2}), model) is None
    assert TASK.stock(Variant({"prompt": "query: "}), model) is None
    plain = {"embedding": a_form(pooling=("mean_sqrt_len_tokens",)).to_dict()}
    assert TASK.stock(Variant({"normalize": True}), plain) == {
        "pooling": "mean_sqrt_len",
        "normalize": "true",
    }
    for form in (
        a_form(NORMALIZE, dense(3, 4)),
        a_form(dense(3, 4, "gelu")),
        a_form(pooling=("cls", "mean")),
    ):
        assert TASK.stock(Variant(), {"embedding": form.to_dict()}) is None
