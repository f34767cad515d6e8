"""``djlift calibrate``: how this machine runs an archive fastest, in a file that the JVM side takes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from djlift.archive.container import read_manifest
from djlift.base import affinity, targets
from djlift.base.files import beside, make_parents
from djlift.jvm import calibration, process
from djlift.jvm.calibration import Calibration
from djlift.parity.user_texts import inputs_in
from djlift.tasks import registry
from djlift.tasks.frame.task import GeneralTask


def calibrate(
    archive: Path,
    texts: Path,
    output: Path,
    *,
    seconds: float = 10.0,
    threads: int | None = None,
    java_home: Path | None = None,
) -> Calibration:
    """Try settings on texts like those to come, and write down the fastest.

    Args:
        texts: A text a line, or JSON lines: the task's inputs.
        output: The file to write; for Java, Scala and Spark too.
        seconds: About how long to try, loading left out.
        threads: CPUs that this process is held to; None takes all that it may use.

    Raises:
        ArchiveError: The archive cannot be used, or the file cannot be written where it is to be.
        JvmError: No usable Java, or an archive that cannot be loaded.
        TextsError: The texts cannot be read, or there are none.
        UsageError: A number of threads that cannot be.
    """
    affinity.check(threads)
    manifest = read_manifest(archive)
    task = registry.of_archive(manifest.task, archive)
    given = inputs_in(texts, task)
    if not isinstance(task, GeneralTask):
        given = tuple(json.dumps({"text": text}, ensure_ascii=False) for text in given)
    make_parents(output)
    with contextlib.ExitStack() as held:
        if threads is not None:
            held.enter_context(affinity.pinned(threads))
        process.start(java_home, target=targets.of_archive(manifest.target, archive))
        with beside(output) as partial:
            return calibration.calibrate(archive, task.java, given, partial, seconds, threads)
