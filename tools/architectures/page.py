"""docs/architectures.md: the table of the parity matrix, written from a run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.support.checkpoints.architectures import Pair

from tools.architectures.rows import CHECKS, Row, Run

_HEAD = """\
# Architectures and tokenizers

Each row is a small model with random weights, 2 layers, and a real tokenizer, trained in place: written
with `save_pretrained`, exported, converted to fp32, packed, and compared on a JVM with transformers' own
pipeline, levels 1, 2, 3 and 5 of [parity](parity.md). An architecture that is not here may work all the
same: `djlift build` proves every archive or refuses it.

This table is written by `make parity`. A run of {texts} texts for each row (the built-in corpus, Faker in
20 locales, random Unicode), {strategies} aggregation strategies on each text, seed {seed}:

| architecture | tokenizer | texts | differ | with entities | largest logit difference | attention fused |
|---|---|---|---|---|---|---|
"""
_MORE = """
The same pairs, asked in other ways. Each figure says how many results differ, of how many: a result is
all entities of one text with one strategy. Label, start, end and word are compared exactly, the score
within 1e-4.

| architecture | tokenizer | cut | stride 0 | stride 32 | stride 128 | DJL's doors | batches |
|---|---|---|---|---|---|---|---|
"""
_LEGEND = """
- **cut**, **stride**: documents of {tokens} tokens and more, in many scripts, with all five strategies, the
  JVM against transformers' pipeline. They are read at the pair's own limit of 64 to 96 tokens and by a second
  checkpoint of the pair with a limit of 512. Where transformers refuses a call (`none` with a stride, a
  stride past the limit), djlift must refuse it too. A document in which the reference itself prefers a
  label by less than 2e-5 of a logit is replaced: rounding decides it.
- **DJL's doors**: `Criteria` with `String`, `String[]` and DJL Serving's `Input`, against transformers'
  pipeline. DJL finds the translator by itself, in a zoo's metadata.json or in serving.properties. Spans are
  in UTF-16 units, and `text.substring(start, end)` is compared too.
- **batches**: calls of 64 texts, in order and shuffled, and single runs of 64 rows, against a call for each
  text.
"""
_TAIL = """
- **differ**: texts at which a level differs; a text counts once a level.
- **with entities**: texts in which the reference finds an entity under `simple`.
- **attention fused**: layers whose attention became one operator of ONNX Runtime. The others are right,
  but slower.
{more}
Labels differ by architecture: `B-`/`I-`, BILOU, no prefix, several hyphens (`B-geo-loc`), 121 labels, O
first, in the middle or last. Limits are 64 to 96 tokens, so long texts are cut, and every third of them is
read in windows too.

A tokenizer that pads on the left is kept so where the model's logits do not depend on it (RoBERTa). Where
they do (BERT numbers its positions from the start of the row), a text has other logits in a batch than
alone, in transformers too; djlift then pads on the right, and the manifest says so.

The JVM reads tokenizer.json with the tokenizers library in DJL, which is older than Python's. A component
that it does not know is refused by `djlift build` and `djlift verify` (exit code 2), and the error names
both versions.
"""
_ROW = re.compile(r"\| (?!architecture)([^|]+) \| ([^|]+) \| .*\|")


def written(run: Run) -> str:
    """The page."""
    rows = run.rows
    head = _HEAD.format(
        texts=f"{max((row.texts for row in rows), default=0):,}",
        strategies=max((row.strategies for row in rows), default=0),
        seed=run.seed,
    )
    return head + "".join(_line(row) for row in rows) + _TAIL.format(more=_more(rows))


def _line(row: Row) -> str:
    if row.refused is not None:
        return f"| {row.architecture} | {row.tokenizer} | cannot be exported: {row.refused} | | | | |\n"
    return (
        f"| {row.architecture} | {row.tokenizer} | {row.texts:,} | {row.divergences} | {row.entities:.0%}"
        f" | {row.largest:.1e} | {row.attention} |\n"
    )


def _more(rows: Sequence[Row]) -> str:
    """The second table; nothing for rows without checks."""
    asked = [row for row in rows if row.checks]
    if not asked:
        return ""
    lines = []
    for row in asked:
        found = [row.check(name) for name in CHECKS]
        cells = ("not run" if c is None else f"{c.differing} of {c.compared:,}" for c in found)
        lines.append(f"| {row.architecture} | {row.tokenizer} | {' | '.join(cells)} |\n")
    return _MORE + "".join(lines) + _LEGEND.format(tokens=f"{min(r.tokens for r in asked):,}")


def pairs(page: str) -> list[Pair]:
    """The pairs of a page's first table, in order."""
    first = page.partition(_MORE)[0]
    return [(m[1], m[2]) for m in map(_ROW.fullmatch, first.splitlines()) if m]
