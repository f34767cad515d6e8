"""docs/architectures.md: the table of the parity matrix, written from a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .matrix import Pair, Row

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
_TAIL = """
- **differ**: texts at which a level differs; a text counts once a level.
- **with entities**: texts in which the reference finds an entity under `simple`.
- **attention fused**: layers whose attention became one operator of ONNX Runtime. The others are right,
  but slower.

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


def written(rows: Sequence[Row], seed: int) -> str:
    """The page."""
    head = _HEAD.format(
        texts=f"{max((row.texts for row in rows), default=0):,}",
        strategies=max((row.strategies for row in rows), default=0),
        seed=seed,
    )
    return head + "".join(_line(row) for row in rows) + _TAIL


def _line(row: Row) -> str:
    if row.refused is not None:
        return f"| {row.architecture} | {row.tokenizer} | cannot be exported: {row.refused} | | | | |\n"
    return (
        f"| {row.architecture} | {row.tokenizer} | {row.texts:,} | {row.divergences} | {row.entities:.0%}"
        f" | {row.largest:.1e} | {row.attention} |\n"
    )


def pairs(page: str) -> list[Pair]:
    """The pairs of a page's table, in order."""
    return [(m[1], m[2]) for m in map(_ROW.fullmatch, page.splitlines()) if m]
