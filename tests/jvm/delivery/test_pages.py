"""Java and Scala that a page shows compile as they are printed; the rest is in tests/unit/test_pages.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import Block, shown
from tests.support.snippets import java_faults, scala_faults

pytestmark = pytest.mark.jvm


def test_java_compiles(tmp_path: Path) -> None:
    assert java_faults(shown("java"), tmp_path) == []


def test_scala_compiles(tmp_path: Path) -> None:
    assert scala_faults(shown("scala"), tmp_path) == []


def planted(language: str, page: str, right: str, wrong: str) -> tuple[list[Block], str]:
    """The blocks of a page with one fault, and where that is."""
    those = [block for block in shown(language) if block.page == page]
    (at,) = [number for number, block in enumerate(those) if block.code.count(right) == 1]
    lines = those[at].code.split(right)[0].count("\n") + 1
    code = those[at].code.replace(right, wrong)
    those[at] = those[at]._replace(code=code)
    return those, f"{page}:{those[at].line + lines}: "


def test_a_method_that_does_not_exist_is_named_with_page_and_line(tmp_path: Path) -> None:
    those, where = planted("java", "docs/java.md", "ner.latency()", "ner.latencies()")
    (fault,) = java_faults(those, tmp_path)
    assert fault.startswith(where)
    assert "latencies()" in fault


def test_what_java_warns_of_is_named_too(tmp_path: Path) -> None:
    wrong = "new java.util.ArrayList<>((List) List.of())"
    those, where = planted("java", "docs/tasks/text-ranking.md", "documents, 3", f"{wrong}, 3")
    assert java_faults(those, tmp_path)[0].startswith(where)


def test_a_name_that_scala_does_not_find_is_named_with_page_and_line(tmp_path: Path) -> None:
    those, where = planted("scala", "docs/spark.md", ".setLabels(", ".setLabel(")
    (fault,) = scala_faults(those, tmp_path)
    assert fault.startswith(where)
    assert "setLabel" in fault
