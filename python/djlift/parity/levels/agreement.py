"""How far the entities of an int8 archive agree with fp32 PyTorch's own: what is gated without labelled text.

Agreement is no accuracy: an entity that both sides have may be wrong, one that differs may be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from djlift.archive.golden import Case, Entity
from djlift.parity.levels.differences import differs, named, recorded
from djlift.parity.result import FAIL, PASS, Divergence, Level, grouped
from djlift.tasks.frame.tolerance import BOUND
from djlift.tasks.token_classification.agreement import f1, spans

SLACK = 0.01
"""By how much an archive whose accuracy was proven may agree less than on the day of the proof."""

Outputs = Mapping[tuple[str, str], Mapping[str, Sequence[Entity]]]
"""By (stride, strategy), then by case id."""


def between(cases: Sequence[Case], seen: Outputs) -> tuple[float, str, int]:
    """Agreement of what the JVM gives with what was recorded: the worst strategy's F1.

    Returns:
        The F1, the name of that strategy, and the entities that were recorded under it.
    """
    worst, where, count = 1.0, "", 0
    for (stride, strategy), by_case in seen.items():
        pairs = {}
        for case in cases:
            expected = recorded(case, stride, strategy)
            if expected is not None:
                pairs[case.id] = (spans(expected), spans(by_case[case.id]))
        figure = f1({n: a for n, (a, _) in pairs.items()}, {n: b for n, (_, b) in pairs.items()})
        if figure < worst or not where:
            worst, where = figure, named(stride, strategy)
            count = sum(len(a) for a, _ in pairs.values())
    return worst, where, count


def bound(accuracy: Mapping[str, Any] | None) -> float:
    """The smallest agreement with which an archive holds.

    Labelled text decides where there is some. An archive that it decided for need not reach
    :data:`~djlift.tasks.frame.tolerance.BOUND`: it must agree with PyTorch as it did then.

    Args:
        accuracy: The manifest's ``accuracy``: written only when the archive passed level 4 on labelled text.
    """
    stated = (accuracy or {}).get("agreement")
    if not isinstance(stated, float) or not 0 <= stated <= 1:
        return BOUND
    return min(BOUND, stated - SLACK)


def level(cases: Sequence[Case], seen: Outputs, least: float = BOUND) -> Level:
    """Level 4 without labelled text: agreement on the golden cases, at least ``least``."""
    figure, where, entities = between(cases, seen)
    good = figure >= least and entities > 0
    first = None if good else _first(cases, seen)
    return Level(
        level=4,
        status=PASS if good else FAIL,
        compared=len(cases),
        divergences=0 if good else 1,
        summary=f"agreement with fp32 PyTorch, not accuracy: no labelled data; entity F1 {figure:.4f}"
        f" under {where or 'no strategy'} (at least {least:.4f})",
        figures={"agreement": figure, "entities": entities, "bound": least},
        first=first,
    )


def _first(cases: Sequence[Case], seen: Outputs) -> Divergence | None:
    for case in cases:
        for (stride, strategy), by_case in seen.items():
            expected = recorded(case, stride, strategy)
            if expected is not None and spans(expected) != spans(by_case[case.id]):
                return _shown(
                    case, f"entities ({named(stride, strategy)})", expected, by_case[case.id]
                )
    return None


def _shown(
    case: Case, what: str, expected: Sequence[Entity], found: Sequence[Entity]
) -> Divergence:
    return differs(case, what, _line(expected), _line(found))


def _line(entities: Sequence[Entity]) -> str:
    listed = [f"{e.label} {e.start}-{e.end} {e.word!r}" for e in entities[:6]]
    return ", ".join(listed) + (", …" if len(entities) > 6 else "") if listed else "nothing"


def invariance(
    cases: Sequence[Case],
    usual: Mapping[str, Sequence[Entity]],
    variants: Mapping[str, Mapping[str, Sequence[Entity]]],
    finite: bool,
    least: float = BOUND,
) -> Level:
    """Level 5 in int8: the entities of a text alone, in a batch, in another order, with more padding.

    The scale of an activation is that of its whole batch, so neighbours move the logits, and with
    them entities: in each variant no more than :func:`between_runs` allows.

    Args:
        usual: Entities of the usual run, by case id.
        variants: Entities of other runs by the name of the variant; a variant may hold fewer cases.
        finite: Whether every logit of every variant is a finite number.
        least: What each variant must agree with the usual run, as entity F1.
    """
    figures: dict[str, float] = {}
    first = None
    moved: dict[str, bool] = {}
    for name, found in variants.items():
        here = [c for c in cases if c.id in found and c.id in usual]
        figures[name] = f1(
            {c.id: spans(usual[c.id]) for c in here}, {c.id: spans(found[c.id]) for c in here}
        )
        differing = [c for c in here if spans(usual[c.id]) != spans(found[c.id])]
        moved |= {c.id: True for c in differing}
        if figures[name] < least and first is None and differing:
            case = differing[0]
            first = _shown(case, f"entities {name}", usual[case.id], found[case.id])
    worst = min(figures.values(), default=0.0)
    good = worst >= least and finite and bool(figures)
    shown = ", ".join(f"{name} {figure:.4f}" for name, figure in figures.items())
    groups, _ = grouped((c.group, None) for c in cases)
    return Level(
        level=5,
        status=PASS if good else FAIL,
        compared=len(cases),
        divergences=0 if good else 1,
        summary=f"int8 depends on the batch: entity F1 {shown} (each at least {least:.4f}),"
        f" {len(moved)} texts move",
        figures={"agreement": worst, "moved": len(moved), "bound": least, **_keyed(figures)},
        groups=groups,
        first=first,
    )


def between_runs(agreed: float) -> float:
    """What two runs must agree with one another when the usual one agrees with PyTorch by ``agreed``.

    Two runs, each that far from PyTorch, may be twice as far from each other.
    """
    return 2 * min(agreed, BOUND) - 1


def _keyed(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace(" ", "_"): value for name, value in figures.items()}
