"""Checkpoints for text classification: a label, several labels, a number."""

from __future__ import annotations

from functools import partial

from tests.support.checkpoints.task_writer import write

_AUTO = "AutoModelForSequenceClassification"
_LABELS = {"id2label": {0: "negative", 1: "neutral", 2: "positive"}}

MODELS = {
    "BERT": partial(
        write, auto=_AUTO, architecture="BERT", vocabulary="WordPiece, uncased", settings=_LABELS
    ),
    "RoBERTa": partial(
        write,
        auto=_AUTO,
        architecture="RoBERTa",
        vocabulary="byte-level BPE",
        settings={"num_labels": 5, "problem_type": "multi_label_classification"},
    ),
    "XLM-R": partial(
        write,
        auto=_AUTO,
        architecture="XLM-R",
        vocabulary="Unigram, XLM-R",
        settings={"num_labels": 1, "problem_type": "regression"},
    ),
    "DistilBERT": partial(
        write,
        auto=_AUTO,
        architecture="DistilBERT",
        vocabulary="WordPiece, cased",
        settings=_LABELS,
    ),
    "ELECTRA": partial(
        write, auto=_AUTO, architecture="ELECTRA", vocabulary="WordPiece, cased", settings=_LABELS
    ),
    "MPNet": partial(
        write, auto=_AUTO, architecture="MPNet", vocabulary="WordPiece, MPNet", settings=_LABELS
    ),
    "BART": partial(
        write,
        auto=_AUTO,
        architecture="BART",
        vocabulary="byte-level BPE",
        settings=_LABELS,
    ),
}
