"""Question answering without a model: whose it is, spans, places, what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from djlift.archive.golden import Answered
from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.errors import UsageError
from djlift.parity.levels import answers as levels_answers
from djlift.parity.result import FAIL, PASS
from djlift.tasks.frame.parameters import checked
from djlift.tasks.frame.task import Variant
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.question_answering import pipeline
from djlift.tasks.question_answering.task import TASK, _answer
from tests.support.builders import a_window

FP32 = Tolerance(1e-4, None, 1e-4, exact=True)


def a_checkpoint(architecture: str) -> Checkpoint:
    """A checkpoint of an architecture."""
    source = Source("folder", "qa", None, Path("qa"))
    return Checkpoint(source, None, {"architectures": [architecture]}, {}, False, False)


def an_answer(text: str, score: float, start: int) -> dict[str, Any]:
    """An answer as djlift writes it."""
    place = {"start": start, "end": start + len(text)}
    return {"answer": text, "score": score, **place} | {f"utf16_{k}": v for k, v in place.items()}


def test_it_claims_its_head_and_no_other() -> None:
    """By the architecture's name."""
    assert TASK.claims(a_checkpoint("RobertaForQuestionAnswering"))
    assert not TASK.claims(a_checkpoint("RobertaForMaskedLM"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"top_k": 0},
        {"top_k": None},
        {"doc_stride": -1},
        {"max_answer_len": 0},
        {"handle_impossible_answer": 1},
        {"max_question_len": 64},
    ],
)
def test_parameters_that_cannot_be(wrong: dict[str, Any]) -> None:
    """max_question_len among them: transformers hands it to slow tokenizers only."""
    with pytest.raises(UsageError) as raised:
        checked(wrong, TASK.parameters, TASK.name)
    assert next(iter(wrong)) in str(raised.value)


def softly(*values: float) -> Any:
    """Probabilities, shape (1, tokens)."""
    return np.asarray([values], dtype=np.float32)


def test_spans_do_not_end_before_they_start_nor_go_on_too_long() -> None:
    """Whatever their probabilities say."""
    start, end = softly(0.1, 0.2, 0.7), softly(0.6, 0.3, 0.1)
    every = np.ones((1, 3), dtype=np.int64)
    starts, ends, scores = pipeline.decode_spans(start, end, 10, 2, every)
    assert all(0 <= e - s < 2 for s, e in zip(starts, ends, strict=True))
    assert len(starts) == 5 and list(scores) == sorted(scores, reverse=True)
    best = pipeline.decode_spans(start, end, 1, 2, every)
    assert (best[0][0], best[1][0]) == (2, 2)


def test_equal_spans_come_in_their_order_and_those_of_no_probability_not_at_all() -> None:
    """Where numpy's partition would choose by the machine."""
    start, end = softly(0.5, 0.0, 0.5), softly(0.5, 0.5, 0.5)
    every = np.ones((1, 3), dtype=np.int64)
    starts, ends, _ = pipeline.decode_spans(start, end, 99, 15, every)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (0, 2),
        (2, 2),
    ]


def test_no_answer_is_as_likely_as_where_it_is_least() -> None:
    """Over all features."""
    logits = np.zeros((1, 3), dtype=np.float32)
    none = np.asarray([[0, 1, 0]], dtype=np.int64)
    every = np.ones((1, 3), dtype=np.int64)
    *_, score = pipeline.select_starts_ends(
        logits, logits, none, every, 0.9, handle_impossible_answer=True
    )
    assert score == pytest.approx(0.25)
    *_, score = pipeline.select_starts_ends(
        logits, logits, none, every, 0.1, handle_impossible_answer=True
    )
    assert score == 0.1


def test_places_are_in_both_units() -> None:
    """Code points, and UTF-16 units behind an emoji."""
    found = _answer("\U0001f600 Paris", {"answer": "Paris", "score": 0.5, "start": 2, "end": 7})
    assert (found["utf16_start"], found["utf16_end"]) == (3, 8)


CONTEXT = "Anna lives in Paris"
EXPECTED = {"answers": [an_answer("Paris", 0.6, 14), an_answer("Anna", 0.2, 0)]}
WRONG = {
    "another span": {"answers": [an_answer("in Paris", 0.6, 11), an_answer("Anna", 0.2, 0)]},
    "start after end": {"answers": [an_answer("", 0.6, 14), an_answer("Anna", 0.2, 0)]},
    "no answer": {"answers": [an_answer("", 0.6, 0), an_answer("Paris", 0.6, 14)]},
    "another place": {"answers": [an_answer("Paris", 0.6, 13), an_answer("Anna", 0.2, 0)]},
    "another score": {"answers": [an_answer("Paris", 0.61, 14), an_answer("Anna", 0.2, 0)]},
    "top_k ignored": {"answers": [an_answer("Paris", 0.6, 14)]},
    "the second another": {"answers": [an_answer("Paris", 0.6, 14), an_answer("lives", 0.1, 5)]},
}


@pytest.mark.parametrize("fault", [None, *WRONG])
def test_answers_that_differ_are_named(fault: str | None) -> None:
    """At level 3, by variant and place."""
    given = {"question": "Where?", "context": CONTEXT}
    windows = {"plain": (a_window([5], [(0, 1)]),)}
    case = Answered(
        "c-1", "g", TASK.shown(given), windows, {}, given=given, answers={"default": EXPECTED}
    )
    found = EXPECTED if fault is None else WRONG[fault]
    level = levels_answers.outputs(
        TASK,
        {"default": Variant()},
        [case],
        {"default": {"c-1": found}},
        {"default": {"c-1": EXPECTED}},
        FP32,
    )
    assert level.status == (PASS if fault is None else FAIL)
    assert fault is None or (level.first is not None and "answers" in level.first.what)


def test_agreement_is_of_the_best_answer() -> None:
    """Its text; of a window its start and its end."""
    assert TASK.agrees(EXPECTED, {"answers": [an_answer("Paris", 0.1, 14)]})
    assert not TASK.agrees(EXPECTED, {"answers": []})
    assert TASK.agrees({"answers": []}, {"answers": []})
    assert TASK.stock_view({"answers": []}) == {"answers": [{"answer": ""}]}


@pytest.mark.parametrize(("second", "clear"), [(0.4, True), (0.4999, False)])
def test_two_answers_of_the_same_score_are_not_clear(second: float, clear: bool) -> None:
    """Their order would hang on rounding."""
    answers = {"answers": [an_answer("Paris", 0.5, 14), an_answer("London", second, 30)]}
    case = Answered("a", "g", "t", {}, {}, answers={"default": answers})
    assert TASK.clear(case, None) is clear  # type: ignore[arg-type]
