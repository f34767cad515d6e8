"""The rounds of ``djlift bench``: the sides take turns, and what each found is looked at every time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np

from djlift.base.progress import Advance
from djlift.bench import answers
from djlift.bench.answers import Agreement, Difference
from djlift.bench.contenders import Entrant, Setting
from djlift.bench.matmul import Rate
from djlift.bench.result import STAGES, Gemm, Latency, Side, Spread, Stages
from djlift.errors import DjliftError
from djlift.jvm.timing import DjliftSide, Done, Numbers

_TRIED = 128
"""Texts that batch sizes are tried on."""


@dataclass
class Measured:
    """What is known of a side so far."""

    entrant: Entrant
    setting: Setting
    batch: int = 0
    seconds: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    differing: set[int] = field(default_factory=set)
    first: Difference | None = None
    compared: bool = False
    error: str | None = None

    def compare(self, expected: Sequence[Any]) -> None:
        """Look at what the last run found."""
        name = self.entrant.name
        wanted = [self.entrant.expected(one) for one in expected]
        found = self.entrant.answers()
        differing = self.setting.differing(name, wanted, found)
        self.compared = True
        self.differing.update(differing)
        if differing and self.first is None:
            self.first = self.setting.difference(differing[0], wanted, found)

    def side(self, peak: int | None) -> Side:
        """The figures; none of a side that was not compared, or that broke."""
        texts = len(self.setting.texts)
        allowed = answers.allowed(self.entrant.name, self.setting.manifest.precision, texts)
        broken = self.error is not None or not self.compared
        return Side(
            self.entrant.name,
            () if broken else tuple(self.seconds),
            self.batch if self.entrant.batches else None,
            None if broken else Agreement(texts, len(self.differing), allowed, self.first),
            None if broken else Latency.of(self.alone),
            None,
            None if broken else peak,
            self.error,
        )


class Ours(Measured):
    """djlift's own side, which also tells its stages."""

    done: tuple[Done, ...] = ()

    def side(self, peak: int | None) -> Side:
        """The figures and the stages."""
        seconds = {name: median(getattr(one, name) for one in self.done) for name in STAGES}
        last = self.done[-1]
        stages = Stages(seconds, last.runs, last.tokens, last.padded)
        return replace(super().side(peak), stages=stages)


class Run:
    """The sides, warm, and the rounds."""

    def __init__(
        self,
        setting: Setting,
        ours: Entrant,
        told: DjliftSide,
        rivals: Sequence[Entrant],
        alone: int,
        advance: Advance,
    ) -> None:
        self.setting = setting
        self.ours = Ours(ours, setting)
        self.all = [self.ours, *(Measured(rival, setting) for rival in rivals)]
        self.rate: Rate | None = None
        self.rates: list[float] = []
        self.lengths = told.lengths()
        self.expected: list[Any] = []
        self._told = told
        self._everything = np.arange(len(setting.texts), dtype=np.int32)
        self._alone = _spread(len(setting.texts), alone)
        self._advance = advance

    def warm(self, seconds: float) -> None:
        """Let each side run until it is warm; what djlift finds is what the others are compared with."""
        for number, one in enumerate(self.all, 1):
            self._guarded(one, self._warm, seconds)
            self._advance("warm-up", number, len(self.all))

    def _warm(self, one: Measured, seconds: float) -> None:
        runs, batches = one.entrant.runs, one.entrant.batches
        one.batch = _fastest(one.entrant, _spread(len(self._everything), _TRIED)) if batches else 1
        start = time.perf_counter()
        while True:
            runs.run(self._everything, one.batch)
            if time.perf_counter() - start >= seconds:
                break
        if one is self.ours:
            self.expected = self.setting.found(self._told)
        one.compare(self.expected)
        runs.alone(self._alone[:20])

    def round(self, number: int) -> None:
        """Every side once, another one first each time."""
        first = number % len(self.all)
        for one in (*self.all[first:], *self.all[:first]):
            if one.error is None:
                self._guarded(one, self._measure)

    def _measure(self, one: Measured) -> None:
        if one is self.ours and self.rate is not None:
            self.rates.append(self.rate.measure())
        before = self._told.done()
        seconds = one.entrant.runs.run(self._everything, one.batch)
        if one is self.ours:
            self.ours.done = (*self.ours.done, self._told.done() - before)
        one.compare(self.expected)
        one.seconds.append(seconds)
        one.alone += one.entrant.runs.alone(self._alone)

    def _guarded(self, one: Measured, call: Callable[..., None], *arguments: Any) -> None:
        """A rival that breaks has no figures, and the others go on."""
        try:
            call(one, *arguments)
        except Exception as cause:
            if one is self.ours:
                raise
            one.error = _said(cause)

    def gemm(self, by: str) -> Gemm | None:
        """The share of the machine's rate of matrix products; None where that was not measured."""
        if self.rate is None:
            return None
        wanted, whole, within = self.rate.products, [], []
        pairs = float((self.lengths.astype(np.float64) ** 2).sum())
        tokens = float(self.lengths.sum())
        for rate, seconds, done in zip(self.rates, self.ours.seconds, self.ours.done, strict=True):
            # Equal texts are run once.
            work = wanted.work(done.tokens, pairs * done.tokens / tokens)
            whole.append(work / seconds / rate)
            # Several sessions at a time add up to more than the clock shows.
            in_model = min(done.run, seconds)
            within.append(work * done.padded / done.tokens / in_model / rate)
        shapes = tuple((k, n, count) for (k, n), count in sorted(wanted.shapes.items()))
        spreads = (Spread.of(whole), Spread.of(within), Spread.of(self.rates))
        return Gemm(*spreads, self.rate.rows, shapes, by)


def _fastest(entrant: Entrant, sample: Numbers) -> int:
    """The batch size that is fastest on some of the texts."""
    if len(entrant.batches) == 1:
        return entrant.batches[0]
    taken = dict.fromkeys(entrant.batches, float("inf"))
    for _ in range(2):
        for batch in entrant.batches:
            taken[batch] = min(taken[batch], entrant.runs.run(sample, batch))
    return min(taken, key=taken.__getitem__)


def _spread(texts: int, count: int) -> Numbers:
    """So many of the texts, evenly over all."""
    return np.unique(np.linspace(0, texts - 1, min(texts, count)).astype(np.int32))


def _said(cause: Exception) -> str:
    if isinstance(cause, DjliftError):
        return " ".join(cause.text().split())
    return f"{type(cause).__name__}: {' '.join(str(cause).split())}"
