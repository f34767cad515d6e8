"""How the terminal shows what ``djlift bench`` found; JSON is :meth:`BenchReport.to_dict`."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from djlift.base.display import printable
from djlift.bench.result import DJLIFT, BenchReport, Gemm, Side, Stages

MARK = "*"
"""Behind every figure of a side that found something else."""


def show(report: BenchReport, console: Console) -> None:
    """Print a report: the sides, djlift's stages, the matrix products, and what differs."""
    console.print(_plain(headline(report)), soft_wrap=True)
    for table in _tables(report):
        console.print(table)
    ours = report.sides[0]
    if ours.stages is not None:
        console.print(_plain(_stages(ours.stages)), soft_wrap=True)
    if report.gemm is not None:
        for line in _gemm(report.gemm):
            console.print(_plain(line), soft_wrap=True)
    for side in report.sides:
        for line in said(side):
            console.print(_plain(line, "red" if not side.holds else "yellow"), soft_wrap=True)
    for note in report.notes:
        console.print(_plain(note, "yellow"), soft_wrap=True)


def headline(report: BenchReport) -> str:
    """What was run, on what, how often."""
    where = "" if report.cpus is None else f" on CPUs {', '.join(map(str, report.cpus))}"
    return (
        f"{report.archive}: {report.texts:,} texts, {report.tokens:,} tokens, '{report.strategy}',"
        f" {report.device}, {report.threads} threads{where}, {report.rounds} rounds"
    )


def said(side: Side) -> Iterator[str]:
    """What must be said of a side beside its figures, a fact a line."""
    if side.error is not None:
        yield f"{side.name} broke, it has no figures: {side.error}"
        return
    if side.agreement is None:
        yield f"{side.name} was not compared, it has no figures"
        return
    if side.agreement.equal:
        return
    texts, first = side.agreement.texts, side.agreement.first
    other = "its own first run" if side.name == DJLIFT else "djlift"
    yield f"{MARK} {side.name}: {side.agreement.differing:,} of {texts:,} texts differ from {other}'s"
    if first is not None:
        yield f"    text      {first.text + 1}: {first.shown}"
        yield f"    expected  {first.expected}"
        yield f"    found     {first.found}"


def _tables(report: BenchReport) -> Iterator[Table]:
    """Two tables, since one would be too wide for a terminal: many texts; a text alone, and the rest."""
    rates = ("texts/s", "from - to", "tokens/s", "djlift is", "batch")
    yield _table(report, rates, slice(0, len(rates)))
    others = ("p50 ms", "p95 ms", "p99 ms", "memory", "outputs")
    yield _table(report, others, slice(len(rates), None))


def _table(report: BenchReport, headings: tuple[str, ...], of_cells: slice) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("side", *headings):
        left = heading in ("side", "outputs")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for side in report.sides:
        shown = (side.name, *cells(report, side)[of_cells])
        table.add_row(*(Text(cell, style=_style(side)) for cell in shown))
    return table


def cells(report: BenchReport, side: Side) -> tuple[str, ...]:
    """A side's row, its name left out; a mark behind each figure where the outputs are not djlift's."""
    if side.error is not None or side.agreement is None or not side.seconds:
        return ("-",) * 9 + ("broke" if side.error else "not compared",)
    mark = MARK if side.marked else ""
    rate, ratio, latency = report.rate(side), report.ratio(side), side.latency
    alone = (
        ("-",) * 3
        if latency is None
        else tuple(f"{1000 * p:.2f}{mark}" for p in (latency.p50, latency.p95, latency.p99))
    )
    agreement = side.agreement
    return (
        f"{rate.median:.1f}{mark}",
        f"{rate.least:.1f} - {rate.most:.1f}{mark}",
        f"{rate.median * report.tokens / report.texts:,.0f}{mark}",
        "" if side.name == DJLIFT or ratio is None else f"{ratio:.2f} x{mark}",
        "" if side.batch is None else str(side.batch),
        *alone,
        "-" if side.peak_bytes is None else f"{decimal(side.peak_bytes)}{mark}",
        _outputs(side, agreement.differing, agreement.texts),
    )


def _outputs(side: Side, differing: int, texts: int) -> str:
    if differing:
        return f"{differing:,} of {texts:,} differ {MARK}"
    return "the same each time" if side.name == DJLIFT else "equal"


def _style(side: Side) -> str:
    if not side.holds:
        return "red"
    return "yellow" if side.marked else ""


def _stages(stages: Stages) -> str:
    times = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in stages.seconds.items())
    return (
        f"djlift's stages, over all threads: {times}; {stages.runs:,} runs of {stages.padded:,}"
        f" tokens, {stages.wasted:.1%} padding"
    )


def _gemm(gemm: Gemm) -> Iterator[str]:
    yield (
        f"matrix products: {gemm.share.median:.1%} ({gemm.share.least:.1%} - {gemm.share.most:.1%})"
        f" of this machine's rate over the whole time, {gemm.share_in_run.median:.1%} in the model"
    )
    yield (
        f"  the rate is {gemm.rate.median / 1e9:.1f} GFLOP/s: {gemm.by}, {gemm.rows} rows,"
        f" {sum(count for _, _, count in gemm.shapes)} products of the model's own shapes"
    )


def _plain(text: str, style: str = "") -> Text:
    """Text for the terminal: texts are a user's, and nothing of them may move the cursor."""
    return Text(printable(text), style=style)
