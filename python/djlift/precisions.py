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
from djlift.sensitivity import Search
from djlift.targets import DEFAULT, Target


@dataclass(frozen=True)
class Source:
    """What every candidate is made of and judged by.

    Attributes:
        golden: What fp32 PyTorch gave: what a reduced precision is searched against.
        folder: A scratch folder; candidates are written below it.
        target: The DJL release whose ONNX Runtime must read them.
        labelled: Whether the build has labelled text that decides on the JVM.
    """

    exported: Exported
    loaded: Loaded
    golden: Golden
    folder: Path
    target: Target = DEFAULT
    advance: Advance = silent
    labelled: bool = False


def candidates(source: Source, precision: str) -> Iterator[Converted]:
    """Graphs of a precision to prove on the JVM, in the order in which they should ship; at least one.

    Raises:
        ExportError: The graph is not one that the target runtime reads.
        NotProven: No graph of this precision can hold.
    """
    folder = source.folder / precision
    (folder / "fused").mkdir(parents=True)
    exported, loaded = source.exported, source.loaded
    fused = convert(exported, loaded, folder / "fused" / "model.onnx", source.target)
    pad_id = loaded.tokenizer.pad_token_id or 0
    if precision == "fp16":
        # What fp16 would break stays fp32.
        file = folder / "model.onnx"
        yield from rescued(fused, source.golden, pad_id, file, source.advance)
    elif precision == "int8":
        search = Search(
            fused,
            exported,
            source.golden,
            loaded.labels,
            pad_id,
            folder,
            source.advance,
            source.target,
            labelled=source.labelled,
        )
        yield from search.candidates()
    else:
        yield fused
