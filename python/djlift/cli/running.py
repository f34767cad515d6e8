"""How a command runs: what reaches stdout, what an error becomes, what a signal does.

:class:`App` gives every command ``--debug``, expands ``~`` in paths, keeps stdout for the result, and turns
what nobody expected into an :class:`~djlift.errors.InternalError`. :func:`run` gives the exit code.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from djlift.base import scratch
from djlift.cli import terminal
from djlift.errors import DjliftError, InternalError, MachineError, UsageError, remedy

DEBUG = "DJLIFT_DEBUG"
_GRACE = 3.0
"""Seconds that a call into Java or another library has to come back after a signal."""
_TEXTS_THAT_ARE_PATHS = ("source", "adapter", "reference", "zoo", "input_", "output")
"""Parameters of the commands that may be a path, and may be something else."""
_MACHINE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EMFILE,
    errno.ENOMEM,
)
"""What the system refuses where djlift is right to ask."""


class Command(TyperCommand):
    """A command whose errors are all errors of djlift's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take ``--debug``, which every command has."""
        own = args[: args.index("--")] if "--" in args else args
        debugging("--debug" in own)
        return super().parse_args(ctx, [one for one in own if one != "--debug"] + args[len(own) :])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Show it, too."""
        super().format_options(ctx, formatter)
        with formatter.indentation():
            formatter.write_dl([("--debug", f"Show the traceback of an error, as {DEBUG}=1 does.")])

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            with terminal.result_alone():
                try:
                    return super().invoke(ctx)
                finally:
                    # A result that does not get out is an error here, not as the process ends.
                    terminal.result().flush()
        except _KNOWN:
            raise
        except KeyboardInterrupt as cause:
            # Typer would answer it with an exit code, and say nothing.
            number = signal.SIGTERM if isinstance(cause, _Terminated) else signal.SIGINT
            raise _Interrupted(number) from cause
        # A panic of a Rust library and a library's sys.exit are no Exception.
        except BaseException as cause:
            raise _unexpected(cause, ctx) from cause


class App(typer.Typer):
    """A command line of such commands."""

    def command(self, *arguments: Any, **named: Any) -> Callable[[Any], Any]:
        """Add one."""
        add = super().command(*arguments, **{"cls": Command, **named})

        def adding(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def with_homes(**given: Any) -> Any:
                return function(**{name: _expanded(name, value) for name, value in given.items()})

            add(with_homes)
            return function

        return adding


_OWN: tuple[type[BaseException], ...] = (
    typer.Exit,
    typer.Abort,
    # Of the click that typer uses, its own or the package.
    next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"),
)


_KNOWN: tuple[type[BaseException], ...] = (DjliftError, *_OWN)


class _Terminated(KeyboardInterrupt):
    """SIGTERM came: what cleans up after Ctrl-C does it then, too."""


class _Interrupted(BaseException):
    """The command was ended by a signal."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self.number = number


def debugging(wanted: bool) -> None:
    """Show tracebacks from now on, here and in child processes."""
    if wanted:
        os.environ[DEBUG] = "1"


def run(app: typer.Typer) -> int:
    """Run the command line and give its exit code; the one place where an error becomes one."""
    with _signals(), scratch.folder():
        try:
            # Outside its standalone mode click answers the exit code instead of raising it.
            code = app(standalone_mode=False)
            if sys.stdout is not None:
                sys.stdout.flush()
        except DjliftError as problem:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            terminal.complain(problem)
            return problem.exit_code
        except (_Interrupted, KeyboardInterrupt, typer.Abort) as problem:
            print("interrupted", file=sys.stderr)
            return 128 + getattr(problem, "number", signal.SIGINT)
        except _OWN[-1] as problem:
            problem.show(file=sys.stderr)  # type: ignore[attr-defined]
            usage = UsageError(problem.format_message(), code="usage")  # type: ignore[attr-defined]
            print(f"  code:     {usage.code}", file=sys.stderr)
            terminal.complain(usage, told=True)
            return usage.exit_code
        except OSError as cause:
            # Of --help and --version: their reader went away, or there is no space for them.
            terminal.deaf()
            return 0 if isinstance(cause, BrokenPipeError) else 2
        return code if isinstance(code, int) else 0


def _unexpected(cause: BaseException, ctx: Any) -> DjliftError:
    given = (ctx.params.get(name) for name in ("archive", "source", "archives", "a", "zoo"))
    file = next((one for one in given if one), None)
    if isinstance(file, (list, tuple)):
        file = ", ".join(map(str, file))
    stage = terminal.stage()
    doing = f"djlift {ctx.info_name}" + (f", {stage}" if stage else "")
    said = " ".join(str(cause).split())
    found = f"{type(cause).__name__}: {said}" if said else type(cause).__name__
    if len(found) > 500:
        found = found[:500] + "…"
    if isinstance(cause, OSError) and cause.errno in _MACHINE:
        return MachineError(
            f"the system refused: {os.strerror(cause.errno).lower()} ({doing})",
            code="system-refused",
            file=cause.filename or file,
            mend=remedy(cause),
        )
    return InternalError(
        f"internal error: {doing}",
        code="internal-error",
        file=file,
        found=found,
        mend="this is a fault of djlift's: report it with what --debug shows",
    )


def _expanded(name: str, value: Any) -> Any:
    """A path with the home in place of ``~``; any other value, and what has no such user, as it is."""
    if isinstance(value, list):
        return [_expanded(name, one) for one in value]
    if isinstance(value, Path) or (isinstance(value, str) and name in _TEXTS_THAT_ARE_PATHS):
        # Path's own raises for another user who is not there.
        return type(value)(os.path.expanduser(value))  # noqa: PTH111
    return value


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM unwind; where a call does not come back, clear up and end beside it."""
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return

    def ended(number: int, frame: Any) -> None:
        raise _Terminated

    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(reading, done), daemon=True, name="signals")
    watcher.start()
    term = signal.signal(signal.SIGTERM, ended)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, term)
        os.close(writing)
        watcher.join(_GRACE)


def _watch(reading: int, done: threading.Event) -> None:
    with os.fdopen(reading, "rb", buffering=0) as signals:
        while found := signals.read(1):
            if found[0] not in (signal.SIGINT, signal.SIGTERM):
                continue
            if done.wait(_GRACE):
                return
            scratch.clear()
            with contextlib.suppress(OSError):
                os.write(2, b"interrupted\n")
            os._exit(128 + found[0])
