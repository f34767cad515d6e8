"""Writes ../resources/tiny-questions and ../resources/tiny-masks: small random BERTs that look at each token.

Run: python jvm-bridge/core/src/test/generate/tiny_spans.py
The truth is djlift's port of transformers 4's QuestionAnsweringPipeline, and transformers' FillMaskPipeline,
recorded, exported and laid out by djlift as in a build. The tokenizer is the tiny archive's own.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from corpus import TEXTS
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForQuestionAnswering,
    PreTrainedTokenizerFast,
)

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
MAX_LENGTH = 32


def main() -> None:
    """Write both archives anew."""
    questions = [
        {"question": ("Who?", "Wo \U0001f600?", " ")[number % 3], "context": text}
        for number, text in enumerate(TEXTS)
        if text
    ]
    write("question-answering", "tiny-questions", BertForQuestionAnswering, questions)
    masks = [{"text": masked(text, number)} for number, text in enumerate(TEXTS)]
    write("fill-mask", "tiny-masks", BertForMaskedLM, masks)


def masked(text: str, number: int) -> str:
    """The text with its second word masked, or with several masks."""
    words = text.split(" ")
    words[min(1, len(words) - 1)] = "[MASK]"
    return " ".join([*words[:6], "[MASK] , [MASK]"] if number % 4 == 0 else words)


def write(task: str, name: str, model: Any, inputs: list[dict[str, Any]]) -> None:
    """Write one archive."""
    target = RESOURCES / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / name
        checkpoint(source, model)
        recipe = Recipe((str(source),), name=name, group="org.djlift.test", task=task)
        found = find(recipe)
        loaded = registry.of(task).load(found, recipe)
        texts = [Given(f"c-{number:03d}", "tiny", "", given) for number, given in enumerate(inputs)]
        golden = registry.of(task).record(loaded, texts)
        exported = export(loaded, Path(scratch) / "exported.onnx")
        pad_id = loaded.tokenizer.pad_token_id
        of = Source(exported, golden, pad_id, lambda _: 1.0, Path(scratch))
        graph = next(candidates(of, "fp32"))
        parts = Parts(recipe, found, registry.of(task), loaded, graph, golden, "fp32", "none")
        container.seal(target, stage(parts, target))


def checkpoint(folder: Path, kind: Any) -> None:
    """A BERT whose scores are clearly apart."""
    torch.manual_seed(11)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(TINY / "tokenizer.json"),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    model = kind(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=64,
        )
    )
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight.mul_(20)
        if kind is BertForQuestionAnswering:
            model.qa_outputs.weight.mul_(60)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
