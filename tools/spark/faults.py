"""What goes wrong in a cluster, made to go wrong; the rows must be the same, once each.

``python -m tools.spark.faults ARCHIVE`` runs each case on a real Spark (``local[2,4]``, or a master
and two workers, each with an executor of its own), writes Parquet, reads it back and compares it with an
undisturbed run. It prints the table of docs/spark.md, and fails when a row differs, or when a fault did not
happen.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.spark.cluster import cluster
from tools.spark.soak import session, texts

ROWS, PARTITIONS = 3000, 12
_SCHEMA = "id int, text string"


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        rows: Read back.
        same: Rows that are those of the undisturbed run.
        failed: Tasks that failed or were killed.
    """

    rows: int
    same: int
    failed: int

    @property
    def holds(self) -> bool:
        """Every row once, and something did go wrong."""
        return self.rows == self.same == ROWS and self.failed > 0


def stage(archive: Path) -> Any:
    """The stage of all cases."""
    from djlift.spark import TokenClassificationTransformer

    return TokenClassificationTransformer(
        archive=str(archive), stride=16, aggregationStrategy="first"
    )


def breaking(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows of a partition; the first attempt at it ends in the middle."""
    from pyspark import TaskContext

    context = TaskContext.get()
    for count, row in enumerate(rows):
        if count == 200 and context is not None and context.attemptNumber() == 0:
            raise RuntimeError("planted: the first attempt ends here")
        yield row


def reference(archive: Path, folder: Path) -> dict[int, Any]:
    """The rows of an undisturbed run."""
    spark = session("local[2]")
    written(stage(archive).transform(texts(spark, ROWS, PARTITIONS)), folder)
    found = read(spark, folder)
    spark.stop()
    assert len(found) == ROWS
    return dict(found)


def written(rows: Any, folder: Path) -> None:
    rows.select("id", "entities").write.parquet(str(folder))


def read(spark: Any, folder: Path) -> list[tuple[int, Any]]:
    return [(row[0], row[1]) for row in spark.read.parquet(str(folder)).collect()]


def failures(spark: Any) -> int:
    """Tasks of all stages that failed or were killed."""
    context = spark.sparkContext
    none, java = context._gateway.new_array(context._jvm.double, 0), context._jvm.java
    no_statuses = java.util.ArrayList()
    stages = context._jsc.sc().statusStore().stageList(None, False, False, none, no_statuses)
    found = [stages.apply(i) for i in range(stages.size())]
    return sum(int(s.numFailedTasks()) + int(s.numKilledTasks()) for s in found)


Case = Callable[[Any, Path, Path], None]


def source_fails(spark: Any, archive: Path, folder: Path) -> None:
    """what is before the stage fails in the middle of each partition"""
    given = spark.createDataFrame(
        texts(spark, ROWS, PARTITIONS).rdd.mapPartitions(breaking), _SCHEMA
    )
    written(stage(archive).transform(given), folder)


def sink_fails(spark: Any, archive: Path, folder: Path) -> None:
    """what is behind the stage fails in the middle of each partition"""
    found = stage(archive).transform(texts(spark, ROWS, PARTITIONS)).select("id", "entities")
    written(spark.createDataFrame(found.rdd.mapPartitions(breaking), found.schema), folder)


def tasks_are_killed(spark: Any, archive: Path, folder: Path) -> None:
    """running tasks are killed"""
    killing(spark, archive, folder, interrupt=False)


def tasks_are_interrupted(spark: Any, archive: Path, folder: Path) -> None:
    """running tasks are killed, and their threads interrupted"""
    killing(spark, archive, folder, interrupt=True)


def killing(spark: Any, archive: Path, folder: Path, *, interrupt: bool) -> None:
    context, ended = spark.sparkContext._jsc.sc(), threading.Event()

    def kill() -> None:
        # First attempts have the first numbers; three of them are enough.
        for task in (1, 4, 7):
            while not ended.wait(0.02) and not context.killTaskAttempt(task, interrupt, "planted"):
                pass

    with meanwhile(kill):
        written(stage(archive).transform(texts(spark, ROWS, PARTITIONS)), folder)
        ended.set()


def an_executor_dies(spark: Any, archive: Path, folder: Path) -> None:
    """one of two executors is killed by the system (SIGKILL)"""
    tracker = spark.sparkContext.statusTracker()

    def kill() -> None:
        while True:
            stages = [tracker.getStageInfo(i) for i in tracker.getActiveStageIds()]
            if any(s is not None and s.numCompletedTasks >= 2 for s in stages):
                os.kill(executors()[0], signal.SIGKILL)
                return
            time.sleep(0.02)

    with meanwhile(kill):
        written(stage(archive).transform(texts(spark, ROWS, PARTITIONS)), folder)


@contextlib.contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Does something beside the block."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(60)


def executors() -> list[int]:
    """The processes of executors, oldest first."""
    found = subprocess.run(
        ["pgrep", "-f", "^[^ ]*java .*CoarseGrainedExecutorBackend"],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line) for line in found.stdout.split()]


def slow(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows of a partition; the first attempt at the last one is slow."""
    from pyspark import TaskContext

    context = TaskContext.get()
    straggles = (
        context is not None
        and context.attemptNumber() == 0
        and context.partitionId() == PARTITIONS - 1
    )
    for count, row in enumerate(rows):
        if straggles and count % 20 == 0:
            time.sleep(2)
        yield row


def a_slow_task_is_run_twice(spark: Any, archive: Path, folder: Path) -> None:
    """a slow task is run a second time beside the first (speculative execution)"""
    given = spark.createDataFrame(texts(spark, ROWS, PARTITIONS).rdd.mapPartitions(slow), _SCHEMA)
    written(stage(archive).transform(given), folder)


CLUSTER = "two workers"
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.executor.memory": "1g",
    "spark.executorEnv.PYTHONPATH": str(Path(__file__).parents[2]),
    "spark.pyspark.python": sys.executable,
}
SPECULATION = SETTINGS | {
    "spark.speculation": "true",
    "spark.speculation.quantile": "0.5",
    "spark.speculation.multiplier": "1.2",
    "spark.speculation.interval": "100ms",
}
CASES: tuple[tuple[Case, str, dict[str, str]], ...] = (
    (source_fails, "local[2,4]", {}),
    (sink_fails, "local[2,4]", {}),
    (tasks_are_killed, "local[2,4]", {}),
    (tasks_are_interrupted, "local[2,4]", {}),
    (an_executor_dies, CLUSTER, SETTINGS),
    (a_slow_task_is_run_twice, CLUSTER, SPECULATION),
)


def outcome(
    case: Case,
    master: str,
    settings: dict[str, str],
    archive: Path,
    folder: Path,
    expected: dict[int, Any],
) -> Outcome:
    """Run a case."""
    with contextlib.ExitStack() as stack:
        if master == CLUSTER:
            master = stack.enter_context(cluster(folder.with_name(f"{folder.name}-cluster")))
        spark = session(master, settings)
        stack.callback(spark.stop)
        case(spark, archive, folder)
        found = read(spark, folder)
        same = sum(found_row == expected[number] for number, found_row in dict(found).items())
        return Outcome(len(found), same, failures(spark))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every row of every case is right and there once."""
    parser = argparse.ArgumentParser(prog="python -m tools.spark.faults")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args(arguments)
    worst = 0
    with tempfile.TemporaryDirectory(prefix="djlift-faults-") as name:
        expected = reference(options.archive, Path(name) / "reference")
        print("| fault | Spark | tasks failed or killed | rows | right |\n|---|---|---|---|---|")
        for case, master, settings in CASES:
            if options.only not in case.__name__:
                continue
            found = outcome(
                case, master, settings, options.archive, Path(name) / case.__name__, expected
            )
            print(
                f"| {case.__doc__} | `{master}` | {found.failed} | {found.rows:,} | {found.same:,} |",
                flush=True,
            )
            worst = max(worst, 0 if found.holds else 1)
    return worst


if __name__ == "__main__":
    sys.exit(main())
