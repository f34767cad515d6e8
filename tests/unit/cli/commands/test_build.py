"""What a build made is shown: of several precisions each, whatever became of it."""

from __future__ import annotations

import io

from rich.console import Console

from djlift.builder.result import BuildResult
from djlift.cli.commands.build import show
from djlift.errors import NotProven


def test_show_of_what_was_refused() -> None:
    """Each precision with its verdict and the code of its error, then time and memory."""
    out = io.StringIO()
    refused = {p: NotProven("it differs", code=f"{p}-differs", file="x") for p in ("fp16", "int8")}
    result = BuildResult((), {"export": 1.4, "pack": 1.2}, 3 << 20, 2 << 20, refused)
    show(result, Console(file=out, width=100, no_color=True))
    assert out.getvalue().splitlines() == [
        "fp16: not proven (fp16-differs)",
        "int8: not proven (int8-differs)",
        "3 s, peak memory 3 MiB, weights 2 MiB",
    ]
