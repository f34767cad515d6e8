"""Levels 1 to 5 of general tasks: what :mod:`djlift.parity.verify` does for token classification, in JSON."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from djlift.archive.container import Opened
from djlift.archive.golden import Answered, Case, Golden
from djlift.archive.signing import Trust
from djlift.archive.windows import PLAIN
from djlift.base.device import Device
from djlift.base.progress import Advance
from djlift.errors import ArchiveError
from djlift.jvm import process
from djlift.jvm.model import Model
from djlift.jvm.windows import Window
from djlift.parity.levels import agreement, comparison, neighbours
from djlift.parity.levels import answers as levels_answers
from djlift.parity.result import FAIL, SKIPPED, Level
from djlift.tasks.frame.task import GeneralTask, Variant
from djlift.tasks.frame.tolerance import Tolerance

_BATCH = 8
_CHUNK = 64
_VARIED = 96
_MANY = 200
_OFF = "NO_OPT"
DEFAULT = "default"
"""The variant of a call that names no parameters."""

Traces = dict[str, dict[str, list[Window]]]


def levels(
    machine: process.Jvm,
    found: Opened,
    task: GeneralTask,
    golden: Golden,
    where: Device,
    trust: Trust | None,
    advance: Advance,
) -> tuple[Level, ...]:
    """Levels 1, 2, 3 and 5; where level 4 has to judge (int8), agreement as level 4.

    Raises:
        ArchiveError: The golden cases are not of this task.
    """
    cases = tuple(c for c in golden.cases if isinstance(c, Answered))
    variants = variants_of(found, cases)
    precision = found.manifest.precision
    # One after the other: a large model is in memory once.
    with machine.load_model(
        found.path, task.java, device=where.djl, optimization=_OFF, trust=trust
    ) as model:
        run = _Run(task, model, cases, variants, golden, advance)
        unoptimized = run.sampled("with optimisation off")
    with machine.load_model(found.path, task.java, device=where.djl, trust=trust) as model:
        run = _Run(
            task, model, cases, variants, golden, advance, neighbours.special_tokens(found.folder)
        )
        least = agreement.bound(found.manifest.accuracy)
        return run.levels(precision, found.manifest.model.get("inputs", []), unoptimized, least)


def variants_of(found: Opened, cases: Sequence[Answered]) -> dict[str, Variant]:
    """The variants that the manifest lists; every one that a case was recorded in is among them.

    Raises:
        ArchiveError: One is not, or the plain call is not.
    """
    listed = found.manifest.golden.get("variants")
    variants = {
        str(name): Variant(dict(one.get("parameters") or {}), str(one.get("windows", PLAIN)))
        for name, one in (listed.items() if isinstance(listed, dict) else ())
        if isinstance(one, dict)
    }
    recorded = {name for case in cases for name in case.answers} | {DEFAULT}
    keys = {key for case in cases for key in case.windows}
    missing = sorted(recorded - variants.keys()) or sorted(
        keys - {variant.windows for variant in variants.values()}
    )
    if missing or not cases:
        raise ArchiveError(
            "the golden cases are not those of the manifest",
            code="golden",
            file=f"{found.path}!djlift.json",
            expected=f"golden.variants with {', '.join(missing)}" if missing else "golden cases",
            found=", ".join(sorted(variants)) or "none",
            mend="build the archive again",
        )
    return variants


@dataclass
class _Run:
    """One verification on a loaded model, with the settings that a pipeline gets from ``load``."""

    task: GeneralTask
    model: Model
    cases: tuple[Answered, ...]
    variants: Mapping[str, Variant]
    golden: Golden
    advance: Advance
    special: Sequence[str] = ()

    def levels(
        self,
        precision: str,
        inputs: Sequence[str],
        unoptimized: Mapping[str, Sequence[Window]],
        least: float,
    ) -> tuple[Level, ...]:
        tolerance = Tolerance.of(precision, self.golden)
        # Texts that were given without a reference have no answers: tokens and invariance only.
        proven = [c for c in self.cases if c.answers]
        traces: Traces = {
            key: self._traced(f"running ({key})", _by_length(self.cases, key), key, _BATCH, 0)
            for key in self._keys()
        }
        tokens = comparison.tokens(
            self.cases, traces, self.golden.padding, self._padded_batch(), inputs
        )
        if tokens.status == FAIL:
            why = "not run: the tokens differ"
            numbers = (2, 3, 4, 5) if tolerance.reported else (2, 3, 5)
            return (tokens, *(Level(n, SKIPPED, 0, 0, why) for n in numbers))
        logits = comparison.logits(proven, traces, tolerance)
        seen = {name: self._answers(name, proven) for name in self.variants}
        outputs = levels_answers.outputs(
            self.task, self.variants, proven, seen, self._decoded(proven, traces), tolerance
        )
        if not tolerance.reported:
            return (tokens, logits, outputs, self._invariance(traces, seen, unoptimized, tolerance))
        agreed = levels_answers.agreeing(self.task, proven, seen, least)
        moving = agreement.between_runs(agreed.figures["agreement"])
        return (tokens, logits, outputs, agreed, self._moved(traces, seen, unoptimized, moving))

    def sampled(self, stage: str) -> dict[str, list[Window]]:
        """Every fourth of the short inputs when there are many, else all of them."""
        short = self._short()
        chosen = short[:: 4 if len(short) > _MANY else 1] or _by_length(self.cases, PLAIN)[:1]
        return self._traced(stage, chosen, PLAIN, _BATCH, 0)

    def _keys(self) -> list[str]:
        return list(dict.fromkeys([PLAIN, *(k for c in self.cases for k in c.windows)]))

    def _short(self) -> list[Answered]:
        return [c for c in _by_length(self.cases, PLAIN) if _tokens(c) <= _VARIED]

    def _parameters(self, key: str) -> Mapping[str, Any]:
        """Parameters that give the windows of a key."""
        return next(v.parameters for v in self.variants.values() if v.windows == key)

    def _traced(
        self, stage: str, cases: Sequence[Answered], key: str, batch: int, pad_to: int
    ) -> dict[str, list[Window]]:
        windows: dict[str, list[Window]] = {}
        parameters = {} if key == PLAIN else self._parameters(key)
        for at in range(0, len(cases), _CHUNK):
            chunk = cases[at : at + _CHUNK]
            rows = neighbours.together(max(map(_tokens, chunk)), batch)
            traced = self.model.trace([c.given for c in chunk], parameters, rows, pad_to)
            windows |= {c.id: w for c, w in zip(chunk, traced, strict=True)}
            self.advance(stage, len(windows), len(cases))
        return windows

    def _padded_batch(self) -> Mapping[str, Any]:
        by_id = {c.id: c for c in self.cases}
        chosen = [by_id[i] for i in self.golden.padding.cases if i in by_id]
        return self.model.encode([c.given for c in chosen]) if chosen else {}

    def _answers(self, name: str, cases: Sequence[Answered]) -> dict[str, Any]:
        chosen = [c for c in cases if name in c.answers]
        found = self.model.run([c.given for c in chosen], self.variants[name].parameters)
        self.advance(f"running {name}", 1, 1)
        return {c.id: answer for c, answer in zip(chosen, found, strict=True)}

    def _decoded(self, cases: Sequence[Answered], traces: Traces) -> dict[str, dict[str, Any]]:
        """What the JVM makes of the recorded outputs of the graph, where all of an input are recorded."""
        decoded: dict[str, dict[str, Any]] = {}
        for name, variant in self.variants.items():
            chosen = [
                c
                for c in cases
                if name in c.answers
                and all(w.logits.size for w in c.windows[variant.windows])
                and _same_rows(c.windows[variant.windows], traces[variant.windows][c.id])
            ]
            found = self.model.decode(
                [c.given for c in chosen],
                variant.parameters,
                [[w.logits for w in c.windows[variant.windows]] for c in chosen],
            )
            decoded[name] = {c.id: answer for c, answer in zip(chosen, found, strict=True)}
        return decoded

    def _variants(
        self, unoptimized: Mapping[str, Sequence[Window]]
    ) -> tuple[dict[str, Mapping[str, Sequence[Window]]], dict[str, Any]]:
        """Other runs of short inputs, and outputs in another order."""
        short = self._short()
        shuffled = random.Random(0).sample(short, len(short))
        alone, batched = (2, 4) if len(short) > _MANY else (1, 1)
        variants: dict[str, Mapping[str, Sequence[Window]]] = {
            "alone": self._traced("alone", short[::alone], PLAIN, 1, 0),
            "in another batch": self._traced(
                "in another batch", shuffled[::batched], PLAIN, _BATCH, 0
            ),
            "with more padding": self._traced(
                "with more padding", shuffled[::8], PLAIN, _BATCH, 2 * _VARIED
            ),
            "with optimisation off": unoptimized,
        }
        return variants, self._answers(DEFAULT, [c for c in shuffled if c.answers])

    def _invariance(
        self,
        traces: Traces,
        seen: Mapping[str, Mapping[str, Any]],
        unoptimized: Mapping[str, Sequence[Window]],
        tolerance: Tolerance,
    ) -> Level:
        variants, reordered = self._variants(unoptimized)
        mixed = self._mixed()
        level = mixed.beside(
            comparison.invariance(
                (*self.cases, *mixed.cases),
                {**traces[PLAIN], **mixed.alone},
                {**variants, **mixed.variants},
                {},
                tolerance,
            )
        )
        return levels_answers.in_another_order(
            self.task,
            self.cases,
            seen[DEFAULT],
            reordered,
            tolerance,
            level,
            self.variants[DEFAULT].parameters,
        )

    def _mixed(self) -> neighbours.Mixed:
        ordered = _by_length(self.cases, PLAIN)
        return neighbours.mixed(
            lambda stage, rows, batch: self._traced(stage, rows, PLAIN, batch, 0),
            neighbours.inputs(self.special, ordered[len(ordered) // 4], self.task.keys),
            ordered,
            _tokens,
        )

    def _moved(
        self,
        traces: Traces,
        seen: Mapping[str, Mapping[str, Any]],
        unoptimized: Mapping[str, Sequence[Window]],
        least: float,
    ) -> Level:
        variants, reordered = self._variants(unoptimized)
        by_id = {c.id: c for c in self.cases}
        answers: dict[str, Mapping[str, Any]] = {}
        finite = True
        for name, windows in variants.items():
            chosen = [by_id[i] for i in windows]
            logits = [[w.logits for w in windows[c.id]] for c in chosen]
            finite = finite and all(bool(np.isfinite(w).all()) for one in logits for w in one)
            found = self.model.decode([c.given for c in chosen], {}, logits)
            answers[name] = {c.id: answer for c, answer in zip(chosen, found, strict=True)}
        answers["in another order"] = reordered
        level = levels_answers.moved(
            self.task, self.cases, seen[DEFAULT], answers, least if finite else 2.0
        )
        # Neighbours move int8's logits anyway: that the batches can be run is all that is asked.
        return self._mixed().beside(level)


def _same_rows(recorded: Sequence[Any], traced: Sequence[Window]) -> bool:
    """Whether the JVM looks at as many rows as were recorded; where it does not, level 2 says so."""
    return [len(w.logits) for w in recorded] == [len(w.logits) for w in traced]


def _by_length(cases: Sequence[Answered], key: str) -> list[Answered]:
    chosen = [c for c in cases if key == PLAIN or key in c.windows]
    return sorted(chosen, key=_tokens)


def _tokens(case: Case) -> int:
    windows = case.windows.get(PLAIN)
    return max((len(w.ids) for w in windows), default=0) if windows else len(case.text)
