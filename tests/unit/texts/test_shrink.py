"""Shrinking: short, deterministic, bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from djlift.texts.shrink import shrunk


def test_the_shortest_text_is_found() -> None:
    """One word of many, then one character of the word."""
    found = shrunk("Anna met Tom in Berlin.\nThen she left.", lambda text: "B" in text)
    assert found.text == "B"
    assert found.minimal


def test_two_places_far_apart_are_both_kept() -> None:
    """What lies between them goes."""
    text = "Anna " + "met somebody " * 300 + "Tom"
    found = shrunk(text, lambda t: "A" in t and t.endswith("m"))
    assert found.text == "Am"


def test_what_cannot_be_shortened_stays() -> None:
    """The whole text is the answer when every part of it is needed."""
    assert shrunk("Anna met", lambda text: text == "Anna met").text == "Anna met"


def test_an_empty_text_can_be_the_answer() -> None:
    """A fault that every text shows is shown by none at all."""
    assert shrunk("Anna", lambda text: True).text == ""
    assert shrunk("", lambda text: True).text == ""


def test_the_bound_holds_and_is_said() -> None:
    """The predicate is called at most as often as allowed, and what was reached is kept."""
    calls: list[str] = []

    def diverges(text: str) -> bool:
        calls.append(text)
        return text.count("x") >= 40

    found = shrunk("ax " * 80, diverges, runs=10)
    assert len(calls) == found.runs == 10
    assert not found.minimal
    assert found.text.count("x") >= 40
    assert len(found.text) < 240


@given(st.text(max_size=60), st.characters())
def test_the_result_always_diverges_and_no_text_is_tried_twice(text: str, wanted: str) -> None:
    """Whatever the text: the result diverges, is no longer, and is the same the second time."""
    text += wanted
    calls: list[str] = []

    def diverges(candidate: str) -> bool:
        calls.append(candidate)
        return wanted in candidate

    found = shrunk(text, diverges)
    assert found.text == wanted
    assert len(calls) == len(set(calls))
    assert shrunk(text, diverges) == found
