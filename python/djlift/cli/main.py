"""The command line: arguments, progress, exit codes. What a command does is in the module of its name.

stdout carries the result, stderr the progress. Exit 0: done and proven. 1: parity or a gate failed. 2: usage, a
missing tool, or an input that cannot be used.
"""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from djlift import __version__
from djlift.cli import running
from djlift.cli.commands import (
    bench,
    build,
    calibrate,
    diff,
    doctor,
    inspect,
    predict,
    sign,
    verify,
    zoo,
)

app = running.App(
    name="djlift",
    help="Take a Hugging Face transformer to the JVM and prove that it arrived unchanged.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

build.register(app)
verify.register(app)
predict.register(app)
inspect.register(app)
doctor.register(app)
bench.register(app)
calibrate.register(app)
diff.register(app)
sign.register(app)
zoo.register(app)


def main() -> NoReturn:
    """Run the command line."""
    sys.exit(running.run(app))


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error, of any command.")
    ] = False,
) -> None:
    running.debugging(debug)
    if version:
        print(f"djlift {__version__}")
        raise typer.Exit()


if __name__ == "__main__":
    main()
