"""A release of ``tokenizers`` that loses text is refused before it makes a reference."""

from __future__ import annotations

import pytest

from djlift.checkpoints.tokenizer import check
from djlift.errors import SourceError


def test_the_installed_release_covers_a_text() -> None:
    """Else nothing would be recorded with it."""
    check.require_whole()
    assert check.covered() == check._WORDS


def test_windows_with_a_gap_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first window and the last one, as 0.23.2 gives them."""
    monkeypatch.setattr(check, "_cut", lambda words, room: [[*range(room)], [words - 1]])
    with pytest.raises(SourceError, match="loses text") as refused:
        check.require_whole()
    assert "5 of them" in str(refused.value.found)
