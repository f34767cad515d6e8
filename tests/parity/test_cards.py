"""A model card shows how its own task is used: what it prints compiles and runs on the archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from djlift import archive as archives
from djlift.staging import write_card
from djlift.tasks import names

from .snippets import blocks, compiled, run_card
from .test_made_by_0_1_0 import TASKS, of

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("model", TASKS)
def test_what_the_card_shows_runs(model: str, tmp_path: Path) -> None:
    """The other tasks' cards run in test_spark_tasks.py, which builds their archives."""
    with archives.opened(of(model)) as found:
        write_card(tmp_path, found.manifest, None)
    run_card(of(model), tmp_path, (tmp_path / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("labels", [(), ("a", "b")])
@pytest.mark.parametrize("task", names())
def test_what_the_card_of_every_task_shows_compiles(
    task: str, labels: tuple[str, ...], tmp_path: Path
) -> None:
    """With labels and without: a ranker of several scores is used in another way."""
    with archives.opened(of("ner")) as found:
        manifest = replace(
            found.manifest, task=task, model={**found.manifest.model, "labels": list(labels)}
        )
        write_card(tmp_path, manifest, None)
    (code,) = blocks((tmp_path / "README.md").read_text(encoding="utf-8"), "java")
    compiled(code, tmp_path)
