"""Progress in a log, where there is no terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator

from djlift.terminal import Lines


def _clock(*seconds: float) -> Iterator[float]:
    yield from seconds


def _told(calls: list[tuple[float, str, int, int]]) -> list[str]:
    stream, times = io.StringIO(), _clock(*(call[0] for call in calls))
    lines = Lines(stream, every=20, now=lambda: next(times))
    for _, stage, done, total in calls:
        lines(stage, done, total)
    return stream.getvalue().splitlines()


def test_a_stage_that_is_soon_over_says_nothing() -> None:
    assert _told([(0, "loading", 0, 1), (19, "loading", 1, 1)]) == []


def test_a_stage_that_lasts_tells_how_far_it_is_and_that_it_has_ended() -> None:
    calls = [(0.0, "proving", 0, 9), (5, "proving", 1, 9), (21, "proving", 2, 9)]
    calls += [(30, "proving", 3, 9), (45, "proving", 8, 9), (46, "proving", 9, 9)]
    assert _told(calls) == [
        "proving: 2 of 9 (21 s)",
        "proving: 8 of 9 (45 s)",
        "proving: done (46 s)",
    ]


def test_a_step_without_steps_says_when_it_has_ended() -> None:
    assert _told([(0, "exporting", 0, 1), (61, "exporting", 1, 1)]) == ["exporting: done (61 s)"]


def test_a_stage_that_begins_again_is_timed_anew() -> None:
    calls = [(0.0, "packing", 0, 1), (25, "packing", 1, 1)]
    calls += [(100, "packing", 0, 1), (101, "packing", 1, 1)]
    assert _told(calls) == ["packing: done (25 s)"]
