"""``djlift verify --translator stock``: what plain DJL gives from the same archive, against PyTorch.

A comparison, not a proof: it shows what a pipeline gets that does not use djlift's translator. DJL's own
``TokenClassificationTranslatorFactory`` runs on the unpacked archive, a call a text, and its entities are
compared with the recorded ones: label, start, end, and score within 1e-3. Spans are compared as a Java program
uses them, in UTF-16 units. DJL gives no word as Hugging Face does, so words are not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djlift.archive import container as archives
from djlift.archive.golden import Answered, Case, Entity, Golden
from djlift.base.display import shorten
from djlift.base.progress import Advance, silent
from djlift.base.targets import Target, of_archive
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.jvm import process
from djlift.parity import plain_djl_tasks, user_texts
from djlift.parity.plain_djl_result import Example, StockReport, Strategy
from djlift.tasks import registry
from djlift.tasks.frame.task import GeneralTask
from djlift.tasks.token_classification.plain_djl import (
    Answer,
    Span,
    Words,
    answer,
    cause_of,
    equal,
    in_utf16,
)
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.texts.corpus import read_texts


def compare_stock(
    archive: Path,
    *,
    texts: Path | None = None,
    reference: Recipe | None = None,
    java_home: Path | None = None,
    target: Target | None = None,
    advance: Advance = silent,
) -> StockReport:
    """Run plain DJL on the golden cases of an archive, or on ``texts`` instead.

    Args:
        texts: Texts to compare in place of the golden cases; they need the reference.
        reference: The checkpoint that ``texts`` are recorded from.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        JvmError: No usable Java, no jars, or plain DJL cannot load the archive.
        UsageError: Texts without a reference.
    """
    if texts is not None and reference is None:
        raise UsageError(
            "--translator stock compares --texts with the reference",
            code="texts-without-reference",
            mend="pass --reference SOURCE",
        )
    with archives.opened(archive) as found:
        archives.require_intact(found)
        task = registry.of_archive(found.manifest.task, archive)
        if texts is not None and reference is not None:
            fields = task.fields if isinstance(task, GeneralTask) else None
            given = user_texts.renamed(read_texts(texts, fields))
            cases = user_texts.by_reference(found.manifest, reference, task)(given)
        else:
            cases = Golden.read(found.folder).cases
        machine = process.start(
            java_home, target=target or of_archive(found.manifest.target, archive)
        )
        if isinstance(task, GeneralTask):
            answered = [case for case in cases if isinstance(case, Answered)]
            return plain_djl_tasks.compare(machine, found, task, answered, advance)
        words = Words(found.folder)
        plain = _run(machine, found.folder, "none", cases)
        strategies = []
        for number, name in enumerate(STRATEGIES, 1):
            answers = plain if name == "none" else _run(machine, found.folder, name, cases)
            strategies.append(compared(name, cases, plain, answers, words))
            advance("plain DJL", number, len(STRATEGIES))
        return StockReport(
            archive.name, found.manifest.precision, tuple(strategies), machine.versions()
        )


def _run(machine: process.Jvm, folder: Path, strategy: str, cases: Sequence[Case]) -> list[Answer]:
    return [answer(line) for line in machine.stock(folder, strategy, [c.text for c in cases])]


def compared(
    strategy: str,
    cases: Sequence[Case],
    plain: Sequence[Answer],
    answers: Sequence[Answer],
    words: Words,
) -> Strategy:
    """Compare one strategy.

    Args:
        plain: What DJL gives under ``none``: token by token, so without any grouping of its own.
    """
    causes: dict[str, str] = {}
    examples: dict[str, Example] = {}
    texts = 0
    for case, by_token, given in zip(cases, plain, answers, strict=True):
        recorded = case.outputs.get(strategy)
        if recorded is None:
            continue
        texts += 1
        cause = cause_of(strategy, case, by_token, given, words)
        if cause is not None:
            causes[case.id] = cause
            if cause not in examples:
                examples[cause] = _example(case, cause, recorded, given)
    return Strategy(strategy, texts, causes, tuple(examples.values()))


def _example(case: Case, cause: str, recorded: Sequence[Entity], given: Answer) -> Example:
    expected = in_utf16(case.text, recorded)
    if isinstance(given, str):
        return Example(case.id, cause, shorten(case.text), _shown(case.text, expected[:1]), given)
    at = next(
        (i for i, (a, b) in enumerate(zip(expected, given, strict=False)) if not equal(a, b)),
        min(len(expected), len(given)),
    )
    # One entity where the other has two: both are shown.
    several = slice(at, at + 2)
    return Example(
        case.id,
        cause,
        shorten(case.text),
        _shown(case.text, expected[several]),
        _shown(case.text, given[several]),
    )


def _shown(text: str, spans: Sequence[Span]) -> str:
    """Spans with what Java's ``substring`` makes of them."""
    units = text.encode("utf-16-le", "surrogatepass")
    shown = []
    for s in spans:
        part = units[2 * s.start : 2 * s.end].decode("utf-16-le", "surrogatepass")
        shown.append(f"{s.label} {s.start}-{s.end} '{shorten(part)}' {s.score:.5f}")
    return ", ".join(shown) or "nothing"
