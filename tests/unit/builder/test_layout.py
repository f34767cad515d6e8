"""Laying out an archive's files: what ships is what the reference ran, and no path of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djlift.archive.container import opened, pack, seal
from djlift.archive.golden import Golden
from djlift.builder.layout import Parts, serving_properties, stage, tokenizer_json, write_card
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import DjliftError
from djlift.graph.converted import Converted
from djlift.tasks.token_classification.task import TASK
from tests.support.builders import INPUTS, LABELS, a_checkpoint, a_golden
from tests.support.hostile.onnx_bytes import PLAIN

pytest.importorskip("transformers")
pytest.importorskip("torch")

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "anna", "met", "tom")


def a_tokenizer(**changes: Any) -> Any:
    """A tokenizer of three words whose own file cuts at 4 tokens and pads to 8, unlike the pipeline."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(WORDS)}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    backend.enable_truncation(4, stride=1)
    backend.enable_padding(length=8, pad_id=0, pad_token="[PAD]")
    settings = {
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "model_max_length": 16,
    }
    return PreTrainedTokenizerFast(tokenizer_object=backend, **settings | changes)


def a_loaded(max_length: int | None = 16, **changes: Any) -> Loaded:
    """The tokenizer with the smallest BERT there can be."""
    from transformers import BertConfig, BertForTokenClassification

    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=16,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    config.name_or_path = "/home/somebody/models/tiny"
    model = BertForTokenClassification(config).eval()
    return Loaded(model, a_tokenizer(**changes), LABELS, max_length, ("cut at 16 tokens",))


def blocks(**changes: Any) -> tuple[Any, Any]:
    """The truncation and padding blocks of tokenizer.json."""
    data = json.loads(tokenizer_json(a_loaded(**changes)))
    return data["truncation"], data["padding"]


def known(golden: Golden) -> Golden:
    """The same cases with ids that the small tokenizer knows."""
    cases = tuple(
        replace(
            case,
            windows={
                stride: tuple(replace(w, ids=w.ids % 7) for w in windows)
                for stride, windows in case.windows.items()
            },
        )
        for case in golden.cases
    )
    rows = tuple(tuple(i % 7 for i in row) for row in golden.padding.inputs["input_ids"])
    inputs = {**golden.padding.inputs, "input_ids": rows}
    return Golden(cases, replace(golden.padding, inputs=inputs))


def staged(folder: Path, **recipe: Any) -> Parts:
    """All parts of an archive, its files laid out in ``folder``."""
    folder.mkdir()
    source = a_checkpoint(folder.parent / "secret-path" / "tiny-ner")
    (source / "LICENSE").write_text("do as you like\n", encoding="utf-8")
    (source / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    graph = folder.parent / "converted.onnx"
    graph.write_bytes(PLAIN)
    converted = Converted(graph, 5, 3, {"Attention": 1}, 1, 17, 8, INPUTS)
    wanted = Recipe((str(source),), **recipe)
    parts = Parts(
        wanted, find(wanted), TASK, a_loaded(), converted, known(a_golden()), "fp32", "0" * 64
    )
    manifest = stage(parts, folder)
    write_card(folder, manifest, parts.recipe.card)
    seal(folder, manifest)
    return parts


def test_truncation_and_padding_are_the_references() -> None:
    """The blocks of the checkpoint's own file give way to the limit and padding that the pipeline used."""
    truncation, padding = blocks()
    assert truncation == {
        "direction": "Right",
        "max_length": 16,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    assert padding == {
        "strategy": "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }


def test_sides() -> None:
    """A tokenizer that cuts and pads on the left does so in tokenizer.json."""
    truncation, padding = blocks(truncation_side="left", padding_side="left")
    assert (truncation["direction"], padding["direction"]) == ("Left", "Left")


def test_no_limit_no_padding() -> None:
    """No limit means no truncation block, no padding token no padding block."""
    truncation, padding = blocks(max_length=None, pad_token=None)
    assert (truncation, padding) == (None, None)


def test_tokenizer_json_runs() -> None:
    """tokenizer.json loads in the tokenizers library and gives what the pipeline's tokenizer gives."""
    from tokenizers import Tokenizer

    loaded = a_loaded()
    tokenizer = Tokenizer.from_str(tokenizer_json(loaded))
    text = "Anna met Tom " * 10
    expected = loaded.tokenizer(text, truncation=True)["input_ids"]
    assert tokenizer.encode(text).ids == expected
    assert len(expected) == 16
    batch = [e.ids for e in tokenizer.encode_batch(["anna", "anna met tom"])]
    assert batch == loaded.tokenizer(["anna", "anna met tom"], padding=True)["input_ids"]


def test_everything_is_laid_out(tmp_path: Path) -> None:
    """Every file of the documented archive is there, and the archive is intact."""
    staged(tmp_path / "files")
    pack(tmp_path / "files", tmp_path / "model.zip")
    with opened(tmp_path / "model.zip") as found:
        assert found.problems == ()
        assert set(found.manifest.files) == {
            "LICENSE",
            "README.md",
            "bom.cdx.json",
            "config.json",
            "golden/cases.jsonl",
            "golden/logits.safetensors",
            "golden/padding.json",
            "model.onnx",
            "serving.properties",
            "tokenizer.json",
            "tokenizer_config.json",
        }
        manifest = found.manifest
    assert (manifest.name, manifest.licence, manifest.task) == ("tiny-ner", "mit", TASK.name)
    assert manifest.model["labels"] == list(LABELS)
    assert manifest.model["max_length"] == 16
    assert manifest.golden["texts"] == 2
    assert manifest.target["opset"] == 17


def test_no_path_is_written(tmp_path: Path) -> None:
    """No file names a folder of this machine or of the checkpoint's author."""
    staged(tmp_path / "files")
    for file in (tmp_path / "files").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for private in (b"secret-path", str(tmp_path).encode(), b"/home/", b"somebody"):
                assert private not in data, f"{file.name} holds {private!r}"


def test_layout_is_deterministic(tmp_path: Path) -> None:
    """The same parts give the same bytes in every file."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        staged(tmp_path / name / "files")
    for one in sorted((tmp_path / "one" / "files").rglob("*")):
        if one.is_file():
            other = tmp_path / "two" / one.relative_to(tmp_path / "one")
            assert one.read_bytes() == other.read_bytes(), one.name


def properties(folder: Path) -> dict[str, str]:
    """serving.properties, unescaped as Java does it."""
    text = (folder / "serving.properties").read_text(encoding="ascii")
    pairs = (line.replace("\\ ", " ").partition("=")[::2] for line in text.splitlines())
    return {key: unescaped(value) for key, value in pairs}


def unescaped(value: str) -> str:
    """A value of Java's properties as it was: Java counts characters in UTF-16."""
    units = value.encode().decode("unicode_escape")
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def test_serving_properties(tmp_path: Path) -> None:
    """Every documented key is written out; the limit stands twice, as DJL clamps one by the other."""
    staged(tmp_path / "files", aggregation_strategy="first")
    found = properties(tmp_path / "files")
    expected = serving_properties(
        TASK, a_loaded(), Recipe(("x",), aggregation_strategy="first"), includes_token_types=True
    )
    assert found == dict(expected)
    assert (found["maxLength"], found["modelMaxLength"]) == ("16", "16")
    assert (found["unkTokenId"], found["includeTokenTypes"]) == ("1", "true")
    assert found["aggregation_strategy"] == "first"
    assert (found["application"], found["translatorFactory"]) == (TASK.application, TASK.translator)


def test_properties_without_limit() -> None:
    """Without a limit nothing is cut, and no limit is stated."""
    loaded = a_loaded(max_length=None, unk_token=None)
    found = serving_properties(TASK, loaded, Recipe(("x",)), includes_token_types=False)
    assert found["truncation"] == "false"
    assert "maxLength" not in found
    assert (found["unkTokenId"], found["includeTokenTypes"]) == ("-1", "false")


@pytest.mark.parametrize(
    "value",
    ["plain", "a\\b", "é ü", "\N{PARTY POPPER}", "two\nlines", "tab\there", "\\u0041", " x "],
)
def test_properties_escape(tmp_path: Path, value: str) -> None:
    """A value of any characters is written in ASCII, on one line, and read back as it was."""
    from djlift.builder.layout import _properties

    text = _properties({"key": value, "other": "x"})
    assert text.isascii()
    assert len(text.splitlines()) == 2
    assert not text.startswith("key= "), "Java drops blanks at the start of a value"
    (tmp_path / "serving.properties").write_text(text, encoding="ascii")
    assert properties(tmp_path)["key"] == value


def test_card(tmp_path: Path) -> None:
    """The card opens with the recipe's own, then states source, licence and precision."""
    card = tmp_path / "card.md"
    card.write_text("# Our names\n\nMade with care.\n", encoding="utf-8")
    staged(tmp_path / "files", card=card, licence="apache-2.0")
    text = (tmp_path / "files" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# Our names\n\nMade with care.\n")
    for fact in ("tiny-ner", "apache-2.0", "fp32"):
        assert fact in text


def test_name_of_a_folder_that_is_no_name(tmp_path: Path) -> None:
    """A checkpoint folder with blanks in its name is refused, or gives a name that a recipe would take."""
    parts = staged(tmp_path / "files")
    source = replace(parts.checkpoint.source, id="my model (v2)")
    graph = tmp_path / "again.onnx"
    graph.write_bytes(PLAIN)
    again = replace(
        parts,
        checkpoint=replace(parts.checkpoint, source=source),
        converted=replace(parts.converted, file=graph),
    )
    (tmp_path / "again").mkdir()
    try:
        manifest = stage(again, tmp_path / "again")
    except DjliftError:
        return
    assert Recipe(("x",), name=manifest.name).name == manifest.name
