"""``djlift predict``: the command; what it does is in :mod:`djlift.predict`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from djlift.base.preconditions import refuse_unwritable
from djlift.cli.options import ArchiveArgument, CalibrationOption, JavaHome, Parameters, texts_in
from djlift.cli.terminal import result, unheard
from djlift.tasks.frame.parameters import parsed


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="predict",
        epilog="Examples:  djlift predict model.zip --input texts.txt\n\n"
        "cat texts.jsonl | djlift predict model.zip --input - --aggregation-strategy first\n\n"
        "djlift predict mood.zip --input texts.txt --parameter top_k=null",
    )(command)


def command(
    archive: ArchiveArgument,
    input_: Annotated[
        str,
        typer.Option(
            "--input",
            metavar="FILE|-",
            help="A text a line or JSON lines: the first line decides, or .jsonl.",
        ),
    ],
    aggregation_strategy: Annotated[
        str | None,
        typer.Option(help="none, simple, first, average or max. Default: the archive's."),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(min=0, help="Overlap in tokens of windows over long texts. Default: cut."),
    ] = None,
    parameter: Parameters = None,
    output: Annotated[
        str, typer.Option("--output", metavar="FILE|-", help="Where the JSON lines go.")
    ] = "-",
    calibration: CalibrationOption = None,
    java_home: JavaHome = None,
) -> None:
    """Give what the JVM gives for texts, entities or another task's output: a JSON line each, in order."""
    from djlift.base.files import beside
    from djlift.predict import predict as run
    from djlift.predict import read_inputs

    if output != "-":
        refuse_unwritable("--output", Path(output))
    with contextlib.ExitStack() as stack:
        if input_ == "-":
            lines: Any = sys.stdin.buffer
        else:
            lines = stack.enter_context(texts_in(Path(input_)))
        if output == "-":
            out: Any = result().buffer
        else:
            partial = stack.enter_context(beside(Path(output)))
            out = stack.enter_context(partial.open("wb"))
        for line in run(
            archive,
            read_inputs(archive, lines, input_),
            aggregation_strategy=aggregation_strategy,
            stride=stride,
            parameters=parsed(parameter or ()),
            java_home=java_home,
            calibration=calibration,
        ):
            out.write(line.encode("utf-8") + b"\n")
            if unheard():
                break
        out.flush()
