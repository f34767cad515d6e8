"""What a comparison with plain DJL gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from djlift.tasks.token_classification.plain_djl import CAUSES, SCORE


@dataclass(frozen=True)
class Example:
    """A text on which the two sides differ; spans in UTF-16 units on both."""

    case: str
    cause: str
    text: str
    expected: str
    found: str


@dataclass(frozen=True)
class Strategy:
    """What was found with one aggregation strategy.

    Attributes:
        texts: Texts that were compared.
        cases: The cause (of :data:`CAUSES`) for each that differs, by its id.
        examples: The first text of each cause.
    """

    name: str
    texts: int
    cases: Mapping[str, str]
    examples: tuple[Example, ...] = ()

    @property
    def causes(self) -> dict[str, int]:
        """How many texts differ, by cause."""
        counts = Counter(self.cases.values())
        known = [cause for cause in CAUSES if counts[cause]]
        return {cause: counts[cause] for cause in dict.fromkeys([*known, *counts])}

    @property
    def differing(self) -> int:
        """Texts that differ."""
        return len(self.cases)

    @property
    def share(self) -> float:
        """Share of the texts that differ, 0 to 1."""
        return self.differing / self.texts if self.texts else 0.0


@dataclass(frozen=True)
class StockReport:
    """What plain DJL gives from an archive, strategy by strategy."""

    archive: str
    precision: str
    strategies: tuple[Strategy, ...]
    versions: Mapping[str, str]
    compared: tuple[str, ...] = ("label", "start", "end", "score")
    causes: Mapping[str, str] = field(default_factory=lambda: CAUSES)
    notes: tuple[str, ...] = ("plain DJL has no such word",)

    @property
    def texts(self) -> int:
        """Texts that were compared."""
        return max((s.texts for s in self.strategies), default=0)

    @property
    def differing(self) -> int:
        """Texts that differ in at least one strategy."""
        return len({case for s in self.strategies for case in s.cases})

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data, for ``--json``."""
        return {
            "archive": self.archive,
            "precision": self.precision,
            "translator": "stock",
            "score_within": SCORE,
            "compared": list(self.compared),
            "texts": self.texts,
            "differing": self.differing,
            "strategies": [
                {**asdict(s), "causes": s.causes, "differing": s.differing, "share": s.share}
                for s in self.strategies
            ],
            "versions": dict(self.versions),
            "notes": list(self.notes),
        }
