"""Why plain DJL's answer differs from the recorded one; a cause is named only where it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from djlift.archive.golden import Case, Entity
from djlift.archive.tokenizer_file import vocabulary
from djlift.archive.windows import PLAIN

SCORE = 1e-3
"""Largest difference of a score."""
CAUSES = {
    "utf16": "DJL counts in code points; Java's substring counts in UTF-16 units",
    "word cut": "DJL cuts words at spaces alone; the pipeline goes by the tokenizer",
    "truncation": "DJL read on behind the model's limit",
    "error": "DJL threw",
    "other": "none of these shown",
}
"""Why an answer differs, and what that means."""
_OF_WORDS = ("first", "average", "max")


@dataclass(frozen=True)
class Span:
    """An entity as DJL gives it: start and end in whatever unit, score in 0 to 1."""

    label: str
    start: int
    end: int
    score: float


Answer = tuple[Span, ...] | str
"""The entities of a text, or what DJL threw."""


def answer(line: str) -> Answer:
    """Read one JSON line of the bridge's ``StockDoor``."""
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
    in_units = in_utf16(case.text, recorded)
    if _same(in_units, given):
        return None
    if _same(in_code_points(recorded), given):
        return "utf16"
    if _reads_on(case, given):
        return "truncation"
    return _cause_in_words(strategy, case, by_token, given, words) or "other"


def _cause_in_words(
    strategy: str, case: Case, by_token: Answer, given: Sequence[Span], words: Words
) -> str | None:
    """Whether the tokens are right and the words are not."""
    in_points = in_code_points(case.outputs[strategy])
    tokens = in_code_points(case.outputs.get("none", ()))
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


def in_code_points(entities: Sequence[Entity]) -> tuple[Span, ...]:
    """Recorded entities as they stand, in code points."""
    return tuple(Span(e.label, e.start, e.end, e.score) for e in entities)


def in_utf16(text: str, entities: Sequence[Entity]) -> tuple[Span, ...]:
    """Recorded entities in UTF-16 units, as Java's ``substring`` takes them."""
    at = [0, *accumulate(1 + (point > "\uffff") for point in text)]
    return tuple(Span(e.label, at[e.start], at[e.end], e.score) for e in entities)


def _same(expected: Sequence[Span], found: Sequence[Span]) -> bool:
    return len(expected) == len(found) and all(map(equal, expected, found))


def equal(one: Span, other: Span) -> bool:
    """Label, start and end exactly; the score within :data:`SCORE`."""
    place = (one.label, one.start, one.end) == (other.label, other.start, other.end)
    return place and abs(one.score - other.score) <= SCORE


def _reads_on(case: Case, given: Sequence[Span]) -> bool:
    read = max((end for _, _, end in _tokens(case)), default=0)
    return any(span.start >= read for span in given)


def _differing(expected: Sequence[Span], found: Sequence[Span]) -> list[tuple[int, int]]:
    alone = [s for s in expected if not any(equal(s, other) for other in found)]
    alone += [s for s in found if not any(equal(s, other) for other in expected)]
    return [(s.start, s.end) for s in alone]


def _touches(places: Sequence[tuple[int, int]], token: tuple[int, int]) -> bool:
    """Whether a stretch of tokens lies in a place or at its edge."""
    return any(token[0] <= end and start <= token[1] for start, end in places)
