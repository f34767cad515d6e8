"""docs/tasks/table.md: every task on several architectures in each precision, through the JVM.

``python -m tools.docs.tasks_table --json build/tasks.json --out docs/tasks/table.md`` builds each model, by
djlift's own ``build``: recorded, exported, converted, proven on the JVM. ``--from`` takes kept rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from tests.support.checkpoints.tasks import Writer, models

from djlift.builder.build import BuildResult, build
from djlift.checkpoints.recipe import Recipe
from djlift.errors import DjliftError
from djlift.parity.result import ParityReport
from djlift.texts import corpus

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class Row:
    """One archive.

    Attributes:
        inputs: Recorded inputs that were compared.
        outputs: Outputs that were compared, over all variants.
        divergences: Over all levels.
        largest: Largest difference of an output of the graph.
        ties: Outputs that differ by a near-tie, below fp32.
        agreement: Share of the outputs that say the same as PyTorch's, int8 only.
        why: Why it does not hold, or is refused.
    """

    task: str
    architecture: str
    precision: str
    holds: bool
    inputs: int = 0
    outputs: int = 0
    divergences: int = 0
    largest: float | None = None
    ties: int = 0
    agreement: float | None = None
    why: str = ""


def measured(task: str, architecture: str, writer: Writer, folder: Path, every: int) -> list[Row]:
    """Build one model in all precisions, on each so many-th of the built-in texts."""
    source = folder / "checkpoint"
    source.mkdir()
    writer(source)
    recipe = Recipe(
        (str(source),), name="model", group="org.example", precisions=PRECISIONS, task=task
    )
    chosen = corpus.builtin()[::every]
    with patch.object(corpus, "builtin", lambda: chosen):
        return rows(task, architecture, build(recipe, folder / "zoo"))


def rows(task: str, architecture: str, result: BuildResult) -> list[Row]:
    """The facts of a build."""
    found = {b.precision: _row(task, architecture, b.precision, b.report) for b in result.built}
    for precision, problem in result.refused.items():
        found[precision] = Row(task, architecture, precision, False, why=_why(problem))
    return [found[p] for p in PRECISIONS if p in found]


def _row(task: str, architecture: str, precision: str, report: ParityReport) -> Row:
    levels = {level.level: level for level in report.levels}
    broken = report.first_broken
    agreement = levels[4].figures.get("agreement") if 4 in levels else None
    three = levels.get(3)
    return Row(
        task,
        architecture,
        precision,
        report.holds,
        levels[1].compared,
        int(three.figures.get("outputs", 0)) if three else 0,
        sum(level.divergences for level in report.levels),
        levels[2].figures.get("max_abs") if 2 in levels else None,
        len(three.near_ties) if three else 0,
        agreement,
        "" if broken is None else f"level {broken.level}: {broken.summary}",
    )


def _why(problem: DjliftError) -> str:
    return f"{problem.what}: {problem.found}"


_HEAD = """\
# Every task, proven

Each task on small models with random weights and tokenizers trained in place, built and proven by djlift's
own `build` on a JVM. Written by

```
python -m tools.docs.tasks_table --every {every} --json build/tasks.json --out docs/tasks/table.md
```

"""
_COLUMNS = (
    "task",
    "architecture",
    "precision",
    "inputs",
    "outputs",
    "divergences",
    "largest difference",
    "near-ties",
    "agreement",
)
_TAIL = """
- **inputs**: recorded inputs; **outputs**: what was compared of them, in every variant of the task.
- **divergences**: over all levels; near-ties, which only rounding below fp32 may make, are counted beside.
- **largest difference**: of the graph's outputs (logits, token vectors) to fp32 PyTorch.
- **agreement**: int8 only: share of the outputs that say the same as PyTorch's, at least 0.95.
{refused}"""


def page(found: Sequence[Row], every: int) -> str:
    """The page, in Markdown."""
    lines, refused = [], []
    for row in found:
        largest = "" if row.largest is None else f"{row.largest:.1e}"
        agreement = "" if row.agreement is None else f"{row.agreement:.4f}"
        cells = [row.task, row.architecture, row.precision, row.inputs, row.outputs]
        cells += [row.divergences if not row.why else "refused", largest, row.ties, agreement]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
        if row.why:
            refused.append(f"- {row.task}, {row.architecture}, {row.precision}: {row.why}")
    told = "\nRefused:\n\n" + "\n".join(refused) + "\n" if refused else ""
    head = _HEAD.format(every=every) + "| " + " | ".join(_COLUMNS) + " |\n"
    head += "|" + "---|" * len(_COLUMNS) + "\n"
    return head + "\n".join(lines) + "\n" + _TAIL.format(refused=told)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every fp32 and fp16 archive holds. 1: one does not; it is named on stderr."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs.tasks_table")
    parser.add_argument("--only", default="", help="tasks whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="take each so many-th text only")
    parser.add_argument("--json", type=Path, help="where the rows are kept, after each model")
    parser.add_argument("--from", type=Path, dest="source", help="rows that --json kept: no run")
    parser.add_argument("--out", type=Path, help="the page to write")
    options = parser.parse_args(arguments)
    found: list[Row] = []
    if options.source:
        found = [Row(**row) for row in json.loads(options.source.read_text(encoding="utf-8"))]
    for task, writers in {} if options.source else models().items():
        for architecture, writer in writers.items() if options.only in task else ():
            begun = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="djlift-tasks-") as name:
                found += measured(task, architecture, writer, Path(name), options.every)
            took = time.monotonic() - begun
            print(f"{took:6.1f} s  {task} {architecture}", file=sys.stderr, flush=True)
            if options.json:
                options.json.parent.mkdir(parents=True, exist_ok=True)
                options.json.write_text(json.dumps([asdict(r) for r in found], indent=1) + "\n")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(page(found, options.every), encoding="utf-8", newline="\n")
    faults = [r for r in found if not r.holds and r.precision != "int8"]
    for row in faults:
        print(f"{row.task} {row.architecture} {row.precision}: {row.why}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
