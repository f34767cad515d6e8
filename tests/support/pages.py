"""The pages of documentation, and the code that they show. CONTRIBUTING.md has the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_WHERE = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/**/*.md",
    "model-zoo/**/*.md",
    "jvm-bridge/**/*.md",
    "tests/data/**/*.md",
)
COMPILED = {"java", "scala", "python"}
PARSED = {"json", "toml", "xml", "yaml"}
SHOWN = {"", "groovy", "mermaid"}
"""Commands and what they print; and what no parser is at hand for."""


class Block(NamedTuple):
    """A block of code."""

    page: str
    line: int
    """Of its fence; its code begins on the next one."""
    language: str
    code: str


def pages() -> dict[str, str]:
    """The text of every page, by its path."""
    found = sorted({file for pattern in _WHERE for file in ROOT.glob(pattern)})
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in found}


def blocks(page: str, text: str) -> Iterator[Block]:
    """The blocks of a page.

    Raises:
        ValueError: A fence is indented, does not end, or names a language that nothing here checks.
    """
    opened: Block | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if opened is not None and line.rstrip() == "```":
            yield opened
            opened = None
        elif opened is not None:
            opened = opened._replace(code=f"{opened.code}{line}\n")
        elif "```" in line:
            opened = Block(page, number, line[3:].strip(), "")
            if not line.startswith("```") or opened.language not in COMPILED | PARSED | SHOWN:
                raise ValueError(f"{page}:{number}: this block is not checked: {line}")
    if opened is not None:
        raise ValueError(f"{page}:{opened.line}: this block does not end")


def shown(language: str) -> list[Block]:
    """Every block of a language, of all pages."""
    return [
        block
        for page, text in pages().items()
        for block in blocks(page, text)
        if block.language == language
    ]


def java_file(block: Block, package: str) -> tuple[str, str]:
    """The name of a block's class, and its source; its lines have the numbers that they have on the page.

    A block with a ``public class`` is a file. Any other is imports, and below them the body of a method.
    """
    lines = [f"package {package};", *block.code.splitlines()]
    named = re.search(r"^public class (\w+)", block.code, re.M)
    if named is None:
        imports = [number for number, line in enumerate(lines) if line.startswith("import ")]
        lines[max(imports, default=0)] += " class Shown { void shown() throws Exception {"
        lines.append("}}")
    text = "\n" * (block.line - 1) + "\n".join(lines) + "\n"
    return named[1] if named else "Shown", text


def scala_file(block: Block, package: str) -> str:
    """A block as the body of a method, which may have imports; its lines have the page's numbers."""
    start = f"package {package}; object Shown {{ def shown(): Any = {{"
    return "\n" * (block.line - 1) + f"{start}\n{block.code}}}}}\n"
