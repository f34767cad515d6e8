"""Small random checkpoints for every task, written as ``save_pretrained`` writes a user's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints import architectures
from tests.support.checkpoints.vocabularies import VOCABULARIES

_BART = {
    "d_model": 48,
    **{f"{side}_layers": 2 for side in ("encoder", "decoder")},
    **{f"{side}_attention_heads": 4 for side in ("encoder", "decoder")},
    **{f"{side}_ffn_dim": 96 for side in ("encoder", "decoder")},
    "init_std": 0.15,
    "decoder_start_token_id": 2,
}
WITH_A_DECODER = {"BART": architectures.Architecture("bart", (), _BART)}
"""Architectures of the tasks for whole texts alone."""

VOCABULARY_OF = {
    "BERT": "WordPiece",
    "RoBERTa": "byte BPE",
    "XLM-R": "Unigram",
    "DistilBERT": "WordPiece",
    "ELECTRA": "WordPiece",
    "MPNet": "WordPiece",
}
"""Vocabularies that go with the architectures: see :mod:`tests.support.checkpoints.vocabularies`."""


def write(
    folder: Path,
    auto: str,
    architecture: str,
    *,
    vocabulary: str,
    settings: Mapping[str, Any] | None = None,
    seed: int = 3,
    gain: float = 4.0,
) -> None:
    """Write a checkpoint.

    Args:
        auto: The class of transformers with the head: ``AutoModelForSequenceClassification``.
        settings: More of the configuration: ``num_labels``, ``problem_type``.
        gain: What the last layer is scaled by, so that decisions are clear.
    """
    import torch
    import transformers

    with quiet():
        tokenizer = VOCABULARIES[vocabulary].make()
        torch.manual_seed(seed)
        kinds = {**architectures.ARCHITECTURES, **WITH_A_DECODER}
        config = architectures._config(
            kinds[architecture], tokenizer, architectures.POSITIONS, 1, 2
        )
        for name in ("id2label", "label2id"):
            config.__dict__.pop(name, None)
        config.num_labels = 2
        for key, value in (settings or {}).items():
            setattr(config, key, value)
        model = getattr(transformers, auto).from_config(config).eval()
        with torch.no_grad():
            last = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
            last.weight.mul_(gain)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
