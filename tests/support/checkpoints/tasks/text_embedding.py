"""Models of sentence-transformers, saved by it: every pooling, dense layers, prompts, a limit of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from djlift.checkpoints.loading import quiet
from tests.support.checkpoints.task_writer import write as write_base

HIDDEN = 48
"""Numbers of a token of the small models."""


def write(
    folder: Path,
    architecture: str,
    vocabulary: str,
    *,
    pooling: str | Sequence[str] = "mean",
    include_prompt: bool = True,
    then: Sequence[Any] = ("normalize",),
    prompts: Mapping[str, str] | None = None,
    default_prompt_name: str | None = None,
    limit: int | None = 64,
    lower: bool = False,
    seed: int = 5,
) -> None:
    """Write a checkpoint.

    Args:
        then: What follows the pooling: ``normalize``, or (numbers, activation of ``torch.nn``, bias).
        limit: max_seq_length.
        lower: do_lower_case.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    base = folder.with_name(f"{folder.name}-base")
    write_base(base, "AutoModel", architecture, vocabulary=vocabulary)
    torch.manual_seed(seed)
    with quiet():
        first = Transformer(str(base), max_seq_length=limit, do_lower_case=lower)
        width = first.get_embedding_dimension()
        modules: list[Any] = [first, Pooling(width, pooling, include_prompt=include_prompt)]
        width = modules[1].get_embedding_dimension()
        for step in then:
            if step == "normalize":
                modules.append(Normalize())
                continue
            size, activation, bias = step
            function = getattr(torch.nn, activation)()
            modules.append(Dense(width, size, bias=bias, activation_function=function))
            width = size
        model = SentenceTransformer(
            modules=modules,
            device="cpu",
            prompts=dict(prompts or {}),
            default_prompt_name=default_prompt_name,
        )
        model.save_pretrained(str(folder), create_model_card=False)
    if lower:
        # As versions before 6 saved it: 6 does not, and transformers drops what it wrote into tokenizer.json.
        file = folder / "sentence_bert_config.json"
        settings = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**settings, "do_lower_case": True}), encoding="utf-8")


_QUERY = {"query": "query: ", "passage": "passage: "}

MODELS = {
    "BERT": partial(write, architecture="BERT", vocabulary="WordPiece, uncased"),
    "RoBERTa": partial(
        write,
        architecture="RoBERTa",
        vocabulary="byte-level BPE",
        pooling="cls",
        then=((32, "Tanh", True), "normalize"),
        limit=None,
    ),
    "XLM-R": partial(
        write,
        architecture="XLM-R",
        vocabulary="Unigram, XLM-R",
        then=("normalize",),
        prompts=_QUERY,
        default_prompt_name="query",
    ),
    "DistilBERT": partial(
        write,
        architecture="DistilBERT",
        vocabulary="WordPiece, cased",
        pooling=("mean", "max"),
        then=("normalize", (40, "Identity", False)),
        lower=True,
        limit=48,
    ),
    "ELECTRA": partial(
        write,
        architecture="ELECTRA",
        vocabulary="WordPiece, cased",
        pooling="mean_sqrt_len_tokens",
        then=((64, "GELU", True), (24, "ReLU", True)),
    ),
    "MPNet": partial(
        write,
        architecture="MPNet",
        vocabulary="WordPiece, MPNet",
        pooling=("weightedmean", "lasttoken"),
        include_prompt=False,
        then=("normalize",),
        prompts={"Instruct": "Represent the sentence for search: "},
    ),
}
