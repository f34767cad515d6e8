"""A loaded archive of a general task on the JVM: JSON in, JSON out, by the public class that pipelines use."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.jvm_classifier import java_class, speaking
from djlift.jvm_strings import java_string, java_strings, python_strings
from djlift.trace import Window, windows

Json = Mapping[str, Any]


class Model:
    """A loaded archive on the JVM; close it, or use it in a ``with`` block.

    Inputs, outputs and parameters are those of ``djlift predict`` (``docs/tasks.md``). Every method raises
    :class:`JvmError` when Java does, and after :meth:`close`.
    """

    def __init__(self, java: Any, archive: Path) -> None:
        self._java = java
        self._archive = archive

    def __enter__(self) -> Model:
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
    def max_length(self) -> int:
        """Tokens of the longest window, special tokens included."""
        with self._calling():
            return int(self._java.maxLength())

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
        flat = [np.ravel(window) for of_input in outputs for window in of_input]
        joined = np.concatenate(flat) if flat else np.empty(0)
        with self._calling():
            found = _harness().decode(
                self._java,
                java_strings(_lines(inputs)),
                _json(parameters),
                np.ascontiguousarray(joined, dtype=np.float32),
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
            rows = {
                "input_ids": batch.inputIds(),
                "attention_mask": batch.attentionMask(),
                "token_type_ids": batch.typeIds(),
            }
            return {
                name: np.array(rows[name], dtype=np.int64).reshape(len(inputs), -1)
                for name in (str(n) for n in batch.names())
            }

    def close(self) -> None:
        """Free the model; a second call does nothing."""
        with self._calling():
            self._java.close()

    def _calling(self) -> contextlib.AbstractContextManager[None]:
        return speaking("the JVM could not finish", self._archive)


def _harness() -> Any:
    return java_class("org.djlift.internal.TaskHarness")


def _lines(inputs: Sequence[Json]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) for one in inputs]


def _json(parameters: Json) -> Any:
    return java_string(json.dumps(parameters, ensure_ascii=False))
