"""What the command line shows: progress on stderr, results on stdout, errors in one form."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from djlift.errors import DjliftError
from djlift.progress import Advance


@contextlib.contextmanager
def progress() -> Iterator[Advance]:
    """A bar per stage on stderr; silent when stderr is not a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield advance


def stdout() -> Console:
    return Console(highlight=False)


def print_json(data: Any) -> None:
    """JSON on stdout. Half a character, of a label or a file name, is escaped: UTF-8 has no place for it."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    print(re.sub("[\ud800-\udfff]", lambda half: ascii(half.group())[1:-1], text))


def complain(problem: DjliftError) -> None:
    if "--json" in sys.argv:
        print_json(problem.to_dict())
    explain(problem)


def explain(problem: DjliftError) -> None:
    """The error on stderr, a fact a line."""
    console = Console(stderr=True, highlight=False)
    first, *rest = problem.text().split("\n")
    console.print(Text("error: ", style="bold red").append(first, style="default"), soft_wrap=True)
    for line in rest:
        console.print(Text(line), soft_wrap=True)
