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
from djlift.rescue import rescued
from djlift.targets import DEFAULT, Target


@dataclass(frozen=True)
class Source:
    """What every candidate is made of and judged by.

    Attributes:
        golden: What fp32 PyTorch gave: what a reduced precision is searched against.
        folder: A scratch folder; candidates are written below it.
        target: The DJL release whose ONNX Runtime must read them.
    """

    exported: Exported
    loaded: Loaded
    golden: Golden
    folder: Path
    target: Target = DEFAULT
    advance: Advance = silent


def candidates(source: Source, precision: str) -> Iterator[Converted]:
    """Graphs of a precision to prove on the JVM, in the order in which they should ship; at least one.

    Raises:
        ExportError: The graph is not one that the target runtime reads.
        NotProven: No graph of this precision can hold.
    """
    file = source.folder / f"{precision}.onnx"
    if precision == "fp16":
        yield from _fp16(source, file)
    else:
        yield convert(source.exported, source.loaded, precision, file, source.target)


def _fp16(source: Source, file: Path) -> Iterator[Converted]:
    """fp16, with what it would break in fp32."""
    fused = convert(
        source.exported,
        source.loaded,
        "fp32",
        file.with_name("fp16-fused.onnx"),
        source.target,
    )
    pad_id = source.loaded.tokenizer.pad_token_id or 0
    return rescued(fused, source.golden, pad_id, file, source.advance)
