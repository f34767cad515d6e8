"""The page of precisions: what misses a promise is named, on the page and by the command."""

from __future__ import annotations

from pathlib import Path

from tools.docs import precisions
from tools.docs.precisions import Line, Reduced

GOOD = Line(
    "BERT",
    {"attention": "4/4", "layer norm": "9/9", "gelu": "4/4"},
    21_364_771,
    {
        "fp32": Reduced(True, 1.0, 1e-5),
        "fp16": Reduced(True, 0.5003, 0.01),
        "int8": Reduced(True, 0.2546, 0.8, 0.9558, 0),
    },
)


def _with(precision: str, reduced: Reduced) -> Line:
    return Line(GOOD.architecture, GOOD.fused, GOOD.bytes, {**GOOD.precisions, precision: reduced})


def test_a_row_has_all_figures() -> None:
    page = precisions.page([GOOD])
    row = "| BERT | 4/4 | 9/9 | 4/4 | 21.4 | 1.0e-05 | 0.500 | 1.0e-02 | 0.255 | 0.9558 | 0 |"
    assert row in page.splitlines()
    assert "Refused:" not in page
    assert precisions.broken([GOOD]) == []


def test_what_is_refused_says_why() -> None:
    refused = _with("int8", Reduced(False, why="int8 damages this model too much: F1 0.9"))
    assert "- BERT, int8: int8 damages this model too much: F1 0.9" in precisions.page([refused])
    (fault,) = precisions.broken([refused])
    assert fault.startswith("BERT: int8 is not proven")


def test_a_graph_that_is_too_large_is_named() -> None:
    (fault,) = precisions.broken([_with("fp16", Reduced(True, 0.52, 0.01))])
    assert fault == "BERT: fp16 has 0.520 of fp32's bytes"


def test_kept_rows_are_the_same_rows(tmp_path: Path) -> None:
    precisions.write([GOOD], tmp_path / "rows.json")
    assert precisions.read(tmp_path / "rows.json") == [GOOD]
