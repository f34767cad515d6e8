"""``djlift verify``: run an archive on a JVM and compare it with what PyTorch gave, level by level."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from djlift import (
    accuracy,
    agreement,
    compare,
    cpu,
    devices,
    jvm,
    more,
    python_runtime,
    targets,
    tasks,
    verify_task,
)
from djlift import archive as archives
from djlift.accuracy import Labelled, Sentence
from djlift.aligned import vocabulary
from djlift.corpus import Text, given_by, read_texts
from djlift.differences import Tolerance
from djlift.golden import PLAIN, Answered, Case, Entity, Golden
from djlift.parity import FAIL, SKIPPED, Explanation, Level, ParityReport
from djlift.probe import Broken, Probe, decoded, explain, overlap, parse
from djlift.progress import Advance, silent
from djlift.recipe import STRATEGIES, Recipe
from djlift.signing import Trust, confirm
from djlift.targets import Target
from djlift.task import GeneralTask
from djlift.trace import Window

_BATCH, _CHUNK = 8, 64
_CALL = 128
"""Texts that one call of ``classify`` is given, so that progress can be told."""
# Beyond this many tokens a text is left out of the runs that only vary the batch: it costs much and shows
# nothing that a shorter one does not.
_VARIED = 96
_MANY = 200
_OFF = "NO_OPT"
"""ONNX Runtime's level that rewrites nothing as a graph is loaded."""
_DOOR = "simple"
"""The strategy that goes through ``classify``, model and all."""

OtherRuntime = Callable[[Mapping[str, Sequence[Window]]], Mapping[str, Sequence[Window]]]
"""Runs windows that the JVM has run, by case id, elsewhere."""


def verify(
    archive: Path,
    *,
    texts: Path | None = None,
    reference: Recipe | None = None,
    labelled: Labelled | None = None,
    evaluation: Path | None = None,
    java_home: Path | None = None,
    target: Target | None = None,
    device: str = "cpu",
    trust: Trust | None = None,
    advance: Advance = silent,
) -> ParityReport:
    """Verify an archive.

    Args:
        archive: The zip.
        texts: More texts: a text a line, or JSON lines with ``text``.
        reference: The checkpoint that ``texts`` are compared with, and that a diverging text is shrunk with;
            without it the texts are checked for tokens and invariance only, and the report says so.
        labelled: Labelled text for level 4; it is left out without, and in int8 agreement takes its place.
        evaluation: The same as a file: a gate where the reference's F1 on it is recorded in the manifest or
            ``reference`` can tell it, information otherwise.
        java_home: Which Java to run on; None finds one.
        target: The DJL release to run on; None takes the one that the archive was made for.
        device: ``cpu`` or ``cuda:N``; the golden cases are PyTorch's on the CPU either way.
        trust: What the archive must be signed with; Python and the JVM each check it.

    Raises:
        ArchiveError: The archive cannot be used at all.
        DeviceError: There is no such GPU, or one side would not run on it.
        JvmError: No usable Java, no jars, or the JVM of this process runs another release.
        SignatureError: The archive is not signed by the trusted key as it stands.
        TextsError: ``evaluation`` cannot be read.
    """
    sentences = accuracy.read(evaluation) if evaluation else ()
    where = devices.named(device)
    with archives.opened(archive) as found:
        task = tasks.of_archive(found.manifest.task, archive)
        keys = task.keys if isinstance(task, GeneralTask) else None
        added = () if texts is None else more.renamed(read_texts(texts, keys))
        level0 = compare.integrity(len(found.manifest.files), found.problems)
        if level0.status == FAIL:
            rest = tuple(
                _skipped(n, "not run: the files are not what was packed") for n in (1, 2, 3, 5)
            )
            return ParityReport(archive.name, found.manifest.precision, (level0, *rest))
        notes: tuple[str, ...] = ()
        if trust is not None:
            notes = (f"signed by the key {confirm(found, trust)}",)
        chosen = target or targets.of_archive(found.manifest.target, archive)
        devices.require(where, chosen)
        if evaluation:
            labelled = accuracy.known(found.manifest, evaluation, sentences, reference)
        golden = Golden.read(found.folder)
        # Loaded before the JVM runs: a running JVM makes importing torch slower.
        record = more.by_reference(found.manifest, reference) if reference and added else None
        if added:
            golden, remarks = _extended(golden, added, found, record)
            notes = (*notes, *remarks)
        machine = jvm.start(java_home, target=chosen, gpu=where.cuda)
        devices.confirm(machine, archive, where)
        if isinstance(task, GeneralTask):
            levels = verify_task.levels(machine, found, task, golden, where, trust, advance)
            return _report(archive, found, (level0, *levels), machine, notes)
        precision, inputs = found.manifest.precision, found.manifest.model.get("inputs", [])
        # One after the other: a large model is in memory once.
        with machine.load(archive, device=where.djl, optimization=_OFF, trust=trust) as classifier:
            unoptimized = _sampled(classifier, golden.cases, advance)
        decides = labelled is not None and accuracy.decides(labelled)
        least = 0.0 if decides else agreement.bound(found.manifest.accuracy)
        with machine.load(archive, device=where.djl, trust=trust) as classifier:
            run = _Run(classifier, unoptimized, golden, _beside(found, where), advance, least)
            levels = run.levels(precision, inputs)
            explanation = _explanation(run, levels, found, reference, record)
            if labelled is not None:
                levels = with_accuracy(levels, run.accuracy(precision, labelled))
            elif sentences:
                notes = (*notes, run.f1_alone(sentences))
        return _report(archive, found, (level0, *levels), machine, notes, explanation)


def _report(
    archive: Path,
    found: archives.Opened,
    levels: tuple[Level, ...],
    machine: jvm.Jvm,
    notes: tuple[str, ...],
    explanation: Explanation | None = None,
) -> ParityReport:
    here, precision = cpu.here(), found.manifest.precision
    if precision == "int8":
        remark = cpu.remark((found.manifest.parity or {}).get("cpu"), here)
        # Without a proof in the manifest it is being built.
        notes = (*notes, remark) if remark and found.manifest.parity else notes
    return ParityReport(
        archive.name, precision, levels, machine.versions(), notes, explanation, here
    )


def with_accuracy(levels: Sequence[Level], found: Level) -> tuple[Level, ...]:
    """The levels with level 4 in its place; the agreement that stood there stays as a figure."""
    stood = next((level for level in levels if level.level == found.level), None)
    if stood is not None and "agreement" in stood.figures:
        share = stood.figures["agreement"]
        found = replace(
            found,
            summary=f"{found.summary}; agreement with fp32 PyTorch {share:.4f}",
            figures={**found.figures, "agreement": share},
        )
    if stood is not None and stood.status == FAIL:
        # Too little labelled text to overrule it, see `accuracy.decides`.
        return tuple(levels)
    others = [level for level in levels if level.level != found.level]
    return tuple(sorted([*others, found], key=lambda level: level.level))


def _extended(
    golden: Golden, texts: Sequence[Text], found: archives.Opened, record: more.Recorder | None
) -> tuple[Golden, tuple[str, ...]]:
    """The golden cases and, recorded now from the reference, the user's texts."""
    if record is not None:
        return replace(golden, cases=(*golden.cases, *record(texts))), ()
    if any(isinstance(case, Answered) for case in golden.cases):
        bare = (
            Answered(t.id, t.group, t.text, {}, {}, given_by(t) or {"text": t.text}) for t in texts
        )
        note = "--texts: checked for invariance only; pass --reference SOURCE (with djlift[export])"
        return replace(golden, cases=(*golden.cases, *bare)), (note,)
    cases, note = more.record_tokens(texts, found.folder)
    return replace(golden, cases=(*golden.cases, *cases)), (note,)


def _explanation(
    run: _Run,
    levels: Sequence[Level],
    found: archives.Opened,
    reference: Recipe | None,
    record: more.Recorder | None,
) -> Explanation | None:
    """Why the first of the levels 1 to 3 that broke did, on the first text that it broke on."""
    broken = next((level for level in levels if level.status == FAIL and level.level <= 3), None)
    cases = {case.id: case for case in run.golden.cases}
    if broken is None or broken.first is None or broken.first.case not in cases:
        return None
    if reference is not None and record is None:
        record = more.by_reference(found.manifest, reference)
    model = found.manifest.model
    probe = Probe(
        run.classifier,
        Tolerance.of(found.manifest.precision, run.golden),
        model.get("inputs", []),
        tuple(map(str, model.get("labels") or ())),
        vocabulary(found.folder),
    )
    case = cases[broken.first.case]
    where = Broken(broken.level, broken.first)
    whole = record is not None
    if record is None and broken.level == 1:
        record = more.by_tokenizers(found.folder)
    return explain(probe, case, where, record, whole=whole)


def _beside(found: archives.Opened, where: devices.Device) -> Mapping[str, OtherRuntime]:
    """Python's ONNX Runtime on the same GPU; nothing on the CPU, where the reference is at hand."""
    if not where.cuda:
        return {}
    graph = python_runtime.Graph.load(found.folder, where)
    return {f"in Python's ONNX Runtime on {where}": graph.run}


def _skipped(level: int, why: str) -> Level:
    return Level(level, SKIPPED, 0, 0, why)


@dataclass
class _Run:
    """One verification on a loaded classifier.

    The texts go through ``classify``, the door that pipelines use, with one strategy, and the bridge
    tells which windows it ran and what the model gave: levels 1 to 3 judge one and the same run. The
    other strategies are decoded from its logits by the decoder that ``classify`` uses. The settings are
    those of ``TokenClassifier.load``: ONNX Runtime optimises the graph as it is loaded, and chooses its
    threads. Level 5 runs the texts otherwise, in batches that it cuts itself, and once more through
    ``classify`` in another order.

    Attributes:
        unoptimized: Windows of some cases, by id, from a run with that optimisation switched off.
        beside: Further runtimes that must give the same logits, by the name of the variant.
        least: The agreement that int8 must reach; 0 where labelled text decides.
    """

    classifier: jvm.Classifier
    unoptimized: Mapping[str, Sequence[Window]]
    golden: Golden
    beside: Mapping[str, OtherRuntime]
    advance: Advance
    least: float

    def levels(self, precision: str, inputs: Sequence[str]) -> tuple[Level, ...]:
        """Levels 1, 2, 3 and 5; where level 4 has to judge (int8), agreement as level 4."""
        cases = self.golden.cases
        # A text without logits was given by the user without a reference: tokens and invariance only.
        proven = [c for c in cases if c.outputs]
        tolerance = Tolerance.of(precision, self.golden)
        traces, usual = {}, {}
        for stride in dict.fromkeys([PLAIN, *(s for c in cases for s in c.windows)]):
            traces[stride], usual[stride] = self._classified(stride)
        tokens = compare.tokens(cases, traces, self.golden.padding, self._padded_batch(), inputs)
        if tokens.status == FAIL:
            # Logits of other tokens cannot be laid side by side.
            why = "not run: the tokens differ"
            return (
                tokens,
                *(_skipped(n, why) for n in (2, 3, 4, 5) if n != 4 or tolerance.reported),
            )
        logits = compare.logits(proven, traces, tolerance)
        others = [strategy for strategy in STRATEGIES if strategy != _DOOR]
        seen = decoded(self.classifier, proven, traces, others)
        for stride, found in usual.items():
            seen[stride, _DOOR] = {c.id: found[c.id] for c in proven if c.id in found}
        reference = {s: {c.id: c.windows[s] for c in proven if s in c.windows} for s in traces}
        outputs = compare.outputs(
            proven, seen, decoded(self.classifier, proven, reference), tolerance
        )
        usually = seen[PLAIN, _DOOR]
        if not tolerance.reported:
            moved = self._invariance(cases, traces[PLAIN], usually, tolerance, 1.0)
            return (tokens, logits, outputs, moved)
        agreed = agreement.level(proven, seen, self.least)
        least = agreement.between_runs(agreed.figures["agreement"])
        moved = self._invariance(cases, traces[PLAIN], usually, tolerance, least)
        return (tokens, logits, outputs, agreed, moved)

    def accuracy(self, precision: str, labelled: Labelled) -> Level:
        """Level 4."""
        found = self._f1(labelled.sentences)
        return accuracy.level(precision, labelled.sentences, labelled.reference, found)

    def f1_alone(self, sentences: Sequence[Sentence]) -> str:
        """The archive's F1 where the reference's is not known: a sentence for the report, no gate."""
        return (
            f"--eval: entity F1 {self._f1(sentences):.4f} on {len(sentences)} sentences, for information:"
            " nothing to compare it with; pass --reference SOURCE (with djlift[export]) to make it a gate"
        )

    def _f1(self, sentences: Sequence[Sentence]) -> float:
        texts = [sentence.text for sentence in sentences]
        answers = [parse(line) for line in self.classifier.classify(texts, accuracy.STRATEGY)]
        return accuracy.f1(sentences, answers)

    def _traces(
        self, stage: str, cases: Sequence[Case], batch: int, pad_to: int
    ) -> dict[str, list[Window]]:
        return _traced(self.classifier, stage, cases, batch, pad_to, self.advance)

    def _padded_batch(self) -> Mapping[str, Any]:
        by_id = {c.id: c.text for c in self.golden.cases}
        texts = [by_id[i] for i in self.golden.padding.cases if i in by_id]
        return self.classifier.encode(texts) if texts else {}

    def _classified(self, stride: str) -> tuple[dict[str, list[Window]], dict[str, list[Entity]]]:
        """What ``classify`` finds in the texts with a stride, and the windows that it ran for this."""
        cases = [c for c in self.golden.cases if stride == PLAIN or stride in c.windows]
        windows: dict[str, list[Window]] = {}
        entities: dict[str, list[Entity]] = {}
        for at in range(0, len(cases), _CALL):
            chunk = cases[at : at + _CALL]
            lines, ran = self.classifier.classify_traced(
                [c.text for c in chunk], _DOOR, overlap(stride)
            )
            windows |= {c.id: w for c, w in zip(chunk, ran, strict=True)}
            entities |= {c.id: parse(line) for c, line in zip(chunk, lines, strict=True)}
            self.advance(f"running ({stride})", len(windows), len(cases))
        return windows, entities

    def _invariance(
        self,
        cases: Sequence[Case],
        base: Mapping[str, Sequence[Window]],
        usually: Mapping[str, Sequence[Entity]],
        tolerance: Tolerance,
        least: float,
    ) -> Level:
        """Level 5; ``least`` is the agreement that counts where the batch may move logits."""
        short = [c for c in cases if len(base[c.id][0].ids) <= _VARIED]
        shuffled = random.Random(0).sample(short, len(short))
        # Of many texts every second one is run alone and every fourth in another batch; of few, all.
        alone, batched = (2, 4) if len(short) > _MANY else (1, 1)
        variants = {
            "alone": self._traces("alone", short[::alone], 1, 0),
            "in another batch": self._traces("in another batch", shuffled[::batched], _BATCH, 0),
            "with more padding": self._traces(
                "with more padding", shuffled[::8], _BATCH, 2 * _VARIED
            ),
            "with optimisation off": self.unoptimized,
            **{
                name: other({c.id: base[c.id] for c in short})
                for name, other in self.beside.items()
            },
        }
        lines = self.classifier.classify([c.text for c in shuffled], _DOOR)
        reordered = {
            c.id: (usually[c.id], parse(line))
            for c, line in zip(shuffled, lines, strict=True)
            if c.id in usually
        }
        if tolerance.reported:
            return self._agreeing(cases, base, variants, usually, reordered, least)
        return compare.invariance(cases, base, variants, reordered, tolerance)

    def _agreeing(
        self,
        cases: Sequence[Case],
        base: Mapping[str, Sequence[Window]],
        variants: Mapping[str, Mapping[str, Sequence[Window]]],
        usually: Mapping[str, Sequence[Entity]],
        reordered: Mapping[str, tuple[Sequence[Entity], Sequence[Entity]]],
        least: float,
    ) -> Level:
        """Level 5 where the batch may move logits: the entities of the variants."""
        entities: dict[str, Mapping[str, Sequence[Entity]]] = {
            name: decoded(
                self.classifier,
                [c for c in cases if c.id in windows],
                {PLAIN: windows},
                (_DOOR,),
            )[PLAIN, _DOOR]
            for name, windows in variants.items()
        }
        entities["in another order"] = {name: after for name, (_, after) in reordered.items()}
        finite = all(
            bool(np.isfinite(window.logits).all())
            for runs in (base, *variants.values())
            for windows in runs.values()
            for window in windows
        )
        return agreement.invariance(cases, usually, entities, finite, least)


def _traced(
    classifier: jvm.Classifier,
    stage: str,
    cases: Sequence[Case],
    batch: int,
    pad_to: int,
    advance: Advance,
) -> dict[str, list[Window]]:
    windows: dict[str, list[Window]] = {}
    for at in range(0, len(cases), _CHUNK):
        chunk = cases[at : at + _CHUNK]
        traced = classifier.trace([c.text for c in chunk], None, batch, pad_to)
        windows |= {c.id: w for c, w in zip(chunk, traced, strict=True)}
        advance(stage, len(windows), len(cases))
    return windows


def _sampled(
    classifier: jvm.Classifier, cases: Sequence[Case], advance: Advance
) -> dict[str, list[Window]]:
    """Every fourth of the short texts when there are many, else all of them."""
    ordered = sorted(cases, key=_tokens)
    short = [c for c in ordered if _tokens(c) <= _VARIED]
    # Of long texts alone, one: a variant that ran nothing must not look like one that holds.
    chosen = short[:: 4 if len(short) > _MANY else 1] or ordered[:1]
    return _traced(classifier, "with optimisation off", chosen, _BATCH, 0, advance)


def _tokens(case: Case) -> int:
    windows = case.windows.get(PLAIN)
    return len(windows[0].ids) if windows else len(case.text)
