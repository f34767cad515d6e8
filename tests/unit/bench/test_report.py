"""What ``djlift bench`` shows: no figure of a side stands unmarked that found something else."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from djlift.bench import chart
from djlift.bench.report import cells, show
from djlift.bench.result import BenchReport
from djlift.errors import ArchiveError, MissingExtra, UsageError
from tests.support.bench_reports import a_bench, a_side


def printed(report: BenchReport) -> str:
    """The report on a wide terminal."""
    out = io.StringIO()
    show(report, Console(file=out, width=80))
    return out.getvalue()


def row(report: BenchReport, name: str) -> list[str]:
    """The cells of a side in both tables, as they are printed."""
    lines = [line for line in printed(report).splitlines() if re.match(rf"{name}  ", line)]
    assert len(lines) == 2
    return [cell for line in lines for cell in re.split(r"\s{2,}", line.strip())]


def test_the_table() -> None:
    """The median with both ends, tokens, how many times as fast, latencies, memory, batch, outputs."""
    report = a_bench(a_side("stock", 2.0, 1.0, 4.0))
    assert row(report, "stock") == [
        *("stock", "50.0", "25.0 - 100.0", "500", "4.00 x", "8"),
        *("stock", "10.00", "20.00", "30.00", "300.0 MB", "equal"),
    ]
    assert row(report, "djlift")[:4] == ["djlift", "200.0", "100.0 - 250.0", "2,000"]
    assert row(report, "djlift")[-1] == "the same each time"
    text = printed(report)
    assert "tokenize 0.100 s, wait 0.000 s, run 0.375 s, decode 0.025 s" in text
    assert "4 runs of 1,000 tokens, 10.0% padding" in text
    assert "87.5% (80.0% - 90.0%) of this machine's rate" in text
    assert "150.0 GFLOP/s" in text
    assert "a note" in text
    assert "differ" not in text
    assert report.holds


@pytest.mark.parametrize("name", ["djlift", "stock", "torch", "onnxruntime"])
def test_a_side_that_differs_is_named_and_no_figure_of_it_is_unmarked(name: str) -> None:
    """Every number of its row carries the mark, but for the batch size, and the text is shown."""
    differing = a_side(name, 2.0, differing=7)
    report = a_bench() if name == "djlift" else a_bench(differing)
    if name == "djlift":
        ours = replace(report.sides[0], agreement=differing.agreement)
        report = replace(report, sides=(ours,))
    side = report.sides[-1]
    shown = cells(report, side)
    for cell in (*shown[:4], *shown[5:]):
        assert cell.endswith("*") or not re.search(r"\d", cell), shown
    text = printed(report)
    assert f"* {name}: 7 of 100 texts differ" in text
    assert "text      17: Rain in Galway." in text
    assert "expected  LOC 8-14 0.99000" in text
    assert "found     LOC 8-15 0.98000" in text
    assert report.holds == (name == "stock")
    result = report.to_dict()["results"][-1]
    assert (result["equal"], result["differing"]) == (False, 7)
    assert result["first_differing"]["found"] == "LOC 8-15 0.98000"


@pytest.mark.parametrize(
    ("side", "said"),
    [
        (
            a_side("torch", agreement=None, error="RuntimeError: no"),
            "torch broke, it has no figures",
        ),
        (a_side("torch", 2.0, agreement=None), "torch was not compared, it has no figures"),
    ],
)
def test_a_side_that_broke_or_was_not_compared_has_no_figures(side, said: str) -> None:  # type: ignore[no-untyped-def]
    """Not even those that it has."""
    report = a_bench(side)
    assert not any(re.search(r"\d", cell) for cell in cells(report, side))
    assert said in printed(report)
    assert not report.holds
    assert not report.to_dict()["holds"]


def test_json() -> None:
    """The keys that others rely on, and plain JSON throughout."""
    report = a_bench(a_side("stock", 2.0, 1.0, 4.0, differing=1))
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert [one["name"] for one in data["results"]] == ["djlift", "stock"]
    ours, stock = data["results"]
    assert (ours["texts_per_s"], stock["texts_per_s"]) == (200, 50)
    assert (stock["texts_per_s_min"], stock["texts_per_s_max"]) == (25, 100)
    assert stock["djlift_is_times_as_fast"] == 4
    assert stock["tokens_per_s"] == 500
    assert ours["latency_ms"] == {"p50": 10, "p95": 20, "p99": 30, "measured": 200}
    assert ours["stages_s"]["run"] == 0.375
    assert ours["padding_wasted"] == pytest.approx(0.1)
    assert stock["stages_s"] is None
    assert data["gemm_share"] == 0.875
    assert data["gemm"]["shapes"] == [[32, 64, 2]]
    assert data["rounds"] == 3
    assert a_bench(gemm=None).to_dict()["gemm_share"] is None


def test_a_text_cannot_move_the_cursor() -> None:
    """What is shown of texts holds no control character."""
    side = a_side("stock", 2.0, differing=1)
    assert side.agreement is not None
    assert side.agreement.first is not None
    first = replace(side.agreement.first, found="\x1b[2J")
    side = replace(side, agreement=replace(side.agreement, first=first))
    assert "\x1b" not in printed(a_bench(side))


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_the_chart(tmp_path: Path, ending: str) -> None:
    """A file of its kind, the same for the same figures; a side without figures is left out."""
    sides = (a_side("stock", 2.0, 1.0), a_side("torch", agreement=None, error="no"))
    for name in ("one", "two"):
        chart.write(a_bench(*sides), tmp_path / (name + ending))
    one, two = ((tmp_path / (name + ending)).read_bytes() for name in ("one", "two"))
    assert one == two
    assert one.startswith(b"\x89PNG" if ending == ".png" else b"<?xml")
    if ending == ".svg":
        text = one.decode()
        assert "stock" in text
        assert "djlift is" in text
        assert "torch" not in text
        assert "differ" not in text
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(("one" + ending, "two" + ending))


def test_the_chart_marks_what_differs(tmp_path: Path) -> None:
    """Name, number and a line below."""
    file = tmp_path / "c.svg"
    chart.write(a_bench(a_side("stock", 2.0, differing=7)), file)
    text = file.read_text(encoding="utf-8")
    assert "stock *" in text
    assert "50*" in text
    assert "* stock: 7 of 100 texts differ" in text


def test_the_chart_without_latencies(tmp_path: Path) -> None:
    """One panel."""
    report = a_bench()
    report = replace(report, sides=(replace(report.sides[0], latency=None),))
    chart.write(report, tmp_path / "c.svg")
    assert "p50" not in (tmp_path / "c.svg").read_text(encoding="utf-8")


def test_a_chart_that_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another format, no matplotlib, no folder."""
    with pytest.raises(UsageError, match="chart-format"):
        chart.check(tmp_path / "c.pdf")
    with pytest.raises(ArchiveError, match="cannot be written"):
        chart.write(a_bench(), tmp_path / "none" / "c.svg")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtra, match=r"pip install .*\[bench\]'"):
        chart.check(tmp_path / "c.svg")
