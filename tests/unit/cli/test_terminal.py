"""Progress in a log, where there is no terminal; reports that can and cannot be written."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from djlift.cli.terminal import Lines, written
from djlift.errors import DjliftError


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


def test_steps_of_an_unknown_number_are_told() -> None:
    """The search for fp32 islands was silent: a total of 0 counted as reached."""
    calls = [(0.0, "searching", 0, 0), (25, "searching", 1, 0), (50, "searching", 2, 0)]
    assert _told(calls) == ["searching: 1 so far (25 s)", "searching: 2 so far (50 s)"]


def test_a_stage_that_takes_no_step_is_told_of_too() -> None:
    """A log that says nothing for minutes looks like a process that hangs."""
    stream, times = io.StringIO(), _clock(0, 10, 59, 75, 90, 136, 140, 300)
    lines = Lines(stream, now=lambda: next(times))
    lines("converting", 0, 1)
    lines("searching", 0, 0)
    for _ in range(4):
        lines.remind()
    lines("converting", 1, 1)
    lines.remind()
    assert stream.getvalue().splitlines() == [
        "searching: 0 so far (65 s)",
        "searching: 0 so far (126 s)",
        "converting: done (140 s)",
    ]


def test_the_other_report_is_written_and_the_fault_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that fills up during the proof takes neither the verdict nor the other report."""

    def full(file: Path) -> None:
        raise DjliftError("a file cannot be written", code="file-unwritable", file=file)

    views = [(tmp_path / "a", full), (None, full), (tmp_path / "b", lambda file: file.touch())]
    assert not written(views)
    assert "file-unwritable" in capsys.readouterr().err
    assert (tmp_path / "b").exists()
