"""Faults of a cluster leave every row as it is, once: see :mod:`tools.spark.faults`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tools.spark import faults
from tools.spark.faults import CASES, ROWS, Case, Outcome

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[2]
ARCHIVE = next((ROOT / "jvm-bridge/core/src/test/resources/tiny-zoo").rglob("tiny-1.0-fp32.zip"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    return faults.reference(ARCHIVE, tmp_path_factory.mktemp("reference") / "rows")


@pytest.mark.parametrize(("case", "master", "settings"), CASES, ids=[c[0].__name__ for c in CASES])
def test_every_row_is_there_once(
    case: Case, master: str, settings: dict[str, str], expected: dict[int, Any], tmp_path: Path
) -> None:
    found = faults.outcome(case, master, settings, ARCHIVE, tmp_path / "rows", expected)
    assert found.holds, found


@pytest.mark.parametrize(
    "found",
    [
        Outcome(ROWS + 1, ROWS, 1),
        Outcome(ROWS, ROWS - 1, 1),
        Outcome(ROWS - 1, ROWS - 1, 1),
        Outcome(ROWS, ROWS, 0),
    ],
)
def test_what_does_not_hold(found: Outcome) -> None:
    """A row twice, a wrong one, a lost one, no fault."""
    assert not found.holds
