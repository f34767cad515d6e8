"""Writes ../resources/tiny-zero-shot and ../resources/tiny-ranking: small random BERTs over pairs of texts.

Run: python jvm-bridge/core/src/test/generate/tiny_pairs.py
The truth is transformers' ZeroShotClassificationPipeline and sentence-transformers' CrossEncoder, recorded,
exported and laid out by djlift as in a build. The tokenizer is the tiny archive's own.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from corpus import TEXTS
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from djlift.archive import container
from djlift.builder.layout import Parts, stage
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.precision.candidates import Source, candidates
from djlift.tasks import registry
from djlift.texts.text import Given

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
TINY = RESOURCES / "tiny-archive"
LABELS = ["travel", "food, drink", "東京", "a city in Germany"]
MAX_LENGTH = 32


def main() -> None:
    """Write both archives anew."""
    names = ["contradiction", "neutral", "entailment"]
    zero_shot = [
        {"text": text, "labels": LABELS[: 1 + number % 4]} for number, text in enumerate(TEXTS)
    ]
    write("zero-shot-classification", "tiny-zero-shot", names, zero_shot)
    pairs = [{"query": t, "text": TEXTS[number - 1]} for number, t in enumerate(TEXTS)]
    rankings = [
        {"query": text, "documents": TEXTS[: 2 + number % 6]} for number, text in enumerate(TEXTS)
    ]
    write("text-ranking", "tiny-ranking", ["LABEL_0"], pairs + rankings)


def write(task: str, name: str, labels: list[str], inputs: list[dict[str, Any]]) -> None:
    """Write one archive."""
    target = RESOURCES / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / name
        checkpoint(source, labels)
        recipe = Recipe((str(source),), name=name, group="org.djlift.test", task=task)
        found = find(recipe)
        loaded = registry.of(task).load(found, recipe)
        texts = [
            Given(f"c-{number:03d}", "tiny", "", given) for number, given in enumerate(inputs)
        ]
        golden = registry.of(task).record(loaded, texts)
        exported = export(loaded, Path(scratch) / "exported.onnx")
        pad_id = loaded.tokenizer.pad_token_id
        of = Source(exported, golden, pad_id, lambda _: 1.0, Path(scratch))
        graph = next(candidates(of, "fp32"))
        parts = Parts(recipe, found, registry.of(task), loaded, graph, golden, "fp32", "none")
        container.seal(target, stage(parts, target))


def checkpoint(folder: Path, labels: list[str]) -> None:
    """A BERT whose scores are clearly apart."""
    torch.manual_seed(11)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(TINY / "tokenizer.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=64,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
        )
    ).eval()
    with torch.no_grad():
        model.classifier.weight.mul_(40)
        model.bert.embeddings.word_embeddings.weight.mul_(20)
        model.bert.embeddings.token_type_embeddings.weight.mul_(20)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
