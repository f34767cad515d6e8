"""What the command line shows: progress on stderr, results on stdout, errors in one form."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from djlift.base import streams
from djlift.base.display import escape_halves
from djlift.base.progress import Advance
from djlift.errors import DjliftError

_result: TextIO | None = None
_stage = ""


class _Listened(io.FileIO):
    """The real stdout. When its reader went away (head, less), nobody listens: what is told is dropped."""

    gone = False

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            self.gone = True
            return len(data)


class _Console(Console):
    """One that ends no process when its reader went away; rich's own exits with 1."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


@contextlib.contextmanager
def result_alone() -> Iterator[None]:
    """Let the result alone reach stdout; what libraries print there, native code and Java too, is on stderr."""
    global _result  # noqa: PLW0603 - a process has one stdout
    before = sys.stdout
    try:
        real = before.fileno() == 1 and sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        real = False
    if not real:
        # Of a test, or closed.
        _result = before or io.StringIO()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            _result = None
        return
    before.flush()
    encoding, errors = before.encoding, before.errors
    with streams.stdout_to(2) as kept:
        raw = io.BufferedWriter(_Listened(kept, "wb", closefd=False))
        _result = io.TextIOWrapper(raw, encoding=encoding, errors=errors)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                before.flush()
            with contextlib.suppress(OSError):
                _result.close()
            _result = None


def result() -> TextIO:
    """Where results go."""
    return _result or sys.stdout or io.StringIO()


def unheard() -> bool:
    """Whether the reader of the result went away."""
    return bool(getattr(getattr(getattr(_result, "buffer", None), "raw", None), "gone", False))


def deaf() -> None:
    """Drop what was not told yet: nobody reads stdout, or it takes no more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def stage() -> str:
    """What is being done, as the progress told it last."""
    return _stage


@contextlib.contextmanager
def progress() -> Iterator[Advance]:
    """A bar per stage on stderr; a line now and then when stderr is no terminal, as in CI."""
    console = _Console(stderr=True)
    if not console.is_terminal:
        lines = Lines(sys.stderr)
        over = threading.Event()
        beat = threading.Thread(target=lines.beat, args=(over,), daemon=True, name="progress")
        beat.start()
        try:
            yield _told(lines)
        finally:
            over.set()
            beat.join()
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
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        try:
            yield _told(advance)
        except KeyboardInterrupt:
            # Nothing of it is finished: the bars go.
            bars.live.transient = True
            raise


def _told(advance: Advance) -> Advance:
    def told(stage: str, done: int, total: int) -> None:
        global _stage  # noqa: PLW0603 - for an error that nobody expected
        _stage = stage
        advance(stage, done, total)

    return told


@dataclass
class Lines:
    """Progress for a log: a stage that lasts says how far it is, and that it has ended.

    A stage that is over before the first line is due says nothing. One that lasts says that it does, also while
    it takes no step.

    Attributes:
        every: Seconds between two lines of a stage.
        silence: Seconds without a line after which :meth:`beat` tells one.
    """

    stream: TextIO
    every: float = 20.0
    silence: float = 60.0
    now: Callable[[], float] = time.monotonic
    _begun: dict[str, float] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)
    _shares: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, over: threading.Event) -> None:
        """Tell of a stage that takes no step for long, until it is over."""
        while not over.wait(min(self.every, self.silence) / 2):
            self.remind()

    def remind(self) -> None:
        """Tell how far the stage is that was told of last, where nothing was told for long."""
        with self._lock:
            if not self._shares:
                return
            # The innermost of stages within stages: it has moved last.
            stage = next(reversed(self._shares))
            now = self.now()
            if now - max(*self._told.values(), self._begun[stage], 0.0) >= self.silence:
                self._tell(stage, self._shares[stage], now)

    def __call__(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            self._step(stage, done, total)

    def _step(self, stage: str, done: int, total: int) -> None:
        now = self.now()
        begun = self._begun.setdefault(stage, now)
        last = self._told.get(stage, begun)
        # Without a total nobody knows how much there is.
        ended = 0 < total <= done
        share = "done" if ended else f"{done} of {total}" if total else f"{done} so far"
        # A stage of unknown length says of no step that it is the last; the next stage does.
        open_ended = [name for name, held in self._shares.items() if held.endswith("so far")]
        for name in {stage, *open_ended}:
            self._shares.pop(name, None)
        self._shares[stage] = share
        if now - last >= self.every or (ended and stage in self._told):
            self._tell(stage, share, now)
        if ended:
            for held in (self._begun, self._told, self._shares):
                held.pop(stage, None)

    def _tell(self, stage: str, share: str, now: float) -> None:
        self._told[stage] = now
        with contextlib.suppress(BrokenPipeError):
            print(
                f"{stage}: {share} ({now - self._begun[stage]:.0f} s)", file=self.stream, flush=True
            )


def stdout() -> Console:
    return _Console(file=result(), highlight=False)


def print_json(data: Any) -> None:
    """JSON on stdout. Half a character, of a label or a file name, is escaped: UTF-8 has no place for it."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    print(escape_halves(text), file=result())


def complain(problem: DjliftError, *, told: bool = False) -> None:
    """The error as JSON where that was asked for, and on stderr where it was not told there."""
    if "--json" in sys.argv:
        try:
            print_json(problem.to_dict())
            result().flush()
        except OSError:
            deaf()
    if not told:
        explain(problem)


def explain(problem: DjliftError) -> None:
    """The error on stderr, a fact a line."""
    console = _Console(stderr=True, highlight=False)
    first, *rest = problem.text().split("\n")
    console.print(Text("error: ", style="bold red").append(first, style="default"), soft_wrap=True)
    for line in rest:
        console.print(Text(line), soft_wrap=True)


def written(reports: Iterable[tuple[Path | None, Callable[[Path], None]]]) -> bool:
    """Write reports, after the result is shown: one that cannot be written is reported, and stops no other."""
    good = True
    for file, write in reports:
        if file is None:
            continue
        try:
            write(file)
        except DjliftError as problem:
            explain(problem)
            good = False
    return good
