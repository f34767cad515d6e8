"""Plain DJL's answers against recorded ones: what differs, and the cause, on values."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from djlift.archive.golden import Case, Entity
from djlift.archive.windows import PLAIN
from djlift.parity.plain_djl import compared
from djlift.parity.plain_djl_result import StockReport
from djlift.parity.report import show_stock
from djlift.tasks.token_classification.plain_djl import Answer, Span, Words, answer, cause_of
from tests.support.builders import a_window

VOCABULARY = {
    "[UNK]": 0,
    "[CLS]": 1,
    "[SEP]": 2,
    "berlin": 3,
    ".": 4,
    "in": 5,
    "ber": 6,
    "##lin": 7,
}


@pytest.fixture
def words(tmp_path: Path) -> Words:
    """The word rules of a WordPiece tokenizer."""
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "vocab": VOCABULARY,
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": model}), encoding="utf-8")
    return Words(tmp_path)


def case(text: str, tokens: list[tuple[str, int, int]], *entities: Entity) -> Case:
    """A case whose entities are the same in every strategy."""
    ids = [1, *(VOCABULARY[t] for t, _, _ in tokens), 2]
    window = a_window(ids, [(0, 0), *((a, b) for _, a, b in tokens), (0, 0)])
    names = ("none", "simple", "first", "average", "max")
    return Case("c", "g", text, {PLAIN: (window,)}, dict.fromkeys(names, entities))


def spans(*entities: Entity, shift: int = 0) -> tuple[Span, ...]:
    """The same entities as DJL would give them."""
    return tuple(Span(e.label, e.start + shift, e.end + shift, e.score) for e in entities)


BERLIN = Entity("LOC", 0.9, "berlin", 3, 9)
PLAIN_CASE = case("in Berlin.", [("in", 0, 2), ("berlin", 3, 9), (".", 9, 10)], BERLIN)


def test_equal_answers_have_no_cause(words: Words) -> None:
    """A score may differ by a thousandth, and no more."""
    for off, cause in ((0.0009, None), (0.0011, "other")):
        found = spans(replace(BERLIN, score=0.9 + off))
        assert cause_of("simple", PLAIN_CASE, found, found, words) == cause


def test_words_are_not_compared(words: Words) -> None:
    """DJL has no word of Hugging Face's kind."""
    other = case(PLAIN_CASE.text, [("in", 0, 2)], replace(BERLIN, word="something else"))
    assert cause_of("simple", other, spans(BERLIN), spans(BERLIN), words) is None


def test_spans_that_count_code_points_are_utf16(words: Words) -> None:
    """Right as code points, wrong as the units of a Java string; right units are no difference."""
    moved = replace(BERLIN, start=5, end=11)
    astral = case("🎉 in Berlin", [("in", 2, 4), ("berlin", 5, 11)], moved)
    assert cause_of("none", astral, spans(moved), spans(moved), words) == "utf16"
    units = spans(moved, shift=1)
    assert cause_of("none", astral, units, units, words) is None


def test_punctuation_that_a_word_swallows_is_a_word_cut(words: Words) -> None:
    """Token by token all is right, and the full stop is in another word."""
    swallowed = (Span("LOC", 3, 10, 0.9),)
    for strategy in ("first", "average", "max"):
        assert cause_of(strategy, PLAIN_CASE, spans(BERLIN), swallowed, words) == "word cut"
    assert cause_of("max", PLAIN_CASE, spans(BERLIN), (), words) == "word cut"


def test_a_word_cut_is_named_only_where_it_is_shown(words: Words) -> None:
    """Not in strategies without words, not when the tokens differ, not where both rules agree."""
    swallowed = (Span("LOC", 3, 10, 0.9),)
    assert cause_of("simple", PLAIN_CASE, spans(BERLIN), swallowed, words) == "other"
    assert cause_of("first", PLAIN_CASE, (), swallowed, words) == "other"
    agreeing = case("in Berlin", [("in", 0, 2), ("ber", 3, 6), ("##lin", 6, 9)], BERLIN)
    wrong = (Span("LOC", 3, 9, 0.5),)
    assert cause_of("first", agreeing, spans(BERLIN), wrong, words) == "other"


def test_words_cut_at_the_wrong_unit_are_utf16(words: Words) -> None:
    """Behind two astral characters, DJL looks for the space before "Berlin" inside of "in"."""
    moved = replace(BERLIN, start=6, end=12)
    astral = case("🎉🎉 in Berlin", [("in", 3, 5), ("berlin", 6, 12)], moved)
    joined = (Span("LOC", 3, 12, 0.9),)
    assert cause_of("first", astral, spans(moved), joined, words) == "utf16"


def test_reading_on_is_truncation(words: Words) -> None:
    """An entity behind the last token that the reference read."""
    cut = case("in Berlin in Berlin", [("in", 0, 2), ("berlin", 3, 9)], BERLIN)
    more = (*spans(BERLIN), Span("LOC", 13, 19, 0.9))
    assert cause_of("none", cut, more, more, words) == "truncation"


def test_what_djl_throws_is_an_error(words: Words) -> None:
    """Its text is the example's other side."""
    thrown: Answer = answer(json.dumps({"error": "IndexOutOfBoundsException: 512"}))
    found = compared("simple", [PLAIN_CASE], [thrown], [thrown], words)
    assert found.causes == {"error": 1}
    (example,) = found.examples
    assert example.found == "IndexOutOfBoundsException: 512"


def test_a_score_that_is_no_number_differs(words: Words) -> None:
    """null in JSON is NaN, and NaN is within no tolerance."""
    line = {"label": "LOC", "score": None, "start": 3, "end": 9}
    given = answer(json.dumps({"entities": [line]}))
    assert cause_of("simple", PLAIN_CASE, given, given, words) == "other"


def test_a_text_of_no_token_is_compared(words: Words) -> None:
    """No window, no entity: equal."""
    bare = replace(case("", []), windows={PLAIN: (a_window([1, 2], [(0, 0), (0, 0)]),)})
    assert np.all(bare.windows[PLAIN][0].special == 1)
    assert cause_of("first", bare, (), (), words) is None


def test_the_table_counts_and_shows_both_sides(words: Words) -> None:
    """Totals, share, each cause with what it means and its first text, in the terminal and as JSON."""
    good, swallowed, thrown = spans(BERLIN), (Span("LOC", 3, 10, 0.9),), "NullPointerException"
    cases = [replace(PLAIN_CASE, id=f"c{n}") for n in range(5)]
    answers = [good, swallowed, swallowed, good, thrown]
    found = compared("first", cases, [good] * 5, answers, words)
    assert (found.texts, found.differing, found.share) == (5, 3, 0.6)
    other = compared("max", cases, [good] * 5, [swallowed, *[good] * 4], words)
    report = StockReport("a.zip", "fp32", (found, other), {"djl": "0.38.0"})
    assert (report.texts, report.differing) == (5, 4)
    text = printed(report)
    for part in (
        "60.0%",
        "word cut 2, error 1",
        "4 of 5 texts differ in at least one of them",
        "word cut: DJL cuts words at spaces",
        "first: c1: in Berlin.",
        "max: c0: in Berlin.",
        "LOC 3-9 'Berlin' 0.90000",
        "LOC 3-10 'Berlin.' 0.90000",
        "error: DJL threw",
    ):
        assert part in text
    assert "c2" not in text
    assert "utf16:" not in text
    data = json.loads(json.dumps(report.to_dict()))
    assert data["differing"] == 4
    (first, _) = data["strategies"]
    assert (first["share"], first["causes"]) == (0.6, {"word cut": 2, "error": 1})
    assert first["cases"] == {"c1": "word cut", "c2": "word cut", "c4": "error"}
    assert [e["cause"] for e in first["examples"]] == ["word cut", "error"]


def test_an_example_shows_what_java_cuts_out(words: Words) -> None:
    """Half an emoji is shown as an escape: neither a terminal nor UTF-8 takes it."""
    moved = replace(BERLIN, start=1, end=7)
    astral = case("🎉Berlin", [("berlin", 1, 7)], moved)
    found = compared("none", [astral], [spans(moved)], [spans(moved)], words)
    (example,) = found.examples
    assert example.expected == "LOC 2-8 'Berlin' 0.90000"
    assert example.found == "LOC 1-7 '\\udf89Berli' 0.90000"
    text = printed(StockReport("a.zip", "fp32", (found,), {}))
    assert example.found in text
    text.encode()


def test_spans_outside_of_the_text_are_shown(words: Words) -> None:
    """What DJL gives may lie anywhere."""
    found = compared("none", [PLAIN_CASE], [()], [(Span("LOC", 90, 99, 0.9),)], words)
    assert found.examples[0].found == "LOC 90-99 '' 0.90000"


def printed(report: StockReport) -> str:
    """What the terminal shows."""
    out = StringIO()
    show_stock(report, Console(file=out, width=100))
    return out.getvalue()
