"""Checkpoints that are broken in one way each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

transformers = pytest.importorskip("transformers")
LABELS = ("O", "B-PER", "I-PER")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "anna", "met", "tom", "##s", "."]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Case:
    """How a checkpoint is broken, the code it is refused with, and the last name of the file at fault."""

    name: str
    code: str
    file: str
    spoil: Callable[[Path], Any]
    options: tuple[str, ...] = ()
    source: str = "tiny"
    says: str = ""


def config(**changes: object) -> Callable[[Path], None]:
    """Change config.json; None removes a key."""

    def spoil(folder: Path) -> None:
        data = json.loads((folder / "config.json").read_text()) | changes
        kept = {key: value for key, value in data.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(kept))

    return spoil


def text(name: str, content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    """Put another text into a file."""
    return lambda folder: (folder / name).write_text(content, encoding=encoding) and None


def tensors(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the weights."""

    def spoil(folder: Path) -> None:
        weights = load_file(folder / WEIGHTS)
        change(weights)
        save_file(weights, folder / WEIGHTS, {"format": "pt"})

    return spoil


def only(name: str) -> Callable[[Path], None]:
    """Leave the weights under another name alone."""
    return lambda folder: (folder / WEIGHTS).rename(folder / name) and None


def index(content: str) -> Callable[[Path], None]:
    """Shard the weights under an index."""

    def spoil(folder: Path) -> None:
        only("model-00001-of-00002.safetensors")(folder)
        (folder / "model.safetensors.index.json").write_text(content)

    return spoil


def cut(size: int) -> Callable[[Path], None]:
    """Cut the weights off."""
    return lambda folder: (
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:size]) and None
    )


def typed(folder: Path) -> None:
    """Weights of a type that is no float, as 8-bit checkpoints have them."""
    data = {"w": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}
    header = json.dumps(data).encode()
    (folder / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header + b"\0")


def linked(folder: Path) -> None:
    """Weights that are a link to themselves."""
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(folder / WEIGHTS)


def in_a_subfolder(folder: Path) -> None:
    """The old layout of sentence-transformers."""
    files = list(folder.iterdir())
    (folder / "0_Transformer").mkdir()
    for file in files:
        file.rename(folder / "0_Transformer" / file.name)
    (folder / "modules.json").write_text("[]")


def static(folder: Path) -> None:
    """A table of embeddings of sentence-transformers."""
    (folder / "config.json").unlink()
    kind = "sentence_transformers.models.StaticEmbedding"
    (folder / "modules.json").write_text(json.dumps([{"type": kind, "path": ""}]))


def no_tokenizer(folder: Path) -> None:
    """No file of the tokenizer."""
    for file in folder.glob("*token*"):
        file.unlink()


def adapter(
    settings: object, size: int = 16, file: str = "adapter_model.safetensors"
) -> Callable[[Path], None]:
    """An adapter beside the checkpoint, of a model of this hidden size."""

    def spoil(folder: Path) -> None:
        lora = folder.parent / "lora"
        lora.mkdir()
        if settings is not None:
            (lora / "adapter_config.json").write_text(json.dumps(settings))
        layer = "base_model.model.bert.encoder.layer.0.attention.self.query"
        fill = np.nan if size < 0 else 1.0
        save_file(
            {
                f"{layer}.lora_A.weight": np.full((2, abs(size)), fill, np.float32),
                "base_model.model.classifier.weight": np.ones((3, abs(size)), np.float32),
                "base_model.model.classifier.bias": np.ones(3, np.float32),
                f"{layer}.lora_B.weight": np.ones((abs(size), 2), np.float32),
            },
            lora / file,
        )

    return spoil


LORA = {
    "peft_type": "LORA",
    "task_type": "TOKEN_CLS",
    "r": 2,
    "target_modules": ["query"],
    "base_model_name_or_path": "acme/base",
}
HEAD = "classifier.weight"
WITH = ("--adapter", "lora")
CASES = (
    Case("config-empty", "checkpoint-unreadable", "config.json", text("config.json", "")),
    Case("config-cut", "checkpoint-unreadable", "config.json", text("config.json", '{"a": ')),
    Case("config-list", "checkpoint-file", "config.json", text("config.json", "[]")),
    Case(
        "config-bom",
        "checkpoint-unreadable",
        "config.json",
        text("config.json", "{}", "utf-8-sig"),
    ),
    Case(
        "config-utf16", "checkpoint-unreadable", "config.json", text("config.json", "{}", "utf-16")
    ),
    Case("config-pointer", "git-lfs-pointer", "config.json", text("config.json", POINTER)),
    Case("weights-pointer", "git-lfs-pointer", WEIGHTS, text(WEIGHTS, POINTER)),
    Case("tokenizer-pointer", "git-lfs-pointer", "tokenizer.json", text("tokenizer.json", POINTER)),
    Case("config-missing", "not-a-checkpoint", "tiny", lambda f: (f / "config.json").unlink()),
    Case("folder-empty", "not-a-checkpoint", "tiny", lambda f: [g.unlink() for g in f.iterdir()]),
    Case("weights-missing", "no-weights", "tiny", lambda f: (f / WEIGHTS).unlink()),
    Case("weights-empty", "weights-damaged", WEIGHTS, text(WEIGHTS, "")),
    Case("weights-html", "weights-damaged", WEIGHTS, text(WEIGHTS, "<html>not found</html>")),
    Case("weights-cut-in-header", "weights-damaged", WEIGHTS, cut(100)),
    Case("weights-cut-at-end", "weights-damaged", WEIGHTS, cut(-4)),
    Case("weights-int8", "weights-type", WEIGHTS, typed),
    Case("weights-a-loop", "weights-unreadable", WEIGHTS, linked),
    Case(
        "weights-a-folder",
        "weights-unreadable",
        WEIGHTS,
        lambda f: ((f / WEIGHTS).unlink(), (f / WEIGHTS).mkdir()),
    ),
    Case("weights-renamed", "weights-renamed", "config.json", config(transformers_weights="x.bin")),
    Case("gguf", "foreign-weights", "tiny", only("model.gguf")),
    Case("tensorflow", "foreign-weights", "tiny", only("tf_model.h5")),
    Case("flax", "foreign-weights", "tiny", only("flax_model.msgpack")),
    Case("onnx", "foreign-weights", "tiny", only("model.onnx")),
    Case("pickle", "pickled-weights", "pytorch_model.bin", only("pytorch_model.bin")),
    Case("shard-alone", "no-index", "tiny", only("model-00001-of-00002.safetensors")),
    Case("index-cut", "index-unreadable", "model.safetensors.index.json", index("{")),
    Case(
        "index-empty", "shard-missing", "model.safetensors.index.json", index('{"weight_map": {}}')
    ),
    Case(
        "index-names-a-missing-file",
        "shard-missing",
        "model.safetensors.index.json",
        index('{"weight_map": {"a": "model-00002-of-00002.safetensors"}}'),
    ),
    Case(
        "index-leads-out",
        "shard-missing",
        "model.safetensors.index.json",
        index('{"weight_map": {"a": "../other.safetensors"}}'),
    ),
    Case("gptq", "quantised-checkpoint", "config.json", config(quantization_config={"bits": 4})),
    Case(
        "bitsandbytes",
        "quantised-checkpoint",
        "config.json",
        config(quantization_config={"quant_method": "bitsandbytes"}),
    ),
    Case("subfolder", "modules-misplaced", "0_Transformer", in_a_subfolder),
    Case("static", "static-embedding", "modules.json", static),
    Case("remote-code", "remote-code", "config.json", config(auto_map={"AutoConfig": "c.C"})),
    Case("vision", "no-task", "config.json", config(architectures=["ViTForImageClassification"])),
    Case(
        "audio", "no-task", "config.json", config(architectures=["WhisperForAudioClassification"])
    ),
    Case("seq2seq", "no-task", "config.json", config(architectures=["T5ForConditionalGeneration"])),
    Case("no-architectures", "no-task", "config.json", config(architectures=None)),
    Case(
        "another-head",
        "other-head",
        "config.json",
        lambda f: None,
        ("--task", "text-classification"),
    ),
    Case("a-file", "no-such-checkpoint", WEIGHTS, lambda f: None, (), f"tiny/{WEIGHTS}"),
    Case("an-adapter", "adapter-as-source", "adapter_config.json", adapter(LORA), (), "lora"),
    Case("adapter-without-config", "not-an-adapter", "lora", adapter(None), WITH),
    Case("adapter-a-list", "checkpoint-file", "adapter_config.json", adapter([]), WITH),
    Case(
        "adapter-of-other-weights", "no-weights", "lora", adapter(LORA, 16, "x.safetensors"), WITH
    ),
    Case("adapter-no-method", "adapter-does-not-fit", "lora", adapter({}), WITH),
    Case(
        "adapter-of-another-size",
        "adapter-does-not-fit",
        "lora",
        adapter(LORA, 12),
        WITH,
        says="2 x 12 in the adapter, 2 x 16",
    ),
    Case("adapter-nan", "weights-not-finite", "lora", adapter(LORA, -16), WITH),
    Case(
        "adapter-of-another-task",
        "other-task-adapter",
        "adapter_config.json",
        adapter(LORA | {"task_type": "SEQ_CLS"}),
        (*WITH, "--task", "token-classification"),
    ),
    Case("no-tokenizer", "no-tokenizer", "tiny", no_tokenizer),
    Case("tokenizer-cut", "tokenizer-not-loadable", "tiny", text("tokenizer.json", "{")),
    Case(
        "nan",
        "weights-not-finite",
        "tiny",
        tensors(lambda t: t[HEAD].fill(np.nan)),
        says="48 of 48 values of classifier.weight",
    ),
    Case("infinite", "weights-not-finite", "tiny", tensors(lambda t: t[HEAD].fill(np.inf))),
    Case("no-head", "untrained-weights", "tiny", tensors(lambda t: t.pop(HEAD))),
    Case("few-labels", "labels-count", "config.json", config(id2label={"0": "O", "1": "B"})),
    Case(
        "many-labels",
        "labels-count",
        "config.json",
        config(id2label={str(i): str(i) for i in range(9)}),
    ),
    Case(
        "labels-from-1",
        "labels-numbers",
        "config.json",
        config(id2label={"1": "O", "2": "B-PER", "3": "I-PER"}),
    ),
    Case("labels-a-list", "labels-numbers", "config.json", config(id2label=list(LABELS))),
    Case(
        "labels-of-numbers",
        "labels-not-text",
        "config.json",
        config(id2label={"0": "O", "1": 1, "2": None}),
        says="1: 1, 2: null",
    ),
    Case("no-labels", "no-labels", "config.json", config(id2label=None, label2id=None)),
    Case("another-size", "weights-size", "config.json", config(hidden_size=32)),
    Case("no-such-model", "checkpoint-not-loadable", "tiny", config(model_type="bart-of-mine")),
    Case("config-of-words", "checkpoint-not-loadable", "tiny", config(hidden_size="wide")),
)


def write_tiny(folder: Path) -> Path:
    """Write a tiny BERT for token classification, as users save theirs."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    settings = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        id2label=dict(enumerate(LABELS)),
    )
    transformers.BertForTokenClassification(settings).save_pretrained(folder)
    backend = Tokenizer(models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(folder)
    return folder
