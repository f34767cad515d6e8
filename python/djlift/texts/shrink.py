"""Shrink a text to the shortest that still shows the same fault: delta debugging, words first.

>>> shrunk("Anna met Tom in Berlin", lambda text: "in" in text).text
'in'

The same text and the same answers give the same result: nothing is random.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RUNS = 300
"""Texts that are tried at most."""


@dataclass(frozen=True)
class Shrunk:
    """The result.

    Attributes:
        text: The shortest text that was found to diverge.
        runs: Texts that were tried.
        minimal: Whether no single character can be left out; False when the runs were used up.
    """

    text: str
    runs: int
    minimal: bool


class _UsedUp(Exception):
    pass


class _Trials:
    """Counts what is tried, and remembers it: no text is tried twice."""

    def __init__(self, diverges: Callable[[str], bool], limit: int) -> None:
        self._diverges = diverges
        self._limit = limit
        self._known: dict[str, bool] = {}
        self.runs = 0

    def __call__(self, text: str) -> bool:
        if text not in self._known:
            if self.runs >= self._limit:
                raise _UsedUp
            self.runs += 1
            self._known[text] = self._diverges(text)
        return self._known[text]


def shrunk(text: str, diverges: Callable[[str], bool], runs: int = RUNS) -> Shrunk:
    """Shrink a text that diverges.

    Args:
        text: Known to diverge; it is not tried itself.
        diverges: Whether a shorter text still does; called at most ``runs`` times.
        runs: The bound.
    """
    trial = _Trials(diverges, runs)
    best = text

    def keep(parts: Sequence[str]) -> bool:
        nonlocal best
        candidate = "".join(parts)
        if trial(candidate):
            best = candidate
            return True
        return False

    try:
        # Words with the white space behind them, then single characters: a long text loses most of
        # itself early.
        for cut in (r"\S+\s*|\s+", r"(?s:.)"):
            _reduced(re.findall(cut, best), keep)
    except _UsedUp:
        return Shrunk(best, trial.runs, minimal=False)
    return Shrunk(best, trial.runs, minimal=True)


def _reduced(parts: list[str], keep: Callable[[Sequence[str]], bool]) -> None:
    """Leave out ever smaller pieces, until no single part can go (Zeller's ddmin, complements only)."""
    size = len(parts)
    while size >= 1:
        at, gone = 0, False
        while at < len(parts):
            rest = parts[:at] + parts[at + size :]
            if keep(rest):
                parts, gone = rest, True
            else:
                at += size
        # A part may have become superfluous by the loss of a later one.
        size = size if gone and size == 1 else size // 2
