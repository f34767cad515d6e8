"""Who takes part in ``djlift bench``: how each is loaded, and how what it found is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from djlift.archive.manifest import Manifest
from djlift.base.device import Device
from djlift.bench import answers as bench_answers
from djlift.bench.answers import Given, Spans, given
from djlift.bench.result import DJLIFT
from djlift.checkpoints.recipe import Recipe
from djlift.errors import UsageError
from djlift.jvm import process, timing
from djlift.jvm.timing import DjliftSide, Numbers
from djlift.tasks.token_classification.plain_djl import answer

STOCK, TORCH, ONNXRUNTIME = "stock", "torch", "onnxruntime"
RIVALS = (STOCK, TORCH, ONNXRUNTIME)
IN_PYTHON = (TORCH, ONNXRUNTIME)
BATCHES = (1, 8, 32)
"""Texts that share a run, where that is the user's to say; the fastest is taken."""


class Runs(Protocol):
    """A model that stays loaded, and texts that are run over and over on it."""

    def run(self, which: Numbers, batch: int) -> float:
        """Classify many texts; seconds."""

    def alone(self, which: Numbers) -> list[float]:
        """Classify texts one at a time; seconds of each."""

    def close(self) -> None:
        """Free the model."""


@dataclass(frozen=True)
class Entrant:
    """One side.

    Attributes:
        answers: Gives what the last run found.
        expected: Takes what djlift found in the unit that this side counts in.
        batches: What it could share a run among; empty where it finds its own batches.
    """

    name: str
    runs: Runs
    answers: Callable[[], Sequence[Any]]
    expected: Callable[[Any], Any]
    batches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What all sides have in common.

    Attributes:
        folder: The archive, unpacked.
        threads: Of every side's model.
        calibration: A file that djlift's own side is loaded with.
    """

    archive: Path
    folder: Path
    manifest: Manifest
    strategy: str
    device: Device
    threads: int
    texts: tuple[str, ...]
    reference: Recipe | None = None
    batches: tuple[int, ...] = BATCHES
    calibration: Path | None = None

    def djlift(self, classifier: Any) -> tuple[Entrant, DjliftSide]:
        """djlift's own side, and what only it tells."""
        side = DjliftSide(classifier, self.strategy, self.texts)
        return Entrant(DJLIFT, side, lambda: [one.units for one in given_by(side)], _units), side

    def load(self, machine: process.Jvm) -> AbstractContextManager[Any]:
        """djlift's classifier."""
        return machine.load(
            self.archive,
            device=self.device.djl,
            threads=self.threads,
            calibration=self.calibration,
        )

    def found(self, side: DjliftSide) -> list[Any]:
        """What djlift found in the last run."""
        return given_by(side)

    def differing(self, side: str, expected: Sequence[Any], found: Sequence[Any]) -> list[int]:
        """Numbers of the texts on which two sides differ; those that one of them lost are among them."""
        return bench_answers.differing(
            expected, found, bench_answers.score_tolerance(side, self.manifest.precision)
        )

    def difference(
        self, number: int, expected: Sequence[Any], found: Sequence[Any]
    ) -> bench_answers.Difference:
        """One of these texts, so that a person sees it."""
        return bench_answers.difference(number, self.texts, expected, found)

    def stock(self) -> Entrant:
        """Plain DJL; the JVM runs already."""
        side = timing.stock(self.folder, self.strategy, self.device.djl, self.threads, self.texts)
        return Entrant(
            STOCK, side, lambda: [answer(line) for line in side.answers()], _units, self.batches
        )

    def in_python(self, name: str) -> Entrant:
        """A side without a JVM; loaded before one runs, which makes importing torch slower.

        Raises:
            DeviceError: It cannot use the GPU.
            MissingExtra: A package is not installed.
            SourceError: The reference is not the checkpoint that the archive was made of.
            UsageError: torch without a reference.
        """
        from djlift.bench import python_contenders

        common = (self.device, self.threads, self.strategy, self.texts)
        if name == ONNXRUNTIME:
            side = python_contenders.onnxruntime(self.folder, *common)
        else:
            if self.reference is None:
                raise needs_reference()
            side = python_contenders.torch(self.manifest, self.reference, *common)
        return Entrant(name, side, side.answers, _points, self.batches)


def given_by(side: DjliftSide) -> list[Given]:
    """What djlift found in the last run."""
    return [given(line) for line in side.answers()]


def needs_reference(side: str = TORCH) -> UsageError:
    """A side is named, and nothing that it could load."""
    return UsageError(
        f"--against {side} needs the checkpoint that the archive was made of",
        code="contender-needs-reference",
        expected="--reference with a checkpoint, a hub id or a recipe folder",
        mend="pass --reference SOURCE",
    )


def _units(found: Given) -> Spans:
    """As Java counts."""
    return found.units


def _points(found: Given) -> Spans:
    """As Python counts."""
    return found.points
