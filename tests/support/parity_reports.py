"""Parity reports to show, and their views read back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console

from djlift.base.display import shorten
from djlift.parity.alignment import Row, Token
from djlift.parity.report import show, write_html, write_junit
from djlift.parity.result import (
    FAIL,
    PASS,
    SKIPPED,
    Divergence,
    Explanation,
    GroupCount,
    Level,
    ParityReport,
)

ODD = 'a\x00b\x1b[31m\x0b\u2028\ud800 <b>&amp;</b> ]]> "quoted" \N{PARTY POPPER}\n\ttab'
DIVERGENCE = Divergence(
    "news-001", "news", "Anna met Tom", "ids", "101 [7] 8", "101 [99] 8", 1, 0.0123
)


def a_level(number: int, status: str = PASS, first: Divergence | None = None) -> Level:
    """A level over two groups of texts; ``first`` is what the first of them differs in."""
    wrong = int(first is not None)
    groups = {"news": GroupCount(3, wrong, first), "social": GroupCount(2, 0)}
    if status == SKIPPED:
        return Level(number, status, 0, 0, "not run: the tokens differ")
    summary = f"level {number} says so"
    return Level(number, status, 5, wrong, summary, {"max_abs": 0.5}, groups, first)


def a_report(*levels: Level) -> ParityReport:
    """A report of these levels; unless given, all hold but level 1, and what follows was not run."""
    chosen = levels or (
        a_level(0),
        a_level(1, FAIL, DIVERGENCE),
        *(a_level(n, SKIPPED) for n in (2, 3, 5)),
    )
    return ParityReport("tiny.zip", "fp32", chosen, {"java": "21", "djl": "0.38.0"}, ("a note",))


def a_passing_report() -> ParityReport:
    """A report in which every level holds."""
    return a_report(*(a_level(n) for n in (0, 1, 2, 3, 5)))


def a_reason(divergence: Divergence, word: str = "met") -> Explanation:
    """Why a text diverges at level 1: the word is unknown to the JVM, and one token more is there."""
    known, unknown = Token(1, 7, word, 0, 3, "B-PER", 2.5), Token(1, 100, "[UNK]", 0, 3, "O", 0.25)
    rows = (
        Row(Token(0, 101, "[CLS]", 0, 0, "O", 5.0), Token(0, 101, "[CLS]", 0, 0, "O", 5.0), 0.001),
        Row(known, unknown, 2.75),
        Row(None, Token(2, 9, word, 3, 4, word, 1.0)),
    )
    return Explanation(
        **vars(divergence), level=1, rows=rows, shrunk=True, runs=9, omitted=4, note=f"note {word}"
    )


def an_odd_report(odd_text: str = ODD) -> ParityReport:
    """A report whose every text is as odd as a text can be."""
    shown = shorten(odd_text)
    odd = Divergence(odd_text, odd_text, shown, odd_text, odd_text, odd_text, 1)
    groups = {odd_text: GroupCount(1, 1, odd)}
    level = Level(1, FAIL, 1, 1, odd_text, groups=groups, first=odd)
    levels = (a_level(0), level, a_level(2, SKIPPED))
    reason = a_reason(odd, odd_text)
    return ParityReport(
        odd_text, "fp32", levels, {odd_text: odd_text, "java": "21"}, (odd_text,), reason
    )


def junit(report: ParityReport, folder: Path) -> ElementTree.Element:
    """The JUnit XML of a report, parsed."""
    write_junit(report, folder / "junit.xml")
    return ElementTree.parse(folder / "junit.xml").getroot()


def printed(report: ParityReport, width: int = 200) -> str:
    """What the terminal shows of a report."""
    out = io.StringIO()
    show(report, Console(file=out, width=width, no_color=True))
    return out.getvalue()


def in_order(text: str, parts: Sequence[str]) -> None:
    """Each part follows the one before."""
    at = 0
    for part in parts:
        at = text.index(part, at) + len(part)


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def page(report: ParityReport, folder: Path) -> Tags:
    """The HTML of a report, parsed."""
    write_html(report, folder / "report.html")
    tags = Tags()
    tags.feed((folder / "report.html").read_text(encoding="utf-8"))
    return tags
