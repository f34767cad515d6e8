"""Level 5's batches of texts that are likeliest to change one another's answers.

A graph that looks beyond a text's own row finds nothing there in ordinary texts: each has one end, one
beginning and no padding inside. So texts with the tokenizer's own special tokens written out, blank ones and
the longest are run in one batch, and must give what they give alone. A text that a task does not take as an
input (without a mask, say) is counted in the summary; one that the graph cannot run breaks the level.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from djlift.archive.golden import Answered, Case
from djlift.errors import JvmError
from djlift.jvm.windows import Window
from djlift.parity.levels.differences import differs
from djlift.parity.result import FAIL, Divergence, Level

GROUP = "special tokens"
BESIDE = "beside written-out special tokens"
LONGEST = "beside the longest text"
_ROLES = ("eos", "sep", "pad", "mask", "cls", "bos", "unk")
_MOST = 8
_ORDINARY = 4
_BLANK = ("", " ")
_LONG = 1024
_REFUSED = "IllegalArgumentException"
"""What the JVM throws, before it runs anything, for an input that the task does not take."""

Traced = dict[str, list[Window]]
Trace = Callable[[str, Sequence[Any], int], Traced]
"""Runs cases in their order: a name for the progress, the cases, windows of a run."""


def special_tokens(folder: Path) -> tuple[str, ...]:
    """The special tokens of an archive's tokenizer as they are written, eight at most: with a role first."""
    named = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    added = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    listed = [_content(named.get(f"{role}_token")) for role in _ROLES]
    for one in added.get("added_tokens") or ():
        if isinstance(one, dict) and one.get("special") is True:
            listed.append(_content(one))
    return tuple(dict.fromkeys(token for token in listed if token))[:_MOST]


def _content(token: Any) -> str:
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else ""


def texts(tokens: Sequence[str]) -> list[str]:
    """Texts with different counts of each token, and blank ones."""
    within = [f"Anna met {token} Tom{token * (n % 3)}." for n, token in enumerate(tokens)]
    return [*within, *(token * 2 for token in tokens[:2]), *_BLANK]


def cases(tokens: Sequence[str]) -> list[Case]:
    """The texts as cases that nothing is recorded of."""
    return [
        Case(f"special-{n:03d}", GROUP, text, {}, {}) for n, text in enumerate(texts(tokens), 1)
    ]


def inputs(tokens: Sequence[str], like: Answered, keys: Sequence[str]) -> list[Answered]:
    """The same as inputs of a task: of one that the task has recorded, its texts changed.

    Args:
        keys: The fields that an input must have; those that are texts are changed.
    """
    found = []
    for case in cases(tokens):
        given = dict(like.given)
        for key in keys:
            if isinstance(given.get(key), str):
                given[key] = f"{case.text} {given[key]}" if case.text.strip() else case.text
        found.append(Answered(case.id, GROUP, case.text, {}, {}, given=given))
    return found


@dataclass(frozen=True)
class Mixed:
    """What the batches gave.

    Attributes:
        cases: The composed cases that can be run at all.
        alone: Their windows, each run alone.
        variants: Windows of the batches, by name, then by case id.
        refused: What the task says of composed texts that are no inputs of it, by the text.
        failed: What could not be run: a text alone, or a batch.
    """

    cases: tuple[Any, ...]
    alone: Traced
    variants: Mapping[str, Traced]
    refused: Mapping[str, str]
    failed: Divergence | None

    def beside(self, level: Level) -> Level:
        """Level 5 with the texts that are no inputs, and with what could not be run."""
        if self.refused:
            text, why = next(iter(self.refused.items()))
            said = f"{len(self.refused)} composed texts are no inputs, first {text!r}: {why[:80]}"
            level = replace(level, summary=f"{level.summary}; {said}")
        if self.failed is None:
            return level
        first = level.first or self.failed
        return replace(
            level,
            status=FAIL,
            divergences=level.divergences + 1,
            summary=f"first {first.what}",
            first=first,
        )


def together(tokens: int, batch: int) -> int:
    """Windows of a run where the longest has so many tokens: attention takes memory by their square."""
    return 1 if tokens > _LONG else batch


def mixed(
    trace: Trace, composed: Sequence[Any], ordered: Sequence[Any], tokens: Callable[[Any], int]
) -> Mixed:
    """Run the batches.

    Args:
        composed: Cases of :func:`cases` or :func:`inputs`.
        ordered: The golden cases, the shortest first.
        tokens: How many a case has.
    """
    # Not those that are run one at a time: a batch of them may not fit in memory.
    ordered = [case for case in ordered if tokens(case) <= _LONG]
    alone: Traced = {}
    refused: dict[str, str] = {}
    failed: Divergence | None = None
    for case in composed:
        try:
            alone |= trace("alone", [case], 1)
        except JvmError as cause:
            found = cause.found or cause.what
            if _REFUSED in found:
                refused[case.text] = found
            else:
                failed = failed or differs(case, "a run alone", "an answer", found)
    able = [case for case in composed if case.id in alone]
    some = ordered[len(ordered) // 4 :: max(1, len(ordered) // 8)][:_ORDINARY]
    groups = {BESIDE: [*able, *some], LONGEST: [*able[:2], *ordered[-1:], *able[-2:]]}
    variants: dict[str, Traced] = {}
    for name, chosen in groups.items():
        # A case twice would stand for itself.
        rows = list({case.id: case for case in chosen}.values())
        if len(rows) < 2:
            continue
        try:
            variants[name] = trace(name, rows, len(rows))
        except JvmError as cause:
            found = cause.found or cause.what
            failed = failed or differs(rows[0], f"a run {name}", "the answers of each text", found)
    return Mixed(tuple(able), alone, variants, refused, failed)
