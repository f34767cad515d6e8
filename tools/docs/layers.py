"""Draw the layers of the Python half into ``docs/architecture.md``, from the rules in ``pyproject.toml``.

``python -m tools.docs.layers`` writes them; ``tests/unit/test_layout.py`` holds the page current.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "djlift"
PAGE = ROOT / "docs" / "architecture.md"
_BEGIN, _END = "<!-- layers: python -m tools.docs.layers -->\n", "<!-- end of layers -->\n"


def layers() -> list[list[str]]:
    """The packages of each layer, the highest first, as import-linter has them."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (named,) = (c for c in contracts if c["type"] == "layers" and c["containers"] == ["djlift"])
    return [[name.strip() for name in layer.split("|")] for layer in named["layers"]]


def about(name: str) -> str:
    """The first line of the docstring of a package or module of djlift.

    Raises:
        ValueError: It has none.
    """
    place = PACKAGE / name
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{file} has no docstring")
    return re.sub(":mod:|`(?=`)", "", text.splitlines()[0])


def drawn() -> str:
    """The picture, and below it a table of what each package holds."""
    return "\n".join([*_picture(), "", *_table()]) + "\n"


def _picture() -> Iterator[str]:
    every = layers()
    yield "```mermaid"
    yield "flowchart TB"
    for number, layer in enumerate(every):
        yield f'  layer{number}["{" · ".join(layer)}"]'
    yield "  " + " --> ".join(f"layer{number}" for number in range(len(every)))
    yield "```"


def _table() -> Iterator[str]:
    yield "| package | what it holds |"
    yield "|---|---|"
    for name in (name for layer in layers() for name in layer):
        place = f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py"
        yield f"| [`{place}`](../python/djlift/{place}) | {about(name)} |"


def page(text: str) -> str:
    """The page with its layers drawn anew.

    Raises:
        ValueError: The page has no place for them.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no lines {_BEGIN.strip()} and {_END.strip()}")
    return before + begin + drawn() + end + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
