"""``djlift calibrate``: the command; what it does is in :mod:`djlift.bench.calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from djlift.base.preconditions import refuse_unwritable
from djlift.cli.options import ArchiveArgument, JavaHome, JsonFlag
from djlift.cli.terminal import print_json, result


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="calibrate",
        epilog="Example:  djlift calibrate model.zip --texts texts.txt --output calibration.json",
    )(command)


def command(
    archive: ArchiveArgument,
    texts: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Texts like those to come, some hundred: as for bench."),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="Where the calibration goes.")
    ],
    seconds: Annotated[float, typer.Option(min=0.001, help="About how long to try.")] = 10.0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPUs to use. Default: all CPUs.")
    ] = None,
    java_home: JavaHome = None,
    as_json: JsonFlag = False,
) -> None:
    """Find how this machine runs an archive fastest: tokens a run, runs at a time, threads of each."""
    from djlift.bench.calibrate import calibrate

    refuse_unwritable("--output", output, parents=True)
    found = calibrate(archive, texts, output, seconds=seconds, threads=threads, java_home=java_home)
    if as_json:
        print_json(found.to_dict())
    else:
        print(found.text(), file=result())
