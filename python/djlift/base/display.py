"""Text of others, made fit to be shown: short, and harmless to a terminal, to XML and to JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

REPLACEMENT = "\ufffd"
_HALVES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    # They turn the order of what stands behind them: expected would read as found.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def shorten(text: str, limit: int = 120) -> str:
    """Escape a text where something of it cannot be printed, and leave out the middle of a long one."""
    shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    if len(shown) <= limit:
        return shown
    return f"{shown[: limit * 2 // 3]} … {shown[-limit // 4 :]}"


def printable(text: str, limit: int | None = None, *, mark: str = REPLACEMENT) -> str:
    """Put a mark in place of every character that cannot be printed; keep at most ``limit`` characters."""
    return "".join(c if c.isprintable() else mark for c in text[:limit])


def printable_name(name: str) -> str:
    """Shorten the name of a file to 80 printable characters."""
    return printable(name, 80) + ("..." if len(name) > 80 else "")


def escape_unprintable(text: str) -> str:
    """Escape every character that cannot be printed: joiners, line breaks, no-break spaces."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def escape_controls(text: str) -> str:
    """Escape control and half characters, which neither XML nor a terminal takes; keep line breaks."""
    return _CONTROLS.sub(lambda found: _escaped(found.group()), text)


def escape_halves(text: str) -> str:
    """Escape half characters, which UTF-8 cannot carry."""
    return _HALVES.sub(lambda found: _escaped(found.group()), text)


def ascii_only(line: str, limit: int = 60) -> str:
    """Show a line in quotes and as escapes, for an error: what cannot be seen may be what is wrong."""
    if not line.strip():
        return "an empty line"
    return ascii(line[:limit]) + ("..." if len(line) > limit else "")


def terminal_text(text: object, style: str = "") -> Text:
    """Make text for the terminal of a value: nothing in it is markup or moves the cursor."""
    from rich.text import Text

    return Text(escape_controls(str(text)), style=style)


def _escaped(character: str) -> str:
    return ascii(character)[1:-1]
