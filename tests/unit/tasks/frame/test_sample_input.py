"""One input of a task: a golden one, or a sentence."""

from __future__ import annotations

from pathlib import Path

from djlift.archive.container import pack, seal
from djlift.archive.golden import Answered, Golden, PaddedBatch
from djlift.tasks import registry
from djlift.tasks.frame.sample_input import sample_input
from tests.support.builders import a_folder, a_manifest


def test_the_first_golden_input(tmp_path: Path) -> None:
    """As JSON data, whatever the case's text is."""
    folder = a_folder(tmp_path / "files")
    cases = [Answered(n, "plain", "shown", {}, {}, given={"text": n}) for n in ("one", "two")]
    Golden(tuple(cases), PaddedBatch((), {})).write(folder)
    seal(folder, a_manifest())
    pack(folder, tmp_path / "model.zip")
    task = registry.of("text-classification")
    assert sample_input(task, tmp_path / "model.zip") == {"text": "one"}


def test_a_sentence_for_token_classification(tmp_path: Path) -> None:
    """The archive is not opened for it."""
    found = sample_input(registry.of("token-classification"), tmp_path / "absent.zip")
    assert isinstance(found, str) and found
