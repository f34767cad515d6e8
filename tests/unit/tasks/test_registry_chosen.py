"""Which task a checkpoint is for: read where it is clear, asked for where not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.checkpoints.recipe import Recipe
from djlift.errors import ArchiveError, SourceError, UsageError
from djlift.tasks import registry

RECIPE = Recipe(("x",))


def a_checkpoint(folder: Path, architecture: str | None, adapter: str | None = None) -> Checkpoint:
    """A checkpoint that says no more than its architecture, and what its adapter was trained for."""
    config = {"architectures": [architecture]} if architecture else {}
    (folder / "config.json").write_text(json.dumps(config))
    beside = None
    if adapter:
        (folder / "adapter_config.json").write_text(json.dumps({"task_type": adapter}))
        beside = Source("folder", "lora", None, folder)
    source = Source("folder", "model", None, folder)
    return Checkpoint(source, beside, config, {}, False, False)


@pytest.mark.parametrize(
    ("architecture", "adapter", "task"),
    [
        ("BertForTokenClassification", None, "token-classification"),
        ("BertForSequenceClassification", None, "text-classification"),
        ("BertForQuestionAnswering", None, "question-answering"),
        ("BertForMaskedLM", None, "fill-mask"),
        ("BertForMaskedLM", "TOKEN_CLS", "token-classification"),
        ("BertModel", "SEQ_CLS", "text-classification"),
    ],
)
def test_what_is_clear_is_read(
    tmp_path: Path, architecture: str, adapter: str | None, task: str
) -> None:
    """By the architecture; by the adapter, where there is one, whatever the base is."""
    assert registry.chosen(RECIPE, a_checkpoint(tmp_path, architecture, adapter)).name == task


def test_what_is_not_clear_is_asked_for(tmp_path: Path) -> None:
    """With the choices; what is asked for is taken."""
    bare = a_checkpoint(tmp_path, None)
    with pytest.raises(SourceError) as raised:
        registry.chosen(RECIPE, bare)
    assert all(f"--task {name}" in str(raised.value.mend) for name in registry.names())
    asked = replace(RECIPE, task="zero-shot-classification")
    assert registry.chosen(asked, bare).name == "zero-shot-classification"
    with pytest.raises(UsageError, match="translation"):
        registry.chosen(replace(RECIPE, task="translation"), bare)


@pytest.mark.parametrize(
    ("task", "architecture", "adapter", "code"),
    [
        ("token-classification", "BertForSequenceClassification", None, "other-head"),
        ("text-classification", "BertForTokenClassification", None, "other-head"),
        ("question-answering", "BertForMaskedLM", None, "other-head"),
        ("fill-mask", "GPT2LMHeadModel", None, "other-head"),
        ("token-classification", "BertForSequenceClassification", "SEQ_CLS", "other-task-adapter"),
        ("text-ranking", "BertForSequenceClassification", "TOKEN_CLS", "other-task-adapter"),
        ("token-classification", "BertForSequenceClassification", "TOKEN_CLS", None),
        ("zero-shot-classification", "BertModel", "SEQ_CLS", None),
        ("text-ranking", "BertForSequenceClassification", None, None),
        ("zero-shot-classification", "BertForSequenceClassification", None, None),
        ("fill-mask", "BertForPreTraining", None, None),
        ("text-embedding", "BertForMaskedLM", None, None),
        ("sparse-embedding", "BertForMaskedLM", None, None),
        ("token-classification", "BertModel", None, None),
    ],
)
def test_a_head_of_another_task(
    tmp_path: Path, task: str, architecture: str, adapter: str | None, code: str | None
) -> None:
    """Refused when asked for by name, unless an adapter brings the head or the tasks share it."""
    checkpoint = a_checkpoint(tmp_path, architecture, adapter)
    asked = replace(RECIPE, task=task)
    if code is None:
        assert registry.chosen(asked, checkpoint).name == task
    else:
        with pytest.raises(SourceError) as refused:
            registry.chosen(asked, checkpoint)
        assert refused.value.code == code


def test_an_archive_of_a_task_from_the_future_is_refused() -> None:
    """By name, with what to do."""
    with pytest.raises(ArchiveError, match="not known to this version"):
        registry.of_archive("translation", "model.zip")


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        ("ViTForImageClassification", "images"),
        ("DetrForObjectDetection", "images"),
        ("CLIPModel", "vision-language"),
        ("Qwen2VLForConditionalGeneration", "vision-language"),
        ("Wav2Vec2ForCTC", "audio"),
        ("WhisperForConditionalGeneration", "audio"),
        ("T5ForConditionalGeneration", "sequence-to-sequence"),
        ("MarianMTModel", "sequence-to-sequence"),
        ("GPT2LMHeadModel", "causal"),
        ("LlamaForCausalLM", "causal"),
        ("BertLMHeadModel", "causal"),
        ("BertForMultipleChoice", "multiple choice"),
    ],
)
def test_a_model_of_another_kind(tmp_path: Path, architecture: str, kind: str) -> None:
    """What it is and which tasks there are; no --task that would only fail later is offered."""
    with pytest.raises(SourceError) as raised:
        registry.chosen(RECIPE, a_checkpoint(tmp_path, architecture))
    problem = raised.value
    assert (problem.code, problem.found) == ("no-task", architecture)
    assert ("text-embedding" in str(problem.mend)) == (kind == "causal")
    assert kind in problem.what
    assert all(name in str(problem.expected) for name in registry.names())


def test_the_jvm_keeps_models_of_each_task_in_the_same_place() -> None:
    """Java's table of applications, as its source has it, is what the tasks here say."""
    source = Path(__file__).parents[3] / "jvm-bridge/core/src/main/java/org/djlift/internal/tasks"
    text = (source / "Applications.java").read_text()
    table = re.search(r"BY_TASK = Map\.of\((.*?)\);", text, re.DOTALL)
    assert table is not None
    java = dict(re.findall(r'"([^"]+)",\s*"([^"]+)"', table[1]))
    assert java == {name: registry.of(name).application for name in registry.names()}
