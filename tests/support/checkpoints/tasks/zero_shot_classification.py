"""Checkpoints for zero-shot classification: models of entailment, its label in every place."""

from __future__ import annotations

from functools import partial

from tests.support.checkpoints.task_writer import write

_AUTO = "AutoModelForSequenceClassification"
GAIN = 12.0
"""Labels that differ in one word of a sentence give scores that are hardly apart, in a random model."""


def _labels(*names: str) -> dict[str, dict[object, object]]:
    by_id: dict[object, object] = dict(enumerate(names))
    return {"id2label": by_id, "label2id": {name: i for i, name in by_id.items()}}


_LAST = _labels("contradiction", "neutral", "entailment")
_FIRST = _labels("ENTAILMENT", "NEUTRAL", "CONTRADICTION")
_TWO = _labels("not_entailment", "entailment")

MODELS = {
    "BERT": partial(
        write,
        auto=_AUTO,
        architecture="BERT",
        vocabulary="WordPiece, uncased",
        settings=_LAST,
        gain=GAIN,
    ),
    "RoBERTa": partial(
        write,
        auto=_AUTO,
        architecture="RoBERTa",
        vocabulary="byte-level BPE",
        settings=_LAST,
        gain=GAIN,
    ),
    "XLM-R": partial(
        write,
        auto=_AUTO,
        architecture="XLM-R",
        vocabulary="Unigram, XLM-R",
        settings=_FIRST,
        gain=GAIN,
    ),
    "DistilBERT": partial(
        write,
        auto=_AUTO,
        architecture="DistilBERT",
        vocabulary="WordPiece, cased",
        settings=_TWO,
        gain=GAIN,
    ),
    "ELECTRA": partial(
        write,
        auto=_AUTO,
        architecture="ELECTRA",
        vocabulary="WordPiece, cased",
        settings=_FIRST,
        gain=GAIN,
    ),
    "MPNet": partial(
        write,
        auto=_AUTO,
        architecture="MPNet",
        vocabulary="WordPiece, MPNet",
        settings=_LAST,
        gain=GAIN,
    ),
    "BART": partial(
        write,
        auto=_AUTO,
        architecture="BART",
        vocabulary="byte-level BPE",
        settings=_LAST,
        gain=GAIN,
    ),
}
