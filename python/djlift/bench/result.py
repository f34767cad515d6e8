"""What ``djlift bench`` found, as values, and the statistics over its rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from djlift.bench.answers import Agreement

DJLIFT = "djlift"
STAGES = ("tokenize", "wait", "run", "decode")
SHORT = 0.5
"""Seconds: a round that is shorter says little."""


@dataclass(frozen=True)
class Spread:
    """A figure over the rounds: the median and both ends."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        """Over at least one value."""
        return Spread(median(values), min(values), max(values))

    @property
    def width(self) -> float:
        """From end to end, as a share of the median."""
        return (self.most - self.least) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Latency:
    """Seconds of a text alone, over all rounds."""

    p50: float
    p95: float
    p99: float
    measured: int

    @staticmethod
    def of(seconds: Sequence[float]) -> Latency | None:
        """Over all that was measured; None of nothing."""
        if not seconds:
            return None
        p50, p95, p99 = (percentile(seconds, share) for share in (50, 95, 99))
        return Latency(p50, p95, p99, len(seconds))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share / 100 * len(ranked)) - 1)]


@dataclass(frozen=True)
class Stages:
    """What djlift's own stages took in a round, in seconds over all threads, and what was padded.

    Attributes:
        seconds: The median of each of :data:`STAGES`.
        runs: Runs of the model.
        tokens: Tokens that the model ran over: fewer than the texts have where texts are equal.
        padded: The same with padding.
    """

    seconds: Mapping[str, float]
    runs: int
    tokens: int
    padded: int

    @property
    def wasted(self) -> float:
        """Padding as a share of what the model ran over."""
        return 1 - self.tokens / self.padded if self.padded else 0.0


@dataclass(frozen=True)
class Side:
    """One side's figures.

    Attributes:
        seconds: Seconds of each round.
        batch: Texts that share a run; None where the side finds its own batches.
        error: Why it has no figures.
        peak_bytes: Largest memory of a process that runs nothing else; None where the system does not say.
    """

    name: str
    seconds: tuple[float, ...]
    batch: int | None
    agreement: Agreement | None
    latency: Latency | None = None
    stages: Stages | None = None
    peak_bytes: int | None = None
    error: str | None = None

    @property
    def marked(self) -> bool:
        """Whether its figures are of other work than djlift's."""
        return self.agreement is None or not self.agreement.equal

    @property
    def holds(self) -> bool:
        """Whether it ran and differs no more than it may."""
        return self.error is None and self.agreement is not None and self.agreement.holds


@dataclass(frozen=True)
class Gemm:
    """How much of the machine's own rate of matrix products was reached.

    Attributes:
        share: Of the useful work (no padding) over the whole time, texts in and entities out.
        share_in_run: Of all work, padding included, over the time in the model alone.
        rate: Floating point operations a second of the products alone.
        rows: Rows of each product, the number that was fastest.
        shapes: Inner and outer size of each product with a weight, and how many there are.
        by: What multiplied.
    """

    share: Spread
    share_in_run: Spread
    rate: Spread
    rows: int
    shapes: tuple[tuple[int, int, int], ...]
    by: str


@dataclass(frozen=True)
class BenchReport:
    """Everything that was measured in one run.

    Attributes:
        tokens: Tokens of all texts as the model takes them, special tokens included.
        cpus: The CPUs that all sides were held to; None where the system cannot.
    """

    archive: str
    precision: str
    device: str
    strategy: str
    threads: int
    cpus: tuple[int, ...] | None
    cpu: str
    texts: int
    tokens: int
    sides: tuple[Side, ...]
    gemm: Gemm | None
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def rounds(self) -> int:
        """How often each side ran over the texts."""
        return max(len(side.seconds) for side in self.sides)

    @property
    def holds(self) -> bool:
        """Whether every side ran and differs no more than it may."""
        return all(side.holds for side in self.sides)

    def rate(self, side: Side) -> Spread:
        """Texts a second of a side that has figures."""
        return Spread.of([self.texts / seconds for seconds in side.seconds])

    def ratio(self, side: Side) -> float | None:
        """How many times as fast as this side djlift is; None of a side without figures."""
        if not side.seconds:
            return None
        return self.rate(self.sides[0]).median / self.rate(side).median

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data, for ``--json``."""
        return {
            "archive": self.archive,
            "precision": self.precision,
            "device": self.device,
            "aggregation_strategy": self.strategy,
            "threads": self.threads,
            "cpus": None if self.cpus is None else list(self.cpus),
            "cpu": self.cpu,
            "texts": self.texts,
            "tokens": self.tokens,
            "rounds": self.rounds,
            "results": [self._side(side) for side in self.sides],
            "gemm_share": None if self.gemm is None else self.gemm.share.median,
            "gemm": None if self.gemm is None else _gemm(self.gemm),
            "holds": self.holds,
            "notes": list(self.notes),
            "versions": dict(self.versions),
        }

    def _side(self, side: Side) -> dict[str, Any]:
        rate = self.rate(side) if side.seconds else None
        agreement = side.agreement
        return {
            "name": side.name,
            "texts_per_s": rate and rate.median,
            "texts_per_s_min": rate and rate.least,
            "texts_per_s_max": rate and rate.most,
            "tokens_per_s": rate and rate.median * self.tokens / self.texts,
            "djlift_is_times_as_fast": self.ratio(side),
            "seconds": list(side.seconds),
            "batch": side.batch,
            "equal": agreement is not None and agreement.equal,
            "holds": side.holds,
            "differing": agreement and agreement.differing,
            "first_differing": agreement and agreement.first and asdict(agreement.first),
            "latency_ms": _latency(side.latency),
            "stages_s": side.stages and dict(side.stages.seconds),
            "runs": side.stages and side.stages.runs,
            "padding_wasted": side.stages and side.stages.wasted,
            "peak_bytes": side.peak_bytes,
            "error": side.error,
        }


def _latency(latency: Latency | None) -> dict[str, float] | None:
    if latency is None:
        return None
    shares = {name: 1000 * getattr(latency, name) for name in ("p50", "p95", "p99")}
    return {**shares, "measured": latency.measured}


def _gemm(gemm: Gemm) -> dict[str, Any]:
    return {
        "share": asdict(gemm.share),
        "share_in_run": asdict(gemm.share_in_run),
        "gflops_per_s": {name: value / 1e9 for name, value in asdict(gemm.rate).items()},
        "rows": gemm.rows,
        "shapes": [list(shape) for shape in gemm.shapes],
        "by": gemm.by,
    }
