"""Which architectures fp16 takes: tiny random checkpoints of decoders and others beyond the matrix.

``python -m tools.measure.float16_architectures`` prints a row for each: what became of fp32 and of fp16. Graphs
are judged by Python's ONNX Runtime; ``--prove`` builds archives and proves them on the JVM: the table in
docs/precision.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from unittest import mock

from tests.support.checkpoints.other_architectures import (
    BART,
    write,
)

from djlift.builder import build
from djlift.builder.result import Built
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import PUBLISHED, Recipe
from djlift.errors import DjliftError
from djlift.graph.evaluation import Trial
from djlift.precision.candidates import Source, candidates
from djlift.tasks import registry
from djlift.tasks.frame.tolerance import FP32_LOGITS
from djlift.texts import corpus

PRECISIONS = ("fp32", "fp16")
PROVEN = "proven"
"""What the verdict of a precision that the JVM proved begins with."""
EVERY = 20
"""Of the built-in texts every so many are recorded."""
_NAMES = (
    "arcee biogpt deberta eurobert exaone4 gemma gpt-sw3 gpt2 gpt_bigcode gpt_neox helium llama ministral"
    " ministral3 mistral nemotron persimmon phi phi3 qwen2 qwen3 seed_oss smollm3 stablelm starcoder2 ultrabert"
)
ARCHITECTURES = (*_NAMES.split(), BART)
"""Model types of transformers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when something broke."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure.float16_architectures", description=__doc__
    )
    parser.add_argument("architectures", nargs="*", metavar="TYPE", help="by default all")
    parser.add_argument("--prove", action="store_true", help="through the JVM")
    options = parser.parse_args(arguments)
    verdicts = proven if options.prove else judged
    print("| architecture | fp32 | fp16 |\n|---|---|---|", flush=True)
    broken = False
    for architecture in options.architectures or ARCHITECTURES:
        found = row(architecture, verdicts)
        broken = broken or any(verdict.startswith("broken") for verdict in found)
        print(f"| {architecture} | {' | '.join(found)} |", flush=True)
    return int(broken)


def row(architecture: str, verdicts: Callable[[Recipe, Path], tuple[str, ...]]) -> tuple[str, ...]:
    """The verdicts of a freshly made checkpoint, one for each precision."""
    with tempfile.TemporaryDirectory(prefix="djlift-fp16-") as scratch:
        folder = Path(scratch)
        try:
            write(architecture, folder / "checkpoint")
        except ValueError as absent:
            return (f"not in this transformers: {str(absent).splitlines()[0]}",) * len(PRECISIONS)
        recipe = Recipe(
            (str(folder / "checkpoint"),),
            name="small",
            group="org.example",
            precisions=PRECISIONS,
            # transformers builds the tokenizer of some model types anew.
            tokenizer=PUBLISHED,
        )
        few = corpus.builtin()[::EVERY]
        with mock.patch.object(corpus, "builtin", lambda: few):
            return verdicts(recipe, folder)


def judged(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """Whether each precision has a graph to prove, by Python's ONNX Runtime alone."""
    try:
        checkpoint = find(recipe)
        task = registry.chosen(recipe, checkpoint)
        loaded = task.load(checkpoint, recipe)
        golden = task.record(loaded, corpus.builtin())
        (folder / "exported").mkdir()
        exported = export(loaded, folder / "exported" / "exported.onnx")
        pad_id = loaded.tokenizer.pad_token_id or 0
        agreement = partial(task.agreement_of, loaded=loaded)
        source = Source(exported, golden, pad_id, agreement, folder)
        assert source.fused.nodes
    except Exception as problem:
        return (_said(problem),) * len(PRECISIONS)
    found = []
    for precision in PRECISIONS:
        try:
            graph = next(candidates(source, precision))
            largest = Trial.of(golden, source.pad_id).judge(graph.file).largest
            good = precision != "fp32" or largest <= FP32_LOGITS
            found.append("a graph to prove" if good else f"refused: differs by {largest:.2g}")
        except Exception as problem:
            found.append(_said(problem))
    return tuple(found)


def proven(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """What a build says of each precision."""
    try:
        result = build.build(recipe, folder / "zoo")
    except Exception as problem:
        return (_said(problem),) * len(PRECISIONS)
    found = {p: _said(problem) for p, problem in result.refused.items()}
    for made in result.built:
        found[made.precision] = _figures(made)
    return tuple(found[p] for p in PRECISIONS)


def _figures(made: Built) -> str:
    """Logits: the largest difference, of what is allowed. Outputs: entities over all strategies, or texts."""
    levels = {level.level: level for level in made.report.levels}
    broken = made.report.first_broken
    if broken is not None:
        return f"refused parity: level {broken.level}, {broken.summary}"
    logits, outputs = levels[2].figures, levels[3].figures
    found = [
        f"logits {logits['max_abs']:.1e} of {logits['tolerance']:.1e}",
        f"{outputs.get('entities', outputs.get('outputs', 0)):,.0f} outputs",
    ]
    kept = len(made.manifest.graph["kept_in_fp32"])
    counts = {"near-ties": len(levels[3].near_ties), "nodes in fp32": kept}
    found += [f"{what} {count}" for what, count in counts.items() if count]
    return f"{PROVEN}: {', '.join(found)}"


def _said(problem: Exception) -> str:
    if isinstance(problem, DjliftError) and problem.code != "internal-error":
        return f"refused {problem.code}"
    cause = problem.__cause__ or problem
    traceback.print_exception(cause, file=sys.stderr)
    return f"broken {type(cause).__name__}: {(str(cause).splitlines() or [''])[0][:120]}"


if __name__ == "__main__":
    sys.exit(main())
