"""One input of an archive's task, for a run that shows where a model runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.archive import container as archives
from djlift.archive.golden import Answered, Golden
from djlift.tasks.frame.task import GeneralTask, Task

_SENTENCE = "Angela Merkel was in Paris."


def sample_input(task: Task, archive: Path) -> str | Mapping[str, Any]:
    """A sentence for token classification; the first golden input of any other task."""
    if not isinstance(task, GeneralTask):
        return _SENTENCE
    with archives.opened(archive) as found:
        cases = Golden.read(found.folder).cases
    return next(case.given for case in cases if isinstance(case, Answered))
