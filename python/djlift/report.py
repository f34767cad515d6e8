"""Views of a parity report: terminal, JUnit, HTML. JSON is :meth:`ParityReport.to_dict`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import jinja2
from rich.console import Console
from rich.table import Table
from rich.text import Text

from djlift.aligned import Explanation, Token
from djlift.archive import beside
from djlift.doctor import Finding
from djlift.fuzz import FuzzReport
from djlift.inspect import Inspection
from djlift.parity import FAIL, PASS, SKIPPED, Divergence, GroupCount, ParityReport, shortened
from djlift.stock import StockReport

_COLOURS = {PASS: "green", FAIL: "red", SKIPPED: "yellow"}


def show(report: ParityReport, console: Console) -> None:
    """Print a report as a person reads it: the table, then the first thing that broke."""
    table = Table(
        title=_plain(report.archive), title_justify="left", box=None, padding=(0, 2, 0, 0)
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
            _plain(level.summary),
        )
    console.print(table)
    broken = report.first_broken
    if broken is not None:
        console.print(Text(f"level {broken.level} ({broken.name}) broke first", style="red"))
        if broken.first is not None:
            for line in lines_of(broken.first):
                console.print(_plain(f"  {line}"), soft_wrap=True)
    if report.explanation is not None:
        _show_explanation(report.explanation, console)
    for note in report.notes:
        console.print(_plain(note, "yellow"), soft_wrap=True)
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


def _show_explanation(reason: Explanation, console: Console) -> None:
    """A text, both sides of it token by token: one value where they agree, expected → found where not."""
    how = f"shrunk in {reason.runs} runs to" if reason.shrunk else "on"
    console.print(_plain(f"{reason.what}, {how} {shortened(reason.text)!r}"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "position", "token", "offsets", "label", "margin", "logits"):
        table.add_column(heading)
    for row in reason.rows:
        cells = [_cells(row.expected), _cells(row.found)]
        table.add_row(
            Text("*" if row.differs else ""),
            *(_plain(a if a == b else f"{a} → {b}") for a, b in zip(*cells, strict=True)),
            Text("" if row.logits is None else f"{row.logits:.2g}"),
            style="red" if row.differs else "",
        )
    console.print(table)
    if reason.omitted:
        console.print(_plain(f"{reason.omitted} more tokens are not shown"))
    if reason.note:
        console.print(_plain(reason.note, "yellow"), soft_wrap=True)


def _cells(token: Token | None) -> tuple[str, str, str, str, str]:
    if token is None:
        return ("-",) * 5
    margin = "" if token.margin is None else f"{token.margin:.2f}"
    where = f"{token.start}-{token.end}"
    return str(token.position), token.token, where, token.label or "", margin


def show_stock(report: StockReport, console: Console) -> None:
    """Print what plain DJL gives: a line per strategy, then the first difference of each."""
    title = _plain(f"{report.archive}: plain DJL's translator against PyTorch")
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("strategy", "texts", "differ", "share", "causes"):
        table.add_column(heading, justify="left" if heading in ("strategy", "causes") else "right")
    for found in report.strategies:
        causes = ", ".join(f"{name} {count}" for name, count in found.causes.items())
        shares = f"{found.share:.1%}"
        table.add_row(found.name, str(found.texts), str(found.differing), shares, causes)
    console.print(table)
    for found in report.strategies:
        if found.first is not None:
            example = found.first
            for line in (
                f"{found.name}: {example.cause}",
                f"  text      {example.case}: {example.text}",
                f"  expected  {example.expected}",
                f"  found     {example.found}",
            ):
                console.print(_plain(line), soft_wrap=True)
    console.print("label, start, end (UTF-16) and score are compared; plain DJL has no such word")


def show_fuzz(report: FuzzReport, console: Console) -> None:
    """Print what a search found, each with its table."""
    for found in report.found:
        console.print(_plain(f"level {found.level} diverges", "red"))
        _show_explanation(found, console)
    console.print(
        _plain(
            f"{report.texts} texts in {report.seconds:.0f} s, seed {report.seed}: {report.scope}"
        )
    )
    for note in report.notes:
        console.print(_plain(note, "yellow"), soft_wrap=True)
    verdict = f"{len(report.found)} divergences found" if report.found else "nothing diverged"
    console.print(Text(verdict, style="bold red" if report.found else "bold green"))


def write_junit(report: ParityReport, file: Path) -> None:
    """Write JUnit XML: a suite per level, a test case per group of texts.

    Raises:
        ArchiveError: The file cannot be written.
    """
    root = ElementTree.Element("testsuites", name=_clean(f"djlift verify {report.archive}"))
    for level in report.levels:
        suite = ElementTree.SubElement(root, "testsuite", name=f"level {level.level} {level.name}")
        failures = skipped = 0
        groups: Mapping[str, GroupCount | None] = level.groups or {"all": None}
        for group, count in groups.items():
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_clean(f"{report.archive}.level{level.level}"),
                name=_clean(group),
            )
            if level.status == SKIPPED:
                skipped += 1
                ElementTree.SubElement(case, "skipped", message=_clean(level.summary))
            elif count is not None and count.divergences:
                failures += 1
                found = count.first
                failure = ElementTree.SubElement(
                    case, "failure", message=f"{count.divergences} of {count.compared} differ"
                )
                failure.text = _clean("\n".join(lines_of(found)) if found else level.summary)
        if level.status == FAIL and not failures:
            # A bound over all texts broke, not one text.
            failures += 1
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_clean(f"{report.archive}.level{level.level}"),
                name="bound",
            )
            ElementTree.SubElement(case, "failure", message=_clean(level.summary))
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(failures))
        suite.set("skipped", str(skipped))
    ElementTree.indent(root)
    _write(file, ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n")


def write_html(report: ParityReport, file: Path) -> None:
    """Write one self-contained HTML page.

    Raises:
        ArchiveError: The file cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("djlift", "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(report=report, lines_of=lines_of)
    _write(file, _clean(page))


def _write(file: Path, text: str) -> None:
    with beside(file) as partial:
        partial.write_text(text, encoding="utf-8")


_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _clean(text: str) -> str:
    """Neither XML nor a terminal takes control characters or half characters: they are escaped."""
    return _UNSHOWABLE.sub(lambda found: ascii(found.group())[1:-1], text)


def _plain(text: object, style: str = "") -> Text:
    """Text for the terminal: no markup, no control characters."""
    return Text(_clean(str(text)), style=style)


def show_inspection(found: Inspection, console: Console) -> None:
    """Print what an archive holds."""
    m = found.manifest
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = (
        ("name", f"{m.group}:{m.name}:{m.version} {m.precision}"),
        ("task", m.task),
        (
            "source",
            f"{m.source.get('kind')} {m.source.get('id')} {m.source.get('revision') or ''}".rstrip(),
        ),
        ("adapter", m.source.get("adapter") or "none"),
        ("licence", m.licence or "not stated by the source"),
        ("labels", ", ".join(map(str, m.model.get("labels") or []))),
        ("limit", f"{m.model.get('max_length') or 'no'} tokens"),
        ("graph", f"{m.graph.get('nodes')} nodes; fused: {found.fused()}"),
        ("runs on", f"DJL {m.target.get('djl')}, ONNX Runtime {m.target.get('onnxruntime')}"),
        ("golden", f"{m.golden.get('texts')} texts"),
        ("size", f"{found.size:,} bytes"),
    )
    for name, value in rows:
        table.add_row(name, _plain(value))
    for level in (m.parity or {}).get("levels") or []:
        table.add_row(
            f"level {level.get('level')}", _plain(f"{level.get('status')}: {level.get('summary')}")
        )
    for remark in (*(m.graph.get("remarks") or []), *(m.model.get("remarks") or [])):
        table.add_row("remark", _plain(remark, "yellow"))
    console.print(table)
    for problem in found.problems:
        console.print(
            _plain(f"{problem.file}: expected {problem.expected}, found {problem.found}", "red"),
            soft_wrap=True,
        )
    console.print(
        Text("the files are what was packed", style="green")
        if not found.problems
        else Text("the files are not what was packed", style="bold red")
    )


def show_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print the doctor's findings, each with its mend."""
    colours = {"ok": "green", "warn": "yellow", "missing": "red"}
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        table.add_row(
            Text(finding.status, style=colours.get(finding.status, "")),
            Text(finding.name),
            Text(finding.detail),
        )
        if finding.mend:
            table.add_row("", "", Text(f"mend: {finding.mend}"))
    console.print(table)
