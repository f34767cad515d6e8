"""``djlift verify --translator stock``: what plain DJL gives from the same archive, against PyTorch.

A comparison, not a proof: it shows what a pipeline gets that does not use djlift's translator. DJL's own
``TokenClassificationTranslatorFactory`` runs on the unpacked archive, a call a text, and its entities are
compared with the recorded ones: label, start, end, and score within 1e-3. Spans are compared as a Java program
uses them, in UTF-16 units. DJL gives no word as Hugging Face does, so words are not compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from djlift import archive as archives
from djlift import jvm, more
from djlift.aligned import vocabulary
from djlift.compare import integrity
from djlift.corpus import read_texts
from djlift.errors import ArchiveError, UsageError
from djlift.golden import PLAIN, Case, Entity, Golden
from djlift.parity import FAIL, shortened
from djlift.progress import Advance, silent
from djlift.recipe import STRATEGIES, Recipe
from djlift.targets import Target, of_archive

SCORE = 1e-3
"""Largest difference of a score."""
CAUSES = ("utf16", "word cut", "truncation", "error", "other")
_OF_WORDS = ("first", "average", "max")


@dataclass(frozen=True)
class Span:
    """An entity as DJL gives it: start and end in whatever unit, score in 0 to 1."""

    label: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Example:
    """A text on which the two sides differ; spans in UTF-16 units on both."""

    case: str
    cause: str
    text: str
    expected: str
    found: str


@dataclass(frozen=True)
class Strategy:
    """What was found with one aggregation strategy.

    Attributes:
        texts: Texts that were compared.
        causes: How many of them differ, by cause (:data:`CAUSES`).
        first: The first that differs.
    """

    name: str
    texts: int
    causes: Mapping[str, int]
    first: Example | None = None

    @property
    def differing(self) -> int:
        """Texts that differ."""
        return sum(self.causes.values())

    @property
    def share(self) -> float:
        """Share of the texts that differ, 0 to 1."""
        return self.differing / self.texts if self.texts else 0.0


@dataclass(frozen=True)
class StockReport:
    """What plain DJL gives from an archive, strategy by strategy."""

    archive: str
    precision: str
    strategies: tuple[Strategy, ...]
    versions: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data, for ``--json``."""
        return {
            "archive": self.archive,
            "precision": self.precision,
            "translator": "stock",
            "score_within": SCORE,
            "compared": ["label", "start", "end", "score"],
            "strategies": [
                {**asdict(s), "differing": s.differing, "share": s.share} for s in self.strategies
            ],
            "versions": dict(self.versions),
        }


def compare_stock(
    archive: Path,
    *,
    texts: Path | None = None,
    reference: Recipe | None = None,
    java_home: Path | None = None,
    target: Target | None = None,
    advance: Advance = silent,
) -> StockReport:
    """Run plain DJL on the golden cases of an archive, or on ``texts`` instead.

    Args:
        texts: Texts to compare in place of the golden cases; they need the reference.
        reference: The checkpoint that ``texts`` are recorded from.

    Raises:
        ArchiveError: The archive cannot be used, or its files are not what was packed.
        JvmError: No usable Java, no jars, or plain DJL cannot load the archive.
        UsageError: Texts without a reference.
    """
    if texts is not None and reference is None:
        raise UsageError(
            "--translator stock compares --texts with the reference", mend="pass --reference SOURCE"
        )
    with archives.opened(archive) as found:
        level0 = integrity(len(found.manifest.files), found.problems)
        if level0.status == FAIL:
            raise ArchiveError(
                "the archive's files are not what was packed",
                file=archive,
                found=level0.summary,
                mend=f"djlift inspect {archive}",
            )
        if texts is not None and reference is not None:
            cases = more.by_reference(found.manifest, reference)(more.renamed(read_texts(texts)))
        else:
            cases = Golden.read(found.folder).cases
        machine = jvm.start(java_home, target=target or of_archive(found.manifest.target, archive))
        words = Words(found.folder)
        plain = _run(machine, found.folder, "none", cases)
        strategies = []
        for number, name in enumerate(STRATEGIES, 1):
            answers = plain if name == "none" else _run(machine, found.folder, name, cases)
            strategies.append(compared(name, cases, plain, answers, words))
            advance("plain DJL", number, len(STRATEGIES))
        return StockReport(
            archive.name, found.manifest.precision, tuple(strategies), machine.versions()
        )


Answer = tuple[Span, ...] | str
"""The entities of a text, or what DJL threw."""


def _run(machine: jvm.Jvm, folder: Path, strategy: str, cases: Sequence[Case]) -> list[Answer]:
    return [answer(line) for line in machine.stock(folder, strategy, [c.text for c in cases])]


def answer(line: str) -> Answer:
    """One JSON line of the bridge's ``StockDoor``."""
    data = json.loads(line)
    if "error" in data:
        return str(data["error"])
    return tuple(
        Span(
            str(e["label"]),
            int(e["start"]),
            int(e["end"]),
            float("nan") if e["score"] is None else float(e["score"]),
        )
        for e in data["entities"]
    )


def compared(
    strategy: str,
    cases: Sequence[Case],
    plain: Sequence[Answer],
    answers: Sequence[Answer],
    words: Words,
) -> Strategy:
    """Compare one strategy.

    Args:
        plain: What DJL gives under ``none``: token by token, so without any grouping of its own.
    """
    causes: Counter[str] = Counter()
    first = None
    texts = 0
    for case, by_token, given in zip(cases, plain, answers, strict=True):
        recorded = case.outputs.get(strategy)
        if recorded is None:
            continue
        texts += 1
        cause = cause_of(strategy, case, by_token, given, words)
        if cause is not None:
            causes[cause] += 1
            first = first or _example(case, cause, recorded, given)
    return Strategy(strategy, texts, {c: causes[c] for c in CAUSES if causes[c]}, first)


def cause_of(
    strategy: str, case: Case, by_token: Answer, given: Answer, words: Words
) -> str | None:
    """Why DJL's answer differs from the recorded one; None when it does not.

    A cause is named only where it is shown: ``utf16`` when the answer is right but for being counted in code
    points, ``word cut`` when token by token everything is right and a differing entity touches a token that DJL
    puts into another word, ``truncation`` when DJL has entities behind what the reference read. The rest is
    ``other``.
    """
    recorded = case.outputs[strategy]
    if isinstance(given, str):
        return "error"
    in_units = _in_utf16(case.text, recorded)
    if _same(in_units, given):
        return None
    if _same(_in_code_points(recorded), given):
        return "utf16"
    if _reads_on(case, given):
        return "truncation"
    return _cause_in_words(strategy, case, by_token, given, words) or "other"


def _cause_in_words(
    strategy: str, case: Case, by_token: Answer, given: Sequence[Span], words: Words
) -> str | None:
    """Whether the tokens are right and the words are not."""
    in_points = _in_code_points(case.outputs[strategy])
    tokens = _in_code_points(case.outputs.get("none", ()))
    if strategy in _OF_WORDS and not isinstance(by_token, str) and _same(tokens, by_token):
        places = _differing(in_points, given)
        if any(_touches(places, span) for span in words.cut_otherwise(case)):
            return "word cut"
        if any(_touches(places, span) for span in words.cut_by_units(case)):
            return "utf16"
    return None


class Words:
    """Where words begin, token by token: by Hugging Face's rule, and by the one of DJL's translator.

    Hugging Face: with a ``continuing_subword_prefix`` a token continues a word when it is longer than what it
    stands for; without, when there is no space before it. DJL: when there is no space before it, always, and it
    looks for that space at a code point's number among UTF-16 units.
    """

    def __init__(self, folder: Path) -> None:
        self._tokens = vocabulary(folder)
        data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        model = data.get("model") or {}
        self._prefix = model.get("continuing_subword_prefix")
        unknown = model.get("unk_token")
        self._unknown = {i for i, token in self._tokens.items() if token == unknown}

    def cut_otherwise(self, case: Case) -> Iterable[tuple[int, int]]:
        """Where the rules disagree though code points are UTF-16 units: the token and the one before it."""
        before = 0
        for number, start, end in _tokens(case):
            if self._continues(case.text, number, start, end) != _no_space(case.text, start):
                yield before, end
            before = start

    def cut_by_units(self, case: Case) -> Iterable[tuple[int, int]]:
        """Where DJL cuts otherwise because it counts in another unit: the token and the one before it."""
        before = 0
        units = _units(case.text)
        for _, start, end in _tokens(case):
            if _no_space(case.text, start) != _no_space(units, start):
                yield before, end
            before = start

    def _continues(self, text: str, number: int, start: int, end: int) -> bool:
        if number in self._unknown:
            return False
        if self._prefix:
            return len(self._tokens.get(number, "")) != end - start
        return _no_space(text, start)


def _tokens(case: Case) -> Iterable[tuple[int, int, int]]:
    """Id, start and end of every token of the plain call that is not special."""
    for window in case.windows.get(PLAIN, ())[:1]:
        for number, special, (start, end) in zip(
            window.ids.tolist(), window.special.tolist(), window.offsets.tolist(), strict=True
        ):
            if not special:
                yield number, start, end


def _no_space(text: str | list[str], start: int) -> bool:
    return start > 0 and " " not in text[start - 1 : start + 1]


def _units(text: str) -> list[str]:
    """The UTF-16 units of a text; half of a pair is no space, and which one does not matter."""
    return [unit for point in text for unit in (point if point <= "\uffff" else "xx")]


def _in_code_points(entities: Sequence[Entity]) -> tuple[Span, ...]:
    return tuple(Span(e.label, e.start, e.end, e.score) for e in entities)


def _in_utf16(text: str, entities: Sequence[Entity]) -> tuple[Span, ...]:
    at = [0, *accumulate(1 + (point > "\uffff") for point in text)]
    return tuple(Span(e.label, at[e.start], at[e.end], e.score) for e in entities)


def _same(expected: Sequence[Span], found: Sequence[Span]) -> bool:
    return len(expected) == len(found) and all(map(_equal, expected, found))


def _equal(one: Span, other: Span) -> bool:
    place = (one.label, one.start, one.end) == (other.label, other.start, other.end)
    return place and abs(one.score - other.score) <= SCORE


def _reads_on(case: Case, given: Sequence[Span]) -> bool:
    read = max((end for _, _, end in _tokens(case)), default=0)
    return any(span.start >= read for span in given)


def _differing(expected: Sequence[Span], found: Sequence[Span]) -> list[tuple[int, int]]:
    alone = [s for s in expected if not any(_equal(s, other) for other in found)]
    alone += [s for s in found if not any(_equal(s, other) for other in expected)]
    return [(s.start, s.end) for s in alone]


def _touches(places: Sequence[tuple[int, int]], token: tuple[int, int]) -> bool:
    """Whether a stretch of tokens lies in a place or at its edge."""
    return any(token[0] <= end and start <= token[1] for start, end in places)


def _example(case: Case, cause: str, recorded: Sequence[Entity], given: Answer) -> Example:
    expected = _in_utf16(case.text, recorded)
    if isinstance(given, str):
        return Example(case.id, cause, shortened(case.text), _shown(expected[:1]), given)
    at = next(
        (i for i, (a, b) in enumerate(zip(expected, given, strict=False)) if not _equal(a, b)),
        min(len(expected), len(given)),
    )
    # One entity where the other has two: both are shown.
    several = slice(at, at + 2)
    return Example(
        case.id, cause, shortened(case.text), _shown(expected[several]), _shown(given[several])
    )


def _shown(spans: Sequence[Span]) -> str:
    return ", ".join(f"{s.label} {s.start}-{s.end} {s.score:.5f}" for s in spans) or "nothing"
