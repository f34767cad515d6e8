"""``djlift doctor``: the command and how its findings are shown; what it does is in :mod:`djlift.doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from djlift.base.preconditions import refuse_alone, refuse_together
from djlift.base.targets import DEFAULT, named
from djlift.cli.options import JavaHome, JsonFlag, TargetOption
from djlift.cli.terminal import print_json, progress, stdout

if TYPE_CHECKING:
    from djlift.doctor import Finding


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="doctor",
        epilog="Examples:  djlift doctor\n\ndjlift doctor --fetch ./kit",
    )(command)


def command(
    fetch: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Lay out a complete offline kit: jars and natives."),
    ] = None,
    target: TargetOption = None,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="With --fetch: what --device cuda:N needs, too.")
    ] = False,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """List what djlift needs on this machine, what is there, and the mend for the rest."""
    from djlift import doctor as doctors

    refuse_alone({"--gpu": gpu}, "--fetch DIR", fetch)
    release = named(target or DEFAULT.name)
    if fetch is not None:
        refuse_together({"--java-home": java_home}, "--fetch DIR, which needs no Java")
        with progress() as advance:
            files = doctors.fetch(fetch, advance, target=release, gpu=gpu)
        if as_json:
            print_json({"kit": str(fetch), "files": [f.name for f in files]})
        else:
            stdout().print(
                Text(f"{len(files)} files in {fetch}; use them with DJLIFT_JARS={fetch}")
            )
        return
    findings = doctors.examine(java_home, target=release)
    if as_json:
        print_json({"findings": [vars(f) for f in findings]})
    else:
        show(findings, stdout())
    if any(f.status == "missing" for f in findings):
        raise typer.Exit(2)


def show(findings: Sequence[Finding], console: Console) -> None:
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
