"""Levels 3 and 4, and what level 5 adds, for general tasks: pure comparisons of outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from djlift.archive.golden import Answered
from djlift.parity.levels.differences import differs
from djlift.parity.result import FAIL, PASS, Divergence, Level, grouped
from djlift.tasks.frame.task import GeneralTask, Variant
from djlift.tasks.frame.tolerance import BOUND, FP32_SCORE, Tolerance, near_ties_allowed

Answers = Mapping[str, Mapping[str, Any]]
"""Outputs by variant, then by case id."""


def outputs(
    task: GeneralTask,
    variants: Mapping[str, Variant],
    cases: Sequence[Answered],
    seen: Answers,
    from_reference: Answers,
    tolerance: Tolerance,
) -> Level:
    """Level 3: the outputs of every variant.

    Args:
        seen: What the JVM gives for the inputs.
        from_reference: What the JVM's decoder gives for the reference's own outputs of the graph, where they
            are recorded: must be equal at every precision, so that a difference in ``seen`` can come from the
            graph alone. Where the tolerance is ``reported``, such a difference is counted and level 4 judges
            it.
    """
    strict = replace(tolerance, exact=True, score=FP32_SCORE, logits=FP32_SCORE, reported=False)
    found: list[tuple[str, Divergence | None]] = []
    ties: list[Divergence] = []
    compared, moved, decoded = 0, 0, 0
    for case in cases:
        verdict = None
        for name, expected in case.answers.items():
            if name not in seen or case.id not in seen[name]:
                verdict = verdict or differs(case, f"output ({name})", "a run", "none")
                continue
            compared += 1
            parameters = variants[name].parameters
            own = from_reference.get(name, {}).get(case.id)
            if own is not None:
                decoded += 1
                what = f"output decoded from the reference's ({name})"
                verdict = verdict or divergence(task, case, what, expected, own, strict, parameters)
            theirs = seen[name][case.id]
            apart = divergence(
                task, case, f"output ({name})", expected, theirs, tolerance, parameters
            )
            if apart is None:
                continue
            if tolerance.reported:
                moved += 1
                continue
            tie = None
            if not tolerance.exact:
                tie = task.near_tie(expected, theirs, _of(task, tolerance, parameters))
            if tie is None:
                verdict = verdict or apart
            else:
                ties.append(replace(apart, margin=tie))
        found.append((case.group, verdict))
    groups, first = grouped(found)
    wrong = sum(g.divergences for g in groups.values())
    allowed = near_ties_allowed(compared)
    summary = f"{compared} outputs equal in {len(seen)} variants"
    if tolerance.reported:
        summary = (
            f"decoded exactly from the reference's logits; {moved} outputs differ, level 4 judges"
        )
    if ties:
        summary = f"{summary}, {len(ties)} near-ties (at most {allowed})"
    if wrong:
        summary = f"first at {first.case if first else ''}"
    good = not wrong and found and compared and decoded and len(ties) <= allowed
    return Level(
        level=3,
        status=PASS if good else FAIL,
        compared=len(found),
        divergences=wrong,
        summary=summary,
        figures={"outputs": compared, "decoded": decoded, "near_ties": len(ties)}
        | ({"moved": moved} if tolerance.reported else {}),
        groups=groups,
        first=first,
        near_ties=tuple(ties),
    )


def divergence(
    task: GeneralTask,
    case: Answered,
    what: str,
    expected: Any,
    found: Any,
    tolerance: Tolerance,
    parameters: Mapping[str, Any],
) -> Divergence | None:
    """The first place in which two outputs differ."""
    apart = task.difference(expected, found, _of(task, tolerance, parameters))
    if apart is None:
        return None
    where = f"{what} {apart.path}".rstrip()
    return differs(case, where, apart.expected, apart.found)


def _of(task: GeneralTask, tolerance: Tolerance, parameters: Mapping[str, Any]) -> Tolerance:
    """The tolerance of a variant: numbers that are the graph's own have that of the graph's outputs."""
    if task.raw(parameters):
        return replace(tolerance, score=max(tolerance.score, tolerance.logits))
    return tolerance


def agreeing(
    task: GeneralTask, cases: Sequence[Answered], seen: Answers, least: float = BOUND
) -> Level:
    """Level 4 without labelled text: the share of outputs that say the same, in the worst variant."""
    worst, where = 1.0, ""
    first: Divergence | None = None
    for name, by_case in seen.items():
        pairs = [(c, c.answers[name], by_case[c.id]) for c in cases if name in c.answers]
        wrong = [(c, a, b) for c, a, b in pairs if not task.agrees(a, b)]
        figure = 1 - len(wrong) / len(pairs) if pairs else 0.0
        if figure < worst or not where:
            worst, where = figure, name
            if wrong and figure < least:
                case, ours, theirs = wrong[0]
                first = differs(case, f"output ({name})", _line(ours), _line(theirs))
    good = worst >= least and bool(where)
    return Level(
        level=4,
        status=PASS if good else FAIL,
        compared=len(cases),
        divergences=0 if good else 1,
        summary=f"agreement with fp32 PyTorch, not accuracy: {worst:.4f} of the outputs"
        f" under {where or 'no variant'} (at least {least:.4f})",
        figures={"agreement": worst, "bound": least},
        first=first,
    )


def _line(output: Any) -> str:
    text = str(output)
    return text if len(text) <= 160 else text[:160] + " …"


def in_another_order(
    task: GeneralTask,
    cases: Sequence[Answered],
    usually: Mapping[str, Any],
    otherwise: Mapping[str, Any],
    tolerance: Tolerance,
    level: Level,
    parameters: Mapping[str, Any],
) -> Level:
    """Level 5 with the outputs of the same inputs in another order beside it.

    Args:
        usually: Outputs of the default variant, by case id.
        otherwise: The same of some cases, run in another order.
        level: What the graph's outputs gave.
    """
    found: list[tuple[str, Divergence | None]] = []
    for case in cases:
        if case.id not in otherwise or case.id not in usually:
            continue
        ours, theirs = usually[case.id], otherwise[case.id]
        apart = divergence(
            task, case, "output in another order", ours, theirs, tolerance, parameters
        )
        scaled = _of(task, tolerance, parameters)
        tie = None if tolerance.exact else task.near_tie(ours, theirs, scaled)
        found.append((case.group, apart if tie is None else None))
    _, first = grouped(found)
    wrong = sum(apart is not None for _, apart in found)
    if not wrong or first is None:
        return level
    return replace(
        level,
        status=FAIL,
        divergences=level.divergences + wrong,
        summary=level.summary if level.first else f"first {first.what}",
        first=level.first or first,
    )


def moved(
    task: GeneralTask,
    cases: Sequence[Answered],
    usually: Mapping[str, Any],
    variants: Mapping[str, Mapping[str, Any]],
    least: float,
) -> Level:
    """Level 5 in int8: the share of inputs that say the same alone, in a batch, in another order.

    Args:
        usually: Outputs of the usual run, by case id.
        variants: Outputs of other runs, by the name of the variant; a variant may hold fewer cases.
    """
    figures: dict[str, float] = {}
    first = None
    for name, found in variants.items():
        here = [c for c in cases if c.id in found and c.id in usually]
        apart = [c for c in here if not task.agrees(usually[c.id], found[c.id])]
        figures[name] = 1 - len(apart) / len(here) if here else 1.0
        if figures[name] < least and first is None and apart:
            case = apart[0]
            first = differs(case, f"output {name}", _line(usually[case.id]), _line(found[case.id]))
    worst = min(figures.values(), default=0.0)
    good = worst >= least and bool(figures)
    shown = ", ".join(f"{name} {figure:.4f}" for name, figure in figures.items())
    groups, _ = grouped((c.group, None) for c in cases)
    return Level(
        level=5,
        status=PASS if good else FAIL,
        compared=len(cases),
        divergences=0 if good else 1,
        summary=f"int8 depends on the batch: agreement {shown} (each at least {least:.4f})",
        figures={"agreement": worst, "bound": least}
        | {name.replace(" ", "_"): figure for name, figure in figures.items()},
        groups=groups,
        first=first,
    )
