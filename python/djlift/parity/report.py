"""Views of a parity report: terminal, JUnit, HTML. JSON is :meth:`ParityReport.to_dict`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import jinja2
from rich.console import Console
from rich.table import Table
from rich.text import Text

from djlift.base.display import escape_controls, escape_unprintable, shorten, terminal_text
from djlift.base.files import beside
from djlift.parity.alignment import Row, Token
from djlift.parity.fuzz import FuzzReport
from djlift.parity.plain_djl_result import StockReport
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

_WIDE = 100_000
"""Columns of a console that folds nothing."""
_COLOURS = {PASS: "green", FAIL: "red", SKIPPED: "yellow"}


def show(report: ParityReport, console: Console) -> None:
    """Print a report as a person reads it: the table, then the first thing that broke."""
    table = Table(
        title=terminal_text(report.archive), title_justify="left", box=None, padding=(0, 2, 0, 0)
    )
    for heading in ("level", "", "", "compared", "differ", ""):
        table.add_column(heading, justify="right" if heading in ("compared", "differ") else "left")
    for level in report.levels:
        table.add_row(
            str(level.level),
            level.name,
            Text(level.status, style=_COLOURS[level.status]),
            str(level.compared),
            str(level.divergences),
            terminal_text(level.summary),
        )
    console.print(table)
    broken = report.first_broken
    if broken is not None:
        console.print(Text(f"level {broken.level} ({broken.name}) broke first", style="red"))
        if broken.first is not None:
            for line in lines_of(broken.first):
                console.print(terminal_text(f"  {line}"), soft_wrap=True)
    if report.explanation is not None:
        _show_explanation(report.explanation, console)
    for note in report.notes:
        console.print(terminal_text(note, "yellow"), soft_wrap=True)
    verdict = "parity holds" if report.holds else "parity does not hold"
    console.print(Text(verdict, style="bold green" if report.holds else "bold red"))


def lines_of(divergence: Divergence) -> Iterable[str]:
    """A divergence, a fact a line."""
    yield f"text      {divergence.case} ({divergence.group}): {divergence.text}"
    yield f"what      {divergence.what}"
    if divergence.token is not None:
        yield f"token     {divergence.token}"
    yield f"expected  {divergence.expected}"
    yield f"found     {divergence.found}"
    if divergence.margin is not None:
        yield f"margin    {divergence.margin:.3g}"


HEADINGS = ("position", "token", "offsets", "label", "margin", "logits")
"""Columns of an explanation's table."""


def headline(reason: Explanation) -> str:
    """What differs, and on which text."""
    how = f"shrunk in {reason.runs} runs to" if reason.shrunk else "on"
    return f"{reason.what}, {how} {shorten(reason.text)!r}"


def remarks_of(reason: Explanation) -> list[str]:
    """What an explanation leaves out, and why."""
    omitted = f"{reason.omitted} more tokens are not shown" if reason.omitted else ""
    return [line for line in (omitted, reason.note) if line]


def cells_of(row: Row) -> list[tuple[str, ...]]:
    """A row under :data:`HEADINGS`: one value where both sides agree, expected and found where not."""
    sides = zip(_cells(row.expected), _cells(row.found), strict=True)
    logits = "" if row.logits is None else f"{row.logits:.2g}"
    return [*((a,) if a == b else (a, b) for a, b in sides), (logits,)]


def _cells(token: Token | None) -> tuple[str, ...]:
    if token is None:
        return ("-",) * 5
    margin = "" if token.margin is None else f"{token.margin:.2f}"
    label = "" if token.label is None else escape_unprintable(token.label)
    return (
        str(token.position), escape_unprintable(token.token), f"{token.start}-{token.end}", label, margin,
    )  # fmt: skip


def _show_explanation(reason: Explanation, console: Console) -> None:
    """A text, both sides of it token by token: one value where they agree, expected → found where not."""
    console.print(terminal_text(headline(reason)), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", *HEADINGS):
        table.add_column(heading)
    for row in reason.rows:
        table.add_row(
            Text("*" if row.differs else ""),
            *(terminal_text(" → ".join(cell)) for cell in cells_of(row)),
            style="red" if row.differs else "",
        )
    console.print(table)
    for remark in remarks_of(reason):
        console.print(terminal_text(remark, "yellow"), soft_wrap=True)


def _printed(reason: Explanation) -> str:
    """The same without colours, for a view that is text: never folded, however long a token is."""
    out = io.StringIO()
    _show_explanation(reason, Console(file=out, width=_WIDE, no_color=True, highlight=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def show_stock(report: StockReport, console: Console) -> None:
    """Print what plain DJL gives: a line per strategy, then each cause and the first text that shows it."""
    title = terminal_text(f"{report.archive}: plain DJL's translator against PyTorch")
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("way", "texts", "differ", "share", "causes"):
        table.add_column(heading, justify="left" if heading in ("way", "causes") else "right")
    for found in report.strategies:
        causes = ", ".join(f"{name} {count}" for name, count in found.causes.items())
        shares = f"{found.share:.1%}"
        table.add_row(found.name, str(found.texts), str(found.differing), shares, causes)
    console.print(table)
    console.print(f"{report.differing} of {report.texts} texts differ in at least one of them")
    for cause, meaning in report.causes.items():
        examples = [(s.name, e) for s in report.strategies for e in s.examples if e.cause == cause]
        if examples:
            console.print(Text(f"{cause}: {meaning}", style="bold"), soft_wrap=True)
        for name, example in examples:
            for line in (
                f"  {name}: {example.case}: {example.text}",
                f"    expected  {example.expected}",
                f"    found     {example.found}",
            ):
                console.print(terminal_text(line), soft_wrap=True)
    console.print(f"compared: {', '.join(report.compared)}")
    for note in report.notes:
        console.print(terminal_text(note), soft_wrap=True)


def show_fuzz(report: FuzzReport, console: Console) -> None:
    """Print what a search found, each with its table."""
    for found in report.found:
        console.print(terminal_text(f"level {found.level} diverges", "red"))
        _show_explanation(found, console)
    console.print(
        terminal_text(
            f"{report.texts} texts in {report.seconds:.0f} s, seed {report.seed}: {report.scope}"
        )
    )
    for note in report.notes:
        console.print(terminal_text(note, "yellow"), soft_wrap=True)
    verdict = f"{len(report.found)} divergences found" if report.found else "nothing diverged"
    console.print(Text(verdict, style="bold red" if report.found else "bold green"))


def write_junit(report: ParityReport, file: Path) -> None:
    """Write JUnit XML: a suite per level, a test case per group of texts.

    Raises:
        ArchiveError: The file cannot be written.
    """
    root = ElementTree.Element(
        "testsuites", name=escape_controls(f"djlift verify {report.archive}")
    )
    for level in report.levels:
        suite = ElementTree.SubElement(root, "testsuite", name=f"level {level.level} {level.name}")
        failures = skipped = 0
        reason = _reason(report, level)
        groups: Mapping[str, GroupCount | None] = level.groups or {"all": None}
        for group, count in groups.items():
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=escape_controls(f"{report.archive}.level{level.level}"),
                name=escape_controls(group),
            )
            if level.status == SKIPPED:
                skipped += 1
                ElementTree.SubElement(case, "skipped", message=escape_controls(level.summary))
            elif count is not None and count.divergences:
                failures += 1
                found = count.first
                failure = ElementTree.SubElement(
                    case, "failure", message=f"{count.divergences} of {count.compared} differ"
                )
                told = list(lines_of(found)) if found else [level.summary]
                if reason is not None and found is not None and found.case == reason.case:
                    told += ["", _printed(reason)]
                failure.text = escape_controls("\n".join(told))
        if level.status == FAIL and not failures:
            # A bound over all texts broke, not one text.
            failures += 1
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=escape_controls(f"{report.archive}.level{level.level}"),
                name="bound",
            )
            ElementTree.SubElement(case, "failure", message=escape_controls(level.summary))
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(failures))
        suite.set("skipped", str(skipped))
    if report.notes and len(root):
        # What belongs to no level: behind the cases of the first.
        ElementTree.SubElement(root[0], "system-out").text = escape_controls(
            "\n".join(report.notes)
        )
    ElementTree.indent(root)
    _write(file, ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n")


def write_html(report: ParityReport, file: Path) -> None:
    """Write one self-contained HTML page.

    Raises:
        ArchiveError: The file cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("djlift.parity", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        report=report, lines_of=lines_of, reason_of=_reason, headline=headline, headings=HEADINGS,
        cells_of=cells_of, remarks_of=remarks_of,
    )  # fmt: skip
    _write(file, escape_controls(page))


def _reason(report: ParityReport, level: Level) -> Explanation | None:
    """The explanation where it is this level's."""
    reason = report.explanation
    return reason if reason is not None and reason.level == level.level else None


def _write(file: Path, text: str) -> None:
    with beside(file) as partial:
        partial.write_text(text, encoding="utf-8")
