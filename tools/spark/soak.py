"""Many rows through Spark in one JVM, and what becomes of its memory.

``python -m tools.spark.soak ARCHIVE --rows 200000 --picture docs/spark-soak.svg`` takes texts of 0 to
5,000 words, 1 % nulls, through ``local[2]`` with a heap that is touched at the start: what grows in the
resident memory then is beside the heap. It says how far memory went from where it was after the first
tenth, and fails beyond 5 %.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ALLOWED = 0.05
WORDS = [
    "Ada",
    "Babbage",
    "London",
    "the",
    "of",
    "and",
    "met",
    "in",
    "Zürich",
    "🎉",
    "東京",
    "Siemens's",
    "1815,",
    "works.",
    "(Berlin)",
    "Engine-room",
    "O'Neil",
    "Überlingen",
    "مرحبا",
    "naïve",
]
LONGEST = 5000


@dataclass
class Curve:
    """Memory of a process over time.

    Attributes:
        process: Its id.
        seconds: Since the start.
        resident: Bytes.
        rows: Rows done by then.
    """

    process: int
    seconds: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def sample(self, started: float, rows: int) -> None:
        """One more point."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii")
        (line,) = [one for one in status.splitlines() if one.startswith("VmRSS")]
        self.seconds.append(time.monotonic() - started)
        self.resident.append(int(line.split()[1]) * 1024)
        self.rows.append(rows)

    def change(self, rows: int) -> float:
        """How far memory went up after a tenth of the rows, as a share of what it was by then.

        By then is the most of the first tenth: one point may be taken when nothing runs.
        """
        first = [r for r, done in zip(self.resident, self.rows, strict=True) if done * 10 <= rows]
        later = self.resident[len(first) :]
        return max(later) / max(first) - 1


def texts(session: Any, rows: int, partitions: int) -> Any:
    """Rows with an id and a text that depends on it alone; made where they are needed."""
    quoted = ", ".join("'" + word.replace("'", "\\'") + "'" for word in WORDS)
    word = f"element_at(array({quoted}), 1 + CAST(pmod(hash(id, i), {len(WORDS)}) AS INT))"
    length = f"CAST({LONGEST} * pow(pmod(hash(id, 1), 10007) / 10006, 40) AS INT)"
    text = f"array_join(transform(sequence(1, {length}), i -> {word}), ' ')"
    text = (
        f"CASE WHEN pmod(hash(id, 2), 100) = 0 THEN NULL WHEN {length} = 0 THEN '' ELSE {text} END"
    )
    return session.range(0, rows, 1, partitions).selectExpr(
        "CAST(id AS INT) AS id", f"{text} AS text"
    )


def session(master: str, settings: Mapping[str, str] | None = None) -> Any:
    """A Spark with djlift's jars and a heap that is there from the start."""
    from pyspark.sql import SparkSession

    from djlift import spark

    builder = SparkSession.builder.master(master)
    chosen = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.jars": spark.jars(),
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-Xms1g -XX:+AlwaysPreTouch",
    } | dict(settings or {})
    for name, value in chosen.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def soak(archive: Path, rows: int, every: float = 1.0) -> tuple[Curve, dict[str, int]]:
    """Run, and give the memory and what came out."""
    from djlift.spark import TokenClassificationTransformer

    spark = session("local[2]")
    runtime = spark._jvm.java.lang.ProcessHandle.current()
    curve = Curve(int(runtime.pid()))
    stage = TokenClassificationTransformer(
        archive=str(archive), stride=16, aggregationStrategy="first"
    )
    done = stage.transform(texts(spark, rows, partitions=100))
    ended = threading.Event()
    started = time.monotonic()
    tracker = spark.sparkContext.statusTracker()

    def watch() -> None:
        while not ended.wait(every):
            stages = [tracker.getStageInfo(i) for i in tracker.getActiveStageIds()]
            tasks = max(
                (s.numCompletedTasks for s in stages if s and s.numTasks == 100), default=None
            )
            if tasks is not None:
                curve.sample(started, tasks * rows // 100)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    counts = done.selectExpr(
        "count(*) AS rows",
        "count(entities) AS texts",
        "sum(size(entities)) AS entities",
        "sum(id) AS ids",
    ).collect()[0]
    ended.set()
    watcher.join()
    spark.stop()
    return curve, {name: int(value) for name, value in counts.asDict().items()}


def picture(curve: Curve, rows: int, file: Path) -> None:
    """The memory over the rows."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "djlift"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3))
    axes.plot([r / 1000 for r in curve.rows], [r / 2**20 for r in curve.resident], linewidth=1)
    axes.axvline(rows / 10_000, color="grey", linestyle=":", linewidth=1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("rows done (thousands)")
    axes.set_ylabel("resident memory (MiB)")
    axes.set_title(f"{rows:,} rows, local[2], heap of 1 GiB touched at the start", fontsize=9)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> int:
    """0: within 5 %; 1: beyond, or rows are missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.spark.soak")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    curve, counts = soak(options.archive, options.rows)
    change = curve.change(options.rows)
    found = counts | {
        "seconds": round(time.monotonic() - started, 1),
        "points": len(curve.rows),
        "resident_at_a_tenth": max(
            r
            for r, done in zip(curve.resident, curve.rows, strict=True)
            if done * 10 <= options.rows
        ),
        "most_after": max(curve.resident),
        "change": round(change, 4),
    }
    print(json.dumps(found))
    if options.picture:
        picture(curve, options.rows, options.picture)
    whole = (
        counts["rows"] == options.rows and counts["ids"] == options.rows * (options.rows - 1) // 2
    )
    return 0 if whole and change <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
