"""Documents of thousands of tokens, cut and in overlapping windows: the JVM against transformers' pipeline.

The pipeline is called as a user calls it, once for each stride and strategy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Entity
from djlift.checkpoints.loading import Loaded, quiet
from djlift.errors import JvmError
from djlift.jvm.process import Classifier
from djlift.parity.diagnosis import parse
from djlift.tasks.token_classification.reference import _forward, entities, pipeline
from djlift.texts.text import Text
from tools.architectures.rows import Compared

TOKENS = 3000
"""Least tokens of a document, by the pair's own tokenizer, special tokens not counted."""

DECIDED = 2e-5
"""Twice what rounding moves a logit (the table's largest difference is about 1e-5)."""

Expected = dict[str, tuple[Entity, ...] | None]
"""By strategy; None where the pipeline refuses the call."""


def tokens(loaded: Loaded, text: str) -> int:
    """Tokens of the whole text, special tokens not counted."""
    with quiet():
        ids = loaded.tokenizer(text, add_special_tokens=False, truncation=False)["input_ids"]
    return len(ids)


def decided(loaded: Loaded, text: str, stride: int | None) -> bool:
    """Whether the reference decides every token by more than rounding.

    Among tens of thousands of tokens a model with random weights gives two labels logits that are equal to
    the sixth digit; which of them wins then hangs on the order in which a machine adds.
    """
    with quiet():
        windows = _forward(pipeline(loaded), text, stride)
    return all(clear(window["logits"][0].numpy()) for window in windows)


def clear(logits: NDArray[np.float32]) -> bool:
    """Whether the largest logit of every token leads by more than rounding.

    Args:
        logits: Shape (tokens, labels).
    """
    second, first = np.sort(logits, axis=1)[:, -2:].T
    return bool((first - second).min() > DECIDED)


def expected(loaded: Loaded, text: str, strategies: Sequence[str], stride: int | None) -> Expected:
    """What the pipeline gives, by strategy."""
    with quiet():
        pipe = pipeline(loaded)
        return {
            strategy: _called(pipe, text, strategy, stride, _refusable(loaded, strategy, stride))
            for strategy in strategies
        }


def _refusable(loaded: Loaded, strategy: str, stride: int | None) -> bool:
    """Single tokens of overlapping windows cannot be told apart, and a stride needs room."""
    no_room = loaded.max_length is None or (stride or 0) >= loaded.max_length
    return stride is not None and (strategy == "none" or no_room)


def _called(
    pipe: Any, text: str, strategy: str, stride: int | None, refusable: bool
) -> tuple[Entity, ...] | None:
    options = {} if stride is None else {"stride": stride}
    try:
        return entities(pipe(text, aggregation_strategy=strategy, **options))
    except ValueError as refused:
        if not refusable or "stride" not in str(refused):
            raise
        return None


def compared(
    loaded: Loaded,
    classifier: Classifier,
    documents: Sequence[Text],
    strategies: Sequence[str],
    stride: int | None,
) -> Iterator[Compared]:
    """Each document with each strategy, on both sides.

    Args:
        stride: Overlap in tokens; None cuts at the model's limit.
    """
    sides = [expected(loaded, document.text, strategies, stride) for document in documents]
    for strategy in strategies:
        asked = [d.text for d in documents]
        refusable = _refusable(loaded, strategy, stride)
        found = _found(classifier, asked, strategy, stride, refusable)
        for document, side, own in zip(documents, sides, found, strict=True):
            what = f"{document.id}, {strategy}, limit {loaded.max_length}"
            yield Compared(what, side[strategy], own)


def _found(
    classifier: Classifier, texts: Sequence[str], strategy: str, stride: int | None, refusable: bool
) -> Sequence[list[Entity] | None]:
    try:
        return [parse(line) for line in classifier.classify(texts, strategy, stride)]
    except JvmError as refused:
        if not refusable or "stride" not in str(refused):
            raise
        return [None] * len(texts)
