"""The parity report: a value. Printing, JSON, JUnit and HTML are views of it (:mod:`djlift.parity.report`)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from djlift.parity.alignment import Row

NAMES = {
    0: "integrity",
    1: "tokens",
    2: "logits",
    3: "outputs",
    4: "accuracy",
    5: "invariance",
}

_JUDGED = ("fp32", "fp16")
"""Precisions that levels 2 and 3 judge."""

PASS = "pass"
FAIL = "fail"
SKIPPED = "skipped"


def needed(precision: str) -> frozenset[int]:
    """The levels that must have passed before an archive of a precision counts as proven."""
    return frozenset({0, 1, 2, 3} if precision in _JUDGED else {0, 1, 2, 3, 4})


@dataclass(frozen=True)
class Divergence:
    """One place where the two sides differ.

    Attributes:
        case, group: Which text, and its group in the corpus.
        text: The text, shortened for showing.
        what: What differs: ``ids``, ``logits``, ``entities (simple)``, ...
        token: Position of the first differing token; None where the difference is not at a token.
        expected: The reference's side.
        found: The JVM's side.
        margin: For a near-tie, by how little the reference decided (logits or score); else None.
    """

    case: str
    group: str
    text: str
    what: str
    expected: str
    found: str
    token: int | None = None
    margin: float | None = None


@dataclass(frozen=True, kw_only=True)
class Explanation(Divergence):
    """A divergence that was looked into: the text in full, shrunk where that was possible, token by token.

    Attributes:
        level: The level that broke.
        shrunk: Whether ``text`` is the shortest that was found to diverge.
        runs: How many texts were tried to shrink it.
        rows: The table; at most :data:`djlift.parity.alignment.ROWS` rows.
        omitted: Rows that were left out.
        note: What was not done, and why; empty when nothing was left out.
    """

    level: int
    rows: tuple[Row, ...]
    shrunk: bool = False
    runs: int = 0
    omitted: int = 0
    note: str = ""


@dataclass(frozen=True)
class GroupCount:
    """Texts of one group at one level."""

    compared: int
    divergences: int
    first: Divergence | None = None


@dataclass(frozen=True)
class Level:
    """One level of parity.

    Attributes:
        status: ``pass``, ``fail`` or ``skipped``.
        compared: Texts (level 0: files) that were compared.
        divergences: How many of them differ, near-ties not counted.
        figures: Measured figures, such as the largest difference.
        summary: One line for a person.
        groups: The same counts by group of texts.
        near_ties: Differences that a precision below fp32 may make, listed with their margin.
    """

    level: int
    status: str
    compared: int
    divergences: int
    summary: str
    figures: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, GroupCount] = field(default_factory=dict)
    first: Divergence | None = None
    near_ties: tuple[Divergence, ...] = ()

    @property
    def name(self) -> str:
        """``tokens``, ``logits``, ..."""
        return NAMES[self.level]

    def plain_figures(self) -> dict[str, float | None]:
        """The figures as JSON can carry them: None for what is no number."""
        return {key: value if math.isfinite(value) else None for key, value in self.figures.items()}


@dataclass(frozen=True)
class ParityReport:
    """What a verification found, level by level.

    Attributes:
        archive: File name of the archive.
        versions: Of Java, DJL, ONNX Runtime and djlift, as they ran.
        notes: What was not compared and why; what a person should know.
        explanation: Why the first of the levels 1 to 3 that broke did, on one text.
        cpu: Class of the CPU that it ran on, see :mod:`djlift.base.cpu_class`.
    """

    archive: str
    precision: str
    levels: tuple[Level, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    explanation: Explanation | None = None
    cpu: str | None = None

    @property
    def holds(self) -> bool:
        """True when no level broke and at least levels 0 to 3 were compared; in int8 level 4 too.

        Levels 2 and 3 have no bounds in int8: without level 4 nothing would have judged it.
        """
        passed = {level.level for level in self.levels if level.status == PASS}
        return self.first_broken is None and needed(self.precision) <= passed

    @property
    def first_broken(self) -> Level | None:
        """The first level that broke, in the order of their numbers."""
        return next((level for level in self.levels if level.status == FAIL), None)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data, for ``--json``."""
        broken = self.first_broken
        return {
            "archive": self.archive,
            "precision": self.precision,
            "parity": self.holds,
            "first_broken": None if broken is None else broken.level,
            "levels": [
                {"name": level.name, **asdict(level), "figures": level.plain_figures()}
                for level in self.levels
            ],
            "versions": dict(self.versions),
            "cpu": self.cpu,
            "notes": list(self.notes),
            "explanation": None if self.explanation is None else asdict(self.explanation),
        }

    def figures(self) -> dict[str, Any]:
        """What the manifest keeps: statuses, counts and figures, no texts."""
        kept = ("level", "status", "compared", "divergences", "summary")
        return {
            "levels": [
                {"name": level.name, **{key: getattr(level, key) for key in kept}}
                | {"figures": level.plain_figures(), "near_ties": len(level.near_ties)}
                for level in self.levels
            ],
            "versions": dict(self.versions),
            "cpu": self.cpu,
        }


def grouped(
    cases: Iterable[tuple[str, Divergence | None]],
) -> tuple[dict[str, GroupCount], Divergence | None]:
    """Counts by group from (group, divergence or None) per text, and the first divergence of all."""
    counts: dict[str, GroupCount] = {}
    first: Divergence | None = None
    for group, divergence in cases:
        before = counts.get(group, GroupCount(0, 0))
        counts[group] = GroupCount(
            before.compared + 1,
            before.divergences + (divergence is not None),
            before.first or divergence,
        )
        first = first or divergence
    return counts, first
