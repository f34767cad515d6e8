"""Texts that no golden case holds: record the reference's side, run the JVM, and name the level that breaks.

What ``verify`` does for all golden cases at once is done here for one text or a few, over and over, so that a
divergence can be shrunk (:mod:`djlift.texts.shrink`) and new ones can be searched (:mod:`djlift.parity.fuzz`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from djlift.archive.golden import Case, Entity, PaddedBatch
from djlift.archive.windows import PLAIN
from djlift.jvm import process
from djlift.jvm.windows import Window
from djlift.parity import alignment
from djlift.parity.levels import comparison
from djlift.parity.result import Divergence, Explanation
from djlift.parity.user_texts import Recorder
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.texts.shrink import RUNS, shrunk
from djlift.texts.text import Text

_NO_PADDING = PaddedBatch((), {})
_BATCH = 8
_IN_A_BATCH = "padding"
"""Group of the divergences that :func:`djlift.parity.levels.comparison.tokens` finds in the padded batch."""
_Decoded = dict[tuple[str, str], dict[str, list[Entity]]]


@dataclass(frozen=True)
class Broken:
    """The first level that breaks on a text, and where."""

    level: int
    divergence: Divergence


@dataclass(frozen=True)
class Probe:
    """Both sides of a loaded archive.

    Attributes:
        inputs: Names of the inputs that the reference's graph takes.
        labels: The reference's labels by index.
        vocabulary: Tokens by id.
    """

    classifier: process.Classifier
    tolerance: Tolerance
    inputs: Sequence[str]
    labels: Sequence[str]
    vocabulary: Mapping[int, str]

    def broken(self, cases: Sequence[Case]) -> list[Broken | None]:
        """Levels 1, 2 and 3 of each case; None where they hold.

        A case without outputs is compared for tokens only.
        """
        traces = self._traces(cases)
        verdicts: dict[str, Broken | None] = {}
        for case in cases:
            tokens = comparison.tokens([case], traces, _NO_PADDING, {}, self.inputs).first
            verdicts[case.id] = None if tokens is None else Broken(1, tokens)
        proven = [c for c in cases if c.outputs and verdicts[c.id] is None]
        seen = decoded(self.classifier, proven, traces)
        reference = {s: {c.id: c.windows[s] for c in proven if s in c.windows} for s in traces}
        own = decoded(self.classifier, proven, reference)
        for case in proven:
            logits = comparison.logits([case], traces, self.tolerance).first
            if logits is not None:
                verdicts[case.id] = Broken(2, logits)
                continue
            outputs = comparison.outputs(
                [case], _of(case, seen), _of(case, own), self.tolerance
            ).first
            verdicts[case.id] = None if outputs is None else Broken(3, outputs)
        return [verdicts[case.id] for case in cases]

    def explained(
        self, case: Case, broken: Broken, *, shrunk: bool = False, runs: int = 0, note: str = ""
    ) -> Explanation:
        """The aligned table of a case."""
        ours = case.windows.get(PLAIN, ())
        theirs = self._windows([case.text], None)[0]
        table = alignment.rows(ours, theirs, (self.labels, self.classifier.labels), self.vocabulary)
        shown, omitted = alignment.around(table)
        where = vars(broken.divergence) | {"case": case.id, "text": case.text}
        return Explanation(
            **where, level=broken.level, rows=shown,
            shrunk=shrunk, runs=runs, omitted=omitted, note=note,
        )  # fmt: skip

    def shrunk(
        self, case: Case, broken: Broken, record: Recorder, runs: int = RUNS
    ) -> Explanation | None:
        """The shortest text that breaks the same level; None when the case itself does not."""

        def verdict(text: str) -> tuple[Case, Broken | None]:
            (fresh,) = record([Text(case.id, case.group, text)])
            return fresh, self.broken([fresh])[0]

        def diverges(text: str) -> bool:
            found = verdict(text)[1]
            return found is not None and found.level == broken.level

        if not diverges(case.text):
            return None
        short = shrunk(case.text, diverges, runs)
        fresh, found = verdict(short.text)
        note = "" if short.minimal else f"{short.runs} texts were tried; a shorter one may exist"
        return self.explained(fresh, found or broken, shrunk=True, runs=short.runs, note=note)

    def _traces(self, cases: Sequence[Case]) -> dict[str, dict[str, list[Window]]]:
        strides = dict.fromkeys([PLAIN, *(s for c in cases for s in c.windows)])
        traces = {}
        for stride in strides:
            chosen = [c for c in cases if stride == PLAIN or stride in c.windows]
            windows = self._windows([c.text for c in chosen], overlap(stride))
            traces[stride] = {c.id: w for c, w in zip(chosen, windows, strict=True)}
        return traces

    def _windows(self, texts: Sequence[str], stride: int | None) -> list[list[Window]]:
        return self.classifier.trace(texts, stride, _BATCH, 0)


def _of(case: Case, seen: _Decoded) -> _Decoded:
    return {key: by_case for key, by_case in seen.items() if case.id in by_case}


def decoded(
    classifier: process.Classifier,
    cases: Sequence[Case],
    windows: Mapping[str, Mapping[str, Any]],
    strategies: Sequence[str] = STRATEGIES,
) -> _Decoded:
    """What the JVM's decoder makes of logits, for each stride and strategy that was recorded.

    Args:
        windows: Windows with logits, the JVM's or the reference's, by stride, then by case id.
        strategies: Those that are wanted.
    """
    found: _Decoded = {}
    for stride, by_case in windows.items():
        chosen = [c for c in cases if stride in c.windows]
        together = STRATEGIES if stride == PLAIN else STRATEGIES[1:]
        for strategy in (s for s in together if s in strategies):
            lines = classifier.decode(
                [c.text for c in chosen],
                [[w.logits for w in by_case[c.id]] for c in chosen],
                strategy,
                overlap(stride),
            )
            found[stride, strategy] = {
                c.id: parse(line) for c, line in zip(chosen, lines, strict=True)
            }
    return found


def overlap(stride: str) -> int | None:
    """A stride's key as the number of tokens; None for the plain call."""
    return None if stride == PLAIN else int(stride)


def parse(line: str) -> list[Entity]:
    """The entities of one JSON line as the JVM writes it."""
    return [Entity.from_dict(e) for e in json.loads(line)["entities"]]


def explain(
    probe: Probe, case: Case, broken: Broken, record: Recorder | None, *, whole: bool
) -> Explanation:
    """Why a golden case diverges: shrunk where the reference's side of other texts can be had.

    Args:
        record: Gives that side; None where it cannot be had.
        whole: Whether ``record`` is the reference itself; otherwise it is Python's tokenizers on the
            archive's own ``tokenizer.json`` and knows tokens only.
    """
    if record is None or (broken.level > 1 and not whole):
        wanted = "Python's tokenizers or " if broken.level == 1 else ""
        note = f"not shrunk: other texts need {wanted}--reference SOURCE (djlift[export])"
        return probe.explained(case, broken, note=note)
    if broken.divergence.group == _IN_A_BATCH:
        return probe.explained(case, broken, note="not shrunk: it differs in a padded batch only")
    short = probe.shrunk(case, broken, record)
    if short is not None:
        return short
    if whole:
        note = "not shrunk: recorded again from the reference, this text alone does not diverge"
    else:
        note = (
            "not shrunk: Python's tokenizers reads the archive's tokenizer.json as the JVM does, so the file "
            "is not what the reference used; --reference SOURCE (djlift[export]) shrinks it"
        )
    return probe.explained(case, broken, note=note)
