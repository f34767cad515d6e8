"""Text of others is shown short, and moves no cursor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from djlift.base.display import (
    ascii_only,
    escape_controls,
    escape_halves,
    escape_unprintable,
    printable,
    printable_name,
    shorten,
    terminal_text,
)


def test_shorten() -> None:
    """Control characters are escaped; of a long text both ends stay."""
    assert shorten("Anna met Tom") == "Anna met Tom"
    assert shorten("a\x1bb") == "a\\x1bb"
    long = shorten("a" * 500 + "z")
    assert len(long) < 130 and long.endswith("z") and "…" in long
    assert shorten("a" * 12, 9) == "aaaaaa … aaa"


def test_printable() -> None:
    """What cannot be printed has a mark in its place, and the limit counts characters of the text."""
    assert printable("a\x1b[2J\u202eb") == "a\ufffd[2J\ufffdb"
    assert printable("a\nb", mark="?") == "a?b"
    assert printable("\x00\x00c", 2) == "\ufffd\ufffd"
    assert printable_name("m\x07.onnx") == "m\ufffd.onnx"
    assert printable_name("x" * 80) == "x" * 80
    assert printable_name("x" * 81) == "x" * 80 + "..."


@pytest.mark.parametrize(
    ("escape", "kept", "escaped"),
    [
        (escape_unprintable, "a é", {"\n": "\\n", "\xa0": "\\xa0", "\u200d": "\\u200d"}),
        (escape_controls, "a\n\t\xa0\u200dé", {"\x1b": "\\x1b", "\x85": "\\x85", "\u202e": "\\u202e"}),
        (escape_halves, "a\x1b\u202e\U0001f389", {"\ud83c": "\\ud83c"}),
    ],
)  # fmt: skip
def test_escapes(escape: Callable[[str], str], kept: str, escaped: dict[str, str]) -> None:
    """Each escapes its characters and no other."""
    assert escape(kept) == kept
    for character, shown in escaped.items():
        assert escape(f"a{character}b") == f"a{shown}b"


def test_ascii_only() -> None:
    """A line is quoted, cut, and an empty one is named."""
    assert ascii_only(" \t") == "an empty line"
    assert ascii_only("é\x00") == "'\\xe9\\x00'"
    assert ascii_only("a" * 61) == "'" + "a" * 60 + "'..."


def test_terminal_text() -> None:
    """Markup is shown as it stands, in the style asked for."""
    text = terminal_text("[red]x\x1b", "bold")
    assert text.plain == "[red]x\\x1b"
    assert text.style == "bold"
