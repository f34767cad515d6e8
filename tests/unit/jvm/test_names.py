"""Every Java class that Python names is one of the Java half's sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from djlift.jvm import names

ROOT = Path(__file__).parents[3]


def sources(name: str) -> list[Path]:
    """The source of a class by its full name; several where more than one project has it."""
    return list(ROOT.glob(f"jvm-bridge/*/src/main/java/{name.replace('.', '/')}.java"))


def named_in_python() -> Iterator[tuple[str, str]]:
    """Each mention of a class in the package, with the module it stands in."""
    for module in sorted((ROOT / "python/djlift").rglob("*.py")):
        for name in re.findall(r"\borg\.djlift\.(?:[a-z]+\.)*[A-Z]\w*", module.read_text("utf-8")):
            yield module.name, name


@pytest.mark.parametrize(("module", "name"), sorted(set(named_in_python())))
def test_the_class_is_there(module: str, name: str) -> None:
    assert len(sources(name)) == 1


def test_the_table_is_among_them() -> None:
    table = {value for key, value in vars(names).items() if key.isupper()}
    assert len(table) > 5
    assert table <= {name for _, name in named_in_python()}


def test_a_class_that_has_moved_is_missed() -> None:
    assert sources("org.djlift.internal.Harness") == []
