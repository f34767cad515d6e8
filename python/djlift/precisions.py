"""From one exported graph to the graphs of each precision, the most reduced first.

fp32 has one candidate. A lower precision may have several: a build proves them on the JVM in turn and ships the
first that holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from djlift.checkpoint import Loaded
from djlift.convert import Converted, convert
from djlift.export import Exported
from djlift.golden import Golden
from djlift.progress import Advance, silent
from djlift.sensitivity import Search


@dataclass(frozen=True)
class Source:
    """What every candidate is made of and judged by.

    Attributes:
        golden: What fp32 PyTorch gave: what a reduced precision is searched against.
        folder: A scratch folder; candidates are written below it.
        labelled: Whether the build has labelled text that decides on the JVM.
    """

    exported: Exported
    loaded: Loaded
    golden: Golden
    folder: Path
    advance: Advance = silent
    labelled: bool = False


def candidates(source: Source, precision: str) -> Iterator[Converted]:
    """Graphs of a precision to prove on the JVM, in the order in which they should ship; at least one.

    Raises:
        ExportError: The graph is not one that the target runtime reads.
        NotProven: No graph of this precision can hold.
    """
    if precision == "int8":
        yield from _int8(source)
        return
    yield convert(source.exported, source.loaded, precision, source.folder / f"{precision}.onnx")


def _int8(source: Source) -> Iterator[Converted]:
    """Dynamic int8 of the fused fp32 graph, see :mod:`djlift.sensitivity`."""
    folder = source.folder / "int8"
    folder.mkdir()
    fused = convert(source.exported, source.loaded, "fp32", folder / "fused.onnx")
    search = Search(
        fused,
        source.exported,
        source.golden,
        source.loaded.labels,
        source.loaded.tokenizer.pad_token_id or 0,
        folder,
        source.advance,
        source.labelled,
    )
    yield from search.candidates()
