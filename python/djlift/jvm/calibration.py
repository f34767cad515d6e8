"""Calibrations on the JVM: made, written and read there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from djlift.jvm import names
from djlift.jvm.bridge import java_class, speaking
from djlift.jvm.strings import java_path, java_strings


@dataclass(frozen=True)
class Calibration:
    """What was found fastest.

    Attributes:
        archive: Name, version and precision of what was calibrated.
        processors: Those that the JVM had.
        token_budget: Most tokens of a run, padding included.
        concurrent_runs: Runs of the model at a time within a call.
        intra_op_threads: ONNX Runtime's threads within an operator; 0: what it is without a calibration.
        gain: How many times as fast as without.
    """

    archive: str
    processors: int
    token_budget: int
    concurrent_runs: int
    intra_op_threads: int
    gain: float

    @property
    def threads(self) -> int:
        """Threads that it keeps busy; 0 where ONNX Runtime chooses."""
        return self.intra_op_threads and self.concurrent_runs + self.intra_op_threads - 1

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)

    def text(self) -> str:
        """A line for a person."""
        inner = self.intra_op_threads or "ONNX Runtime's choice of"
        return (
            f"{self.archive} on {self.processors} processors: {self.token_budget} tokens a run,"
            f" {self.concurrent_runs} at a time, {inner} threads within an operator;"
            f" {self.gain:.2f} times as fast as without"
        )


def calibrate(
    archive: Path,
    java: str,
    inputs: Sequence[str],
    output: Path,
    seconds: float,
    threads: int | None,
) -> Calibration:
    """Try settings on an archive, and write down the fastest.

    Args:
        java: The public class of the archive's task, :attr:`djlift.tasks.frame.task.Task.java`.
        inputs: A JSON object each.
        seconds: About how long to try, loading left out.
        threads: Threads to be split; None takes one for each processor.

    Raises:
        ArchiveError: The archive is not what its manifest says, or is none.
        JvmError: It cannot be loaded, or has no tokens to run.
    """
    with speaking("the archive cannot be calibrated", archive):
        builder = java_class(java).builder(java_path(archive))
        if threads is not None:
            builder = builder.intraOpThreads(threads)
        found = java_class(names.TASK_HARNESS).calibrate(
            builder,
            java_strings(inputs),
            java_class("java.time.Duration").ofMillis(max(1, round(seconds * 1000))),
        )
        found.write(java_path(output))
        return _of(found)


def java(file: Path) -> Any:
    """The Java object of a file.

    Raises:
        JvmError: It cannot be read, or is no calibration.
    """
    with speaking("the calibration cannot be used", file):
        return java_class(names.CALIBRATION).read(java_path(file))


def read(file: Path) -> Calibration:
    """What a file says.

    Raises:
        JvmError: It cannot be read, or is no calibration.
    """
    return _of(java(file))


def _of(found: Any) -> Calibration:
    return Calibration(
        str(found.archive()),
        int(found.processors()),
        int(found.tokenBudget()),
        int(found.concurrentRuns()),
        int(found.intraOpThreads()),
        float(found.gain()),
    )
