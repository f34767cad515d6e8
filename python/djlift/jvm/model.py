"""A loaded archive on the JVM, by the public classes that pipelines use."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from djlift.jvm import names
from djlift.jvm.bridge import harness, java_class, speaking
from djlift.jvm.strings import java_string, java_strings, python_strings
from djlift.jvm.windows import Window, windows

Json = Mapping[str, Any]


class _Loaded:
    """A loaded archive; close it, or use it in a ``with`` block.

    Every method raises :class:`JvmError` when Java does, and after :meth:`close`.
    """

    def __init__(self, java: Any, archive: Path) -> None:
        self._java = java
        self._archive = archive

    def __enter__(self) -> Self:
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
        """The Java object."""
        return self._java

    @property
    def max_length(self) -> int:
        """Tokens of the longest window, special tokens included."""
        with self._calling():
            return int(self._java.maxLength())

    def close(self) -> None:
        """Free the model; a second call does nothing."""
        with self._calling():
            self._java.close()

    def _calling(self) -> contextlib.AbstractContextManager[None]:
        return speaking("the JVM could not finish", self._archive)


class Classifier(_Loaded):
    """A loaded archive of token classification."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels by index."""
        with self._calling():
            return tuple(str(label) for label in self._java.labels())

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
        with self._calling():
            found = harness().decodeJson(
                self._java,
                java_strings(texts),
                strategy,
                _stride(stride),
                _joined(logits),
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
            flat = harness().trace(
                self._java, java_strings(texts), _stride(stride), batch_size, pad_to
            )
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
            batch = harness().encode(self._java, java_strings(texts))
            return _padded(batch, len(texts))


class Model(_Loaded):
    """A loaded archive of a general task: JSON in, JSON out.

    Inputs, outputs and parameters are those of ``djlift predict`` (``docs/tasks.md``).
    """

    def run_lines(self, inputs: Sequence[str], parameters: Json) -> list[str]:
        """The outputs of inputs, a JSON line each, in order."""
        with self._calling():
            found = _harness().run(self._java, java_strings(inputs), _json(parameters))
            return python_strings(found)

    def run(self, inputs: Sequence[Json], parameters: Json) -> list[Any]:
        """The outputs of inputs, in order."""
        return [json.loads(line) for line in self.run_lines(_lines(inputs), parameters)]

    def decode(
        self, inputs: Sequence[Json], parameters: Json, outputs: Sequence[Sequence[NDArray[Any]]]
    ) -> list[Any]:
        """Decode the graph's outputs that were computed elsewhere; the model does not run.

        Args:
            outputs: float32, shape (rows, columns), for each window of each input.
        """
        with self._calling():
            found = _harness().decode(
                self._java,
                java_strings(_lines(inputs)),
                _json(parameters),
                _joined(outputs),
            )
            return [json.loads(line) for line in python_strings(found)]

    def trace(
        self, inputs: Sequence[Json], parameters: Json, batch_size: int, pad_to: int
    ) -> list[list[Window]]:
        """Run inputs exactly in the order given and tell everything about each window.

        Args:
            batch_size: Windows per run of the model.
            pad_to: Tokens that every run is padded to at least, clamped to :attr:`max_length`.
        """
        with self._calling():
            flat = _harness().trace(
                self._java, java_strings(_lines(inputs)), _json(parameters), batch_size, pad_to
            )
            rows = np.array(flat.rowsPerWindow).tolist()
            return windows(flat, max(1, int(flat.columns)), rows)

    def encode(self, inputs: Sequence[Json]) -> dict[str, NDArray[np.int64]]:
        """Tokenize inputs of one window each into one padded batch, as it is fed to the model.

        Returns:
            int64 arrays of shape (inputs, tokens), by the graph's own input names.
        """
        with self._calling():
            batch = _harness().encode(self._java, java_strings(_lines(inputs)), _json({}))
            return _padded(batch, len(inputs))


def _stride(stride: int | None) -> int:
    """The bridge says -1 for "no windows"; 0 is windows without overlap."""
    return -1 if stride is None else stride


def _joined(outputs: Sequence[Sequence[NDArray[Any]]]) -> NDArray[np.float32]:
    """The outputs of all windows of all inputs, end to end."""
    flat = [np.ravel(window) for of_input in outputs for window in of_input]
    return np.ascontiguousarray(np.concatenate(flat) if flat else np.empty(0), dtype=np.float32)


def _padded(batch: Any, count: int) -> dict[str, NDArray[np.int64]]:
    """The arrays of an ``EncodedBatch``, ``count`` rows each, by the graph's own input names."""
    rows = {
        "input_ids": batch.inputIds(),
        "attention_mask": batch.attentionMask(),
        "token_type_ids": batch.typeIds(),
    }
    shape = (count, -1 if count else 0)
    return {
        name: np.array(rows[name], dtype=np.int64).reshape(shape)
        for name in (str(n) for n in batch.names())
    }


def _harness() -> Any:
    return java_class(names.TASK_HARNESS)


def _lines(inputs: Sequence[Json]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in inputs]


def _json(parameters: Json) -> Any:
    return java_string(json.dumps(parameters, ensure_ascii=False))
