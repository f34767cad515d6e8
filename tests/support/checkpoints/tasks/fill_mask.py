"""Checkpoints for fill-mask."""

from __future__ import annotations

from functools import partial

from tests.support.checkpoints.task_writer import write

_AUTO = "AutoModelForMaskedLM"
_VOCABULARIES = {
    "BERT": "WordPiece, uncased",
    "RoBERTa": "byte-level BPE",
    "XLM-R": "Unigram, XLM-R",
    "DistilBERT": "WordPiece, added tokens",
    "ELECTRA": "WordPiece, padded and cut on the left",
    "MPNet": "WordPiece, MPNet",
}

MODELS = {
    architecture: partial(write, auto=_AUTO, architecture=architecture, vocabulary=vocabulary)
    for architecture, vocabulary in _VOCABULARIES.items()
}
