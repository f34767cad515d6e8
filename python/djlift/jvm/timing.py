"""The JVM's sides of ``djlift bench``, and its matrix products; times are taken in Java."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.jvm import names
from djlift.jvm.bridge import java_class, speaking
from djlift.jvm.model import Classifier
from djlift.jvm.strings import java_string, java_strings, python_strings

Numbers = NDArray[np.int32]
"""Which texts, by their numbers."""


class JavaSide:
    """A model that stays loaded, and texts that are run over and over on it."""

    def __init__(self, java: Any, what: str) -> None:
        self._java = java
        self._what = what

    def run(self, which: Numbers, batch: int) -> float:
        """Classify many texts; seconds."""
        with speaking(self._what):
            return int(self._java.run(which, batch)) / 1e9

    def alone(self, which: Numbers) -> list[float]:
        """Classify texts one at a time; seconds of each."""
        with speaking(self._what):
            return [nanos / 1e9 for nanos in np.asarray(self._java.alone(which)).tolist()]

    def answers(self) -> list[str]:
        """What the last :meth:`run` found: a JSON line a text."""
        with speaking(self._what):
            return python_strings(self._java.answers())

    def close(self) -> None:
        """Free what it holds."""
        with speaking(self._what):
            self._java.close()


@dataclass(frozen=True)
class Done:
    """What a classifier has done so far, or between two looks.

    Attributes:
        tokens: Tokens that the model ran over; ``padded`` counts the padding, too.
        tokenize: Seconds, as those below, over all threads.
        wait: Time in which a caller waited for the tokenizer.
        run: Time in the model.
        decode: Time in which logits became entities.
    """

    texts: int
    runs: int
    tokens: int
    padded: int
    tokenize: float
    wait: float
    run: float
    decode: float

    def __sub__(self, earlier: Done) -> Done:
        return Done(
            self.texts - earlier.texts,
            self.runs - earlier.runs,
            self.tokens - earlier.tokens,
            self.padded - earlier.padded,
            self.tokenize - earlier.tokenize,
            self.wait - earlier.wait,
            self.run - earlier.run,
            self.decode - earlier.decode,
        )


class DjliftSide(JavaSide):
    """djlift's own side; the classifier stays its owner's."""

    def __init__(self, classifier: Classifier, strategy: str, texts: Sequence[str]) -> None:
        self._classifier = classifier.java
        what = "djlift cannot run the texts"
        with speaking(what):
            bench = java_class(names.BENCH)
            parameters = java_string(json.dumps({"aggregation_strategy": strategy}))
            super().__init__(bench.ofTexts(self._classifier, java_strings(texts), parameters), what)

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text as the model takes it."""
        with speaking(self._what):
            return np.asarray(self._java.lengths(), dtype=np.int64)

    def done(self) -> Done:
        """What the classifier has done so far."""
        with speaking(self._what):
            sums = self._classifier.stageTimes()
            return Done(
                int(sums.texts()),
                int(sums.runs()),
                int(sums.tokens()),
                int(sums.paddedTokens()),
                int(sums.tokenizeNanos()) / 1e9,
                int(sums.waitNanos()) / 1e9,
                int(sums.runNanos()) / 1e9,
                int(sums.decodeNanos()) / 1e9,
            )


def stock(folder: Path, strategy: str, device: str, threads: int, texts: Sequence[str]) -> JavaSide:
    """Plain DJL on an unpacked archive.

    Args:
        device: As DJL names it: ``cpu``, ``gpu0``.

    Raises:
        JvmError: It cannot load the archive.
    """
    with speaking("plain DJL cannot load the archive", folder):
        door = java_class(names.PLAIN_DJL_BENCH)
        path = java_class("java.nio.file.Path").of(java_string(str(folder.absolute())))
        java = door(path, strategy, device, threads, java_strings(texts))
        return JavaSide(java, "plain DJL cannot run the texts")


@contextlib.contextmanager
def product(model: bytes, rows: int, inner: int, threads: int) -> Iterator[Any]:
    """A matrix product in ONNX Runtime, given as a graph with one input of rows x inner.

    Yields:
        A function from how often to the seconds of each.
    """
    what = "ONNX Runtime cannot multiply matrices"
    with speaking(what):
        java = java_class(names.MATMUL)(model, rows, inner, threads)

    def run(times: int) -> list[float]:
        with speaking(what):
            return [nanos / 1e9 for nanos in np.asarray(java.run(times)).tolist()]

    try:
        yield run
    finally:
        with speaking(what):
            java.close()
