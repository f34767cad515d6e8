"""Texts one at a time, 64 at a time and shuffled: a text's entities must not hang on its company."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Entity
from djlift.jvm.process import Classifier
from djlift.parity.diagnosis import parse
from djlift.texts.text import Text
from tools.architectures.rows import Compared

SIZE = 64
"""Texts in a batch."""


def compared(
    classifier: Classifier, texts: Sequence[Text], strategies: Sequence[str], seed: int
) -> Iterator[Compared]:
    """A call for each text against other ways to ask.

    ``classify`` of 64 texts sorts them by length and runs them within its budget of tokens; ``trace`` runs 64
    rows at once, in the order given, padded to the longest.
    """
    shuffled = random.Random(seed).sample(texts, len(texts))
    rows = {
        "one run of 64": _runs(classifier, texts),
        "one run of 64, shuffled": _runs(classifier, shuffled),
    }
    for strategy in strategies:
        alone = {t.id: _classified(classifier, [t], strategy)[t.id] for t in texts}
        ways = {
            "a call of 64": _calls(classifier, texts, strategy),
            "a call of 64, shuffled": _calls(classifier, shuffled, strategy),
        }
        for way, windows in rows.items():
            lines = classifier.decode(
                [t.text for t in texts], [windows[t.id] for t in texts], strategy
            )
            ways[way] = {t.id: parse(line) for t, line in zip(texts, lines, strict=True)}
        for way, found in ways.items():
            for text in texts:
                yield Compared(f"{way}, {strategy}, {text.id}", alone[text.id], found[text.id])


def _calls(classifier: Classifier, texts: Sequence[Text], strategy: str) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for at in range(0, len(texts), SIZE):
        found |= _classified(classifier, texts[at : at + SIZE], strategy)
    return found


def _classified(
    classifier: Classifier, texts: Sequence[Text], strategy: str
) -> dict[str, list[Entity]]:
    lines = classifier.classify([t.text for t in texts], strategy)
    return {t.id: parse(line) for t, line in zip(texts, lines, strict=True)}


def _runs(classifier: Classifier, texts: Sequence[Text]) -> dict[str, list[NDArray[np.float32]]]:
    traced = classifier.trace([t.text for t in texts], None, SIZE, 0)
    return {t.id: [w.logits for w in windows] for t, windows in zip(texts, traced, strict=True)}
