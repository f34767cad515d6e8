"""Checkpoints for question answering."""

from __future__ import annotations

from functools import partial

from tests.support.checkpoints.task_writer import write

_AUTO = "AutoModelForQuestionAnswering"
_VOCABULARIES = {
    "BERT": "WordPiece, uncased",
    "RoBERTa": "byte-level BPE",
    "XLM-R": "Unigram, XLM-R",
    "DistilBERT": "WordPiece, cased",
    "ELECTRA": "WordPiece, padded and cut on the left",
    "MPNet": "WordPiece, MPNet",
}

MODELS = {
    architecture: partial(
        write, auto=_AUTO, architecture=architecture, vocabulary=vocabulary, gain=6.0
    )
    for architecture, vocabulary in _VOCABULARIES.items()
}
