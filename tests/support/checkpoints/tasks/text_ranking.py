"""Checkpoints for text ranking, as sentence-transformers saves cross-encoders: one score, and several."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints.task_writer import write

_AUTO = "AutoModelForSequenceClassification"


def saved(folder: Path, *, prompt: str | None = None, identity: bool = False, **model: Any) -> None:
    """Write a cross-encoder.

    Args:
        prompt: What stands before each query.
        identity: Whether its scores are the logits.
        model: Of :func:`~tests.support.checkpoints.task_writer.write`.
    """
    import torch
    from sentence_transformers import CrossEncoder

    with tempfile.TemporaryDirectory() as name, quiet():
        write(Path(name), _AUTO, **model)
        encoder = CrossEncoder(
            name,
            device="cpu",
            activation_fn=torch.nn.Identity() if identity else None,
            prompts={"query": prompt} if prompt else None,
            local_files_only=True,
        )
        encoder.default_prompt_name = "query" if prompt else None
        # A card would be made of what the hub says of the folder's name.
        encoder.save_pretrained(str(folder), create_model_card=False)


_ONE = {"num_labels": 1}
_THREE = {"num_labels": 3}

MODELS = {
    "BERT": partial(saved, architecture="BERT", vocabulary="WordPiece, uncased", settings=_ONE),
    "RoBERTa": partial(
        saved, architecture="RoBERTa", vocabulary="byte-level BPE", settings=_ONE, identity=True
    ),
    "XLM-R": partial(
        saved,
        architecture="XLM-R",
        vocabulary="Unigram, XLM-R",
        settings=_ONE,
        prompt="query: ",
    ),
    "DistilBERT": partial(
        saved, architecture="DistilBERT", vocabulary="WordPiece, cased", settings=_THREE
    ),
    "ELECTRA": partial(saved, architecture="ELECTRA", vocabulary="WordPiece, cased", settings=_ONE),
    "MPNet": partial(
        saved, architecture="MPNet", vocabulary="WordPiece, MPNet", settings=_ONE, identity=True
    ),
}
