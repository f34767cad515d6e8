"""``djlift verify``: run an archive on a JVM and compare it with what PyTorch gave, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from djlift.archive import container as archives
from djlift.archive.golden import Answered, Golden
from djlift.archive.signing import Trust, confirm
from djlift.archive.tokenizer_file import vocabulary
from djlift.base import cpu_class, targets
from djlift.base.device import Device, named
from djlift.base.progress import Advance, silent
from djlift.base.targets import Target
from djlift.checkpoints.recipe import Recipe
from djlift.graph.runtime import session_on
from djlift.graph.storage import MODEL
from djlift.jvm import gpu, process
from djlift.parity import other_runtime, task_run, token_run, user_texts
from djlift.parity.diagnosis import Broken, Probe, explain
from djlift.parity.levels import agreement, comparison, neighbours
from djlift.parity.result import FAIL, SKIPPED, Explanation, Level, ParityReport
from djlift.tasks import registry
from djlift.tasks.frame.recipe_check import refuse_useless_here
from djlift.tasks.frame.sample_input import sample_input
from djlift.tasks.frame.task import GeneralTask
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification import labelled as labelled_data
from djlift.tasks.token_classification.labelled import Labelled
from djlift.tasks.token_classification.task import TASK
from djlift.texts.corpus import read_texts
from djlift.texts.text import Text, given_by


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
        TextsError: ``evaluation`` cannot be read, or has labels that the model lacks.
    """
    sentences = labelled_data.read(evaluation) if evaluation else ()
    where = named(device)
    with archives.opened(archive) as found:
        task = registry.of_archive(found.manifest.task, archive)
        refuse_useless_here(task, evaluation=evaluation, reference=reference and not texts)
        labelled_data.require_labels(
            sentences, evaluation, found.manifest.model.get("labels") or ()
        )
        fields = task.fields if isinstance(task, GeneralTask) else None
        added = () if texts is None else user_texts.renamed(read_texts(texts, fields))
        level0 = comparison.integrity(len(found.manifest.files), found.problems)
        if level0.status == FAIL:
            rest = tuple(
                Level(n, SKIPPED, 0, 0, "not run: the files are not what was packed")
                for n in (1, 2, 3, 5)
            )
            return ParityReport(archive.name, found.manifest.precision, (level0, *rest))
        notes: tuple[str, ...] = ()
        if trust is not None:
            notes = (f"signed by the key {confirm(found, trust)}",)
        chosen = target or targets.of_archive(found.manifest.target, archive)
        gpu.require(where, chosen)
        if evaluation:
            labelled = labelled_data.known(found.manifest, evaluation, sentences, reference)
        golden = Golden.read(found.folder)
        # Loaded before the JVM runs: a running JVM makes importing torch slower.
        record = (
            user_texts.by_reference(found.manifest, reference, task)
            if reference and added
            else None
        )
        if added:
            golden, remarks = _extended(golden, added, found, record)
            notes = (*notes, *remarks)
        machine = process.start(java_home, target=chosen, gpu=where.cuda)
        if where.cuda:
            gpu.confirm(machine, archive, where, task.java, sample_input(task, archive))
        if isinstance(task, GeneralTask):
            levels = task_run.levels(machine, found, task, golden, where, trust, advance)
            return _report(archive, found, (level0, *levels), machine, notes)
        precision, inputs = found.manifest.precision, found.manifest.model.get("inputs", [])
        # One after the other: a large model is in memory once.
        with machine.load(
            archive, device=where.djl, optimization=token_run.OFF, trust=trust
        ) as classifier:
            unoptimized = token_run.sampled(classifier, golden.cases, advance)
        decides = labelled is not None and labelled_data.decides(labelled)
        least = 0.0 if decides else agreement.bound(found.manifest.accuracy)
        with machine.load(archive, device=where.djl, trust=trust) as classifier:
            run = token_run.Run(
                classifier,
                unoptimized,
                golden,
                _beside(found, where),
                advance,
                least,
                neighbours.special_tokens(found.folder),
            )
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
    machine: process.Jvm,
    notes: tuple[str, ...],
    explanation: Explanation | None = None,
) -> ParityReport:
    here, precision = cpu_class.here(), found.manifest.precision
    if precision == "int8":
        remark = cpu_class.remark((found.manifest.parity or {}).get("cpu"), here)
        # Without a proof in the manifest it is being built.
        notes = (*notes, remark) if remark and found.manifest.parity else notes
    notes = (*notes, *found.manifest.remarks())
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
    if stood is not None and (stood.status == FAIL or found.status == SKIPPED):
        # Too little labelled text to overrule it, see `labelled_data.decides`.
        return tuple(levels)
    others = [level for level in levels if level.level != found.level]
    return tuple(sorted([*others, found], key=lambda level: level.level))


def _extended(
    golden: Golden,
    texts: Sequence[Text],
    found: archives.Opened,
    record: user_texts.Recorder | None,
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
    cases, note = user_texts.record_tokens(texts, found.folder)
    return replace(golden, cases=(*golden.cases, *cases)), (note,)


def _explanation(
    run: token_run.Run,
    levels: Sequence[Level],
    found: archives.Opened,
    reference: Recipe | None,
    record: user_texts.Recorder | None,
) -> Explanation | None:
    """Why the first of the levels 1 to 3 that broke did, on the first text that it broke on."""
    broken = next((level for level in levels if level.status == FAIL and level.level <= 3), None)
    cases = {case.id: case for case in run.golden.cases}
    if broken is None or broken.first is None or broken.first.case not in cases:
        return None
    if reference is not None and record is None:
        record = user_texts.by_reference(found.manifest, reference, TASK)
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
        record = user_texts.by_tokenizers(found.folder)
    return explain(probe, case, where, record, whole=whole)


def _beside(found: archives.Opened, where: Device) -> Mapping[str, token_run.OtherRuntime]:
    """Python's ONNX Runtime on the same GPU; nothing on the CPU, where the reference is at hand."""
    if not where.cuda:
        return {}
    session = session_on(where, found.folder / MODEL)
    return {f"in Python's ONNX Runtime on {where}": partial(other_runtime.run, session)}
