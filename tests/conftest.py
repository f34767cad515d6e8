"""Fixtures of all tests."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from .builders import an_archive

# A busy machine is no failure of a property.
hypothesis.settings.register_profile("djlift", deadline=None)
hypothesis.settings.load_profile("djlift")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small, intact archive."""
    return an_archive(tmp_path / "tiny-ner-1.0.0-fp32.zip")
