"""Options without effect and places that cannot be written are refused, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from djlift.base.preconditions import (
    refuse_alone,
    refuse_together,
    refuse_unwritable,
    refuse_unwritable_folder,
)
from djlift.errors import UsageError


def test_an_option_without_its_partner() -> None:
    """Refused where it was given and the other was not; False and None are not given, 0 is."""
    refuse_alone({"--seed": None, "--gpu": False}, "--fuzz TIME", None)
    refuse_alone({"--seed": 0}, "--fuzz TIME", "5m")
    with pytest.raises(UsageError) as raised:
        refuse_alone({"--seed": 0}, "--fuzz TIME", None)
    assert raised.value.code == "option-without-effect"


def test_options_that_have_no_meaning_together() -> None:
    """Refused where one was given."""
    refuse_together({"--seed": None, "--gpu": False}, "--fuzz")
    with pytest.raises(UsageError) as raised:
        refuse_together({"--texts": None, "--seed": 0}, "--fuzz")
    assert raised.value.code == "options-together"
    assert "--seed has no meaning with --fuzz" in raised.value.text()


def test_places_that_can_be_written(tmp_path: Path) -> None:
    """A file in a folder that is there, or is going to be made, and a folder: none is made now."""
    refuse_unwritable("--out", None)
    refuse_unwritable("--out", tmp_path / "a")
    refuse_unwritable("--out", tmp_path / "no" / "such" / "a", parents=True)
    refuse_unwritable_folder("--zoo", tmp_path / "no" / "such")
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder, a file in no folder, and what lies below a file."""
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    for place in (tmp_path, tmp_path / "no" / "a", file / "a"):
        with pytest.raises(UsageError) as raised:
            refuse_unwritable("--out", place)
        assert raised.value.code == "output-unwritable"
        assert raised.value.file == str(place)
    with pytest.raises(UsageError, match="--zoo cannot be written"):
        refuse_unwritable_folder("--zoo", file / "zoo")
    assert file.read_text(encoding="utf-8") == "kept"
