"""``djlift verify --translator stock`` for general tasks: DJL's own translator against the recorded outputs.

The JVM runs DJL's translator factory of the task through ``Criteria`` and writes what it gives in the form of
djlift's outputs. A variant that DJL's translator has no setting for is left out, and the report says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from djlift.archive.container import Opened
from djlift.archive.golden import Answered
from djlift.base.display import shorten
from djlift.base.progress import Advance
from djlift.jvm import process
from djlift.parity.plain_djl_result import Example, StockReport, Strategy
from djlift.parity.task_run import variants_of
from djlift.tasks.frame.outputs import Difference
from djlift.tasks.frame.task import GeneralTask, Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification.plain_djl import SCORE

ERROR, NUMBERS, OTHER = "error", "numbers", "other"
CAUSES = {
    ERROR: "DJL threw",
    NUMBERS: f"a number is more than {SCORE:g} away",
    OTHER: "something else differs",
}
"""Why an input differs; a task may name more."""
_WITHIN = Tolerance(SCORE, None, SCORE, exact=True)


def compare(
    machine: process.Jvm,
    found: Opened,
    task: GeneralTask,
    cases: Sequence[Answered],
    advance: Advance,
) -> StockReport:
    """Compare every variant that DJL's translator can be set to.

    Raises:
        JvmError: Plain DJL cannot load the archive.
    """
    variants = variants_of(found, cases)
    compared = []
    left_out = []
    for number, (name, variant) in enumerate(variants.items(), 1):
        arguments = task.stock(variant, found.manifest.model)
        if arguments is None:
            left_out.append(name)
        else:
            compared.append(_variant(machine, found, task, name, variant, arguments, cases))
        advance("plain DJL", number, len(variants))
    notes = (f"DJL's translator has no setting for: {', '.join(left_out)}",) if left_out else ()
    return StockReport(
        found.path.name,
        found.manifest.precision,
        tuple(compared),
        machine.versions(),
        compared=tuple(task.stock_compares),
        causes={**CAUSES, **task.stock_causes},
        notes=notes,
    )


def _variant(
    machine: process.Jvm,
    found: Opened,
    task: GeneralTask,
    name: str,
    variant: Variant,
    arguments: Mapping[str, str],
    cases: Sequence[Answered],
) -> Strategy:
    chosen = [c for c in cases if name in c.answers]
    lines = machine.stock_task(found.folder, task.name, arguments, [c.given for c in chosen])
    causes: dict[str, str] = {}
    examples: dict[str, Example] = {}
    for case, line in zip(chosen, lines, strict=True):
        expected, given = task.stock_view(case.answers[name]), json.loads(line)
        verdict = _verdict(task, case, variant, expected, given)
        if verdict is None:
            continue
        cause, apart = verdict
        causes[case.id] = cause
        if cause not in examples:
            text = shorten(case.text)
            examples[cause] = Example(
                case.id, cause, text, f"{apart.path} {apart.expected}".strip(), apart.found
            )
    return Strategy(name, len(chosen), causes, tuple(examples.values()))


def _verdict(
    task: GeneralTask, case: Answered, variant: Variant, expected: Any, given: Any
) -> tuple[str, Difference] | None:
    """Why an answer of DJL's differs, and where; None where it does not."""
    if "error" in given:
        return ERROR, Difference("", "an answer", str(given["error"]))
    apart = task.difference(expected, given, _WITHIN)
    if apart is None:
        return None
    special = task.stock_cause(case, variant, expected, given)
    if special is not None:
        return special, apart
    numbers = task.difference(expected, given, Tolerance(1e30, None, 1e30, exact=True)) is None
    return (NUMBERS if numbers else OTHER), apart
