"""Levels 3 and 5: entities that differ are caught, and a near-tie is what it says and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djlift.archive.golden import Answered, Case, Entity, Golden
from djlift.archive.windows import PLAIN
from djlift.jvm.windows import Window
from djlift.parity.levels import answers, comparison
from djlift.parity.result import FAIL, PASS, Level
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.text_classification import TextClassification
from tests.support.builders import a_case, a_golden, a_manifest, a_window, an_entity, seen

Outputs = dict[tuple[str, str], dict[str, list[Entity]]]

FP32 = Tolerance.of("fp32", a_golden())


def fp16(golden: Golden) -> Tolerance:
    """The tolerance of fp16 over a golden."""
    return Tolerance.of("fp16", golden)


def outputs_of(cases: Sequence[Case]) -> Outputs:
    """The JVM's entities, all of them as the reference recorded them."""
    plain = {(PLAIN, s): {c.id: list(c.outputs[s]) for c in cases} for s in cases[0].outputs}
    strides = {
        (stride, s): {c.id: list(c.strides[stride][s]) for c in cases}
        for stride in cases[0].strides
        for s in cases[0].strides[stride]
    }
    return plain | strides


def level3(
    golden: Golden, seen: Outputs, decoded: Outputs | None = None, tolerance: Tolerance = FP32
) -> Level:
    """Level 3 of a golden with what the JVM gave."""
    reference = outputs_of(golden.cases) if decoded is None else decoded
    return comparison.outputs(golden.cases, seen, reference, tolerance)


def a_near_tie(case: Case, gap: float) -> Case:
    """The case with its token 1, ``Anna``, decided by ``gap`` between B-PER and I-PER."""
    logits = case.windows[PLAIN][0].logits.copy()
    logits[:, :] = np.asarray([10.0, 0.0, 0.0, 0.0, 0.0])
    logits[1] = [0.0, 5.0 + gap, 5.0, 0.0, 0.0]
    return replace(case, windows={PLAIN: (replace(case.windows[PLAIN][0], logits=logits),)})


def flipped(golden: Golden, count: int) -> Outputs:
    """Entities whose first ``simple`` one has another label, in so many texts."""
    seen = outputs_of(golden.cases)
    for case in golden.cases[:count]:
        listed = seen[PLAIN, "simple"][case.id]
        listed[0] = replace(listed[0], label="LOC")
    return seen


def test_equal_entities() -> None:
    """Equal entities pass in every strategy and are counted."""
    golden = a_golden()
    for tolerance in (FP32, fp16(golden)):
        level = level3(golden, outputs_of(golden.cases), tolerance=tolerance)
        assert (level.level, level.status, level.divergences) == (3, PASS, 0)
        assert level.figures["entities"] == 2 * 2 * 9
        assert level.near_ties == ()


PLANTED: dict[str, list[Entity]] = {
    "label": [an_entity("LOC"), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "start": [an_entity(start=1), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "end": [an_entity(end=5), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "word": [an_entity(word="Anna"), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "score": [an_entity(score=0.9), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "no number": [an_entity(score=np.nan), an_entity("PER", 9, 12, word="tom", score=0.75)],
    "missing": [an_entity("PER", 9, 12, word="tom", score=0.75)],
    "none": [],
    "order": [an_entity("PER", 9, 12, word="tom", score=0.75), an_entity()],
}


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("key", [(PLAIN, "simple"), (PLAIN, "max"), ("2", "first")])
def test_planted_entity(key: tuple[str, str], planted: str, precision: str) -> None:
    """An entity that differs fails with text, strategy, token and both sides, in fp16 too."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    seen[key]["social-001"] = PLANTED[planted]
    level = level3(golden, seen, tolerance=Tolerance.of(precision, golden))
    assert (level.status, level.divergences) == (FAIL, 1)
    first = level.first
    assert first is not None
    assert (first.case, first.group, first.token) == ("social-001", "social", 1)
    assert key[1] in first.what
    assert (key[0] in first.what) == (key[0] != PLAIN)
    assert "PER 0-4 'anna' 0.98765" in first.expected
    assert first.expected != first.found


def test_extra_entity() -> None:
    """An entity that the reference does not have fails against nothing."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    seen[PLAIN, "simple"]["news-001"].append(an_entity("LOC", 5, 8, word="met"))
    first = level3(golden, seen).first
    assert first is not None
    assert (first.expected, first.found) == ("nothing", "LOC 5-8 'met' 0.98765")


def test_token_of_the_second_entity() -> None:
    """The token told is the one under the entity that differs."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    seen[PLAIN, "simple"]["news-001"][1] = an_entity("LOC", 9, 12, word="tom", score=0.75)
    first = level3(golden, seen).first
    assert first is not None
    assert first.token == 3


def test_index_under_none() -> None:
    """Under ``none`` the token's position is compared, and shown where it is all that differs."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    listed = seen[PLAIN, "none"]["news-001"]
    listed[0] = replace(listed[0], index=2)
    first = level3(golden, seen).first
    assert first is not None
    assert first.expected != first.found


@pytest.mark.parametrize(
    ("precision", "difference", "status"),
    [("fp32", 9e-5, PASS), ("fp32", 2e-4, FAIL), ("fp16", 9e-3, PASS), ("fp16", 2e-2, FAIL)],
)
def test_score_tolerance(precision: str, difference: float, status: str) -> None:
    """Scores may differ by 1e-4 in fp32 and by 1e-2 in fp16."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    listed = seen[PLAIN, "simple"]["news-001"]
    listed[0] = replace(listed[0], score=listed[0].score - difference)
    assert level3(golden, seen, tolerance=Tolerance.of(precision, golden)).status == status


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_decoder_that_differs(precision: str) -> None:
    """Entities decoded from the reference's own logits must be equal at every precision."""
    golden = a_golden(a_near_tie(a_case(), 1e-6))
    decoded = flipped(golden, 1)
    tolerance = Tolerance.of(precision, golden)
    level = level3(golden, outputs_of(golden.cases), decoded, tolerance)
    assert level.status == FAIL
    assert level.first is not None
    assert "decoded from the reference's logits" in level.first.what
    assert "LOC" in level.first.found


@pytest.mark.parametrize("difference", [2e-4, 9e-3])
def test_decoder_scores_are_exact(difference: float) -> None:
    """Scores decoded from the reference's own logits hold fp32's tolerance even in fp16."""
    golden = a_golden()
    decoded = outputs_of(golden.cases)
    listed = decoded[PLAIN, "simple"]["news-001"]
    listed[0] = replace(listed[0], score=listed[0].score - difference)
    level = level3(golden, outputs_of(golden.cases), decoded, fp16(golden))
    assert level.status == FAIL


def test_near_tie_in_fp16() -> None:
    """A label that fp16 flips where the reference hardly decided is listed with its margin."""
    golden = a_golden(a_near_tie(a_case(), 0.01))
    level = level3(golden, flipped(golden, 1), tolerance=fp16(golden))
    assert (level.status, level.divergences) == (PASS, 0)
    (tie,) = level.near_ties
    assert tie.case == "news-001"
    assert tie.margin == pytest.approx(0.01, rel=1e-3)
    assert "near-ties" in level.summary
    assert level.figures["near_ties"] == 1


def test_near_tie_never_in_fp32() -> None:
    """The same flip fails in fp32."""
    golden = a_golden(a_near_tie(a_case(), 1e-7))
    level = level3(golden, flipped(golden, 1), tolerance=FP32)
    assert (level.status, level.divergences, level.near_ties) == (FAIL, 1, ())


def test_clear_decision_is_no_near_tie() -> None:
    """A flip where the reference decided clearly fails in fp16."""
    golden = a_golden(a_near_tie(a_case(), 3.0))
    level = level3(golden, flipped(golden, 1), tolerance=fp16(golden))
    assert (level.status, level.divergences, level.near_ties) == (FAIL, 1, ())


def test_word_is_no_near_tie() -> None:
    """A word that is spelled otherwise in the same place cannot come from the logits."""
    golden = a_golden(a_near_tie(a_case(), 0.01))
    seen = outputs_of(golden.cases)
    listed = seen[PLAIN, "simple"]["news-001"]
    listed[0] = replace(listed[0], word="Anna")
    assert level3(golden, seen, tolerance=fp16(golden)).status == FAIL


@pytest.mark.parametrize("strategy", ["simple", "average"])
def test_near_tie_excuses_nothing_else(strategy: str) -> None:
    """Beside a near-tie in a text, an entity that is clearly lost, extra or scored otherwise fails."""
    golden = a_golden(a_near_tie(a_case(), 0.01))
    flip = an_entity("LOC")
    anna, tom = golden.cases[0].outputs[strategy]
    for others in ([], [replace(tom, score=0.1)], [tom, an_entity("LOC", 5, 8, word="met")]):
        seen = outputs_of(golden.cases)
        seen[PLAIN, strategy]["news-001"] = [flip, *others]
        level = level3(golden, seen, tolerance=fp16(golden))
        assert (level.status, level.divergences) == (FAIL, 1), others
    assert anna.label != flip.label


def test_near_tie_that_splits_an_entity() -> None:
    """A near-tie inside an entity may split it: all the parts lie over the span that it decided."""
    offsets = a_case().windows[PLAIN][0].offsets.tolist()
    logits = [[9, 0, 0], [0, 9, 0], [5, 5.01, 0], [0, 9, 0], [9, 0, 0]]
    window = a_window([101, 7, 8, 9, 102], offsets, logits)
    whole = an_entity("PER", 0, 12, word="anna met tom")
    case = replace(a_case(), windows={PLAIN: (window,)}, outputs={"simple": (whole,)}, strides={})
    golden = a_golden(case)
    seen = outputs_of(golden.cases)
    seen[PLAIN, "simple"]["news-001"] = [an_entity(), an_entity("PER", 9, 12, word="tom")]
    level = level3(golden, seen, tolerance=fp16(golden))
    assert (level.status, len(level.near_ties)) == (PASS, 1)


def test_too_many_near_ties() -> None:
    """Near-ties beyond one in a hundred outputs fail, however close each was."""
    golden = a_golden(*(a_near_tie(a_case(f"news-{n}"), 0.01) for n in range(20)))
    seen = outputs_of(golden.cases)
    allowed = int(np.ceil(0.01 * len(golden.cases) * len(seen)))
    for count, status in ((allowed, PASS), (allowed + 1, FAIL)):
        level = level3(golden, flipped(golden, count), tolerance=fp16(golden))
        assert len(level.near_ties) == count
        assert (level.status, level.divergences) == (status, 0)


def test_strategy_that_did_not_run() -> None:
    """A recorded strategy that was not run does not pass unseen."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    del seen[PLAIN, "average"]
    assert level3(golden, seen).status != PASS


def test_nothing_proves_nothing() -> None:
    """A level that had nothing to compare does not pass."""
    assert comparison.outputs((), {}, {}, FP32).status != PASS


@given(st.lists(st.tuples(st.sampled_from(["PER", "LOC"]), st.integers(0, 9), st.floats(0, 1))))
def test_equal_entities_always_pass(drawn: list[tuple[str, int, float]]) -> None:
    """Whatever the entities: the same on both sides passes."""
    entities = tuple(an_entity(label, at, at + 3, score=score) for label, at, score in drawn)
    golden = a_golden(replace(a_case(), outputs={"simple": entities}, strides={}))
    assert level3(golden, outputs_of(golden.cases)).status == PASS


@given(st.integers(0, 1), st.sampled_from(["label", "start", "end", "word"]))
def test_any_changed_entity_fails(number: int, field: str) -> None:
    """Whatever changes of an entity but its score: it fails."""
    golden = a_golden()
    seen = outputs_of(golden.cases)
    listed = seen[PLAIN, "simple"]["news-001"]
    before = getattr(listed[number], field)
    after = before + 1 if isinstance(before, int) else before + "x"
    listed[number] = replace(listed[number], **{field: after})
    assert level3(golden, seen).status == FAIL


def level5(golden: Golden, variant: dict[str, list[Window]], tolerance: Tolerance = FP32) -> Level:
    """Level 5 with one variant of the windows and the entities in the usual order twice."""
    base = {c.id: [seen(w) for w in c.windows[PLAIN]] for c in golden.cases}
    entities = {c.id: (c.outputs["simple"], c.outputs["simple"]) for c in golden.cases}
    return comparison.invariance(golden.cases, base, {"alone": variant}, entities, tolerance)


def test_invariant() -> None:
    """Variants that give the same pass; a variant may hold fewer texts."""
    golden = a_golden()
    variant = {c.id: [seen(w) for w in c.windows[PLAIN]] for c in golden.cases[:1]}
    level = level5(golden, variant)
    assert (level.level, level.status, level.compared) == (5, PASS, 2)
    assert "alone" in level.summary


@pytest.mark.parametrize(("change", "status"), [(5e-5, PASS), (1e-2, FAIL), (np.nan, FAIL)])
def test_variant_that_differs(change: float, status: str) -> None:
    """Logits that depend on the batch fail with the variant, the text and the token."""
    golden = a_golden()
    variant = {c.id: [seen(w) for w in c.windows[PLAIN]] for c in golden.cases}
    variant["social-001"][0].logits[3, 1] += np.float32(change)
    level = level5(golden, variant)
    assert level.status == status
    if status == FAIL:
        assert level.first is not None
        assert (level.first.case, level.first.token) == ("social-001", 3)
        assert level.first.what == "logits alone"


@pytest.mark.parametrize("gap", [1e-7, 3.0])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_another_order(precision: str, gap: float) -> None:
    """Entities that depend on the order fail, unless fp16 flips a near-tie."""
    golden = a_golden(a_near_tie(a_case(), gap))
    (case,) = golden.cases
    base = {case.id: [seen(w) for w in case.windows[PLAIN]]}
    usually = case.outputs["simple"]
    moved = {case.id: (usually, [replace(usually[0], label="LOC"), *usually[1:]])}
    tolerance = Tolerance.of(precision, golden)
    level = comparison.invariance(golden.cases, base, {}, moved, tolerance)
    near = precision == "fp16" and gap < tolerance.logits
    assert level.status == (PASS if near else FAIL)
    if not near:
        assert level.first is not None
        assert level.first.what == "entities in another order"
        assert level.first.token == 1


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("with_tokens", [True, False])
def test_text_without_reference(precision: str, with_tokens: bool) -> None:
    """A user's text of which no logits were recorded is still checked for its order."""
    window = replace(a_case().windows[PLAIN][0], logits=np.zeros((0, 0), dtype=np.float32))
    windows = {PLAIN: (window,)} if with_tokens else {}
    bare = Case("more-000001", "more", "Anna met Tom", windows, {})
    base = {bare.id: [seen(a_case().windows[PLAIN][0])]}
    usually = a_case().outputs["simple"]
    tolerance = Tolerance.of(precision, a_golden())
    moved = {bare.id: (usually, usually[:1])}
    level = comparison.invariance([bare], base, {}, moved, tolerance)
    assert (level.status, level.divergences) == (FAIL, 1)
    same = comparison.invariance([bare], base, {}, {bare.id: (usually, usually)}, tolerance)
    assert same.status == PASS


def test_int8_counts_what_differs() -> None:
    """Differing entities are counted for level 4; the decoder must be exact all the same."""
    golden = a_golden()
    wrong = outputs_of(golden.cases)
    wrong[PLAIN, "simple"]["news-001"] = []
    tolerance = Tolerance.of("int8", golden)
    counted = level3(golden, wrong, outputs_of(golden.cases), tolerance)
    assert (counted.status, counted.figures["moved"], counted.divergences) == (PASS, 1, 0)
    broken = level3(golden, outputs_of(golden.cases), wrong, tolerance)
    assert (broken.status, broken.divergences) == (FAIL, 1)
    assert "reference's logits" in broken.first.what  # type: ignore[union-attr]


def test_near_ties_are_a_share_of_what_was_compared() -> None:
    """Strides recorded for some cases only give no allowance for the others: 1 % is 1 %."""
    few, many = 3, 100
    strides = a_case().strides
    golden = a_golden(
        *(
            replace(a_near_tie(a_case(f"n-{n}"), 0.001), strides=strides if n < few else {})
            for n in range(many)
        )
    )
    known = outputs_of(golden.cases[:few])
    known |= {
        (PLAIN, s): by
        for (_, s), by in outputs_of([replace(c, strides={}) for c in golden.cases]).items()
    }
    compared = many * len(golden.cases[0].outputs) + few * len(strides["2"])
    allowed = int(np.ceil(0.01 * compared))
    for flips, status in ((allowed, PASS), (allowed + 1, FAIL)):
        outputs = {key: {i: list(e) for i, e in by.items()} for key, by in known.items()}
        for case in golden.cases[:flips]:
            listed = outputs[PLAIN, "simple"][case.id]
            listed[0] = replace(listed[0], label="LOC")
        level = level3(golden, outputs, known, fp16(golden))
        assert (len(level.near_ties), level.divergences) == (flips, 0), level.first
        assert level.status == status


def test_another_order_has_the_tolerance_of_level_3() -> None:
    """Scores that are logits have the tolerance of logits: a near-tie of level 3 is one here."""
    case = Answered("a", "news", "a", {}, {}, given={"text": "a"})
    tolerance = replace(fp16(a_golden()), logits=0.5, score=0.01)
    level = Level(5, PASS, 1, 0, "")
    ours, theirs = (
        {"a": {"labels": [{"label": label, "score": score} for label, score in ranked]}}
        for ranked in ((("x", 2.1), ("y", 2.0)), (("y", 2.15), ("x", 2.05)))
    )
    for raw, status in (({"function_to_apply": "none"}, PASS), ({}, FAIL)):
        found = answers.in_another_order(
            TextClassification(), [case], ours, theirs, tolerance, level, raw
        )
        assert found.status == status


def test_remarks_are_those_of_model_and_graph() -> None:
    """And nothing of a manifest that lists none as it should."""
    manifest = replace(a_manifest(), model={"remarks": ["a"]}, graph={"remarks": ["b"]})
    assert manifest.remarks() == ("a", "b")
    assert replace(manifest, model={"remarks": "text"}, graph={}).remarks() == ()
