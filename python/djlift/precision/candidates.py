"""From one exported graph to the graphs of each precision, the most reduced first.

fp32 has one candidate. A lower precision may have several: a build proves them on the JVM in turn and ships the
first that holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from djlift.archive.golden import Golden
from djlift.base.progress import Advance, silent
from djlift.base.targets import DEFAULT, Target
from djlift.graph import storage
from djlift.graph.converted import Converted, Exported
from djlift.graph.evaluation import Agreement, Trial
from djlift.graph.fusion import convert, unfused
from djlift.graph.storage import MODEL
from djlift.precision.float16_search import rescued
from djlift.precision.int8_search import Search
from djlift.tasks.frame.tolerance import FP32_LOGITS

_WINDOWS = 48
"""Recorded windows that a fusion is judged by, spread over all lengths."""


@dataclass(frozen=True)
class Source:
    """What every candidate is made of and judged by.

    Attributes:
        golden: What fp32 PyTorch gave: what a reduced precision is searched against.
        pad_id: Id that fills rows.
        agreement: How far outputs agree with what was recorded: what int8 is searched by.
        folder: A scratch folder; candidates are written below it.
        target: The DJL release whose ONNX Runtime must read them.
        labelled: Whether the build has labelled text that decides on the JVM.
    """

    exported: Exported
    golden: Golden
    pad_id: int
    agreement: Agreement
    folder: Path
    target: Target = DEFAULT
    advance: Advance = silent
    labelled: bool = False

    @cached_property
    def fused(self) -> Converted:
        """The fp32 graph that every precision starts from, made once.

        Fused; or as it was exported, with a note that says so, where the fused graph does not give the recorded
        logits and the exported one does.

        Raises:
            ExportError: The graph is not one that the target runtime reads.
        """
        file = self.folder / "fused" / MODEL
        file.parent.mkdir(parents=True)
        found = convert(self.exported, file, self.target)
        trial = Trial.of(self.golden, self.pad_id, most=_WINDOWS)
        verdict = trial.judge(found.file)
        if verdict.largest <= FP32_LOGITS:
            return found
        file = self.folder / "unfused" / MODEL
        file.parent.mkdir(parents=True)
        plain = unfused(self.exported, file, self.target)
        if trial.judge(plain.file).largest > FP32_LOGITS:
            # Not the fusion's fault: the JVM will say what differs.
            return found
        note = (
            f"the fused graph gave other logits (by {verdict.largest:.2g}, at most {FP32_LOGITS:g}):"
            " this archive holds the graph as it was exported, which is right but slower"
        )
        return replace(plain, notes=(*plain.notes, note))


def candidates(source: Source, precision: str) -> Iterator[Converted]:
    """Graphs of a precision to prove on the JVM, in the order in which they should ship; at least one.

    Raises:
        ExportError: The graph is not one that the target runtime reads.
        NotProven: No graph of this precision can hold.
    """
    fused, folder = source.fused, source.folder / precision
    folder.mkdir()
    if precision == "fp16":
        # What fp16 would break stays fp32.
        file = folder / MODEL
        yield from rescued(fused, source.golden, source.pad_id, file, source.advance)
    elif precision == "int8":
        search = Search(
            fused,
            source.exported,
            source.golden,
            source.pad_id,
            source.agreement,
            folder,
            source.advance,
            source.target,
            labelled=source.labelled,
        )
        yield from search.candidates()
    else:
        storage.copy(fused.file, folder / MODEL)
        yield replace(fused, file=folder / MODEL)
