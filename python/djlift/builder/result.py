"""What a build made: an archive, a refusal or a fault for each precision, none of which takes another down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djlift.archive.manifest import Manifest
from djlift.errors import DjliftError, InternalError
from djlift.parity.result import ParityReport


@dataclass(frozen=True)
class Built:
    """One archive that was built, and the proof.

    Attributes:
        archive: Where it is; None when parity failed, for then it is nowhere.
        report: The parity report of exactly these files.
        reused: Whether the zoo held an archive of the same inputs, which was proven again, not built.
    """

    precision: str
    archive: Path | None
    manifest: Manifest
    report: ParityReport
    reused: bool = False


@dataclass(frozen=True)
class BuildResult:
    """What a build made.

    Attributes:
        seconds: Wall time by stage.
        peak_bytes: Largest resident memory of the process, the JVM included.
        weight_bytes: Bytes of the source's weight files.
        refused: Why there is no archive of a precision, by precision: nothing could hold, or something broke.
    """

    built: tuple[Built, ...]
    seconds: Mapping[str, float]
    peak_bytes: int
    weight_bytes: int
    refused: Mapping[str, DjliftError] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """True when every archive was proven, in every precision that was asked for."""
        return all(b.report.holds for b in self.built) and not self.refused

    @property
    def exit_code(self) -> int:
        """0 when all held, 2 when something broke, 1 when something did not hold."""
        if self.holds:
            return 0
        return max((problem.exit_code for problem in self.refused.values()), default=1)

    @property
    def verdicts(self) -> dict[str, dict[str, str]]:
        """By precision: ``proven``, ``not proven`` or ``broken``, and the code of the error, if any."""
        found = {
            b.precision: {"verdict": "proven" if b.report.holds else "not proven"}
            for b in self.built
        }
        for precision, problem in self.refused.items():
            verdict = "not proven" if problem.exit_code == 1 else "broken"
            found[precision] = {"verdict": verdict, "code": problem.code}
        return found

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON data, for ``--json``."""
        return {
            "parity": self.holds,
            "precisions": self.verdicts,
            "archives": [
                {
                    "precision": b.precision,
                    "archive": None if b.archive is None else str(b.archive),
                    "name": b.manifest.name,
                    "version": b.manifest.version,
                    "reused": b.reused,
                    "group": b.manifest.group,
                    "model_bytes": b.manifest.graph["bytes"],
                    "remarks": list(b.manifest.remarks()),
                    "report": b.report.to_dict(),
                }
                for b in self.built
            ],
            "refused": {p: problem.to_dict() for p, problem in self.refused.items()},
            "seconds": {stage: round(s, 2) for stage, s in self.seconds.items()},
            "peak_bytes": self.peak_bytes,
            "weight_bytes": self.weight_bytes,
        }


@dataclass
class Outcomes:
    """Collects what becomes of each precision.

    Attributes:
        stage: Says what is being done.
        source: The checkpoint's folder.
    """

    stage: Callable[[], str]
    source: Path
    built: dict[str, Built] = field(default_factory=dict)
    refused: dict[str, DjliftError] = field(default_factory=dict)

    def attempt(self, precision: str, make: Callable[[], Built]) -> None:
        """Make the archive of a precision, and keep its error where there is none."""
        try:
            self.built[precision] = make()
        except DjliftError as problem:
            self.refused[precision] = problem
        except Exception as problem:  # Whatever it is, the other precisions go on.
            error = InternalError(
                f"internal error while {self.stage()}",
                code="internal-error",
                file=self.source,
                found=f"{type(problem).__name__}: {str(problem)[:500]}",
                mend="report it; other precisions can be built",
            )
            error.__cause__ = problem
            self.refused[precision] = error

    def ordered(
        self, precisions: Sequence[str]
    ) -> tuple[tuple[Built, ...], dict[str, DjliftError]]:
        """What was built and what was not, in the order of the recipe."""
        return (
            tuple(self.built[p] for p in precisions if p in self.built),
            {p: self.refused[p] for p in precisions if p in self.refused},
        )
