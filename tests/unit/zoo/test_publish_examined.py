"""What may not go into a zoo: archives that are not proven, not whole, or altered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from djlift.archive.container import pack, seal
from djlift.errors import ArchiveError
from djlift.zoo.publish import examine
from tests.support.builders import a_folder, a_manifest, an_archive
from tests.support.zoos import PROVEN, proven


@pytest.mark.parametrize(
    ("parity", "words"),
    [
        (None, "no parity figures"),
        ({}, "no parity figures"),
        ({"levels": "all"}, "no parity figures"),
        ({"levels": [1]}, "no parity figures"),
        ({"levels": PROVEN["levels"][:3]}, "level 3 (outputs): absent"),
        (
            {"levels": [*PROVEN["levels"][:3], {"level": 3, "status": "fail"}]},
            "level 3 (outputs) failed",
        ),
        (
            {"levels": [*PROVEN["levels"][:3], {"level": 3, "status": "skipped"}]},
            "level 3 (outputs): skipped",
        ),
        (
            {"levels": [*PROVEN["levels"], {"level": 5, "status": "fail"}]},
            "level 5 (invariance) failed",
        ),
    ],
)
def test_what_is_not_proven(tmp_path: Path, parity: Any, words: str) -> None:
    """An archive without the figures of a proof is refused, with what to run."""
    with pytest.raises(ArchiveError, match="not proven") as raised:
        examine(an_archive(tmp_path / "a.zip", parity=parity))
    assert raised.value.found == words
    assert "djlift verify" in str(raised.value.mend)


def test_int8_needs_level_4(tmp_path: Path) -> None:
    """In int8 levels 2 and 3 have no bounds: without level 4 nothing judged it."""
    with pytest.raises(ArchiveError, match="not proven") as raised:
        examine(proven(tmp_path / "a.zip", precision="int8"))
    assert raised.value.found == "level 4 (accuracy): absent"
    levels = [*PROVEN["levels"], {"level": 4, "status": "pass"}]
    examine(proven(tmp_path / "b.zip", precision="int8", parity={"levels": levels}))


def test_what_is_not_whole(tmp_path: Path) -> None:
    """A file that is not what the manifest says is named."""
    files = a_folder(tmp_path / "files")
    seal(files, a_manifest(parity=PROVEN))
    (files / "model.onnx").write_bytes(bytes(2048))
    pack(files, tmp_path / "a.zip")
    with pytest.raises(ArchiveError, match="not what was packed") as raised:
        examine(tmp_path / "a.zip")
    assert str(raised.value.file).endswith("a.zip!model.onnx")


def test_a_manifest_that_was_altered(tmp_path: Path) -> None:
    """Figures that were written in afterwards break the manifest's digest."""
    files = a_folder(tmp_path / "files")
    sealed = seal(files, a_manifest(parity=PROVEN)).to_json()
    (files / "djlift.json").write_text(
        sealed.replace('"licence": "apache-2.0"', '"licence": "mit"'), encoding="utf-8"
    )
    pack(files, tmp_path / "a.zip")
    with pytest.raises(ArchiveError, match="not what was packed"):
        examine(tmp_path / "a.zip")
