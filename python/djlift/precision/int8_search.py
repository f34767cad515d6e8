"""What to leave in fp32 when a graph goes to int8: the weights that 8 bits damage most, measured one by one.

Python's ONNX Runtime runs the trials on recorded texts. They choose; what ships is proven on the JVM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from djlift.archive.golden import Golden
from djlift.base.progress import Advance
from djlift.base.targets import DEFAULT, Target
from djlift.errors import NotProven
from djlift.graph.converted import Converted, Exported
from djlift.graph.evaluation import Agreement, Trial, Verdict
from djlift.precision import int8
from djlift.precision.int8 import Scheme, Unit
from djlift.tasks.frame.tolerance import BOUND

LARGEST = 0.5
"""Share of the fp32 graph's bytes beyond which int8 has no point: fp16 is that small."""
CANDIDATES = 3
"""Graphs that are handed to the JVM at most."""
_CHOOSING = 96
_DAMAGE = 24
_TRIALS = 64


@dataclass(frozen=True)
class Tried:
    """One graph on recorded texts.

    Attributes:
        kept: Units in fp32, of those most damaged.
        agreement: Entity F1 against the reference's own labels, 0.0 to 1.0.
        ratio: Bytes, of those of the fp32 graph.
    """

    kept: int
    verdict: Verdict
    agreement: float
    ratio: float

    def to_dict(self) -> dict[str, Any]:
        """The figures for the manifest."""
        return {
            "kept": self.kept,
            "agreement": round(self.agreement, 4),
            "max_abs": _number(self.verdict.largest),
            "rms": _number(self.verdict.rms),
            "ratio": round(self.ratio, 3),
        }


@dataclass(frozen=True)
class Search:
    """Everything that trials of one model need.

    Attributes:
        agreement: How far a candidate says the same as the reference.
        labelled: Whether labelled text decides on the JVM: then the whole graph in 8 bits is tried first,
            however little it agrees.
    """

    fp32: Converted
    exported: Exported
    golden: Golden
    pad_id: int
    agreement: Agreement
    folder: Path
    advance: Advance
    target: Target = DEFAULT
    labelled: bool = False

    def candidates(self) -> Iterator[Converted]:
        """Graphs in int8, the fewest nodes in fp32 first: at least one, at most :data:`CANDIDATES`.

        Raises:
            NotProven: Too much would have to stay in fp32.
        """
        model = int8.prepared(self.fp32.file)
        units = int8.units(model)
        trial = Trial.of(self.golden, self.pad_id, most=_CHOOSING)
        scheme, schemes = self._scheme(model, trial)
        by_damage: list[Unit] = []
        tried: dict[int, Tried] = {}

        def attempt(kept: int) -> Tried:
            if kept and not by_damage:
                by_damage.extend(self._by_damage(model, scheme, units))
            if kept not in tried:
                tried[kept] = self._try(model, scheme, by_damage[:kept], trial)
            return tried[kept]

        for number in range(CANDIDATES):
            if number == 0 and self.labelled:
                kept = 0
            elif number == int(self.labelled):
                found = fewest(attempt, len(units))
                if found is None and number == 0:
                    raise _refused(list(tried.values()), len(units))
                kept = max(found or 0, number)
            else:
                kept = max(2 * kept, kept + 2)
            if number and (kept > len(units) or attempt(kept).ratio > LARGEST):
                # The candidate before was the last, and the JVM did not prove it.
                return
            attempt(kept)
            file = self.folder / f"int8-{number}.onnx"
            nodes = _nodes(by_damage[:kept])
            int8.quantized(model, scheme, nodes, file)
            yield int8.converted(
                self.fp32,
                self.exported,
                file,
                nodes,
                {
                    "scheme": scheme.name,
                    "schemes": schemes,
                    "units": len(units),
                    "trials": [tried[k].to_dict() for k in sorted(tried)],
                    "texts": sum(map(len, trial.windows)),
                },
                _notes(nodes, units),
                self.target,
            )

    def _scheme(self, model: Any, trial: Trial) -> tuple[Scheme, dict[str, Any]]:
        """The way of writing the weights whose logits are closest, of those that every CPU computes alike."""
        found: dict[Scheme, Verdict] = {}
        for number, scheme in enumerate(int8.PORTABLE):
            self.advance("choosing an int8 scheme", number, len(int8.PORTABLE))
            file = self.folder / "scheme.onnx"
            int8.quantized(model, scheme, (), file)
            found[scheme] = trial.judge(file)
        figures = {s.name: {"rms": _number(v.rms)} for s, v in found.items()}
        return min(found, key=lambda s: found[s].rms if found[s].finite else np.inf), figures

    def _by_damage(self, model: Any, scheme: Scheme, units: Sequence[Unit]) -> list[Unit]:
        """The units, the one that 8 bits damage most first: each is quantised alone.

        Of a model with more than :data:`_TRIALS` units, neighbours are measured together. What would be too
        large in fp32 by itself comes last: a table of embeddings can be most of a small model.
        """
        trial = Trial.of(self.golden, self.pad_id, most=_DAMAGE)
        step = -(-len(units) // _TRIALS)
        groups = [units[at : at + step] for at in range(0, len(units), step)]
        damage: list[tuple[bool, float, int]] = []
        room = (LARGEST - 0.25) / 0.75 * sum(unit.weights for unit in units)
        everything = set(_nodes(units))
        file = self.folder / "alone.onnx"
        for number, group in enumerate(groups):
            self.advance("measuring what int8 damages", number, len(groups))
            int8.quantized(model, scheme, everything - set(_nodes(group)), file)
            verdict = trial.judge(file)
            large = sum(unit.weights for unit in group) > room
            damage.append((large, -verdict.rms if verdict.finite else -np.inf, number))
        self.advance("measuring what int8 damages", len(groups), len(groups))
        return [unit for *_, number in sorted(damage) for unit in groups[number]]

    def _try(self, model: Any, scheme: Scheme, kept: Sequence[Unit], trial: Trial) -> Tried:
        file = self.folder / "tried.onnx"
        int8.quantized(model, scheme, _nodes(kept), file)
        outputs = list(trial.outputs(file))
        pairs = (
            pair
            for group, rows in zip(trial.windows, outputs, strict=True)
            for pair in zip(group, rows, strict=True)
        )
        return Tried(
            len(kept),
            trial.compare(iter(outputs)),
            self.agreement(pairs),
            file.stat().st_size / self.fp32.size,
        )


def fewest(attempt: Callable[[int], Tried], units: int) -> int | None:
    """The fewest units to keep with which the trial agrees well enough; None when size forbids so many.

    Doubles until it holds, then halves the gap. Damage is taken for additive, so more kept is never worse; a
    search in which it is not ends with a number that holds all the same.
    """
    good, bad, kept = None, -1, 0
    while good is None:
        tried = attempt(kept)
        if tried.ratio > LARGEST:
            break
        if tried.verdict.finite and tried.agreement >= BOUND:
            good = kept
        else:
            bad = kept
            if kept == units:
                return None
            kept = min(units, max(1, 2 * kept))
    # Too large at `kept`: fewer may still hold.
    high = kept
    while high - bad > 1:
        middle = (high + bad) // 2
        tried = attempt(middle)
        if tried.ratio > LARGEST:
            high = middle
        elif tried.verdict.finite and tried.agreement >= BOUND:
            good = high = middle
        else:
            bad = middle
    return good


def _nodes(units: Sequence[Unit]) -> tuple[str, ...]:
    return tuple(name for unit in units for name in unit.nodes)


def _notes(kept: Sequence[str], units: Sequence[Unit]) -> tuple[str, ...]:
    if not kept:
        return ()
    return (f"{len(kept)} of {len(_nodes(units))} nodes stay in fp32: int8 damages them too much",)


def _number(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None


def _refused(tried: Sequence[Tried], units: int) -> NotProven:
    fits = [t for t in tried if t.ratio <= LARGEST]
    best = max(fits or tried, key=lambda t: (t.verdict.finite, t.agreement))
    return NotProven(
        "int8 damages this model too much, whatever of it stays in fp32",
        code="int8-does-not-hold",
        expected=f"entities that agree with fp32 PyTorch: F1 at least {BOUND:.2f},"
        f" in a graph of at most {LARGEST:.0%} of fp32's bytes",
        found=f"F1 {best.agreement:.4f} with {best.kept} of {units} weights in fp32,"
        f" {best.ratio:.0%} of fp32's bytes",
        mend="--precision fp16",
    )
