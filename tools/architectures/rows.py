"""What one pair of the matrix gave, as values that JSON can hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.support.checkpoints.architectures import Pair

from djlift.archive.golden import Entity
from djlift.parity.result import Divergence
from djlift.tasks.frame.tolerance import FP32_SCORE

CUT, STRIDES, DOORS, BATCHES = "cut", ("stride 0", "stride 32", "stride 128"), "doors", "batches"
CHECKS = (CUT, *STRIDES, DOORS, BATCHES)
"""What is asked of a pair beyond the levels of ``djlift verify``."""

REFUSED: Mapping[Pair, str] = {}
"""What is known not to be exportable, and a word of the exporter's error: none, today."""


@dataclass(frozen=True)
class Compared:
    """The entities of one text, asked for in two ways; or, for both, that the call is refused (None).

    Attributes:
        what: Way, strategy and text, for a person.
    """

    what: str
    expected: Sequence[Entity] | None
    found: Sequence[Entity] | None

    @property
    def difference(self) -> str | None:
        """The first entity that differs: label, start, end, word, index exactly, score within 1e-4."""
        if self.expected is None or self.found is None:
            if self.expected is None and self.found is None:
                return None
            return f"expected {_said(self.expected)}, found {_said(self.found)}"
        for number in range(max(len(self.expected), len(self.found))):
            ours = self.expected[number] if number < len(self.expected) else None
            theirs = self.found[number] if number < len(self.found) else None
            if ours is None or theirs is None or not _same(ours, theirs):
                return f"entity {number}: expected {ours}, found {theirs}"
        return None


def _same(ours: Entity, theirs: Entity) -> bool:
    return ours.identity == theirs.identity and abs(ours.score - theirs.score) <= FP32_SCORE


def _said(answer: Sequence[Entity] | None) -> str:
    return "a refusal" if answer is None else f"{len(answer)} entities"


@dataclass(frozen=True)
class Check:
    """Many comparisons of one kind.

    Attributes:
        name: One of :data:`CHECKS`.
        compared: Lists of entities that were compared: of one text, with one strategy, asked for in one way.
        differing: How many of them differ.
        entities: Entities that the expected lists hold.
        first: The first difference.
    """

    name: str
    compared: int
    differing: int
    entities: int
    first: str | None = None

    @property
    def holds(self) -> bool:
        """True when something was compared, with entities in it, and nothing differs."""
        return self.compared > 0 and self.entities > 0 and self.differing == 0


def counted(name: str, all_compared: Iterable[Compared]) -> Check:
    """The comparisons as counts."""
    compared = differing = entities = 0
    first = None
    for one in all_compared:
        compared += 1
        entities += len(one.expected or ())
        difference = one.difference
        if difference is not None:
            differing += 1
            first = first or f"{one.what}: {difference}"
    return Check(name, compared, differing, entities, first)


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
        checks: Documents, doors and batches; empty when they were not asked for.
        tokens: Tokens of the shortest document.
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
    checks: tuple[Check, ...] = ()
    tokens: int = 0

    @property
    def holds(self) -> bool:
        """True when nothing differs, or the exporter refuses the pair as expected."""
        if self.refused is None:
            return self.divergences == 0 and all(check.holds for check in self.checks)
        expected = REFUSED.get((self.architecture, self.tokenizer))
        return expected is not None and expected in self.refused

    def check(self, name: str) -> Check | None:
        """One of the checks; None when it was not asked for."""
        return next((check for check in self.checks if check.name == name), None)


@dataclass(frozen=True)
class Run:
    """The rows of a run and the seed that gives them again."""

    seed: int
    rows: tuple[Row, ...]

    def write(self, file: Path) -> None:
        """Write as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        data = {"seed": self.seed, "rows": [asdict(row) for row in self.rows]}
        file.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8", newline="\n")

    @staticmethod
    def read(file: Path) -> Run:
        """Read what :meth:`write` wrote."""
        data = json.loads(file.read_text(encoding="utf-8"))
        return Run(int(data["seed"]), tuple(map(_row, data["rows"])))


def _row(data: Mapping[str, Any]) -> Row:
    first = data["first"]
    checks = tuple(Check(**check) for check in data["checks"])
    return Row(
        **{**data, "first": None if first is None else Divergence(**first), "checks": checks}
    )


def shown(row: Row) -> str:
    """A row for a person."""
    line = f"{row.architecture} / {row.tokenizer}: "
    if row.refused is not None:
        return line + f"cannot be exported: {row.refused}"
    line += (
        f"{row.divergences} of {row.texts} texts differ, entities in {row.entities:.0%},"
        f" logits within {row.largest:.1e}, attention {row.attention}"
    )
    for check in row.checks:
        line += f"; {check.name} {check.differing} of {check.compared}"
        if not check.entities:
            line += " (no entities)"
    if row.first is not None:
        first = row.first
        line += f"\n  {first.case} ({first.what}, token {first.token}): {first.text}"
        line += f"\n    expected {first.expected}\n    found    {first.found}"
    return line + "".join(f"\n  {c.name}: {c.first}" for c in row.checks if c.first is not None)
