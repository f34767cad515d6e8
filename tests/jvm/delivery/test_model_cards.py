"""A model card shows how its own task is used: what it prints compiles and runs on the archive."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from djlift.archive import container as archives
from djlift.builder.layout import write_card
from djlift.tasks.registry import names
from tests.jvm.delivery.test_made_by_0_1_0 import TASKS, of
from tests.support.pages import blocks
from tests.support.snippets import java_faults, run_card

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("model", TASKS)
def test_what_the_card_shows_runs(model: str, tmp_path: Path) -> None:
    """The other tasks' cards run in test_spark_tasks.py, which builds their archives."""
    with archives.opened(of(model)) as found:
        write_card(tmp_path, found.manifest, None)
    run_card(of(model), tmp_path, (tmp_path / "README.md").read_text(encoding="utf-8"))


def test_what_the_card_of_every_task_shows_compiles(tmp_path: Path) -> None:
    """With labels and without: a ranker of several scores is used in another way."""
    with archives.opened(of("ner")) as found:
        manifest = found.manifest
    shown = []
    for task, labels in itertools.product(names(), ([], ["a", "b"])):
        model = {**manifest.model, "labels": labels}
        write_card(tmp_path, replace(manifest, task=task, model=model), None)
        card = (tmp_path / "README.md").read_text(encoding="utf-8")
        (block,) = [one for one in blocks(f"{task} {labels}", card) if one.language == "java"]
        shown.append(block)
    assert len(shown) == 16
    assert java_faults(shown, tmp_path) == []
