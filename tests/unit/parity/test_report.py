"""Views of a parity report: each tells the first thing that broke, and none is broken by what it tells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from djlift.errors import DjliftError
from djlift.parity.report import lines_of, write_html, write_junit
from djlift.parity.result import FAIL, PASS, SKIPPED, Divergence, GroupCount, Level, grouped
from tests.support.parity_reports import (
    DIVERGENCE,
    a_level,
    a_passing_report,
    a_reason,
    a_report,
    in_order,
    junit,
    page,
    printed,
)


def test_holds() -> None:
    """Parity holds when no level broke and levels 0 to 3 were all compared."""
    assert a_passing_report().holds
    assert not a_report().holds
    assert not a_report(*(a_level(n) for n in (0, 1, 2))).holds
    assert not a_report(*(a_level(n) for n in (0, 1, 2)), a_level(3, SKIPPED)).holds
    assert not a_report(*(a_level(n) for n in (0, 1, 2, 3)), a_level(4, FAIL)).holds


def test_first_broken() -> None:
    """The level that broke first is the one of the lowest number."""
    assert a_passing_report().first_broken is None
    broken = a_report().first_broken
    assert broken is not None
    assert (broken.level, broken.name) == (1, "tokens")


def test_grouped() -> None:
    """Texts are counted by group, each with its first divergence."""
    other = Divergence("social-001", "social", "x", "ids", "1", "2")
    counts, first = grouped([("news", None), ("social", other), ("news", DIVERGENCE)])
    assert counts == {"news": GroupCount(2, 1, DIVERGENCE), "social": GroupCount(1, 1, other)}
    assert first == other


def test_json_round_trips() -> None:
    """The report's data is plain JSON that says what broke first, and where."""
    data = a_report().to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == json.loads(json.dumps(data))
    assert (data["archive"], data["parity"], data["first_broken"]) == ("tiny.zip", False, 1)
    first = data["levels"][1]["first"]
    assert (first["case"], first["token"]) == ("news-001", 1)
    assert (first["expected"], first["found"]) == ("101 [7] 8", "101 [99] 8")
    assert [level["name"] for level in data["levels"]][:2] == ["integrity", "tokens"]
    assert a_passing_report().to_dict()["first_broken"] is None


@pytest.mark.parametrize("figure", [float("inf"), float("nan")])
def test_json_of_what_is_no_number(figure: float) -> None:
    """A difference that is no number is still JSON that every reader takes."""
    level = Level(2, FAIL, 1, 1, "largest difference inf", figures={"max_abs": figure})
    report = a_report(a_level(0), a_level(1), level)
    json.dumps(report.to_dict(), allow_nan=False)
    json.dumps(report.figures(), allow_nan=False)


def test_figures_hold_no_texts() -> None:
    """What the manifest keeps of a report has counts and figures, and no text."""
    text = json.dumps(a_report().figures())
    assert "Anna" not in text
    assert '"max_abs": 0.5' in text


def test_junit(tmp_path: Path) -> None:
    """JUnit has a suite per level, a test case per group, and counts what failed or was skipped."""
    root = junit(a_report(), tmp_path)
    suites = {s.get("name"): s for s in root.iter("testsuite")}
    assert list(suites) == [
        "level 0 integrity",
        "level 1 tokens",
        "level 2 logits",
        "level 3 outputs",
        "level 5 invariance",
    ]
    tokens = suites["level 1 tokens"]
    assert [c.get("name") for c in tokens.iter("testcase")] == ["news", "social"]
    counts = (tokens.get("tests"), tokens.get("failures"), tokens.get("skipped"))
    assert counts == ("2", "1", "0")
    (failure,) = root.iter("failure")
    in_order(failure.text or "", ["news-001", "Anna met Tom", "ids", "101 [7] 8", "101 [99] 8"])
    skipped = suites["level 2 logits"]
    assert (skipped.get("tests"), skipped.get("skipped")) == ("1", "1")
    assert len(list(root.iter("skipped"))) == 3
    assert [out.text for out in root.iter("system-out")] == ["a note"]


def test_junit_shows_the_reason(tmp_path: Path) -> None:
    """The failure of the text that was looked into holds its table, in columns; no other failure does."""
    other = Divergence("social-001", "social", "x", "ids", "1", "2")
    groups = {"social": GroupCount(1, 1, other), "news": GroupCount(1, 1, DIVERGENCE)}
    broken = replace(a_level(1, FAIL, DIVERGENCE), groups=groups)
    report = replace(a_report(a_level(0), broken), explanation=a_reason(DIVERGENCE))
    social, news = junit(report, tmp_path).iter("failure")
    assert "[UNK]" not in (social.text or "")
    text = news.text or ""
    in_order(text, ["101 [99] 8", "ids, shrunk in 9 runs to 'Anna met Tom'", "position", "[CLS]"])
    in_order(text, ["met → [UNK]", "0-3", "B-PER → O", "2.50 → 0.25", "2.8"])
    in_order(text, ["- → 2", "- → met", "4 more tokens are not shown", "note met"])
    assert "[CLS] → [CLS]" not in text
    rows = [line for line in text.splitlines() if " → " in line]
    assert all(line.startswith("*") for line in rows)
    assert len(rows) == 2
    # Another level's table belongs to no failure of this one.
    moved = replace(report, explanation=replace(a_reason(DIVERGENCE), level=2))
    assert not [f for f in junit(moved, tmp_path).iter("failure") if "[UNK]" in (f.text or "")]


def test_a_long_token_is_not_folded(tmp_path: Path) -> None:
    """A row of the table is a line, however long its token."""
    reason = a_reason(DIVERGENCE, "w" * 3000)
    (failure,) = junit(replace(a_report(), explanation=reason), tmp_path).iter("failure")
    assert f"{'w' * 3000} → [UNK]" in (failure.text or "")


def test_junit_of_a_bound(tmp_path: Path) -> None:
    """A level that broke by a bound over all texts fails in a test case of its own."""
    root = junit(a_report(a_level(0), a_level(1), a_level(2, FAIL)), tmp_path)
    (failure,) = root.iter("failure")
    assert failure.get("message") == "level 2 says so"
    assert [s.get("failures") for s in root.iter("testsuite")] == ["0", "0", "1"]


def test_junit_of_nothing_wrong(tmp_path: Path) -> None:
    """A report that holds has no failure."""
    root = junit(a_passing_report(), tmp_path)
    assert list(root.iter("failure")) == []
    assert len(list(root.iter("testcase"))) == 10


def test_html(tmp_path: Path) -> None:
    """The page says whether parity holds, and shows the first divergence of a group."""
    found = page(a_report(), tmp_path)
    in_order(found.text, ["Parity does not hold", "tokens", "fail", "news-001", "101 [99] 8"])
    assert "a note" in found.text
    assert "Parity holds" in page(a_passing_report(), tmp_path).text


def test_html_shows_the_reason(tmp_path: Path) -> None:
    """The aligned table stands below the level it explains, what differs marked; without one, there is none."""
    found = page(replace(a_report(), explanation=a_reason(DIVERGENCE)), tmp_path)
    in_order(found.text, ["Level 1: tokens", "101 [99] 8", "The reason", "shrunk in 9 runs"])
    in_order(found.text, ["position", "[CLS]", "*", "met → [UNK]", "B-PER → O", "2.8", "- → met"])
    in_order(found.text, ["4 more tokens are not shown", "note met"])
    assert "[CLS] → [CLS]" not in found.text
    assert found.tags.count("bdi") == 6 + 9 + 11
    assert "The reason" not in page(a_report(), tmp_path).text


def test_html_is_self_contained(tmp_path: Path) -> None:
    """The page loads nothing: no script, no image, no link."""
    found = page(a_report(), tmp_path)
    assert not {"script", "img", "link", "iframe"} & set(found.tags)


def test_html_shows_near_ties(tmp_path: Path) -> None:
    """A near-tie is shown with its margin though its level holds."""
    level = Level(3, PASS, 5, 0, "1 near-tie", near_ties=(DIVERGENCE,))
    found = page(a_report(a_level(0), a_level(1), a_level(2), level), tmp_path)
    in_order(found.text, ["Near-ties at level 3", "news-001", "0.0123"])


def test_terminal() -> None:
    """The terminal names the first broken level, the text, the token and both sides."""
    text = printed(a_report())
    in_order(text, ["level 1 (tokens) broke first", "news-001", "Anna met Tom", "ids"])
    in_order(text, ["token     1", "101 [7] 8", "101 [99] 8"])
    assert "level 2 (" not in text
    assert "a note" in text
    assert "parity does not hold" in text
    assert "parity holds" in printed(a_passing_report())


def test_long_lines_are_not_cut() -> None:
    """On a narrow terminal both sides are still told in full."""
    long = "word " * 100
    level = a_level(1, FAIL, Divergence("news-001", "news", long, "ids", f"{long}a", f"{long}b"))
    text = printed(a_report(level), width=40)
    assert f"{long}a" in text
    assert f"{long}b" in text


def test_lines_of() -> None:
    """A divergence is told a fact a line; what it lacks has no line."""
    lines = list(lines_of(DIVERGENCE))
    assert lines[0] == "text      news-001 (news): Anna met Tom"
    assert lines[-1] == "margin    0.0123"
    assert not [x for x in lines_of(Divergence("c", "g", "t", "w", "e", "f")) if "token" in x]


@pytest.mark.parametrize("write", [write_junit, write_html])
def test_unwritable(tmp_path: Path, write: object) -> None:
    """A view that cannot be written is told by name, and nothing is left behind."""
    (tmp_path / "report").mkdir()
    with pytest.raises(DjliftError) as raised:
        write(a_report(), tmp_path / "report")  # type: ignore[operator]
    assert raised.value.file == str(tmp_path / "report")
    with pytest.raises(DjliftError):
        write(a_report(), tmp_path / "absent" / "report")  # type: ignore[operator]
    assert [p.name for p in tmp_path.iterdir()] == ["report"]
