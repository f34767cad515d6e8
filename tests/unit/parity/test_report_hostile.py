"""No text breaks a view of a report: not the XML, not the page, not the terminal, not the JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from djlift.archive.container import Problem
from djlift.cli.terminal import print_json
from djlift.parity.levels.comparison import integrity
from djlift.parity.result import FAIL, PASS, SKIPPED, Divergence, GroupCount, Level, ParityReport
from tests.support.parity_reports import (
    DIVERGENCE,
    a_level,
    a_reason,
    a_report,
    an_odd_report,
    junit,
    page,
    printed,
)

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}",
    "attribute": "\"' onmouseover=alert(1) x='\"",
    "cdata": "]]> <![CDATA[ <!-- --> &#0; &lt;",
    "right to left": "\u202eabc\u202c \u2066x\u2069 \u200f\u061c שלום",
    "half characters": "\ud83c \udf89 \udf89\ud83c",
    "controls": "".join(map(chr, range(0x20))) + "\x7f\x80\x85\x9f",
    "no characters": "\ufffe\uffff\U0001fffe\ufeff\u2028\u2029",
    "terminal": "\x1b[2J\x1b]0;x\x07\x9b31m",
}
"""Texts that try to break out of a view."""
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def test_junit_survives_odd_texts(tmp_path: Path) -> None:
    """Control characters, half characters and markup anywhere in a report leave well-formed XML."""
    root = junit(an_odd_report(), tmp_path)
    (failure,) = root.iter("failure")
    assert "\\x1b" in (failure.text or "")
    assert "<b>" in (failure.text or "")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_view_is_broken_by_a_hostile_text(tmp_path: Path, text: str) -> None:
    """Well-formed XML; HTML of the same tags as a harmless report; no steering of a terminal."""
    report = an_odd_report(text)
    (failure,) = junit(report, tmp_path).iter("failure")
    assert "[UNK]" in (failure.text or "")
    found = page(report, tmp_path)
    assert found.tags == page(an_odd_report("harmless"), tmp_path).tags
    shown = printed(report)
    for written in (
        (tmp_path / "junit.xml").read_text(encoding="utf-8"),
        (tmp_path / "report.html").read_text(encoding="utf-8"),
        shown,
    ):
        assert _FORBIDDEN.findall(written) == []


def test_json_of_half_a_character(capsys: pytest.CaptureFixture[str]) -> None:
    """A label of the archive, or a file name, may hold one; the report is read back as it was."""
    data = an_odd_report(HOSTILE["half characters"]).to_dict()
    print_json(data)
    printed_text = capsys.readouterr().out
    printed_text.encode("utf-8")
    assert json.loads(printed_text)["explanation"]["note"].endswith(HOSTILE["half characters"])


def test_junit_survives_a_hostile_file_name(tmp_path: Path) -> None:
    """So does an archive that holds a file with control characters in its name."""
    level = integrity(3, [Problem("evil\x1b\x01.txt", "nothing", "a file")])
    root = junit(a_report(level, *(a_level(n, SKIPPED) for n in (1, 2, 3, 5))), tmp_path)
    assert len(list(root.iter("failure"))) == 1


def test_html_escapes(tmp_path: Path) -> None:
    """Markup in a text is shown, not run, and half a character does not stop the page."""
    evil = "<script>alert(1)</script>"
    divergence = Divergence(evil, evil, evil, evil, evil, evil)
    level = Level(
        1, FAIL, 1, 1, evil, groups={evil: GroupCount(1, 1, divergence)}, first=divergence
    )
    tie = Level(3, PASS, 1, 0, evil, near_ties=(divergence,))
    report = ParityReport(evil, evil, (level, tie), {evil: evil}, (evil,))
    found = page(report, tmp_path)
    assert "script" not in found.tags
    assert found.text.count(evil) >= 9
    assert "b" not in page(an_odd_report(), tmp_path).tags


def test_terminal_takes_markup_as_text() -> None:
    """Brackets in names and texts are shown as they are."""
    divergence = Divergence("[red]x", "g", "[/bold] :smile:", "[b]ids", "[1]", "[/2]")
    level = Level(1, FAIL, 1, 1, "[/i]", first=divergence)
    report = ParityReport("model[fp16]:smile:.zip", "fp16", (level,), {}, ("[/note]",))
    text = printed(report)
    for part in ("model[fp16]:smile:.zip", "[red]x", "[/bold] :smile:", "[/2]", "[/i]", "[/note]"):
        assert part in text


def test_terminal_stays_as_it_is() -> None:
    """A text cannot move the cursor or change the colours of the terminal."""
    level = integrity(3, [Problem("evil\x1b[2J\x07.txt", "nothing", "\x1b[31mred")])
    assert "\x1b" not in printed(a_report(level))


def test_a_token_that_cannot_be_seen_is_spelled_out(tmp_path: Path) -> None:
    """A joiner, a no-break space, a line break: alone in a cell each would look like nothing."""
    for token, shown in (("\u200d", "\\u200d"), ("\xa0", "\\xa0"), ("\n", "\\n"), ("Ġa", "Ġa")):
        report = replace(a_report(), explanation=a_reason(DIVERGENCE, token))
        for text in (page(report, tmp_path).text, printed(report)):
            assert f"{shown} → [UNK]" in text
