"""``djlift predict``: the command; what it does is in :mod:`djlift.predict`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from djlift.options import ArchiveArgument, CalibrationOption, JavaHome, texts_in


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="predict",
        epilog="Examples:  djlift predict model.zip --input texts.txt\n\n"
        "cat texts.jsonl | djlift predict model.zip --input - --aggregation-strategy first",
    )(command)


def command(
    archive: ArchiveArgument,
    input_: Annotated[
        str,
        typer.Option("--input", metavar="FILE|-", help="A text a line, or JSON lines with 'text'."),
    ],
    aggregation_strategy: Annotated[
        str | None,
        typer.Option(help="none, simple, first, average or max. Default: the archive's."),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(min=0, help="Overlap in tokens of windows over long texts. Default: cut."),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", metavar="FILE|-", help="Where the JSON lines go.")
    ] = "-",
    calibration: CalibrationOption = None,
    java_home: JavaHome = None,
) -> None:
    """Give the entities of texts as the JVM gives them: a JSON line per text, in order."""
    from djlift.archive import beside
    from djlift.predict import predict as run
    from djlift.predict import texts_of

    with contextlib.ExitStack() as stack:
        if input_ == "-":
            lines: Any = sys.stdin.buffer
        else:
            lines = stack.enter_context(texts_in(Path(input_)))
        if output == "-":
            out: Any = sys.stdout.buffer
        else:
            partial = stack.enter_context(beside(Path(output)))
            out = stack.enter_context(partial.open("wb"))
        for line in run(
            archive,
            texts_of(lines, input_),
            aggregation_strategy=aggregation_strategy,
            stride=stride,
            java_home=java_home,
            calibration=calibration,
        ):
            out.write(line.encode("utf-8") + b"\n")
        out.flush()
