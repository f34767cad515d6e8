"""The parity matrix: small models of every architecture, with every kind of tokenizer, on a real JVM.

``python -m tools.architectures.matrix --texts 10000 --seed 7 --out docs/architectures.md`` is the long run
(``make parity``): it proves every pair and writes the table. ``--json FILE`` keeps its rows, ``--from FILE``
writes the table from them without a run.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support import mixed_texts
from tests.support.checkpoints import architectures
from tests.support.checkpoints.architectures import SHORT, Pair
from tests.support.checkpoints.vocabularies import VOCABULARIES
from tests.support.torch_threads import one_thread

from djlift.archive.golden import Golden
from djlift.archive.windows import PLAIN
from djlift.jvm import process
from djlift.parity.levels import neighbours
from djlift.parity.result import FAIL, ParityReport
from djlift.parity.verify import verify
from djlift.tasks.token_classification.strategies import STRATEGIES
from djlift.texts.text import Text
from tools.architectures import batches, djl_criteria
from tools.architectures import documents as architectures_documents
from tools.architectures.both_sides import Built, Unbuilt, built
from tools.architectures.page import written
from tools.architectures.rows import (
    BATCHES,
    CUT,
    DOORS,
    STRIDES,
    Check,
    Compared,
    Row,
    Run,
    counted,
    shown,
)

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


@dataclass(frozen=True)
class Effort:
    """How much is asked of a pair beyond the levels of ``djlift verify``.

    Attributes:
        documents: Documents of at least 3,000 tokens, one of each kind in turn.
        limits: Limits that they are read at: :data:`OWN` (64 to 96 tokens), :data:`LONG`, or both.
        read: Strategies for the documents.
        batch: Texts that are run alone, in batches of 64 and shuffled.
        batched: Strategies for these.
        sample: Texts that go through DJL's own doors.
        ways: Through which.
    """

    documents: int
    limits: Sequence[int]
    read: Sequence[str]
    batch: int
    batched: Sequence[str]
    sample: int
    ways: Sequence[djl_criteria.Way]


OWN, LONG = 0, 512
"""A second checkpoint of each pair has 512 positions, so that a stride of 128 has room."""

FULL = Effort(
    documents=3,
    limits=(OWN, LONG),
    read=STRATEGIES,
    batch=3 * batches.SIZE,
    batched=STRATEGIES,
    sample=48,
    ways=djl_criteria.WAYS,
)
"""The long run's."""


def brief(pair: Pair) -> Effort:
    """CI's: a little of everything; other strategies, doors and limits for another pair."""
    number = PAIRS.index(pair)
    strategy = STRATEGIES[1 + number % 4]
    return Effort(
        documents=1,
        limits=(LONG,) if pair in SHORT else (OWN,),
        read=("none", strategy),
        batch=batches.SIZE,
        batched=(STRATEGIES[number % 5],),
        sample=12,
        ways=djl_criteria.few(number),
    )


def run(
    pair: Pair, chosen: Sequence[Text], folder: Path, seed: int = 0, effort: Effort | None = None
) -> Row:
    """Build one pair's checkpoint and archive below ``folder``, and prove it on the JVM.

    Args:
        effort: What is asked beyond the levels; None for nothing.
    """
    source = folder / "checkpoint"
    architectures.write(*pair, source, seed)
    found = built(source, chosen, folder)
    if isinstance(found, Unbuilt):
        share = _share(found.golden)
        return Row(*pair, len(chosen), entities=share, refused=found.refused)
    row = judged(pair, found.golden, verify(found.archive), found.attention)
    return row if effort is None else _further(row, found, folder, seed, effort)


def _further(row: Row, found: Built, folder: Path, seed: int, effort: Effort) -> Row:
    """The row with its checks: documents, doors, batches."""
    pair = (row.architecture, row.tokenizer)
    models = [
        found if limit == OWN else _long(pair, folder / "long", seed) for limit in effort.limits
    ]

    def tokens(text: str) -> int:
        # Some tokenizers are trained anew for each checkpoint, and not always the same.
        return min(architectures_documents.tokens(model.loaded, text) for model in models)

    def usable(text: str) -> bool:
        return all(
            architectures_documents.decided(model.loaded, text, stride)
            for model in models
            for stride in (None, *map(_tokens_of, STRIDES))
            if stride is None or stride < (model.loaded.max_length or 0)
        )

    documents = mixed_texts.documents(
        effort.documents, seed, tokens, architectures_documents.TOKENS, usable
    )
    checks = [
        *_documents(models, documents, effort),
        counted(DOORS, _doors(found, folder, effort)),
        counted(BATCHES, _batches(found, effort, seed)),
    ]
    return replace(row, checks=tuple(checks), tokens=min(tokens(d.text) for d in documents))


def _documents(models: Sequence[Built], documents: Sequence[Text], effort: Effort) -> list[Check]:
    """Cut, and with each stride that has room somewhere."""
    longest = max(model.loaded.max_length or 0 for model in models)
    strides: dict[str, int | None] = {name: _tokens_of(name) for name in STRIDES}
    with contextlib.ExitStack() as stack:
        machine = process.start()
        sides = [
            (model.loaded, stack.enter_context(machine.load(model.archive))) for model in models
        ]

        def read(name: str, stride: int | None) -> Check:
            asked = (
                architectures_documents.compared(*side, documents, effort.read, stride)
                for side in sides
            )
            return counted(name, (one for some in asked for one in some))

        return [
            read(name, stride)
            for name, stride in ({CUT: None} | strides).items()
            if stride is None or stride < longest
        ]


def _tokens_of(stride: str) -> int:
    return int(stride.split()[1])


def _doors(found: Built, folder: Path, effort: Effort) -> Iterator[Compared]:
    cases = djl_criteria.chosen(found.golden.cases, effort.sample)
    return djl_criteria.compared(found.archive, folder / "doors", cases, effort.ways)


def _batches(found: Built, effort: Effort, seed: int) -> Iterator[Compared]:
    # A run of 64 as long as the longest, of a model without a limit, takes more memory than there is.
    cases = [
        case
        for case in found.golden.cases
        if neighbours.together(len(case.windows[PLAIN][0].ids), batches.SIZE) > 1
    ]
    sample = random.Random(seed).sample(cases, min(effort.batch, len(cases)))
    asked = [Text(c.id, c.group, c.text) for c in sample]
    with process.start().load(found.archive) as classifier:
        yield from batches.compared(classifier, asked, effort.batched, seed)


def _long(pair: Pair, folder: Path, seed: int) -> Built:
    """The same pair with a limit of :data:`LONG` tokens."""
    source = folder / "checkpoint"
    architectures.write(*pair, source, seed, LONG)
    found = built(source, mixed_texts.sampled(2, seed), folder)
    if isinstance(found, Unbuilt):
        raise AssertionError(f"{pair} exports with a short limit only: {found.refused}")
    return found


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
    parser = argparse.ArgumentParser(
        prog="python -m tools.architectures.matrix", description=__doc__
    )
    parser.add_argument("--texts", type=int, default=10000, help="texts for each pair")
    parser.add_argument("--seed", type=int, default=None, help="default: the clock's")
    parser.add_argument("--out", type=Path, help="the page to write, docs/architectures.md")
    parser.add_argument("--json", type=Path, help="where the rows are kept, after each pair")
    parser.add_argument(
        "--from", type=Path, dest="source", help="rows that --json kept: no run, only the page"
    )
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    parser.add_argument("--keep", type=Path, help="where a pair that differs is kept")
    options = parser.parse_args(arguments)
    seed = int(time.time()) if options.seed is None else options.seed
    if options.source:
        done = Run.read(options.source)
    else:
        done = _long_run(options.texts, seed, options.only, options.keep, options.json)
    if options.out:
        options.out.write_text(written(done), encoding="utf-8", newline="\n")
    broken = [row for row in done.rows if not row.holds]
    if broken:
        print(
            f"{len(broken)} of {len(done.rows)} pairs differ; again with --seed {done.seed}",
            file=sys.stderr,
        )
    return 1 if broken else 0


def _long_run(count: int, seed: int, only: str, keep: Path | None, kept: Path | None) -> Run:
    done = Run(seed, ())
    for pair in PAIRS:
        if only not in " / ".join(pair):
            continue
        begun = time.monotonic()
        chosen = mixed_texts.mixture(count, seed, VOCABULARIES[pair[1]].inserted)
        with tempfile.TemporaryDirectory(prefix="djlift-matrix-") as name:
            with one_thread():
                row = run(pair, chosen, Path(name), seed, FULL)
            if keep and not row.holds:
                shutil.copytree(name, keep / "-".join(pair).replace(" ", "_"))
        done = replace(done, rows=(*done.rows, row))
        if kept:
            done.write(kept)
        print(f"{time.monotonic() - begun:6.1f} s  {shown(row)}", file=sys.stderr, flush=True)
    return done


if __name__ == "__main__":
    sys.exit(main())
