"""``djlift inspect``: what an archive holds and how its files stand, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive.container import Problem, opened
from djlift.archive.manifest import Manifest
from djlift.graph.fusion_coverage import PATTERNS, shown


@dataclass(frozen=True)
class Inspection:
    """A manifest and every file that is not what it says."""

    path: Path
    size: int
    manifest: Manifest
    problems: tuple[Problem, ...]

    def fused(self) -> str:
        """``attention 6/6, layer norm 13/13``; in manifests from before it was counted, the operators."""
        patterns = self.manifest.graph.get("patterns")
        if isinstance(patterns, dict) and all(isinstance(p, dict) for p in patterns.values()):
            # The manifest's keys are sorted; attention comes first for a person.
            names = sorted(
                patterns, key=lambda n: PATTERNS.index(n) if n in PATTERNS else len(PATTERNS)
            )
            found = {name: patterns[name].get("fused") for name in names}
            expected = {name: patterns[name].get("expected") for name in names}
            return shown(found, expected) or "nothing"
        operators = self.manifest.graph.get("fused")
        if not isinstance(operators, dict):
            return "nothing"
        return ", ".join(f"{name} {count}" for name, count in operators.items()) or "nothing"

    def to_dict(self) -> dict[str, Any]:
        """The inspection as JSON data."""
        import json

        return {
            "archive": self.path.name,
            "bytes": self.size,
            "intact": not self.problems,
            "fused": self.fused(),
            "problems": [vars(p) for p in self.problems],
            "manifest": json.loads(self.manifest.to_json()),
        }


def inspect(archive: Path) -> Inspection:
    """Read an archive's manifest and compare every file with it.

    Raises:
        ArchiveError: The archive cannot be used at all.
    """
    with opened(archive) as found:
        return Inspection(archive, archive.stat().st_size, found.manifest, found.problems)
