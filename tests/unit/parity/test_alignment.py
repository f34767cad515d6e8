"""The aligned table: what belongs together stands together."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
from rich.console import Console

from djlift.parity import alignment
from djlift.parity.report import show
from djlift.parity.result import Explanation, ParityReport
from tests.support.builders import LABELS, a_window, seen

OFFSETS = [(0, 0), (0, 4), (5, 8), (9, 12), (0, 0)]
TOKENS = {101: "[CLS]", 7: "anna", 8: "met", 9: "tom", 102: "[SEP]"}


def test_equal_sides_have_no_differing_row() -> None:
    """Tokens are spelled, decided and led by a margin."""
    ours = a_window([101, 7, 8, 9, 102], OFFSETS)
    table = alignment.rows([ours], [seen(ours)], (LABELS, LABELS), TOKENS)
    assert [row.expected.token for row in table if row.expected] == list(TOKENS.values())
    assert not any(row.differs for row in table)
    assert all(row.logits == 0 for row in table)
    row = table[1]
    assert row.expected is not None
    assert row.expected.label in LABELS
    top = np.sort(ours.logits[1])
    assert row.expected.margin == np.float32(top[-1] - top[-2])


def test_one_token_more_leaves_the_later_rows_equal() -> None:
    """Rows are paired by id, not by position."""
    ours = a_window([101, 7, 8, 9, 102], OFFSETS)
    theirs = seen(a_window([101, 7, 55, 8, 9, 102], [*OFFSETS[:2], (4, 5), *OFFSETS[2:]]))
    table = alignment.rows([ours], [theirs], (LABELS, LABELS), TOKENS)
    assert [row.differs for row in table] == [
        False,
        False,
        True,
        *[_label_differs(r) for r in table[3:]],
    ]
    assert table[2].expected is None
    assert table[2].found is not None
    assert table[2].found.token == "#55"
    assert [(r.expected.position, r.found.position) for r in table[3:] if r.expected and r.found] == [
        (2, 3), (3, 4), (4, 5),
    ]  # fmt: skip


def _label_differs(row: alignment.Row) -> bool:
    assert row.expected is not None
    assert row.found is not None
    return row.expected.label != row.found.label


def test_offsets_and_labels_differ_too() -> None:
    """Each alone makes a row differ."""
    ours = a_window([101, 7, 8, 9, 102], OFFSETS)
    moved = seen(replace(ours, offsets=np.asarray([*OFFSETS[:2], (5, 9), *OFFSETS[3:]])))
    table = alignment.rows([ours], [moved], (LABELS, LABELS), TOKENS)
    assert [row.differs for row in table] == [False, False, True, False, False]
    renamed = [name + "x" for name in LABELS]
    table = alignment.rows([ours], [seen(ours)], (LABELS, renamed), TOKENS)
    assert all(row.differs for row in table)


def test_without_logits_there_are_tokens_only() -> None:
    """What Python's tokenizers recorded has no label and no margin, and that is no difference."""
    ours = a_window([101, 7, 8, 9, 102], OFFSETS)
    bare = replace(ours, logits=np.zeros((0, 0), dtype=np.float32))
    table = alignment.rows([bare], [seen(ours)], (LABELS, LABELS), TOKENS)
    assert not any(row.differs for row in table)
    assert all(row.expected is not None and row.expected.label is None for row in table)
    assert all(row.logits is None for row in table)


def test_a_long_table_is_cut_around_the_first_difference() -> None:
    """The differing row is shown, and the rest is counted."""
    count = 200
    offsets = [(i, i + 1) for i in range(count)]
    ours = a_window(list(range(count)), offsets)
    theirs = replace(seen(ours), ids=np.where(np.arange(count) == 120, 9999, np.arange(count)))
    table = alignment.rows([ours], [theirs], (LABELS, LABELS), {})
    shown, omitted = alignment.around(table)
    assert len(shown) == alignment.ROWS
    assert omitted == count - alignment.ROWS
    assert [row.expected.position for row in shown if row.differs and row.expected] == [120]


def test_without_a_differing_token_the_largest_logit_difference_leads() -> None:
    """Level 2 breaks where ids and labels are equal."""
    ours = a_window(list(range(200)), [(i, i + 1) for i in range(200)])
    theirs = seen(ours)
    theirs.logits[150] += 0.5
    shown, _ = alignment.around(alignment.rows([ours], [theirs], (LABELS, LABELS), {}))
    assert 150 in [row.expected.position for row in shown if row.expected]


def test_numbers_that_are_none_stay_out_of_json() -> None:
    """NaN logits give no margin and no difference, so that the report can be written as JSON."""
    ours = a_window([101, 7, 8, 9, 102], OFFSETS)
    theirs = seen(ours)
    theirs.logits[:] = np.nan
    (row, *_) = alignment.rows([ours], [theirs], (LABELS, LABELS), {})
    assert row.logits is None
    assert row.found is not None
    assert row.found.margin is None


def test_the_reason_is_shown_and_is_in_the_json() -> None:
    """Both sides where they differ, one where they agree, and the note."""
    ours = a_window([101, 7, 102], [(0, 0), (0, 4), (0, 0)])
    theirs = replace(seen(ours), ids=np.asarray([101, 100, 102]))
    table = alignment.rows([ours], [theirs], (LABELS, LABELS), TOKENS | {100: "[UNK]"})
    reason = Explanation(
        "news-001", "news", "Anna", "ids", "7", "100", 1,
        level=1, rows=table, shrunk=True, runs=9, omitted=4, note="a note",
    )  # fmt: skip
    report = ParityReport("a.zip", "fp32", (), explanation=reason)
    out = StringIO()
    show(report, Console(file=out, width=120))
    text = out.getvalue()
    for part in ("shrunk in 9 runs to 'Anna'", "anna → [UNK]", "0-4", "4 more tokens", "a note"):
        assert part in text
    assert "[CLS] → [CLS]" not in text
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))["explanation"]
    assert data["text"] == "Anna"
    assert data["rows"][1]["found"]["token"] == "[UNK]"
