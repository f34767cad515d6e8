"""``djlift verify``: run an archive on a JVM and compare it with what PyTorch gave, level by level."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from djlift import archive as archives
from djlift import compare, jvm
from djlift.corpus import Text, read_texts
from djlift.differences import Tolerance
from djlift.golden import PLAIN, Case, Entity, Golden
from djlift.parity import FAIL, SKIPPED, Level, ParityReport
from djlift.progress import Advance, silent
from djlift.recipe import STRATEGIES, Recipe

_BATCH = 32
_CHUNK = 64
# Beyond this many tokens a text is left out of the runs that only vary the batch: it costs much and shows
# nothing that a shorter one does not.
_VARIED = 256


def verify(
    archive: Path,
    *,
    texts: Path | None = None,
    reference: Recipe | None = None,
    java_home: Path | None = None,
    device: str = "cpu",
    advance: Advance = silent,
) -> ParityReport:
    """Verify an archive.

    Args:
        archive: The zip.
        texts: More texts: a text a line, or JSON lines with ``text``.
        reference: The checkpoint that ``texts`` are compared with; without it they are checked for tokens and
            invariance only, and the report says so.
        java_home: Which Java to run on; None finds one.

    Raises:
        ArchiveError: The archive cannot be used at all.
        JvmError: No usable Java, or no jars.
    """
    more = () if texts is None else _renamed(read_texts(texts))
    with archives.opened(archive) as found:
        level0 = compare.integrity(len(found.manifest.files), found.problems)
        if level0.status == FAIL:
            rest = tuple(
                _skipped(n, "not run: the files are not what was packed") for n in (1, 2, 3, 5)
            )
            return ParityReport(archive.name, found.manifest.precision, (level0, *rest))
        golden = Golden.read(found.folder)
        notes: tuple[str, ...] = ()
        if more:
            golden, notes = _extended(golden, more, found, reference)
        machine = jvm.start(java_home)
        with machine.load(archive, device=device) as classifier:
            run = _Run(classifier, golden, advance)
            levels = run.levels(found.manifest.precision, found.manifest.model.get("inputs", []))
        return ParityReport(
            archive.name, found.manifest.precision, (level0, *levels), machine.versions(), notes
        )


def _renamed(texts: Sequence[Text]) -> tuple[Text, ...]:
    """The user's texts under ids that no golden case has."""
    return tuple(replace(text, id=f"more-{number:06d}") for number, text in enumerate(texts, 1))


def _extended(
    golden: Golden, texts: Sequence[Text], found: archives.Opened, reference: Recipe | None
) -> tuple[Golden, tuple[str, ...]]:
    """The golden cases and, recorded now from the reference, the user's texts."""
    from djlift.more import record_tokens, record_with_reference

    if reference is not None:
        cases = record_with_reference(texts, found.manifest, reference)
        return replace(golden, cases=(*golden.cases, *cases)), ()
    cases, note = record_tokens(texts, found.folder)
    return replace(golden, cases=(*golden.cases, *cases)), (note,)


def _skipped(level: int, why: str) -> Level:
    return Level(level, SKIPPED, 0, 0, why)


@dataclass
class _Run:
    """One verification on a loaded classifier: what is run once is kept for the levels that need it."""

    classifier: jvm.Classifier
    golden: Golden
    advance: Advance

    def levels(self, precision: str, inputs: Sequence[str]) -> tuple[Level, ...]:
        """Levels 1, 2, 3 and 5."""
        cases = self.golden.cases
        # A text without logits was given by the user without a reference: tokens and invariance only.
        proven = [c for c in cases if c.outputs]
        tolerance = Tolerance.of(precision, self.golden)
        traces = {
            stride: self._traced(stride, [c for c in cases if stride in {PLAIN, *c.windows}])
            for stride in dict.fromkeys([PLAIN, *(s for c in cases for s in c.windows)])
        }
        tokens = compare.tokens(
            cases,
            traces,
            self.golden.padding,
            self._padded_batch(),
            inputs,
        )
        if tokens.status == FAIL:
            # Logits of other tokens cannot be laid side by side.
            why = "not run: the tokens differ"
            return (tokens, *(_skipped(n, why) for n in (2, 3, 5)))
        logits = compare.logits(proven, traces, tolerance)
        seen = self._entities(proven)
        outputs = compare.outputs(proven, seen, self._decoded(proven), tolerance)
        return tokens, logits, outputs, self._invariance(cases, traces[PLAIN], tolerance)

    def _traced(self, stride: str, cases: Sequence[Case]) -> dict[str, list[jvm.Window]]:
        return self._traces(f"running ({stride})", cases, stride, _BATCH, 0)

    def _traces(
        self, stage: str, cases: Sequence[Case], stride: str, batch: int, pad_to: int
    ) -> dict[str, list[jvm.Window]]:
        windows: dict[str, list[jvm.Window]] = {}
        overlap = None if stride == PLAIN else int(stride)
        for at in range(0, len(cases), _CHUNK):
            chunk = cases[at : at + _CHUNK]
            traced = self.classifier.trace([c.text for c in chunk], overlap, batch, pad_to)
            windows |= {c.id: w for c, w in zip(chunk, traced, strict=True)}
            self.advance(stage, len(windows), len(cases))
        return windows

    def _padded_batch(self) -> Mapping[str, Any]:
        by_id = {c.id: c.text for c in self.golden.cases}
        texts = [by_id[i] for i in self.golden.padding.cases if i in by_id]
        return self.classifier.encode(texts) if texts else {}

    def _entities(self, cases: Sequence[Case]) -> dict[tuple[str, str], dict[str, list[Entity]]]:
        seen: dict[tuple[str, str], dict[str, list[Entity]]] = {}
        jobs = [(PLAIN, s, cases) for s in STRATEGIES] + [
            (stride, s, [c for c in cases if stride in c.strides])
            for stride in dict.fromkeys(k for c in cases for k in c.strides)
            for s in STRATEGIES
            if s != "none"
        ]
        for number, (stride, strategy, chosen) in enumerate(jobs, 1):
            overlap = None if stride == PLAIN else int(stride)
            texts = [c.text for c in chosen]
            lines = self.classifier.classify(texts, strategy, overlap)
            seen[stride, strategy] = {
                c.id: parse(line) for c, line in zip(chosen, lines, strict=True)
            }
            self.advance("decoding", number, len(jobs))
        # A stride is recorded for some texts only; the others have nothing to be compared.
        return {key: {c.id: by_case.get(c.id, []) for c in cases} for key, by_case in seen.items()}

    def _decoded(self, cases: Sequence[Case]) -> dict[tuple[str, str], dict[str, list[Entity]]]:
        """What the JVM's decoder makes of the reference's own logits."""
        decoded: dict[tuple[str, str], dict[str, list[Entity]]] = {}
        for stride in dict.fromkeys(s for c in cases for s in c.windows):
            chosen = [c for c in cases if stride in c.windows]
            overlap = None if stride == PLAIN else int(stride)
            for strategy in STRATEGIES:
                if stride != PLAIN and strategy == "none":
                    continue
                lines = self.classifier.decode(
                    [c.text for c in chosen],
                    [[w.logits for w in c.windows[stride]] for c in chosen],
                    strategy,
                    overlap,
                )
                decoded[stride, strategy] = {
                    c.id: parse(line) for c, line in zip(chosen, lines, strict=True)
                }
        return decoded

    def _invariance(
        self,
        cases: Sequence[Case],
        base: Mapping[str, Sequence[jvm.Window]],
        tolerance: Tolerance,
    ) -> Level:
        short = [c for c in cases if len(base[c.id][0].ids) <= _VARIED]
        backwards = short[::-1]
        variants = {
            "alone": self._traces("alone", short, PLAIN, 1, 0),
            "in another batch": self._traces("in another batch", backwards, PLAIN, _BATCH // 2, 0),
            "with more padding": self._traces("with more padding", short, PLAIN, _BATCH, _VARIED),
        }
        texts = [c.text for c in short]
        usually = self.classifier.classify(texts, "simple", None)
        otherwise = self.classifier.classify(texts[::-1], "simple", None)[::-1]
        reordered = {
            c.id: (parse(a), parse(b)) for c, a, b in zip(short, usually, otherwise, strict=True)
        }
        return compare.invariance(cases, base, variants, reordered, tolerance)


def parse(line: str) -> list[Entity]:
    """The entities of one JSON line as the JVM writes it."""
    return [Entity.from_dict(e) for e in json.loads(line)["entities"]]
