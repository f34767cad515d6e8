"""What the command line shows: progress on stderr, results on stdout, errors in one form."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from djlift.errors import DjliftError
from djlift.progress import Advance


@contextlib.contextmanager
def progress() -> Iterator[Advance]:
    """A bar per stage on stderr; a line now and then when stderr is no terminal, as in CI."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(sys.stderr)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield advance


@dataclass
class Lines:
    """Progress for a log: a stage that lasts says how far it is, and that it has ended.

    A stage that is over before the first line is due says nothing.

    Attributes:
        every: Seconds between two lines of a stage.
    """

    stream: TextIO
    every: float = 20.0
    now: Callable[[], float] = time.monotonic
    _begun: dict[str, float] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self.now()
        begun = self._begun.setdefault(stage, now)
        last = self._told.get(stage, begun)
        ended = done >= total
        if now - last >= self.every or (ended and stage in self._told):
            self._told[stage] = now
            share = "done" if ended else f"{done} of {total}"
            print(f"{stage}: {share} ({now - begun:.0f} s)", file=self.stream, flush=True)
        if ended:
            self._begun.pop(stage, None)
            self._told.pop(stage, None)


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
