"""Agreement: what judges int8 where there is no labelled text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from djlift.archive.golden import Entity, Golden
from djlift.archive.windows import PLAIN
from djlift.parity.levels import agreement
from djlift.parity.result import FAIL, PASS
from tests.support.builders import a_case, a_golden, an_entity

Seen = dict[tuple[str, str], dict[str, list[Entity]]]


def recorded(golden: Golden) -> Seen:
    """A JVM that gives what was recorded."""
    seen: Seen = {}
    for case in golden.cases:
        for strategy, entities in case.outputs.items():
            seen.setdefault((PLAIN, strategy), {})[case.id] = list(entities)
        for stride, outputs in case.strides.items():
            for strategy, entities in outputs.items():
                seen.setdefault((stride, strategy), {})[case.id] = list(entities)
    return seen


def many(count: int) -> Golden:
    """Cases with two entities each."""
    return a_golden(*(a_case(f"news-{n:03d}") for n in range(count)))


def test_level_of_equal_entities() -> None:
    """Equal entities agree, and the summary does not speak of accuracy."""
    golden = a_golden()
    found = agreement.level(golden.cases, recorded(golden))
    assert (found.level, found.status) == (4, PASS)
    assert found.figures["agreement"] == 1.0
    assert "not accuracy" in found.summary


@pytest.mark.parametrize(("wrong", "status"), [(1, PASS), (2, FAIL)])
def test_the_worst_strategy_counts(wrong: int, status: str) -> None:
    """Of 20 texts one without its entities passes (F1 0.974), two fail (0.947), in one strategy alone."""
    golden = many(20)
    seen = recorded(golden)
    for number in range(wrong):
        seen[PLAIN, "max"][f"news-{number:03d}"] = []
    found = agreement.level(golden.cases, seen)
    assert found.status == status
    assert "max" in found.summary
    if status == FAIL:
        assert found.first is not None
        assert found.first.what == "entities (max)"
        assert found.first.found == "nothing"


def test_label_and_span_count_the_score_does_not() -> None:
    """Another label or span is another entity; another score is not."""
    golden = a_golden(a_case())
    for change, status in (
        ({"label": "ORG"}, FAIL),
        ({"end": 5}, FAIL),
        ({"score": 0.1}, PASS),
    ):
        seen = recorded(golden)
        (case,) = golden.cases
        seen[PLAIN, "simple"][case.id][0] = an_entity(**change)  # type: ignore[arg-type]
        assert agreement.level(golden.cases, seen).status == status, change


def test_nothing_to_agree_on_is_no_pass() -> None:
    """Without one recorded entity, or without a run, nothing was judged."""
    empty = replace(a_case(), outputs={"simple": ()}, strides={})
    golden = a_golden(empty)
    assert agreement.level(golden.cases, recorded(golden)).status == FAIL
    assert agreement.level(golden.cases, {}).status == FAIL


def test_invariance_counts_each_variant() -> None:
    """A variant below the bound fails by its name, however good the others are."""
    golden = many(20)
    usual = {c.id: list(c.outputs["simple"]) for c in golden.cases}
    moved = dict(usual) | {f"news-{n:03d}": [] for n in range(3)}
    good = agreement.invariance(golden.cases, usual, {"alone": usual}, finite=True)
    assert (good.level, good.status) == (5, PASS)
    bad = agreement.invariance(
        golden.cases, usual, {"alone": usual, "with more padding": moved}, finite=True
    )
    assert bad.status == FAIL
    assert bad.first is not None
    assert bad.first.what == "entities with more padding"
    assert bad.figures["alone"] == 1.0
    assert bad.figures["moved"] == 3


def test_invariance_needs_numbers_and_variants() -> None:
    """A logit that is no number fails, and so does no variant at all."""
    golden = a_golden()
    usual = {c.id: list(c.outputs["simple"]) for c in golden.cases}
    assert agreement.invariance(golden.cases, usual, {"alone": usual}, finite=False).status == FAIL
    assert agreement.invariance(golden.cases, usual, {}, finite=True).status == FAIL


@pytest.mark.parametrize(
    ("accuracy", "least"),
    [
        (None, 0.95),
        ({}, 0.95),
        ({"agreement": "0.1"}, 0.95),
        ({"agreement": float("nan")}, 0.95),
        ({"agreement": 0.918}, 0.908),
        ({"agreement": 0.999}, 0.95),
    ],
)
def test_bound_of_an_archive(accuracy: dict[str, object] | None, least: float) -> None:
    """What labelled text decided for must agree as it did then; everything else by 0.95."""
    assert agreement.bound(accuracy) == pytest.approx(least)


def test_between_runs() -> None:
    """Two runs may be twice as far from each other as one is from PyTorch; never nearer than 0.90 is asked."""
    assert agreement.between_runs(0.918) == pytest.approx(0.836)
    assert agreement.between_runs(1.0) == pytest.approx(0.90)
