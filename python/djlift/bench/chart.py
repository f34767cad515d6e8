"""``djlift bench --chart``: texts a second and latency of each side, as SVG or PNG. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from djlift.base.files import beside
from djlift.bench.report import MARK, headline
from djlift.bench.result import DJLIFT, BenchReport, Side
from djlift.errors import not_listed, require

FORMATS = (".svg", ".png")
_COLOURS = {DJLIFT: "#1b6ca8", "stock": "#d98324", "torch": "#8d5a97", "onnxruntime": "#5b8c5a"}
_SALT = "djlift"
"""matplotlib draws random ids from it: the same figures give the same file."""


def check(file: Path) -> None:
    """Refuse what cannot be drawn, before anything is measured.

    Raises:
        MissingExtra: matplotlib is not installed.
        UsageError: The name ends in something else.
    """
    if file.suffix.lower() not in FORMATS:
        raise not_listed(
            "the chart's format is not known",
            "chart-format",
            file.suffix or "no ending",
            FORMATS,
            file=file,
        )
    require("matplotlib", "bench", "--chart")


def write(report: BenchReport, file: Path) -> None:
    """Draw the sides that have figures.

    Raises:
        ArchiveError: The file cannot be written.
    """
    check(file)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    drawn = [side for side in report.sides if side.seconds]
    latencies = [side for side in drawn if side.latency is not None]
    kind = file.suffix.lower().lstrip(".")
    with rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none", "font.size": 9}):
        panels = 2 if latencies else 1
        figure = Figure(figsize=(9, 1.6 + 0.5 * len(drawn)), layout="constrained")
        axes = figure.subplots(1, panels, squeeze=False)[0]
        _rates(axes[0], report, drawn)
        if latencies:
            _latencies(axes[1], latencies)
        figure.suptitle(headline(report), fontsize=8)
        marked = [side for side in drawn if side.marked]
        if marked:
            figure.supxlabel("\n".join(map(_differs, marked)), fontsize=8, color="#a00000")
        with beside(file) as partial:
            metadata = {"Date": None} if kind == "svg" else {}
            figure.savefig(partial, format=kind, dpi=150, metadata=metadata)


def _rates(axes: Any, report: BenchReport, sides: list[Side]) -> None:
    for at, side in enumerate(sides):
        rate = report.rate(side)
        ends = [[rate.median - rate.least], [rate.most - rate.median]]
        axes.barh(
            at,
            rate.median,
            xerr=ends,
            color=_COLOURS.get(side.name, "#777777"),
            alpha=0.4 if side.marked else 1.0,
            hatch="//" if side.marked else None,
            capsize=3,
        )
        ratio = report.ratio(side)
        times = "" if side.name == DJLIFT or ratio is None else f" (djlift is {ratio:.2f} x)"
        axes.text(
            rate.most,
            at,
            f"  {rate.median:.0f}{MARK if side.marked else ''}{times}",
            va="center",
        )
    _named(axes, sides)
    axes.set_xlim(0, 1.6 * max(report.rate(side).most for side in sides))
    axes.set_xlabel("texts a second, more is better; the median of the rounds, both ends")


def _latencies(axes: Any, sides: list[Side]) -> None:
    for at, side in enumerate(sides):
        assert side.latency is not None
        values = [1000 * v for v in (side.latency.p50, side.latency.p95, side.latency.p99)]
        colour = _COLOURS.get(side.name, "#777777")
        axes.plot(values, [at] * 3, color=colour, linewidth=1, alpha=0.5)
        for value, shape in zip(values, "osD", strict=True):
            axes.plot(value, at, shape, color=colour, alpha=0.4 if side.marked else 1.0)
    _named(axes, sides)
    axes.set_xlim(left=0)
    axes.set_xlabel("ms for a text alone, less is better; p50 ●, p95 ■, p99 ◆")


def _named(axes: Any, sides: list[Side]) -> None:
    names = [side.name + (f" {MARK}" if side.marked else "") for side in sides]
    axes.set_yticks(range(len(sides)), names)
    # The first on top, and both panels alike.
    axes.set_ylim(len(sides) - 0.5, -0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _differs(side: Side) -> str:
    assert side.agreement is not None
    return (
        f"{MARK} {side.name}: {side.agreement.differing:,} of {side.agreement.texts:,} texts differ"
    )
