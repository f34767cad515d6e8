"""The reference: what transformers' own pipeline makes of the texts, in fp32 on PyTorch.

Nothing is reimplemented here. Texts go through the pipeline's own ``preprocess``, ``forward`` and
``postprocess``; the forward pass is run once and post-processed for each strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from djlift.archive.golden import Case, Entity, Golden, PaddedBatch
from djlift.archive.windows import PLAIN, Window
from djlift.checkpoints.loading import Loaded, quiet
from djlift.tasks.frame.steps import piped
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.texts.text import Text

STRIDE = 32
"""Overlap in tokens with which long texts are recorded; less for a model with a short limit."""

_PADDED_ROWS = 6
# Long documents cost most of the time: every third text that is cut is recorded with windows too.
_STRIDED = 3


def record(
    loaded: Loaded, texts: Sequence[Text], advance: Callable[[], None] = lambda: None
) -> Golden:
    """Run the reference over the texts.

    Args:
        loaded: The model, fp32, on the CPU.
        texts: What to record; ids must be unique.
        advance: Called once for each text done.
    """
    with quiet():
        pipe = pipeline(loaded)
        cases = []
        cut = 0
        for text in texts:
            case = _case(pipe, loaded, text)
            if _is_cut(case, loaded):
                if cut % _STRIDED == 0:
                    case = _with_windows(pipe, loaded, case)
                cut += 1
            cases.append(case)
            advance()
        return Golden(tuple(cases), _padded(loaded.tokenizer, cases))


def pipeline(loaded: Loaded) -> Any:
    """The transformers pipeline over a loaded model."""
    from transformers import TokenClassificationPipeline

    return piped(TokenClassificationPipeline, loaded)


def entities(answers: Iterable[dict[str, Any]]) -> tuple[Entity, ...]:
    """The pipeline's dictionaries as values."""
    return tuple(
        Entity(
            label=answer["entity_group"] if "entity_group" in answer else answer["entity"],
            score=float(answer["score"]),
            word=answer["word"],
            start=int(answer["start"]),
            end=int(answer["end"]),
            index=int(answer["index"]) if "index" in answer else None,
        )
        for answer in answers
    )


def _case(pipe: Any, loaded: Loaded, text: Text) -> Case:
    plain = _forward(pipe, text.text, None)
    windows = {PLAIN: tuple(_window(chunk) for chunk in plain)}
    outputs = {s: _decoded(pipe, plain, s) for s in STRATEGIES}
    return Case(text.id, text.group, text.text, windows, outputs)


def _is_cut(case: Case, loaded: Loaded) -> bool:
    return len(case.windows[PLAIN][0].ids) == loaded.max_length


def _with_windows(pipe: Any, loaded: Loaded, case: Case) -> Case:
    """The case, recorded a second time with overlapping windows over the whole text."""
    stride = _stride(loaded)
    if stride is None:
        return case
    chunks = _forward(pipe, case.text, stride)
    key = str(stride)
    return replace(
        case,
        windows={**case.windows, key: tuple(_window(chunk) for chunk in chunks)},
        strides={key: {s: _decoded(pipe, chunks, s) for s in STRATEGIES if s != "none"}},
    )


def _stride(loaded: Loaded) -> int | None:
    if loaded.max_length is None:
        return None
    room = loaded.max_length - int(loaded.tokenizer.num_special_tokens_to_add())
    stride = min(STRIDE, room // 4)
    return stride if stride > 0 else None


def _forward(pipe: Any, text: str, stride: int | None) -> list[dict[str, Any]]:
    before, _, _ = pipe._sanitize_parameters(stride=stride)
    chunks = []
    for chunk in pipe.preprocess(text, **before):
        if chunk["input_ids"].shape[-1] == 0:
            # A tokenizer without special tokens makes nothing of an empty text; there is nothing to run.
            chunks.append(_nothing(pipe, chunk))
        else:
            chunks.append(pipe.forward(chunk))
    return chunks


def _nothing(pipe: Any, chunk: dict[str, Any]) -> dict[str, Any]:
    import torch

    return {**chunk, "logits": torch.zeros(1, 0, pipe.model.config.num_labels)}


def _decoded(pipe: Any, chunks: list[dict[str, Any]], strategy: str) -> tuple[Entity, ...]:
    if all(chunk["input_ids"].shape[-1] == 0 for chunk in chunks):
        return ()
    _, _, after = pipe._sanitize_parameters(aggregation_strategy=strategy)
    return entities(pipe.postprocess(chunks, **after))


def _window(chunk: dict[str, Any]) -> Window:
    ids = chunk["input_ids"][0].numpy()
    mask = chunk["attention_mask"][0].numpy() if "attention_mask" in chunk else np.ones_like(ids)
    real = mask.astype(bool)
    types = chunk["token_type_ids"][0].numpy() if "token_type_ids" in chunk else np.zeros_like(ids)
    return Window(
        ids=ids[real],
        type_ids=types[real],
        special=chunk["special_tokens_mask"][0].numpy()[real],
        offsets=chunk["offset_mapping"][0].numpy().reshape(-1, 2)[real],
        logits=chunk["logits"][0].float().numpy()[real],
    )


def _padded(tokenizer: Any, cases: Sequence[Case]) -> PaddedBatch:
    """The shortest, the longest and some between, padded as the tokenizer pads a batch."""
    usable = sorted((c for c in cases if len(c.windows[PLAIN][0].ids)), key=lambda c: len(c.text))
    if tokenizer.pad_token_id is None or not usable:
        return PaddedBatch((), {})
    step = max(1, len(usable) // _PADDED_ROWS)
    chosen = [c for c in usable[::step] if len(c.windows[PLAIN][0].ids) <= 64][:_PADDED_ROWS]
    if not chosen:
        return PaddedBatch((), {})
    batch = tokenizer(
        [c.text for c in chosen],
        padding=True,
        truncation=bool(tokenizer.model_max_length < 10**9),
        return_attention_mask=True,
    )
    names = ("input_ids", "attention_mask", "token_type_ids")
    return PaddedBatch(
        tuple(c.id for c in chosen),
        {n: tuple(tuple(int(i) for i in row) for row in batch[n]) for n in names if n in batch},
    )
