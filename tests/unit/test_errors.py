"""Every error has a stable code, in its text and in its JSON."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.docs.errors import PAGE, page, sites

from djlift.errors import ArchiveError, DjliftError, SignatureError

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def test_an_error_shows_its_code_to_people_and_to_programs() -> None:
    """Both forms carry it; absent facts are left out of both."""
    problem = DjliftError("the source has no weights", code="no-weights", file="here")
    assert problem.text() == ("the source has no weights\n  file:     here\n  code:     no-weights")
    assert problem.to_dict() == {
        "error": "DjliftError",
        "code": "no-weights",
        "what": "the source has no weights",
        "file": "here",
    }


def test_no_error_is_made_without_a_code() -> None:
    """The type demands it, so that mypy and the first run both find a place without one."""
    for kind in (DjliftError, ArchiveError, SignatureError):
        with pytest.raises(TypeError, match="code"):
            kind("something is wrong")  # type: ignore[call-arg]


def test_every_code_in_the_package_is_kebab_case() -> None:
    """A literal where it is made: a page, and a search, must find it."""
    found = list(sites())
    assert len(found) > 150
    assert [s for s in found if s.code is not None and not KEBAB.fullmatch(s.code)] == []


def test_a_code_that_breaks_the_rule_is_seen(tmp_path: Path) -> None:
    """The collector reads literals, choices and constants."""
    (tmp_path / "m.py").write_text(
        'raise ZooError("a" if x else "b", code="One" if x else "two")\nraise UsageError("c", code=C)\n'
        'raise UsageError("d")\n'
    )
    assert [(s.code, s.kind, s.sentence) for s in sites(tmp_path)] == [
        ("One", "ZooError", "a; or: b"),
        ("two", "ZooError", "a; or: b"),
        (None, "UsageError", "c"),
        (None, "UsageError", "d"),
    ]


def test_the_page_of_codes_is_current() -> None:
    """``python -m tools.docs.errors`` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()
