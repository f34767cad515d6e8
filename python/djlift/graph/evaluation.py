"""A quick judgement of a candidate graph: Python's ONNX Runtime against the recorded logits.

It chooses between candidates; it proves nothing. What ships is proven on the JVM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from djlift.archive.golden import Golden
from djlift.archive.windows import PLAIN, Window, of_window, stacked
from djlift.graph.runtime import Batch, fitting, session

Agreement = Callable[[Iterable[tuple[Window, NDArray[np.float32]]]], float]
"""How far a candidate says the same as the reference, 0.0 to 1.0.

It is given recorded windows, and the same of the candidate: padded rows of
:func:`djlift.archive.windows.stacked`.
"""


@dataclass(frozen=True)
class Verdict:
    """How the logits of a graph differ from the recorded ones, padding left out.

    Attributes:
        largest: Largest absolute difference; infinite where a logit is not finite.
        rms: Root mean square of the differences.
        agreement: Share of the tokens (special ones left out) whose label of the largest logit is the same.
        finite: Whether every logit is a finite number.
        tokens: Tokens that were compared for ``agreement``.
    """

    largest: float
    rms: float
    agreement: float
    finite: bool
    tokens: int


@dataclass(frozen=True)
class Trial:
    """Recorded windows in batches of similar length, ready to be run.

    Attributes:
        batches: Inputs by name, int64, shape (batch, tokens), padded on the right.
        windows: The recorded windows of each batch, in the order of its rows.
    """

    batches: tuple[Batch, ...]
    windows: tuple[tuple[Window, ...], ...]

    @staticmethod
    def of(
        golden: Golden,
        pad_id: int,
        *,
        most: int | None = None,
        rows: int = 8,
        tokens: int = 2048,
    ) -> Trial:
        """Batches of a golden record.

        Args:
            pad_id: Id that fills the rows.
            most: Take that many windows, spread evenly over all lengths; None takes all.
            rows: Rows of a batch, at most.
            tokens: Tokens of a batch, at most, padding included: they decide how much memory a run takes.
        """
        found = [w for c in golden.cases for w in c.windows.get(PLAIN, ()) if w.logits.size]
        found.sort(key=lambda w: len(w.ids))
        if most is not None and len(found) > most:
            picked = np.linspace(0, len(found) - 1, most).round().astype(int)
            found = [found[i] for i in dict.fromkeys(picked.tolist())]
        groups = _groups(found, rows, tokens)
        return Trial(tuple(_batch(group, pad_id) for group in groups), tuple(groups))

    def judge(self, file: Path, *, optimized: bool = True) -> Verdict:
        """Run a graph over all batches and compare its only output with the recorded logits."""
        return self.compare(self.outputs(file, optimized=optimized))

    def outputs(self, file: Path, *, optimized: bool = True) -> Iterator[NDArray[np.float32]]:
        """Run a graph over all batches: outputs of shape (batch, rows, columns), a batch after the other."""
        running = session(file, optimized=optimized)
        for batch in self.batches:
            yield stacked(running.run(None, fitting(running, batch)))

    def compare(self, outputs: Iterator[NDArray[np.float32]]) -> Verdict:
        """Compare outputs, a batch after the other, shape (batch, rows, columns), with the recorded ones."""
        largest, squares, count, same, tokens, finite = 0.0, 0.0, 0, 0, 0, True
        for group, logits in zip(self.windows, outputs, strict=True):
            for window, row in zip(group, logits, strict=True):
                found = of_window(row, len(window.ids), window.rows).astype(np.float64)
                finite = finite and bool(np.isfinite(found).all())
                difference = np.nan_to_num(np.abs(found - window.logits), nan=np.inf, posinf=np.inf)
                largest = max(largest, float(difference.max()))
                squares += float(np.square(difference).sum())
                count += difference.size
                real = counted(window)
                same += int((found.argmax(1) == window.logits.argmax(1))[real].sum())
                tokens += int(real.sum())
        rms = float(np.sqrt(squares / count)) if count else 0.0
        return Verdict(largest, rms, same / tokens if tokens else 1.0, finite, tokens)


def counted(window: Window) -> NDArray[np.bool_]:
    """The rows of a window's logits that are no special token's."""
    if len(window.logits) == len(window.ids) and window.rows is None:
        return np.asarray(window.special == 0)
    return np.ones(len(window.logits), dtype=bool)


def _groups(windows: Sequence[Window], rows: int, tokens: int) -> list[tuple[Window, ...]]:
    """Windows, the shortest first, cut into batches."""
    groups: list[list[Window]] = []
    for window in windows:
        last = groups[-1] if groups else []
        if last and len(last) < rows and (len(last) + 1) * len(window.ids) <= tokens:
            last.append(window)
        else:
            groups.append([window])
    return [tuple(group) for group in groups]


def _batch(windows: Sequence[Window], pad_id: int) -> Batch:
    shape = (len(windows), max(len(w.ids) for w in windows))
    ids = np.full(shape, pad_id, dtype=np.int64)
    mask, types = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, window in enumerate(windows):
        length = len(window.ids)
        ids[row, :length] = window.ids
        types[row, :length] = window.type_ids
        mask[row, :length] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
