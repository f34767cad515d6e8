"""The reference stays where its model is: by itself, a pipeline of transformers takes the machine's GPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from djlift.tasks import registry
from djlift.tasks.token_classification import reference


def _on(device: str, auto: str) -> Any:
    import torch
    import transformers

    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2
    )
    config.label2id = {"contradiction": 0, "entailment": 1}
    with torch.device(device):
        model = getattr(transformers, auto).from_config(config)
    vocabulary = {
        token: i for i, token in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))
    }
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    return SimpleNamespace(model=model, tokenizer=tokenizer)


def test_token_classification() -> None:
    """A model on a device without data could not be moved: PyTorch would refuse."""
    loaded = _on("meta", "AutoModelForTokenClassification")
    assert reference.pipeline(loaded).device.type == "meta"


@pytest.mark.parametrize(
    ("task", "auto"),
    [
        ("text-classification", "AutoModelForSequenceClassification"),
        ("zero-shot-classification", "AutoModelForSequenceClassification"),
        ("fill-mask", "AutoModelForMaskedLM"),
    ],
)
def test_general_tasks(task: str, auto: str) -> None:
    """Those whose reference is a pipeline."""
    beside: Any = registry.of(task).reference(_on("meta", auto), None)  # type: ignore[attr-defined]
    pipe = getattr(beside, "pipe", beside)
    assert pipe.device.type == "meta"
