"""Draw the layers of both halves into ``docs/architecture.md``, from the rules that the build holds them to.

Those are in ``pyproject.toml`` for Python, in ``PackagesTest`` for Java.

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
CORE = ROOT / "jvm-bridge/core/src"
_BEGIN = "<!-- {}: python -m tools.docs.layers -->\n"
_END = "<!-- end of {} -->\n"


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


def java_layers() -> list[str]:
    """The packages of ``djlift-core``, the highest first."""
    test = (CORE / "test/java/org/djlift/PackagesTest.java").read_text(encoding="utf-8")
    (listed,) = re.findall(r"LAYERS = List\.of\((.*?)\);", test, re.DOTALL)
    return re.findall(r'"([^"]+)"', listed)[::-1]


def about_java(package: str) -> str:
    """The first sentence that ``package-info.java`` says of a package."""
    file = CORE / "main/java" / package.replace(".", "/") / "package-info.java"
    (comment,) = re.findall(r"/\*\*(.*?)\*/", file.read_text(encoding="utf-8"), re.DOTALL)
    text = " ".join(line.strip(" *") for line in comment.splitlines()).strip()
    text = re.sub(r"\{@\w+ ([^}]*)\}", r"`\1`", text)
    return re.split(r"(?<=\.) ", text)[0]


def drawn_java() -> str:
    """A table of the packages, the highest first."""
    exported = (CORE / "main/java/module-info.java").read_text(encoding="utf-8")
    lines = ["| package | classes | for users | what it holds |", "|---|---|---|---|"]
    for package in java_layers():
        place = package.replace(".", "/")
        folder = CORE / "main/java" / place
        classes = sum(file.stem != "package-info" for file in folder.glob("*.java"))
        users = "yes" if f"exports {package};" in exported else ""
        link = f"../jvm-bridge/core/src/main/java/{place}"
        lines.append(f"| [`{package}`]({link}) | {classes} | {users} | {about_java(package)} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its layers drawn anew.

    Raises:
        ValueError: The page has no place for them.
    """
    return _replaced(_replaced(text, "layers", drawn()), "Java layers", drawn_java())


def _replaced(text: str, what: str, instead: str) -> str:
    begin, end = _BEGIN.format(what), _END.format(what)
    before, found, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not found or not last:
        raise ValueError(f"{PAGE} has no lines {begin.strip()} and {end.strip()}")
    return before + begin + instead + end + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
