"""fp16 with rescue: the graph in fp16, and in fp32 just those nodes that fp16 would break.

Two gates. The *range* gate reads fp32 activations over the golden texts: what passes a safe share of fp16's
largest number stays fp32, whether or not this machine shows the overflow. The *loss* gate runs the fp16 graph
with every value really stored in fp16 and holds its logits against the recorded ones; while they are too far
away, the nodes whose rounding does most of it are found by splitting groups of nodes.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from djlift.archive.golden import Golden
from djlift.base.progress import Advance, silent
from djlift.errors import NotProven
from djlift.graph import storage
from djlift.graph.converted import Converted
from djlift.graph.evaluation import Trial, Verdict
from djlift.graph.rounding import LARGEST
from djlift.precision import activation_ranges
from djlift.precision.float16 import Plan, as_stored, halve, lift_constants, named
from djlift.precision.kept_nodes import (
    BORDER,
    LOSS,
    RANGE,
    Island,
    Shore,
    layer_of,
    layers_of,
    listed,
)
from djlift.tasks.frame.tolerance import REDUCED_LOGITS, REDUCED_RMS

SAFE = 0.5
"""Share of fp16's largest number that fp32 activations may reach over the golden texts: others go further."""
SMALL = 0.25
"""Share of the nodes that could be fp16 which islands may hold; with more, the archive is no fp16 archive."""
TRIALS = 40
"""Runs that a search for losses may take."""
WINDOWS = 64
"""Recorded windows of a trial, spread over all lengths."""
_ROOMS = (0.9, 0.45)
# Shares of level 2's tolerance that a trial may use up: the second when the JVM refuses the first.
_GROUPS = 4
# Groups of nodes that a refusal names.
STAGE = "searching for fp32 islands"
NOTE = "fp16 on a CPU proves the conversion and saves space; it is not faster there"


def rescued(
    fused: Converted, golden: Golden, pad_id: int, target: Path, advance: Advance = silent
) -> Iterator[Converted]:
    """fp16 graphs of a fused fp32 graph, to be proven in turn.

    Args:
        fused: The fp32 graph.
        golden: Recorded logits, and the texts that ranges are recorded over.
        pad_id: Id that fills rows.
        target: Where each graph is written.

    Raises:
        NotProven: No small set of fp32 nodes helps; the layers are named.
    """
    search = _Search.of(fused, golden, pad_id, target, advance)
    search.refuse_many(search.hot)
    tried: set[frozenset[str]] = set()
    for room in _ROOMS:
        found = search.within(room)
        names = frozenset(island.node for island in found)
        if names not in tried:
            tried.add(names)
            yield search.written(found)


@dataclass
class _Search:
    """What a search has and has measured."""

    fused: Converted
    trial: Trial
    tolerances: tuple[float, float]
    target: Path
    advance: Advance
    plan: Plan
    nodes: dict[str, Any]
    shore: Shore
    recorded: activation_ranges.Ranges
    windows: int
    verdicts: dict[frozenset[str], Verdict] = field(default_factory=dict)
    unsplit: list[tuple[float, int, Sequence[str]]] = field(default_factory=list)

    @staticmethod
    def of(
        fused: Converted, golden: Golden, pad_id: int, target: Path, advance: Advance
    ) -> _Search:
        # Structure only: weights that stand in another file are not read.
        model = storage.read(fused.file, weights=False)
        lift_constants(model)
        plan = Plan.of(model)
        nodes = {}
        for node in model.graph.node:
            nodes[named(node)] = type(node)()
            nodes[named(node)].CopyFrom(node)
        shore = Shore.of(model, plan)
        del model
        every = Trial.of(golden, pad_id)
        scale = golden.logit_range()
        return _Search(
            fused=fused,
            trial=Trial.of(golden, pad_id, most=WINDOWS),
            tolerances=(REDUCED_LOGITS * scale, REDUCED_RMS * scale),
            target=target,
            advance=advance,
            plan=plan,
            nodes=nodes,
            shore=shore,
            recorded=activation_ranges.record(fused.file, every.batches, advance),
            windows=sum(map(len, every.windows)),
        )

    @cached_property
    def hot(self) -> tuple[Island, ...]:
        """Nodes that touch a value which is too large for fp16, in the graph's order."""
        found = []
        for name in self.plan.half:
            largest = self.recorded.around(self.nodes[name])
            if not largest.value <= SAFE * LARGEST:
                found.append(self._island(name, RANGE, largest.of, largest.value))
        return tuple(found)

    def within(self, room: float) -> tuple[Island, ...]:
        """Islands with which a trial uses at most this share of the tolerance."""
        found = self.hot
        error = self.error(self._kept(found))
        if error <= room:
            return self._with_borders(found)
        losses: list[Island] = []
        for loss in self._losses(room):
            losses.append(loss)
            found = (*self.hot, *losses)
            self.refuse_many(found, error)
            if self.error(self._kept(found)) <= room:
                return self._with_borders((*self.hot, *self._needed(losses, room)))
        self._refuse(found, error)
        raise AssertionError("unreachable")

    def _losses(self, room: float) -> Iterator[Island]:
        """Nodes by what their rounding alone does to the logits, the worst first, by splitting groups."""
        known = {island.node for island in self.hot}
        units = [name for name in self.plan.half if name not in known]
        waiting: list[tuple[float, int, Sequence[str]]] = [(-float("inf"), 0, units)]
        self.unsplit = waiting
        number = 0
        while waiting:
            error, _, group = heapq.heappop(waiting)
            if len(group) == 1:
                # What is left together would be within the tolerance many times over.
                if -error < room / len(units):
                    return
                yield self._island(group[0], LOSS, "the largest share of a tolerance", -error)
                continue
            middle = len(group) // 2
            for part in (group[:middle], group[middle:]):
                number += 1
                alone = self.error(frozenset(self.plan.half) - frozenset(part))
                heapq.heappush(waiting, (-alone, number, part))
                if len(self.verdicts) >= TRIALS:
                    return

    def _needed(self, losses: Sequence[Island], room: float) -> list[Island]:
        """Those islands without which it does not hold: splitting finds some that are not needed."""
        needed = list(losses)
        for island in losses[:-1]:
            fewer = [other for other in needed if other is not island]
            if len(self.verdicts) < 2 * TRIALS and (
                self.error(self._kept((*self.hot, *fewer))) <= room
            ):
                needed = fewer
        return needed

    def error(self, kept: Collection[str]) -> float:
        """What a trial uses of level 2's tolerance: 1 is all of it; infinite when a logit is not finite."""
        verdict = self.verdict(frozenset(kept))
        if not verdict.finite:
            return float("inf")
        largest, rms = self.tolerances
        return max(verdict.largest / largest, verdict.rms / rms) if largest else 0.0

    def verdict(self, kept: frozenset[str]) -> Verdict:
        """The trial of a graph with these nodes in fp32; each set is run once."""
        if kept not in self.verdicts:
            self.advance(STAGE, len(self.verdicts), 0)
            file = self.target.with_name(f"{self.target.stem}-trial.onnx")
            try:
                storage.write(as_stored(self._halved(kept)), file, source=self.fused.file)
                self.verdicts[kept] = self.trial.judge(file, optimized=False)
            finally:
                file.unlink(missing_ok=True)
                storage.weights_file(file).unlink(missing_ok=True)
        return self.verdicts[kept]

    def written(self, islands: Sequence[Island]) -> Converted:
        """The graph with these islands, in the file that ships."""
        kept = frozenset(island.node for island in islands)
        model = self._halved(kept)
        nodes = len(model.graph.node)
        size = storage.write(model, self.target, source=self.fused.file)
        notes = [NOTE]
        if islands:
            layers = layers_of(islands)
            notes.append(f"{len(islands)} of {len(self.plan.half)} nodes stay fp32: {layers}")
        return replace(
            self.fused,
            file=self.target,
            size=size,
            nodes=nodes,
            kept=tuple(name for name in self.plan.half if name in kept),
            search=self._facts(islands, kept),
            notes=(*self.fused.notes, *notes),
        )

    def _facts(self, islands: Sequence[Island], kept: frozenset[str]) -> dict[str, Any]:
        cool = [n for n in self.plan.half if n not in kept]
        largest = max(
            ((self.recorded.around(self.nodes[n]), n) for n in cool),
            key=lambda found: found[0].value,
            default=None,
        )
        order = {name: at for at, name in enumerate(self.plan.half)}
        facts: dict[str, Any] = {
            "nodes": len(self.plan.half),
            "windows": self.windows,
            "safe": SAFE * LARGEST,
            "trials": len(self.verdicts),
            "islands": [i.to_dict() for i in sorted(islands, key=lambda i: order[i.node])],
        }
        if largest is not None:
            facts["largest_in_fp16"] = {
                "value": float(f"{largest[0].value:.4g}"),
                "node": largest[1],
                "of": largest[0].of,
            }
        return facts

    def refuse_many(self, islands: Sequence[Island], error: float | None = None) -> None:
        """Raise when there are more islands than an fp16 archive may have."""
        if len(islands) > SMALL * len(self.plan.half):
            self._refuse(islands, error)

    def _refuse(self, islands: Sequence[Island], error: float | None) -> None:
        most = int(SMALL * len(self.plan.half))
        facts = [f"logits at {error:.3g} times the tolerance"] if error is not None else []
        if islands:
            facts.append(f"{len(islands)} nodes in {layers_of(islands)} ({listed(islands)})")
        for alone, _, group in sorted(self.unsplit)[:_GROUPS]:
            places = ", ".join(dict.fromkeys(layer_of(self.nodes[name]) for name in group))
            facts.append(f"{-alone:.2g} of the tolerance by {len(group)} nodes in {places}")
        raise NotProven(
            "fp16 does not hold, and no small set of fp32 nodes rescues it",
            code="fp16-does-not-hold",
            file=self.fused.file.name,
            expected=f"at most {most} of {len(self.plan.half)} nodes in fp32, activations up to"
            f" {SAFE * LARGEST:.0f}, logits within level 2's tolerance",
            found="; ".join(facts),
            mend="build it with --precision fp32",
        )

    def _with_borders(self, islands: Sequence[Island]) -> tuple[Island, ...]:
        kept = {island.node for island in islands}
        saved = self.shore.absorbed(kept, self.plan.half)
        borders = [self._island(n, BORDER, "casts saved", c) for n, c in saved.items()]
        return (*islands, *borders)

    def _kept(self, islands: Sequence[Island]) -> frozenset[str]:
        return frozenset(island.node for island in self._with_borders(islands))

    def _island(self, name: str, why: str, of: str, figure: float) -> Island:
        node = self.nodes[name]
        return Island(name, node.op_type, layer_of(node), why, of, figure)

    def _halved(self, kept: Collection[str]) -> Any:
        # Large weights stay in their file until the graph is written.
        return halve(storage.read(self.fused.file, weights=False), kept)
