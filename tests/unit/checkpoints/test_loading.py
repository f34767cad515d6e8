"""Loading real, small checkpoints: what cannot be used is refused before anything is built of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.errors import SourceError
from djlift.tasks.token_classification.task import TASK

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

LABELS = ("O", "B-PER", "I-PER")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "anna", "met", "tom", "##s", "."]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT for token classification with a WordPiece tokenizer, saved as users save theirs."""
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    config = _config(id2label=dict(enumerate(LABELS)))
    transformers.BertForTokenClassification(config).save_pretrained(folder)
    _tokenizer(model_max_length=32).save_pretrained(folder)
    return folder


@pytest.fixture
def checkpoint(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def test_a_sound_checkpoint_loads(checkpoint: Path) -> None:
    """Labels by index, the limit of the tokenizer, evaluation mode, fp32."""
    loaded = _load(checkpoint)
    assert loaded.labels == LABELS
    assert loaded.max_length == 32
    assert not loaded.model.training
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert loaded.remarks == ()


def test_half_precision_weights_are_loaded_as_fp32(tmp_path: Path) -> None:
    """The reference is fp32 whatever the checkpoint was saved in."""
    model = transformers.BertForTokenClassification(_config(id2label=dict(enumerate(LABELS))))
    model.half().save_pretrained(tmp_path / "half")
    _tokenizer(model_max_length=32).save_pretrained(tmp_path / "half")
    assert {p.dtype for p in _load(tmp_path / "half").model.parameters()} == {torch.float32}


def test_no_labels(checkpoint: Path) -> None:
    """A config that names no labels is refused, with where to name them."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    del config["id2label"]
    (checkpoint / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(SourceError, match="names no labels") as refused:
        _load(checkpoint)
    assert "id2label" in str(refused.value)


def test_two_unnamed_labels(tmp_path: Path) -> None:
    """transformers' own default: LABEL_0 and LABEL_1 to its pipeline, and a remark says so."""
    folder = tmp_path / "two"
    transformers.BertForTokenClassification(_config()).save_pretrained(folder)
    _tokenizer(model_max_length=32).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config.pop("id2label", None), config.pop("label2id", None)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    loaded = _load(folder)
    assert loaded.labels == ("LABEL_0", "LABEL_1")
    assert "LABEL_0, LABEL_1" in loaded.remarks[0]


def test_a_pickled_adapter_switches_nothing_off(tmp_path: Path) -> None:
    """The model is read from its safetensors, and a head that nobody trained is still refused."""
    peft = pytest.importorskip("peft")
    base = tmp_path / "base"
    config = _config(id2label=dict(enumerate(LABELS)))
    transformers.BertModel(config).save_pretrained(base)
    _tokenizer(model_max_length=32).save_pretrained(base)
    torch.save({"classifier.weight": torch.ones(1)}, base / "pytorch_model.bin")
    lora = peft.LoraConfig(target_modules=["query"], r=2, task_type="FEATURE_EXTRACTION")
    model = peft.get_peft_model(transformers.BertModel(config), lora)
    model.save_pretrained(tmp_path / "lora", safe_serialization=False)
    adapter = tmp_path / "lora" / "adapter_model.bin"
    torch.save(model.state_dict(), adapter)
    (tmp_path / "lora" / "adapter_model.safetensors").unlink(missing_ok=True)
    (tmp_path / "lora" / "other.safetensors").write_bytes(b"")
    recipe = Recipe((str(base),), adapter=str(tmp_path / "lora"))
    with pytest.raises(SourceError) as refused:
        find(recipe)
    assert refused.value.code == "pickled-weights"
    found = find(recipe, allow_pickle=True)
    assert sorted(found.weights) == ["adapter/adapter_model.bin", "model.safetensors"]
    assert found.pickle and not found.pickled_model
    with pytest.raises(SourceError) as refused:
        TASK.load(found)
    assert refused.value.code == "untrained-weights"


def test_an_untrained_head(tmp_path: Path) -> None:
    """A base model's weights make a random classifier: refused, with the missing weights named."""
    config = _config(id2label=dict(enumerate(LABELS)))
    transformers.BertModel(config).save_pretrained(tmp_path / "base")
    _tokenizer(model_max_length=32).save_pretrained(tmp_path / "base")
    with pytest.raises(SourceError, match="no trained weights") as refused:
        _load(tmp_path / "base")
    assert "classifier.weight" in str(refused.value)
    assert "--adapter" in str(refused.value)


def test_no_tokenizer(checkpoint: Path) -> None:
    """Without tokenizer files there is no tokenizer to take to the JVM."""
    for file in checkpoint.glob("*token*"):
        file.unlink()
    with pytest.raises(SourceError, match="tokenizer") as refused:
        _load(checkpoint)
    assert "tokenizer.json" in str(refused.value)


def test_a_broken_tokenizer(checkpoint: Path) -> None:
    """A tokenizer.json that is none is refused, not guessed around."""
    (checkpoint / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match="tokenizer"):
        _load(checkpoint)


def test_cut_weights(checkpoint: Path) -> None:
    """A truncated weight file is refused by name, with the reason."""
    file = checkpoint / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(SourceError) as refused:
        _load(checkpoint)
    assert (refused.value.code, refused.value.file) == ("weights-damaged", str(file))


def test_an_adapter_that_does_not_fit(checkpoint: Path, tmp_path: Path) -> None:
    """An adapter of another model is refused."""
    adapter = tmp_path / "adapter"
    shutil.copytree(Path(__file__).parents[3] / "model-zoo" / "ner-minilm" / "adapter", adapter)
    with pytest.raises(SourceError, match="adapter"):
        _load(checkpoint, adapter=str(adapter))


def test_the_models_positions_bound_the_limit(tmp_path: Path) -> None:
    """A tokenizer without a limit takes the number of positions, and the manifest will say so."""
    config = _config(id2label=dict(enumerate(LABELS)))
    transformers.BertForTokenClassification(config).save_pretrained(tmp_path / "unbounded")
    _tokenizer().save_pretrained(tmp_path / "unbounded")
    loaded = _load(tmp_path / "unbounded")
    assert loaded.max_length == 64
    assert loaded.tokenizer.model_max_length == 64
    assert "64 positions" in loaded.remarks[0]


@pytest.mark.parametrize("kind", ["deberta-v2", "deberta-v2 in buckets"])
def test_positions_that_are_only_relative_bound_nothing(kind: str, tmp_path: Path) -> None:
    """The pipeline does not cut there: neither does the archive, and its graph gives what the model gives."""
    onnxruntime = pytest.importorskip("onnxruntime")
    settings = _config(id2label=dict(enumerate(LABELS))).to_dict()
    config = transformers.AutoConfig.for_model(
        kind.partition(" ")[0], relative_attention=True, position_biased_input=False,
        pos_att_type=["c2p", "p2c"], position_buckets=16 if "buckets" in kind else -1,
        **{k: settings[k] for k in ("vocab_size", "hidden_size", "num_hidden_layers", "id2label")},
        max_position_embeddings=64, num_attention_heads=2, intermediate_size=16, type_vocab_size=0,
    )  # fmt: skip
    transformers.AutoModelForTokenClassification.from_config(config).save_pretrained(tmp_path / "c")
    _tokenizer().save_pretrained(tmp_path / "c")
    loaded = _load(tmp_path / "c")
    assert loaded.max_length is None
    exported = export(loaded, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(exported.file), providers=["CPUExecutionProvider"])
    for words in (3, 700):
        given = loaded.tokenizer("anna met tom " * words, return_tensors="pt")
        with torch.no_grad():
            expected = loaded.model(**{k: given[k] for k in ("input_ids", "attention_mask")}).logits
        names = [one.name for one in session.get_inputs()]
        (found,) = session.run(None, {name: given[name].numpy() for name in names})
        assert expected.shape[1] == 3 * words + 2
        assert float((expected - torch.from_numpy(found)).abs().max()) < 1e-4


def _load(folder: Path, **options: object):  # type: ignore[no-untyped-def]
    return TASK.load(find(Recipe(sources=(str(folder),)).with_options(**options)))


def _config(**options: object):  # type: ignore[no-untyped-def]
    return transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        **options,
    )


def _tokenizer(**options: object):  # type: ignore[no-untyped-def]
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    backend = Tokenizer(models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        **options,
    )
