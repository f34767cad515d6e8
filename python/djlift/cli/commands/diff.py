"""``djlift diff``: the command and how its result is shown; what it does is in :mod:`djlift.diff.archives`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from djlift.base.display import printable
from djlift.cli.options import JsonFlag
from djlift.cli.terminal import print_json, progress, stdout
from djlift.diff.archives import ArchiveDiff, Change
from djlift.diff.graphs import WeightChange

_LINES = 20
"""Changes of a section that are shown; all are in --json."""
_WIDTH = 100


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        name="diff",
        epilog="Examples:  djlift diff model-1.0.0-fp32.zip model-1.1.0-fp32.zip\n\n"
        "Exit code 0: the same, bit for bit. 1: they differ. 2: one of them cannot be used.",
    )(command)


def command(
    a: Annotated[Path, typer.Argument(metavar="A", help="A djlift archive (.zip).")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: JsonFlag = False,
) -> None:
    """Show what changed between two archives: files, weights, graph, tokenizer, arguments, figures."""
    from djlift.diff.archives import diff as run

    with progress() as advance:
        found = run(a, b, advance)
    if as_json:
        print_json(found.to_dict())
    else:
        show(found, stdout())
    raise typer.Exit(0 if found.identical else 1)


def show(found: ArchiveDiff, console: Console) -> None:
    """Print a comparison as a person reads it: a section for each kind of change."""
    for title, lines in (
        ("packing", _changes(found.packing)),
        ("files", _changes(found.files)),
        ("weights", [_weight(w) for w in sorted(found.weights, key=_rank)]),
        ("graph", _changes(found.graph)),
        ("tokenizer", _changes(found.tokenizer)),
        ("arguments", _changes(found.arguments)),
        ("figures", _changes(found.figures)),
        ("origin", _changes(found.origin)),
    ):
        if not lines:
            continue
        console.print(Text(title, style="bold"))
        for line in lines[:_LINES]:
            console.print(Text(printable(f"  {line}")), soft_wrap=True)
        if len(lines) > _LINES:
            console.print(f"  and {len(lines) - _LINES} more: --json shows all")
    if found.weights and found.equal_weights is not None:
        console.print(f"{len(found.weights)} tensors differ, {found.equal_weights} are equal")
    for note in found.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    verdict = "the same, bit for bit" if found.identical else "they differ"
    console.print(Text(verdict, style="bold green" if found.identical else "bold red"))


def _changes(changes: Iterable[Change]) -> list[str]:
    return [_change(change) for change in changes]


def _change(change: Change) -> str:
    if change.before is None:
        return f"+ {change.what}: {_short(change.after)}"
    if change.after is None:
        return f"- {change.what}: {_short(change.before)}"
    return f"~ {change.what}: {_short(change.before)} -> {_short(change.after)}"


def _weight(weight: WeightChange) -> str:
    before = _side(weight.before_type, weight.before_shape)
    after = _side(weight.after_type, weight.after_shape)
    if before is None or after is None:
        return f"{'+' if before is None else '-'} {weight.name}: {before or after}"
    shown = before if before == after else f"{before} -> {after}"
    if weight.largest is not None:
        shown += f", largest difference {weight.largest:.3g}"
    if weight.relative is not None:
        shown += f", relative rms {weight.relative:.3g}"
    return f"~ {weight.name}: {shown}"


def _rank(weight: WeightChange) -> tuple[bool, float, str]:
    """Whole tensors that came or went first, then what moved most."""
    moved = weight.relative if weight.relative is not None else weight.largest
    return moved is not None, -(moved or 0.0), weight.name


def _side(type_: str | None, shape: tuple[int, ...] | None) -> str | None:
    return None if shape is None else f"{type_}[{', '.join(map(str, shape))}]"


def _short(value: str | None) -> str:
    text = value or ""
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
