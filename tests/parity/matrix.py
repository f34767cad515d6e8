"""The parity matrix: small models of every architecture, with every kind of tokenizer, on a real JVM.

``python -m tests.parity.matrix --texts 10000 --seed 7 --out docs/architectures.md`` is the long run (``make
parity``): it proves every pair and writes the table.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from djlift.build import pack
from djlift.checkpoint import Checkpoint, Loaded, find
from djlift.convert import Converted, convert
from djlift.corpus import Text
from djlift.errors import ExportError
from djlift.export import export
from djlift.golden import Golden
from djlift.loading import load
from djlift.parity import FAIL, Divergence, ParityReport
from djlift.recipe import STRATEGIES, Recipe
from djlift.reference import record
from djlift.staging import Parts, stage
from djlift.verify import verify

from . import checkpoints, texts
from .vocabularies import VOCABULARIES

Pair = tuple[str, str]

SHORT: tuple[Pair, ...] = (
    ("BERT", "WordPiece, cased"),
    ("RoBERTa", "byte-level BPE"),
    ("XLM-R", "Unigram, XLM-R"),
    ("DistilBERT", "WordPiece, uncased"),
    ("ELECTRA", "WordPiece, length-changing normalisers"),
    ("ALBERT", "Unigram, ALBERT"),
    ("CamemBERT", "Unigram, CamemBERT"),
    ("MPNet", "WordPiece, MPNet"),
    ("DeBERTa-v2", "Unigram, DeBERTa, punctuation split"),
    ("DeBERTa-v3", "Unigram, DeBERTa"),
    ("ModernBERT", "byte-level BPE, NFC and runs of spaces"),
)
"""Each architecture once, with the tokenizer that its checkpoints have."""

PAIRS: tuple[Pair, ...] = (
    *SHORT,
    ("BERT", "WordPiece, padded and cut on the left"),
    ("RoBERTa", "WordPiece, padded and cut on the left"),
    ("BERT", "WordPiece, own truncation and padding blocks"),
    ("BERT", "BPE with word ends, no special tokens"),
    ("DistilBERT", "WordPiece, added tokens"),
    ("ELECTRA", "WordPiece, uncased"),
    ("RoBERTa", "byte-level BPE, prefix space"),
    ("XLM-R", "byte-level BPE, untrimmed offsets"),
)
"""Every pair of the table: each architecture and each kind of tokenizer at least once."""

REFUSED: Mapping[Pair, str] = {}
"""What is known not to be exportable, and a word of the exporter's error: none, today."""


@dataclass(frozen=True)
class Row:
    """What one pair gave.

    Attributes:
        texts: Texts that were compared.
        strategies: Aggregation strategies, each on all texts.
        divergences: Texts that differ, summed over levels 1, 2, 3 and 5.
        entities: Share of the texts in which the reference finds an entity (``simple``).
        largest: Largest difference of a logit, JVM against PyTorch.
        attention: Layers whose attention is fused, of all: ``2/2``.
        refused: Why the pair cannot be exported; None when it can.
        first: The first divergence.
    """

    architecture: str
    tokenizer: str
    texts: int = 0
    strategies: int = 0
    divergences: int = 0
    entities: float = 0.0
    largest: float = 0.0
    attention: str = ""
    refused: str | None = None
    first: Divergence | None = None

    @property
    def holds(self) -> bool:
        """True when nothing differs, or the exporter refuses the pair as expected."""
        if self.refused is None:
            return self.divergences == 0
        expected = REFUSED.get((self.architecture, self.tokenizer))
        return expected is not None and expected in self.refused


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: models this small lose more to the threads' meeting than they win."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run(pair: Pair, chosen: Sequence[Text], folder: Path, seed: int = 0) -> Row:
    """Build one pair's checkpoint and archive below ``folder``, and prove it on the JVM."""
    source = folder / "checkpoint"
    checkpoints.write(*pair, source, seed)
    recipe = Recipe((str(source),), name="matrix", group="org.example")
    checkpoint = find(recipe)
    loaded = load(checkpoint)
    golden = record(loaded, chosen)
    try:
        exported = export(loaded, folder / "exported.onnx")
        converted = convert(exported, loaded, "fp32", folder / "model.onnx")
    except ExportError as refused:
        return Row(
            *pair, len(chosen), entities=_share(golden), refused=refused.found or refused.what
        )
    fused = converted.fused.get("Attention", 0) + converted.fused.get("MultiHeadAttention", 0)
    archive = _packed(recipe, checkpoint, loaded, converted, golden, folder)
    return judged(pair, golden, verify(archive), f"{fused}/{converted.layers}")


def _packed(
    recipe: Recipe,
    checkpoint: Checkpoint,
    loaded: Loaded,
    converted: Converted,
    golden: Golden,
    folder: Path,
) -> Path:
    files = folder / "archive"
    files.mkdir()
    manifest = stage(
        Parts(recipe, checkpoint, loaded, converted, golden, "fp32", "not of a build"), files
    )
    target = folder / manifest.file_name
    pack(files, manifest, recipe.card, target)
    return target


def _share(golden: Golden) -> float:
    return sum(bool(c.outputs["simple"]) for c in golden.cases) / max(1, len(golden.cases))


def judged(pair: Pair, golden: Golden, report: ParityReport, attention: str) -> Row:
    """The row of a pair that was exported, from its parity report."""
    figures = {level.level: level.figures for level in report.levels}
    failed = [level for level in report.levels if level.status == FAIL]
    return Row(
        *pair,
        texts=len(golden.cases),
        strategies=len(STRATEGIES),
        # A level can fail by a bound over all texts, with no text that differs by itself.
        divergences=sum(max(1, level.divergences) for level in failed)
        + (not report.holds and not failed),
        entities=_share(golden),
        largest=figures[2].get("max_abs", float("nan")),
        attention=attention,
        first=failed[0].first if failed else None,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The long run. 0: all as the table says; 1: something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.matrix", description=__doc__)
    parser.add_argument("--texts", type=int, default=10000, help="texts for each pair")
    parser.add_argument("--seed", type=int, default=None, help="default: the clock's")
    parser.add_argument("--out", type=Path, help="the page to write, docs/architectures.md")
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    parser.add_argument("--keep", type=Path, help="where a pair that differs is kept")
    options = parser.parse_args(arguments)
    seed = int(time.time()) if options.seed is None else options.seed
    rows = []
    for pair in PAIRS:
        if options.only not in " / ".join(pair):
            continue
        begun = time.monotonic()
        chosen = texts.mixture(options.texts, seed, VOCABULARIES[pair[1]].inserted)
        with tempfile.TemporaryDirectory(prefix="djlift-matrix-") as name:
            with one_thread():
                row = run(pair, chosen, Path(name), seed)
            if options.keep and not row.holds:
                shutil.copytree(name, options.keep / "-".join(pair).replace(" ", "_"))
        rows.append(row)
        print(f"{time.monotonic() - begun:6.1f} s  {shown(row)}", file=sys.stderr, flush=True)
    if options.out:
        from .table import written

        options.out.write_text(written(rows, seed), encoding="utf-8", newline="\n")
    broken = [row for row in rows if not row.holds]
    if broken:
        print(
            f"{len(broken)} of {len(rows)} pairs differ; again with --seed {seed}", file=sys.stderr
        )
    return 1 if broken else 0


def shown(row: Row) -> str:
    """A row for a person."""
    line = f"{row.architecture} / {row.tokenizer}: "
    if row.refused is not None:
        return line + f"cannot be exported: {row.refused}"
    line += (
        f"{row.divergences} of {row.texts} texts differ, entities in {row.entities:.0%},"
        f" logits within {row.largest:.1e}, attention {row.attention}"
    )
    if row.first is not None:
        first = row.first
        line += f"\n  {first.case} ({first.what}, token {first.token}): {first.text}"
        line += f"\n    expected {first.expected}\n    found    {first.found}"
    return line


if __name__ == "__main__":
    sys.exit(main())
