"""docs/precisions.md: what each precision costs each architecture, measured through the JVM.

``python -m tools.docs.precisions --json build/precisions.json --out docs/precisions.md`` builds a model
of every architecture in fp32, fp16 and int8 (djlift's own ``build``: exported, fused, converted, proven on the
JVM) and writes the page; ``--from`` writes it from kept rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.support.checkpoints import architectures

from djlift.builder.build import BuildResult, Built, build
from djlift.checkpoints.recipe import Recipe
from djlift.errors import DjliftError
from djlift.texts import corpus

SCALE, LAYERS, SEED = 8, 4, 1
HALF, EIGHTH = 0.51, 0.30
"""Largest share of fp32's bytes that fp16 and int8 may have."""


@dataclass(frozen=True)
class Reduced:
    """One precision of one model.

    Attributes:
        holds: Whether the JVM proved it.
        ratio: Bytes of the graph, of fp32's.
        largest: Largest difference of a logit to fp32 PyTorch.
        agreement: Entity F1 against fp32 PyTorch, int8 only.
        kept: Nodes in fp32.
        why: Why it is refused.
    """

    holds: bool
    ratio: float = 0.0
    largest: float = 0.0
    agreement: float | None = None
    kept: int = 0
    why: str = ""


@dataclass(frozen=True)
class Line:
    """One architecture.

    Attributes:
        fused: By pattern, fused of expected.
        bytes: Of the fp32 graph.
        precisions: What came of each.
        texts: Recorded texts that were compared.
    """

    architecture: str
    fused: Mapping[str, str] = field(default_factory=dict)
    bytes: int = 0
    precisions: Mapping[str, Reduced] = field(default_factory=dict)
    texts: int = 0


def measured(architecture: str, folder: Path, every: int = 1) -> Line:
    """Build one architecture in all precisions, on each so many-th of the built-in texts."""
    vocabulary = dict(architectures.SHORT)[architecture]
    architectures.write(
        architecture, vocabulary, folder / "checkpoint", SEED, scale=SCALE, layers=LAYERS
    )
    recipe = Recipe(
        (str(folder / "checkpoint"),),
        name="wide",
        group="org.example",
        precisions=("fp32", "fp16", "int8"),
    )
    chosen = corpus.builtin()[::every]
    with patch.object(corpus, "builtin", lambda: chosen):
        return line(architecture, build(recipe, folder / "zoo"), len(chosen))


def line(architecture: str, result: BuildResult, texts: int) -> Line:
    """The facts of a build, one row of the page."""
    by_precision = {built.precision: built for built in result.built}
    whole = by_precision["fp32"].manifest.graph
    found = {p: _reduced(built, whole["bytes"]) for p, built in by_precision.items()}
    found |= {p: Reduced(False, why=_why(problem)) for p, problem in result.refused.items()}
    fused = {
        pattern: f"{count['fused']}/{count['expected']}"
        for pattern, count in whole["patterns"].items()
    }
    return Line(architecture, fused, whole["bytes"], found, texts)


def _reduced(built: Built, whole: int) -> Reduced:
    figures = {level.level: level.figures for level in built.report.levels}
    graph = built.manifest.graph
    failed = next((level for level in built.report.levels if level.status == "fail"), None)
    agreement = figures.get(4, {}).get("agreement")
    return Reduced(
        built.report.holds,
        graph["bytes"] / whole,
        float(figures[2]["max_abs"]),
        None if agreement is None else float(agreement),
        len(graph["kept_in_fp32"]),
        "" if failed is None else f"level {failed.level}: {failed.summary}",
    )


def _why(problem: DjliftError) -> str:
    return f"{problem.what}: {problem.found}"


_HEAD = """\
# Precisions by architecture

What each precision makes of each architecture, by djlift's own `build`, proven on the JVM. The models have
random weights, hidden states of {hidden} numbers, {layers} layers, a tokenizer trained in place, and a head
fitted to give each token of the vocabulary its label, so that decisions are as clear as a trained model's
(a random head decides by a hair). Written by

```
python -m tools.docs.precisions --every 4 --json build/precisions.json --out docs/precisions.md
```

"""
_COLUMNS = (
    "architecture",
    "attention",
    "LayerNorm",
    "GELU",
    "fp32: MB",
    "fp32: logits",
    "fp16: size",
    "fp16: logits",
    "int8: size",
    "int8: agreement",
    "left in fp32 by int8",
)
_TAIL = """
- **attention, LayerNorm, GELU**: fused, of those that the PyTorch model runs.
- **logits**: largest difference to fp32 PyTorch over {texts} built-in texts, on the JVM. fp32 may differ by
  1e-4, fp16 by 1 % of the range of the reference's logits.
- **size**: bytes of the graph, as a share of fp32's. fp16 should have at most {half}, int8 at most {eighth}.
- **agreement**: entity F1 of the archive on the JVM against fp32 PyTorch (there is no labelled text for random
  models); at least 0.95, or int8 is refused.
- **left in fp32**: nodes that the search kept out of int8, for the agreement to hold.

DeBERTa's attention has terms of relative position for which ONNX Runtime has no operator: it stays as it was
exported.
{refused}"""


def page(lines: Sequence[Line]) -> str:
    """The page, in Markdown."""
    rows, refused = [], []
    for one in lines:
        cells = [
            one.architecture,
            *(one.fused.get(p, "") for p in ("attention", "layer norm", "gelu")),
        ]
        full, half, eighth = (one.precisions[p] for p in ("fp32", "fp16", "int8"))
        cells += [f"{one.bytes / 1e6:.1f}", _logits(full)]
        cells += [f"{half.ratio:.3f}" if half.ratio else "", _logits(half)]
        cells += [f"{eighth.ratio:.3f}" if eighth.ratio else "refused"]
        cells += ["" if eighth.agreement is None else f"{eighth.agreement:.4f}"]
        cells += [str(eighth.kept) if eighth.ratio else ""]
        rows.append("| " + " | ".join(cells) + " |")
        refused += [
            f"- {one.architecture}, {p}: {r.why}" for p, r in one.precisions.items() if r.why
        ]
    told = "\nRefused:\n\n" + "\n".join(refused) + "\n" if refused else ""
    head = _HEAD.format(hidden=48 * SCALE, layers=LAYERS)
    head += "| " + " | ".join(_COLUMNS) + " |" + "\n|" + "---|" * len(_COLUMNS) + "\n"
    return (
        head
        + "\n".join(rows)
        + "\n"
        + _TAIL.format(
            texts=max((one.texts for one in lines), default=0),
            half=HALF,
            eighth=EIGHTH,
            refused=told,
        )
    )


def _logits(reduced: Reduced) -> str:
    if not reduced.ratio:
        return "refused"
    return f"{reduced.largest:.1e}" + ("" if reduced.holds else " (fails)")


def broken(lines: Sequence[Line]) -> list[str]:
    """What of the promises does not hold: a precision that failed, a graph that is too large."""
    found = []
    for one in lines:
        for precision, most in (("fp32", 1.0), ("fp16", HALF), ("int8", EIGHTH)):
            reduced = one.precisions[precision]
            if not reduced.holds:
                found.append(f"{one.architecture}: {precision} is not proven: {reduced.why}")
            elif reduced.ratio > most:
                found.append(
                    f"{one.architecture}: {precision} has {reduced.ratio:.3f} of fp32's bytes"
                )
    return found


def write(lines: Sequence[Line], file: Path) -> None:
    """Keep the rows as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(one) for one in lines], indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> list[Line]:
    """Rows that :func:`write` kept."""
    return [_line(data) for data in json.loads(file.read_text(encoding="utf-8"))]


def _line(data: Mapping[str, Any]) -> Line:
    precisions = {p: Reduced(**reduced) for p, reduced in data["precisions"].items()}
    return Line(**{**data, "precisions": precisions})


def main(arguments: Sequence[str] | None = None) -> int:
    """0: the page is written. What misses a promise is named on stderr, and stands on the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs.precisions")
    parser.add_argument("--only", default="", help="architectures whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="take each so many-th text only")
    parser.add_argument("--json", type=Path, help="where the rows are kept, after each")
    parser.add_argument("--from", type=Path, dest="source", help="rows that --json kept: no run")
    parser.add_argument("--out", type=Path, help="the page to write")
    options = parser.parse_args(arguments)
    lines = read(options.source) if options.source else []
    for architecture, _ in () if options.source else architectures.SHORT:
        if options.only not in architecture:
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="djlift-precisions-") as name:
            lines.append(measured(architecture, Path(name), options.every))
        print(f"{time.monotonic() - begun:6.1f} s  {lines[-1]}", file=sys.stderr, flush=True)
        if options.json:
            write(lines, options.json)
    if options.out:
        options.out.write_text(page(lines), encoding="utf-8", newline="\n")
    for fault in broken(lines):
        print(fault, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
