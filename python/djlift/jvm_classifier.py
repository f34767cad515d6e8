"""A loaded archive on the JVM, and the doors of the bridge that lead to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift import jvm_errors, jvm_signals
from djlift.jvm_strings import java_strings, python_strings
from djlift.trace import Window, windows


class Classifier:
    """A loaded archive on the JVM; close it, or use it in a ``with`` block.

    Every method raises :class:`JvmError` when Java does, and after :meth:`close`.
    """

    def __init__(self, java: Any, archive: Path) -> None:
        self._java = java
        self._archive = archive

    def __enter__(self) -> Classifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def java(self) -> Any:
        """The Java object, for the bridge's other doors."""
        return self._java

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels by index."""
        with self._calling():
            return tuple(str(label) for label in self._java.labels())

    @property
    def max_length(self) -> int:
        """Tokens of the longest window, special tokens included."""
        with self._calling():
            return int(self._java.maxLength())

    def classify(self, texts: Sequence[str], strategy: str, stride: int | None = None) -> list[str]:
        """Find entities: a JSON line per text, in order, as ``djlift predict`` prints it.

        Args:
            strategy: ``none``, ``simple``, ``first``, ``average`` or ``max``.
            stride: Overlap in tokens of the windows over a long text; None cuts at the model's
                limit.
        """
        with self._calling():
            found = harness().classifyJson(
                self._java, java_strings(texts), strategy, _stride(stride)
            )
            return python_strings(found)

    def decode(
        self,
        texts: Sequence[str],
        logits: Sequence[Sequence[NDArray[np.float32]]],
        strategy: str,
        stride: int | None = None,
    ) -> list[str]:
        """Decode logits that were computed elsewhere; the model does not run.

        Args:
            logits: float32, shape (tokens, labels), for each window of each text.

        Returns:
            JSON lines as :meth:`classify` gives them.
        """
        flat = [np.ravel(window) for of_text in logits for window in of_text]
        joined = np.concatenate(flat) if flat else np.empty(0)
        with self._calling():
            found = harness().decodeJson(
                self._java,
                java_strings(texts),
                strategy,
                _stride(stride),
                np.ascontiguousarray(joined, dtype=np.float32),
            )
            return python_strings(found)

    def trace(
        self, texts: Sequence[str], stride: int | None, batch_size: int, pad_to: int
    ) -> list[list[Window]]:
        """Run texts exactly in the order given and tell everything about each window.

        Args:
            stride: As in :meth:`classify`.
            batch_size: Windows per run of the model.
            pad_to: Tokens that every run is padded to at least, clamped to :attr:`max_length`.

        Returns:
            The windows of each text: one without stride, at least one with it.
        """
        with self._calling():
            traces = self._java.trace(
                java_class("java.util.Arrays").asList(java_strings(texts)),
                _stride(stride),
                batch_size,
                pad_to,
            )
            flat = harness().flatten(traces)
            return windows(flat, len(self._java.labels()))

    def classify_traced(
        self, texts: Sequence[str], strategy: str, stride: int | None = None
    ) -> tuple[list[str], list[list[Window]]]:
        """Find entities as :meth:`classify` does, and tell everything about the runs that this took.

        Returns:
            A JSON line per text, and the windows of each text.
        """
        import jpype

        with self._calling():
            lines = jpype.JArray(jpype.JString)(len(texts))
            flat = harness().classifyTraced(
                self._java, java_strings(texts), strategy, _stride(stride), lines
            )
            return python_strings(lines), windows(flat, len(self._java.labels()))

    def encode(self, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Tokenize texts into one padded batch, as it is fed to the model.

        Returns:
            int64 arrays of shape (texts, tokens), by the graph's own input names.
        """
        with self._calling():
            batch = self._java.encode(java_class("java.util.Arrays").asList(java_strings(texts)))
            rows = {
                "input_ids": batch.inputIds(),
                "attention_mask": batch.attentionMask(),
                "token_type_ids": batch.typeIds(),
            }
            shape = (len(texts), -1 if texts else 0)
            return {
                name: np.array(rows[name], dtype=np.int64).reshape(shape)
                for name in (str(n) for n in batch.names())
            }

    def close(self) -> None:
        """Free the model; a second call does nothing."""
        with self._calling():
            self._java.close()

    def _calling(self) -> contextlib.AbstractContextManager[None]:
        return speaking("the JVM could not finish", self._archive)


def _stride(stride: int | None) -> int:
    """The bridge says -1 for "no windows"; 0 is windows without overlap."""
    return -1 if stride is None else stride


def java_class(name: str) -> Any:
    """A Java class by its full name."""
    import jpype

    return jpype.JClass(name)


def harness() -> Any:
    """The bridge's door for Python."""
    return java_class("org.djlift.internal.Harness")


@contextlib.contextmanager
def speaking(what: str, file: Path | None = None) -> Iterator[None]:
    """Turn what Java throws into djlift's errors."""
    import jpype

    jvm_signals.disable_faulthandler()
    try:
        yield
    except jpype.JException as thrown:
        raise jvm_errors.translated(what, file, thrown) from None
