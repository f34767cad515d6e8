"""``djlift inspect``: the command and how its result is shown; what it does is in :mod:`djlift.inspection`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from djlift.base.display import terminal_text
from djlift.cli.options import ArchiveArgument, JsonFlag
from djlift.cli.terminal import print_json, stdout

if TYPE_CHECKING:
    from djlift.inspection import Inspection


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="inspect",
        epilog="Example:  djlift inspect model.zip --json",
    )(command)


def command(archive: ArchiveArgument, as_json: JsonFlag = False) -> None:
    """Show what an archive holds and whether its files are what was packed."""
    from djlift.inspection import inspect as run

    found = run(archive)
    if as_json:
        print_json(found.to_dict())
    else:
        show(found, stdout())
    raise typer.Exit(1 if found.problems else 0)


def show(found: Inspection, console: Console) -> None:
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
        ("tokenizer", m.source.get("tokenizer") or "transformers"),
        ("licence", m.licence or "not stated by the source"),
        ("labels", ", ".join(map(str, m.model.get("labels") or []))),
        ("limit", f"{m.model.get('max_length') or 'no'} tokens"),
        ("graph", f"{m.graph.get('nodes')} nodes; fused: {found.fused()}"),
        ("runs on", f"DJL {m.target.get('djl')}, ONNX Runtime {m.target.get('onnxruntime')}"),
        ("golden", f"{m.golden.get('texts')} texts"),
        ("size", f"{found.size:,} bytes"),
    )
    for name, value in rows:
        table.add_row(name, terminal_text(value))
    for level in (m.parity or {}).get("levels") or []:
        table.add_row(
            f"level {level.get('level')}",
            terminal_text(f"{level.get('status')}: {level.get('summary')}"),
        )
    for remark in m.remarks():
        table.add_row("remark", terminal_text(remark, "yellow"))
    console.print(table)
    for problem in found.problems:
        console.print(
            terminal_text(
                f"{problem.file}: expected {problem.expected}, found {problem.found}", "red"
            ),
            soft_wrap=True,
        )
    console.print(
        Text("the files are what was packed", style="green")
        if not found.problems
        else Text("the files are not what was packed", style="bold red")
    )
