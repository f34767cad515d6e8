"""SPLADE models of sentence-transformers, saved by it: both poolings, both activations, a prompt."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints.task_writer import write as write_base

_RARE = 2.5
"""By how much logits are lowered, so that few tokens have a weight."""


def write(
    folder: Path,
    architecture: str,
    vocabulary: str,
    *,
    pooling: str = "max",
    activation: str = "relu",
    limit: int | None = 64,
    most: int | None = None,
    **more: Any,
) -> None:
    """Write a checkpoint.

    Args:
        limit: max_seq_length.
        most: max_active_dims.
        more: Of ``SparseEncoder``: prompts.
    """
    import torch
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    base = folder.with_name(f"{folder.name}-base")
    write_base(base, "AutoModelForMaskedLM", architecture, vocabulary=vocabulary, gain=1.0)
    with quiet():
        first = Transformer(str(base), transformer_task="fill-mask", max_seq_length=limit)
        with torch.no_grad():
            # The output embeddings are tied: their bias alone can be moved.
            head = first.model.get_output_embeddings()
            spread = first.model(torch.tensor([[5, 6, 7, 8]])).logits.std()
            head.bias.sub_(_RARE * spread)
        model = SparseEncoder(
            modules=[first, SpladePooling(pooling, activation)],
            device="cpu",
            max_active_dims=most,
            **more,
        )
        model.save_pretrained(str(folder), create_model_card=False)


MODELS = {
    "BERT": partial(write, architecture="BERT", vocabulary="WordPiece, uncased"),
    "RoBERTa": partial(
        write, architecture="RoBERTa", vocabulary="byte-level BPE", pooling="sum", limit=None
    ),
    "DistilBERT": partial(
        write,
        architecture="DistilBERT",
        vocabulary="WordPiece, cased",
        activation="log1p_relu",
        prompts={"query": "query: "},
        default_prompt_name="query",
    ),
    "XLM-R": partial(write, architecture="XLM-R", vocabulary="Unigram, XLM-R", most=20),
}
