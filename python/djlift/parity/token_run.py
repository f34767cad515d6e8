"""Levels 1 to 5 of token classification, on a classifier that :mod:`djlift.parity.verify` loads."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from djlift.archive.golden import Case, Entity, Golden
from djlift.archive.windows import PLAIN
from djlift.base.progress import Advance
from djlift.jvm import process
from djlift.jvm.windows import Window
from djlift.parity.diagnosis import decoded, overlap, parse
from djlift.parity.levels import agreement, comparison, neighbours
from djlift.parity.result import FAIL, SKIPPED, Level
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.token_classification import labelled as labelled_data
from djlift.tasks.token_classification.labelled import Labelled, Sentence
from djlift.tasks.token_classification.strategies import STRATEGIES

_BATCH, _CHUNK = 8, 64
_CALL = 128
"""Texts that one call of ``classify`` is given, so that progress can be told."""
# Beyond this many tokens a text is left out of the runs that only vary the batch: it costs much and shows
# nothing that a shorter one does not.
_VARIED = 96
_MANY = 200
OFF = "NO_OPT"
"""ONNX Runtime's level that rewrites nothing as a graph is loaded."""
_DOOR = "simple"
"""The strategy that goes through ``classify``, model and all."""

OtherRuntime = Callable[[Mapping[str, Sequence[Window]]], Mapping[str, Sequence[Window]]]
"""Runs windows that the JVM has run, by case id, elsewhere."""


def _skipped(level: int, why: str) -> Level:
    return Level(level, SKIPPED, 0, 0, why)


@dataclass
class Run:
    """One verification on a loaded classifier.

    The texts go through ``classify``, the door that pipelines use, with one strategy, and the bridge
    tells which windows it ran and what the model gave: levels 1 to 3 judge one and the same run. The
    other strategies are decoded from its logits by the decoder that ``classify`` uses. The settings are
    those of ``TokenClassifier.load``: ONNX Runtime optimises the graph as it is loaded, and chooses its
    threads. Level 5 runs the texts otherwise, in batches that it cuts itself, and once more through
    ``classify`` in another order.

    Attributes:
        unoptimized: Windows of some cases, by id, from a run with that optimisation switched off.
        beside: Further runtimes that must give the same logits, by the name of the variant.
        least: The agreement that int8 must reach; 0 where labelled text decides.
        special: Special tokens of the tokenizer as they are written.
    """

    classifier: process.Classifier
    unoptimized: Mapping[str, Sequence[Window]]
    golden: Golden
    beside: Mapping[str, OtherRuntime]
    advance: Advance
    least: float
    special: Sequence[str] = ()

    def levels(self, precision: str, inputs: Sequence[str]) -> tuple[Level, ...]:
        """Levels 1, 2, 3 and 5; where level 4 has to judge (int8), agreement as level 4."""
        cases = self.golden.cases
        # A text without logits was given by the user without a reference: tokens and invariance only.
        proven = [c for c in cases if c.outputs]
        tolerance = Tolerance.of(precision, self.golden)
        traces, usual = {}, {}
        for stride in dict.fromkeys([PLAIN, *(s for c in cases for s in c.windows)]):
            traces[stride], usual[stride] = self._classified(stride)
        tokens = comparison.tokens(cases, traces, self.golden.padding, self._padded_batch(), inputs)
        if tokens.status == FAIL:
            # Logits of other tokens cannot be laid side by side.
            why = "not run: the tokens differ"
            return (
                tokens,
                *(_skipped(n, why) for n in (2, 3, 4, 5) if n != 4 or tolerance.reported),
            )
        logits = comparison.logits(proven, traces, tolerance)
        others = [strategy for strategy in STRATEGIES if strategy != _DOOR]
        seen = decoded(self.classifier, proven, traces, others)
        for stride, found in usual.items():
            seen[stride, _DOOR] = {c.id: found[c.id] for c in proven if c.id in found}
        reference = {s: {c.id: c.windows[s] for c in proven if s in c.windows} for s in traces}
        outputs = comparison.outputs(
            proven, seen, decoded(self.classifier, proven, reference), tolerance
        )
        usually = seen[PLAIN, _DOOR]
        if not tolerance.reported:
            moved = self._invariance(cases, traces[PLAIN], usually, tolerance, 1.0)
            return (tokens, logits, outputs, moved)
        agreed = agreement.level(proven, seen, self.least)
        least = agreement.between_runs(agreed.figures["agreement"])
        moved = self._invariance(cases, traces[PLAIN], usually, tolerance, least)
        return (tokens, logits, outputs, agreed, moved)

    def accuracy(self, precision: str, labelled: Labelled) -> Level:
        """Level 4."""
        return comparison.labelled_text(precision, labelled, self._f1(labelled.sentences))

    def f1_alone(self, sentences: Sequence[Sentence]) -> str:
        """The archive's F1 where the reference's is not known: a sentence for the report, no gate."""
        return (
            f"--eval: entity F1 {self._f1(sentences):.4f} on {len(sentences)} sentences, for information:"
            " nothing to compare it with; pass --reference SOURCE (with djlift[export]) to make it a gate"
        )

    def _f1(self, sentences: Sequence[Sentence]) -> float:
        texts = [sentence.text for sentence in sentences]
        answers = [parse(line) for line in self.classifier.classify(texts, labelled_data.STRATEGY)]
        return labelled_data.f1(sentences, answers)

    def _traces(
        self, stage: str, cases: Sequence[Case], batch: int, pad_to: int
    ) -> dict[str, list[Window]]:
        return _traced(self.classifier, stage, cases, batch, pad_to, self.advance)

    def _padded_batch(self) -> Mapping[str, Any]:
        by_id = {c.id: c.text for c in self.golden.cases}
        texts = [by_id[i] for i in self.golden.padding.cases if i in by_id]
        return self.classifier.encode(texts) if texts else {}

    def _classified(self, stride: str) -> tuple[dict[str, list[Window]], dict[str, list[Entity]]]:
        """What ``classify`` finds in the texts with a stride, and the windows that it ran for this."""
        cases = [c for c in self.golden.cases if stride == PLAIN or stride in c.windows]
        windows: dict[str, list[Window]] = {}
        entities: dict[str, list[Entity]] = {}
        for at in range(0, len(cases), _CALL):
            chunk = cases[at : at + _CALL]
            lines, ran = self.classifier.classify_traced(
                [c.text for c in chunk], _DOOR, overlap(stride)
            )
            windows |= {c.id: w for c, w in zip(chunk, ran, strict=True)}
            entities |= {c.id: parse(line) for c, line in zip(chunk, lines, strict=True)}
            self.advance(f"running ({stride})", len(windows), len(cases))
        return windows, entities

    def _invariance(
        self,
        cases: Sequence[Case],
        base: Mapping[str, Sequence[Window]],
        usually: Mapping[str, Sequence[Entity]],
        tolerance: Tolerance,
        least: float,
    ) -> Level:
        """Level 5; ``least`` is the agreement that counts where the batch may move logits."""
        short = [c for c in cases if len(base[c.id][0].ids) <= _VARIED]
        shuffled = random.Random(0).sample(short, len(short))
        # Of many texts every fourth is run alone, another fourth in another batch, and every 16th with
        # more padding, which costs most; of few, all of them, of padding every eighth.
        some, padded = (4, 16) if len(short) > _MANY else (1, 8)
        variants = {
            "alone": self._traces("alone", short[::some], 1, 0),
            "in another batch": self._traces("in another batch", shuffled[::some], _BATCH, 0),
            "with more padding": self._traces(
                "with more padding", shuffled[::padded], _BATCH, 2 * _VARIED
            ),
            "with optimisation off": self.unoptimized,
            **{
                name: other({c.id: base[c.id] for c in short})
                for name, other in self.beside.items()
            },
        }
        lines = self.classifier.classify([c.text for c in shuffled], _DOOR)
        reordered = {
            c.id: (usually[c.id], parse(line))
            for c, line in zip(shuffled, lines, strict=True)
            if c.id in usually
        }
        mixed = neighbours.mixed(
            lambda stage, rows, batch: self._traces(stage, rows, batch, 0),
            neighbours.cases(self.special),
            sorted(cases, key=_tokens),
            _tokens,
        )
        if tolerance.reported:
            # Neighbours move int8's logits anyway: that the batches can be run is all that is asked.
            agreed = self._agreeing(cases, base, variants, usually, reordered, least)
            return mixed.beside(agreed)
        level = comparison.invariance(
            (*cases, *mixed.cases),
            {**base, **mixed.alone},
            {**variants, **mixed.variants},
            reordered,
            tolerance,
        )
        return mixed.beside(level)

    def _agreeing(
        self,
        cases: Sequence[Case],
        base: Mapping[str, Sequence[Window]],
        variants: Mapping[str, Mapping[str, Sequence[Window]]],
        usually: Mapping[str, Sequence[Entity]],
        reordered: Mapping[str, tuple[Sequence[Entity], Sequence[Entity]]],
        least: float,
    ) -> Level:
        """Level 5 where the batch may move logits: the entities of the variants."""
        entities: dict[str, Mapping[str, Sequence[Entity]]] = {
            name: decoded(
                self.classifier,
                [c for c in cases if c.id in windows],
                {PLAIN: windows},
                (_DOOR,),
            )[PLAIN, _DOOR]
            for name, windows in variants.items()
        }
        entities["in another order"] = {name: after for name, (_, after) in reordered.items()}
        finite = all(
            bool(np.isfinite(window.logits).all())
            for runs in (base, *variants.values())
            for windows in runs.values()
            for window in windows
        )
        return agreement.invariance(cases, usually, entities, finite, least)


def _traced(
    classifier: process.Classifier,
    stage: str,
    cases: Sequence[Case],
    batch: int,
    pad_to: int,
    advance: Advance,
) -> dict[str, list[Window]]:
    windows: dict[str, list[Window]] = {}
    for at in range(0, len(cases), _CHUNK):
        chunk = cases[at : at + _CHUNK]
        rows = neighbours.together(max(map(_tokens, chunk)), batch)
        traced = classifier.trace([c.text for c in chunk], None, rows, pad_to)
        windows |= {c.id: w for c, w in zip(chunk, traced, strict=True)}
        advance(stage, len(windows), len(cases))
    return windows


def sampled(
    classifier: process.Classifier, cases: Sequence[Case], advance: Advance
) -> dict[str, list[Window]]:
    """Every fourth of the short texts when there are many, else all of them."""
    ordered = sorted(cases, key=_tokens)
    short = [c for c in ordered if _tokens(c) <= _VARIED]
    # Of long texts alone, one: a variant that ran nothing must not look like one that holds.
    chosen = short[:: 4 if len(short) > _MANY else 1] or ordered[:1]
    return _traced(classifier, "with optimisation off", chosen, _BATCH, 0, advance)


def _tokens(case: Case) -> int:
    windows = case.windows.get(PLAIN)
    return len(windows[0].ids) if windows else len(case.text)
