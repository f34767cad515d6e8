"""Levels 0 to 5: pure comparisons of the reference's side with the JVM's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from djlift.archive.container import Problem
from djlift.archive.golden import Answered, Case, Entity, PaddedBatch
from djlift.archive.windows import PLAIN
from djlift.base.display import shorten
from djlift.jvm.windows import Window
from djlift.parity.levels.differences import (
    around,
    differs,
    entity_divergence,
    first_difference,
    named,
    recorded,
    row_of,
)
from djlift.parity.result import FAIL, PASS, SKIPPED, Divergence, GroupCount, Level, grouped
from djlift.tasks.frame.tolerance import FP32_SCORE, Tolerance, near_ties_allowed
from djlift.tasks.token_classification import labelled as labelled_data
from djlift.tasks.token_classification.labelled import Labelled
from djlift.tasks.token_classification.near_ties import excused

DROP = {"fp32": 0.0, "fp16": 0.001, "int8": 0.005}
"""Largest drop in F1 (1.0 is all) that ships."""
Traces = Mapping[str, Mapping[str, Sequence[Window]]]
"""By stride, then by case id."""
Outputs = Mapping[tuple[str, str], Mapping[str, Sequence[Entity]]]
"""By (stride, strategy), then by case id."""


def integrity(files: int, problems: Sequence[Problem]) -> Level:
    """Level 0: every file against the manifest."""
    first = None
    if problems:
        p = problems[0]
        name = shorten(p.file)
        first = Divergence(name, "files", name, "file", p.expected, p.found)
    return Level(
        level=0,
        status=FAIL if problems else PASS,
        compared=files,
        divergences=len(problems),
        summary=f"{files} files"
        if not problems
        else f"{shorten(problems[0].file)} is not what was packed",
        groups={"files": GroupCount(files, len(problems), first)},
        first=first,
    )


def tokens(
    cases: Sequence[Case],
    traces: Traces,
    padding: PaddedBatch,
    batch: Mapping[str, NDArray[np.int64]],
    inputs: Sequence[str],
) -> Level:
    """Level 1: ids, masks, types, special tokens, offsets, windows, and one padded batch: all exactly.

    Args:
        batch: The JVM's padded batch, by input name.
        inputs: Names of the inputs that the reference's graph takes.
    """
    with_types = "token_type_ids" in inputs
    found = [(c.group, _token_divergence(c, traces, with_types)) for c in cases]
    if padding.cases:
        found.append(("padding", _padding_divergence(padding, batch, inputs)))
    groups, first = grouped(found)
    count = sum(
        len(w.ids) for stride in traces.values() for windows in stride.values() for w in windows
    )
    wrong = sum(g.divergences for g in groups.values())
    return Level(
        level=1,
        status=FAIL if wrong else PASS,
        compared=len(found),
        divergences=wrong,
        summary=f"{count} tokens equal" if not wrong else f"first at {first.case if first else ''}",
        figures={"tokens": count},
        groups=groups,
        first=first,
    )


def _token_divergence(case: Case, traces: Traces, with_types: bool) -> Divergence | None:
    for stride, windows in case.windows.items():
        seen = traces[stride][case.id]
        name = "windows" if stride == PLAIN else f"windows (stride {stride})"
        if len(seen) != len(windows):
            return differs(case, name, str(len(windows)), str(len(seen)))
        for ours, theirs in zip(windows, seen, strict=True):
            pairs: list[tuple[str, NDArray[Any], NDArray[Any]]] = [
                ("ids", ours.ids, theirs.ids),
                ("mask", np.ones_like(ours.ids), theirs.mask),
                ("special tokens", ours.special, theirs.special),
                ("offsets (code points)", ours.offsets, theirs.offsets),
            ]
            if with_types:
                pairs.insert(1, ("types", ours.type_ids, theirs.type_ids))
            for what, expected, found in pairs:
                at = first_difference(expected, found)
                if at is not None:
                    return differs(case, what, around(expected, at), around(found, at), at)
    return None


def _padding_divergence(
    padding: PaddedBatch, batch: Mapping[str, NDArray[np.int64]], inputs: Sequence[str]
) -> Divergence | None:
    if set(batch) != set(inputs):
        return Divergence(
            "padded batch", "padding", ", ".join(padding.cases), "inputs of the model",
            ", ".join(sorted(inputs)), ", ".join(sorted(batch)),
        )  # fmt: skip
    unrecorded = set(inputs) - set(padding.inputs)
    if unrecorded:
        return Divergence(
            "padded batch", "padding", ", ".join(padding.cases), "recorded inputs",
            ", ".join(sorted(inputs)), ", ".join(sorted(padding.inputs)),
        )  # fmt: skip
    for name, rows in padding.inputs.items():
        if name not in batch:
            # The graph does not take it; the reference's tokenizer gives it all the same.
            continue
        expected, found = np.asarray(rows), batch[name]
        if expected.shape != found.shape:
            return Divergence(
                "padded batch", "padding", ", ".join(padding.cases), f"shape of {name}",
                str(expected.shape), str(found.shape),
            )  # fmt: skip
        for row, case in enumerate(padding.cases):
            at = first_difference(expected[row], found[row])
            if at is not None:
                return Divergence(
                    case, "padding", ", ".join(padding.cases), f"{name} of a padded batch",
                    around(expected[row], at), around(found[row], at), at,
                )  # fmt: skip
    return None


def logits(cases: Sequence[Case], traces: Traces, tolerance: Tolerance) -> Level:
    """Level 2: the JVM's logits against fp32 PyTorch's."""
    found: list[tuple[str, Divergence | None]] = []
    largest, squares, count = 0.0, 0.0, 0
    for case in cases:
        worst, divergence = 0.0, None
        for stride, windows in case.windows.items():
            for ours, theirs in zip(windows, traces[stride][case.id], strict=True):
                if isinstance(case, Answered) and ours.logits.shape == (0, 0):
                    # Too large to travel along; what follows from it is compared at level 3.
                    continue
                if ours.logits.shape != theirs.logits.shape:
                    shapes = str(ours.logits.shape), str(theirs.logits.shape)
                    worst, divergence = np.inf, differs(case, "shape of the logits", *shapes)
                    continue
                if ours.logits.size == 0:
                    continue
                with np.errstate(invalid="ignore"):
                    difference = np.abs(ours.logits.astype(np.float64) - theirs.logits)
                squares += float(np.square(difference).sum())
                count += difference.size
                bounded = np.nan_to_num(difference, nan=np.inf, posinf=np.inf)
                top = float(bounded.max())
                if top > worst:
                    worst = top
                    at = int(bounded.max(axis=1).argmax())
                    divergence = differs(
                        case, "logits", row_of(ours.logits[at]), row_of(theirs.logits[at]), at
                    )
        largest = max(largest, worst)
        found.append(
            (case.group, divergence if worst > tolerance.logits or not np.isfinite(worst) else None)
        )
    groups, first = grouped(found)
    wrong = sum(g.divergences for g in groups.values())
    rms = float(np.sqrt(squares / count)) if count else 0.0
    too_far = tolerance.rms is not None and not rms <= tolerance.rms
    if tolerance.reported:
        summary = f"no bound, level 4 judges: largest difference {largest:.2g}, rms {rms:.2g}"
    else:
        summary = f"largest difference {largest:.2g} (at most {tolerance.logits:.2g})"
    if tolerance.rms is not None:
        summary += f", rms {rms:.2g} (at most {tolerance.rms:.2g})"
    return Level(
        level=2,
        status=FAIL if wrong or too_far or not count or not np.isfinite(rms) else PASS,
        compared=len(found),
        divergences=wrong,
        summary=summary,
        figures={"max_abs": largest, "rms": rms, "tolerance": tolerance.logits},
        groups=groups,
        first=first,
    )


def outputs(
    cases: Sequence[Case], seen: Outputs, from_reference: Outputs, tolerance: Tolerance
) -> Level:
    """Level 3: the entities of every strategy.

    Args:
        seen: What the JVM gives for the texts.
        from_reference: What the JVM's decoder gives for the reference's own logits: must be equal at every
            precision, so that a difference in ``seen`` can come from the logits alone. Where the tolerance is
            ``reported``, such a difference is counted and level 4 judges it.
    """
    found: list[tuple[str, Divergence | None]] = []
    ties: list[Divergence] = []
    entities, moved, compared = 0, 0, 0
    for case in cases:
        verdict = _not_run(case, seen)
        for (stride, strategy), by_case in seen.items():
            expected = recorded(case, stride, strategy)
            if expected is None:
                continue
            entities += len(expected)
            compared += 1
            decoded = from_reference.get((stride, strategy), {}).get(case.id)
            if decoded is not None:
                strict = replace(tolerance, exact=True, score=FP32_SCORE, reported=False)
                what = f"entities decoded from the reference's logits ({named(stride, strategy)})"
                verdict = verdict or entity_divergence(case, what, expected, decoded, strict)
            what = f"entities ({named(stride, strategy)})"
            divergence = entity_divergence(case, what, expected, by_case[case.id], tolerance)
            if divergence is None:
                continue
            if tolerance.reported:
                moved += 1
                continue
            gap = excused(case, stride, strategy, expected, by_case[case.id], tolerance)
            if gap is not None:
                ties.append(replace(divergence, margin=gap))
            else:
                verdict = verdict or divergence
        found.append((case.group, verdict))
    groups, first = grouped(found)
    wrong = sum(g.divergences for g in groups.values())
    allowed = near_ties_allowed(compared)
    summary = f"{entities} entities equal in {len(seen)} strategies"
    if tolerance.reported:
        summary = (
            f"decoded exactly from the reference's logits; {moved} outputs differ, level 4 judges"
        )
    if ties:
        summary = f"{summary}, {len(ties)} near-ties (at most {allowed})"
    if wrong:
        summary = f"first at {first.case if first else ''}"
    return Level(
        level=3,
        status=FAIL if wrong or not found or len(ties) > allowed else PASS,
        compared=len(found),
        divergences=wrong,
        summary=summary,
        figures={"entities": entities, "near_ties": len(ties)}
        | ({"moved": moved} if tolerance.reported else {}),
        groups=groups,
        first=first,
        near_ties=tuple(ties),
    )


def _not_run(case: Case, seen: Outputs) -> Divergence | None:
    """A recorded strategy that was not run, if there is one."""
    recorded_keys = [(PLAIN, s) for s in case.outputs]
    recorded_keys += [(stride, s) for stride, by in case.strides.items() for s in by]
    for stride, strategy in recorded_keys:
        if (stride, strategy) not in seen:
            what = f"entities ({named(stride, strategy)})"
            return differs(case, what, "a run", "none")
    return None


def invariance(
    cases: Sequence[Case],
    base: Mapping[str, Sequence[Window]],
    variants: Mapping[str, Mapping[str, Sequence[Window]]],
    reordered: Mapping[str, tuple[Sequence[Entity], Sequence[Entity]]],
    tolerance: Tolerance,
) -> Level:
    """Level 5: alone, in a batch, in another order, with more padding: the same.

    Args:
        base: Windows of the usual run, by case id.
        variants: Windows of other runs by the name of the variant; a variant may hold fewer cases.
        reordered: By case id, the entities in order and in another order, alone.
    """
    found: list[tuple[str, Divergence | None]] = []
    largest = 0.0
    for case in cases:
        divergence = None
        for name, windows in variants.items():
            if case.id not in windows:
                continue
            for usual, other in zip(base[case.id], windows[case.id], strict=True):
                if not usual.logits.size:
                    continue
                difference = np.nan_to_num(np.abs(usual.logits - other.logits), nan=np.inf)
                largest = max(largest, float(difference.max()))
                if difference.max() > tolerance.logits:
                    at = int(difference.max(axis=1).argmax())
                    divergence = divergence or differs(
                        case,
                        f"logits {name}",
                        row_of(usual.logits[at]),
                        row_of(other.logits[at]),
                        at,
                    )
        if case.id in reordered:
            usually, otherwise = reordered[case.id]
            moved = entity_divergence(
                case, "entities in another order", usually, otherwise, tolerance
            )
            if moved and excused(case, PLAIN, "simple", usually, otherwise, tolerance) is None:
                divergence = divergence or moved
        found.append((case.group, divergence))
    groups, first = grouped(found)
    wrong = sum(g.divergences for g in groups.values())
    names = ", ".join([*variants, "in another order"])
    return Level(
        level=5,
        status=FAIL if wrong else PASS,
        compared=len(found),
        divergences=wrong,
        summary=f"{names}: largest difference {largest:.2g}"
        if not wrong
        else f"first {first.what if first else ''}",
        figures={"max_abs": largest},
        groups=groups,
        first=first,
    )


def labelled_text(precision: str, labelled: Labelled, archive: float) -> Level:
    """Level 4 on labelled text; skipped where the reference finds nothing, for nothing can drop then.

    Args:
        archive: The archive's F1 on it.
    """
    sentences, reference = labelled.sentences, labelled.reference
    drop = reference - archive
    bound = DROP[precision]
    count = labelled_data.entities(sentences)
    good = drop <= bound + 1e-9
    said = f"{count} entities, read as {labelled_data.scheme(sentences)}"
    if reference == 0:
        figures = {"reference": reference, "archive": archive, "entities": count}
        summary = f"not measured: PyTorch finds none of {said}"
        return Level(4, SKIPPED, len(sentences), 0, summary, figures)
    return Level(
        level=4,
        status=PASS if good else FAIL,
        compared=len(sentences),
        divergences=0 if good else 1,
        summary=f"entity F1 {archive:.4f}, PyTorch {reference:.4f} (drop at most {bound:.4f}); {said}",
        figures={"reference": reference, "archive": archive, "entities": count},
    )
