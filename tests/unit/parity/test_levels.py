"""Levels 0 to 2 and labelled text: a planted difference is caught, with its text, its token and both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from djlift.archive.container import Problem
from djlift.archive.golden import Case, Golden, PaddedBatch
from djlift.archive.windows import PLAIN
from djlift.jvm.windows import Window
from djlift.parity.levels import comparison
from djlift.parity.result import FAIL, PASS, SKIPPED, Level
from djlift.tasks.frame.tolerance import FP32_LOGITS, Tolerance
from djlift.tasks.token_classification.labelled import Labelled, Sentence
from tests.support.builders import INPUTS, a_case, a_golden, a_window, seen

Batch = dict[str, NDArray[np.int64]]


def traces_of(cases: Sequence[Case]) -> dict[str, dict[str, list[Window]]]:
    """The JVM's windows, all of them as the reference recorded them."""
    strides = dict.fromkeys(s for c in cases for s in c.windows)
    return {
        s: {c.id: [seen(w) for w in c.windows[s]] for c in cases if s in c.windows} for s in strides
    }


def batch_of(golden: Golden) -> Batch:
    """The JVM's padded batch, as the reference recorded it."""
    return {name: np.asarray(rows) for name, rows in golden.padding.inputs.items()}


def tokens(
    golden: Golden, traces: Any, batch: Batch | None = None, inputs: Sequence[str] = INPUTS
) -> Level:
    """Level 1 of a golden with what the JVM saw."""
    chosen = batch_of(golden) if batch is None else batch
    return comparison.tokens(golden.cases, traces, golden.padding, chosen, inputs)


def fp16(golden: Golden) -> Tolerance:
    """The tolerance of fp16 over a golden."""
    return Tolerance.of("fp16", golden)


FP32 = Tolerance.of("fp32", a_golden())


def test_integrity() -> None:
    """No problem passes; any problem fails with the file and both sides."""
    level = comparison.integrity(7, [])
    assert (level.level, level.status, level.compared, level.divergences) == (0, PASS, 7, 0)
    problems = [Problem("model.onnx", "4 bytes", "5 bytes"), Problem("x", "nothing", "a file")]
    level = comparison.integrity(7, problems)
    assert (level.status, level.divergences) == (FAIL, 2)
    assert level.first is not None
    assert (level.first.case, level.first.expected, level.first.found) == (
        "model.onnx",
        "4 bytes",
        "5 bytes",
    )
    assert "model.onnx" in level.summary
    assert level.groups["files"].divergences == 2


def test_equal_tokens() -> None:
    """Equal tokens pass; every token of every window is counted."""
    golden = a_golden()
    level = tokens(golden, traces_of(golden.cases))
    assert (level.level, level.status, level.divergences, level.first) == (1, PASS, 0, None)
    assert level.figures["tokens"] == 2 * (5 + 4 + 4)
    assert set(level.groups) == {"news", "social", "padding"}


def _ids(window: Window) -> None:
    window.ids[2] = 99


def _mask(window: Window) -> None:
    window.mask[2] = 0


def _types(window: Window) -> None:
    window.type_ids[2] = 1


def _special(window: Window) -> None:
    window.special[2] = 1


def _offset_end(window: Window) -> None:
    window.offsets[2, 1] += 1


def _offset_start(window: Window) -> None:
    window.offsets[2, 0] -= 1


def _longer(window: Window) -> Window:
    return replace(window, ids=np.append(window.ids, 102))


def _shorter(window: Window) -> Window:
    return replace(window, ids=window.ids[:-1])


PLANTED: list[tuple[Callable[[Window], Window | None], str, int, str, str]] = [
    (_ids, "ids", 2, "[8]", "[99]"),
    (_mask, "mask", 2, "[1]", "[0]"),
    (_types, "types", 2, "[0]", "[1]"),
    (_special, "special tokens", 2, "[0]", "[1]"),
    (_offset_end, "offsets (code points)", 2, "[5-8]", "[5-9]"),
    (_offset_start, "offsets (code points)", 2, "[5-8]", "[4-8]"),
    (_longer, "ids", 5, "[end]", "[102]"),
    (_shorter, "ids", 4, "[102]", "[end]"),
]


@pytest.mark.parametrize(
    ("plant", "what", "token", "expected", "found"),
    PLANTED,
    ids=[plant.__name__.strip("_") for plant, *_ in PLANTED],
)
def test_planted_token(
    plant: Callable[[Window], Window | None], what: str, token: int, expected: str, found: str
) -> None:
    """One token that differs is told: which text, where, and both sides."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    windows = traces[PLAIN]["social-001"]
    windows[0] = plant(windows[0]) or windows[0]
    level = tokens(golden, traces)
    assert (level.status, level.divergences) == (FAIL, 1)
    assert level.groups["news"].divergences == 0
    assert level.groups["social"].divergences == 1
    first = level.first
    assert first is not None
    assert (first.case, first.group, first.text) == ("social-001", "social", "Anna met Tom")
    assert (first.what, first.token) == (what, token)
    assert expected in first.expected
    assert found in first.found
    assert "social-001" in level.summary


def test_planted_in_a_window_of_a_stride() -> None:
    """A difference in the last window of a stride is caught too."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    traces["2"]["news-001"][1].ids[1] = 99
    level = tokens(golden, traces)
    assert level.first is not None
    assert (level.first.case, level.first.what, level.first.token) == ("news-001", "ids", 1)


@pytest.mark.parametrize(
    ("stride", "count"), [(PLAIN, 0), (PLAIN, 2), ("2", 0), ("2", 1), ("2", 3)]
)
def test_number_of_windows(stride: str, count: int) -> None:
    """Another number of windows is told as such."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    right = traces[stride]["news-001"]
    traces[stride]["news-001"] = (right * 3)[:count]
    first = tokens(golden, traces).first
    assert first is not None
    assert first.what.startswith("windows")
    assert (first.expected, first.found) == (str(len(right)), str(count))


def test_types_count_where_the_graph_takes_them() -> None:
    """Token types are compared only where the graph has an input for them."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    _types(traces[PLAIN]["news-001"][0])
    batch = {n: rows for n, rows in batch_of(golden).items() if n != "token_type_ids"}
    assert tokens(golden, traces, batch, INPUTS[:2]).status == PASS
    assert tokens(golden, traces).status == FAIL


@pytest.mark.parametrize("name", INPUTS)
def test_padded_batch(name: str) -> None:
    """A padded batch that differs in one place names its row's text, the input and the token."""
    golden = a_golden()
    batch = batch_of(golden)
    batch[name][1, 3] += 1
    level = tokens(golden, traces_of(golden.cases), batch)
    assert (level.status, level.groups["padding"].divergences) == (FAIL, 1)
    assert level.first is not None
    assert (level.first.case, level.first.token) == ("social-001", 3)
    assert name in level.first.what


def test_padded_batch_of_another_shape() -> None:
    """More padding, fewer rows, a missing or another input of the padded batch is told."""
    golden = a_golden()
    right = batch_of(golden)
    ids = right["input_ids"]
    wrong: list[tuple[Batch, str, str]] = [
        (right | {"input_ids": np.pad(ids, ((0, 0), (0, 3)))}, "(2, 5)", "(2, 8)"),
        (right | {"input_ids": ids[:1]}, "(2, 5)", "(1, 5)"),
        ({n: a for n, a in right.items() if n != "attention_mask"}, "attention_mask", "input_ids"),
        (right | {"position_ids": ids}, "input_ids", "position_ids"),
        ({}, "input_ids", ""),
    ]
    for batch, expected, found in wrong:
        first = tokens(golden, traces_of(golden.cases), batch).first
        assert first is not None
        assert expected in first.expected
        assert found in first.found


def test_recorded_batch_lacks_an_input() -> None:
    """An input of the graph that the recorded batch lacks is not silently left uncompared."""
    golden = a_golden()
    inputs = {n: rows for n, rows in golden.padding.inputs.items() if n != "attention_mask"}
    cut = replace(golden, padding=PaddedBatch(golden.padding.cases, inputs))
    assert tokens(cut, traces_of(golden.cases), batch_of(golden)).status == FAIL


@given(st.lists(st.integers(0, 2**40), min_size=2, max_size=20))
def test_equal_inputs_always_pass(ids: list[int]) -> None:
    """Whatever the ids: the same on both sides passes."""
    golden = a_golden(replace(a_case(), windows={PLAIN: (a_window(ids, [(0, 0)] * len(ids)),)}))
    assert tokens(golden, traces_of(golden.cases)).status == PASS


@given(st.data())
def test_any_changed_id_fails(data: st.DataObject) -> None:
    """Whatever the ids: one that changes fails, at its position."""
    ids = data.draw(st.lists(st.integers(0, 2**40), min_size=2, max_size=20))
    at = data.draw(st.integers(0, len(ids) - 1))
    golden = a_golden(replace(a_case(), windows={PLAIN: (a_window(ids, [(0, 0)] * len(ids)),)}))
    traces = traces_of(golden.cases)
    traces[PLAIN]["news-001"][0].ids[at] += data.draw(st.integers(1, 1000))
    level = tokens(golden, traces, batch_of(golden))
    assert level.status == FAIL
    assert level.first is not None
    assert level.first.token == at


def test_equal_logits() -> None:
    """Equal logits pass with a difference of zero."""
    cases = a_golden().cases
    for tolerance in (FP32, fp16(a_golden())):
        level = comparison.logits(cases, traces_of(cases), tolerance)
        assert (level.level, level.status, level.divergences) == (2, PASS, 0)
        assert (level.figures["max_abs"], level.figures["rms"]) == (0.0, 0.0)


@pytest.mark.parametrize(("factor", "status"), [(0.5, PASS), (2.0, FAIL)])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_logit_over_the_tolerance(precision: str, factor: float, status: str) -> None:
    """One logit beyond the tolerance fails at its text and token; within it, it passes."""
    golden = a_golden(*(a_case(f"news-{n}") for n in range(30)))
    tolerance = Tolerance.of(precision, golden)
    traces = traces_of(golden.cases)
    traces[PLAIN]["news-7"][0].logits[3, 1] += factor * tolerance.logits
    level = comparison.logits(golden.cases, traces, tolerance)
    assert level.status == status
    if status == FAIL:
        assert level.first is not None
        assert (level.first.case, level.first.what, level.first.token) == ("news-7", "logits", 3)
        assert level.first.expected != level.first.found
        assert level.divergences == 1
    assert level.figures["max_abs"] == pytest.approx(factor * tolerance.logits, rel=0.01)


@pytest.mark.parametrize("side", ["JVM", "reference", "both"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_logit_that_is_no_number(side: str, value: float, precision: str) -> None:
    """A logit that is not finite fails, on whichever side it is."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    if side != "reference":
        traces[PLAIN]["news-001"][0].logits[2, 2] = value
    if side != "JVM":
        golden.cases[0].windows[PLAIN][0].logits[2, 2] = value
    level = comparison.logits(golden.cases, traces, Tolerance.of(precision, golden))
    assert level.status == FAIL


def test_many_small_differences_in_fp16() -> None:
    """Differences that are each within the tolerance fail together by their root mean square."""
    golden = a_golden()
    tolerance = fp16(golden)
    traces = traces_of(golden.cases)
    for windows in traces.values():
        for window in (w for listed in windows.values() for w in listed):
            window.logits[:] += np.float32(0.5 * tolerance.logits)
    level = comparison.logits(golden.cases, traces, tolerance)
    assert (level.status, level.divergences) == (FAIL, 0)
    assert tolerance.rms is not None
    assert level.figures["rms"] > tolerance.rms
    assert "rms" in level.summary


def test_tolerances_are_the_designs() -> None:
    """fp32 holds 1e-4; fp16 holds 1e-2 of the logit range."""
    golden = a_golden()
    assert FP32.logits == FP32_LOGITS == 1e-4
    assert FP32.exact
    assert fp16(golden).logits == pytest.approx(0.01 * golden.logit_range())
    assert not fp16(golden).exact


@pytest.mark.parametrize("labels", [1, 4, 6])
def test_another_number_of_labels(labels: int) -> None:
    """Logits for another number of labels fail at their text, and are never broadcast."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    windows = traces[PLAIN]["news-001"]
    right = windows[0].logits
    windows[0] = replace(windows[0], logits=np.repeat(right[:, :1], labels, axis=1))
    golden.cases[0].windows[PLAIN][0].logits[:] = right[:, :1]
    level = comparison.logits(golden.cases, traces, FP32)
    assert level.status == FAIL
    assert level.first is not None
    assert level.first.case == "news-001"


def test_no_logits_prove_nothing() -> None:
    """A level that had nothing to compare does not pass."""
    assert comparison.logits((), {}, FP32).status != PASS
    empty = replace(a_window([1, 2], [(0, 0)] * 2), logits=np.zeros((0, 0), dtype=np.float32))
    cases = (replace(a_case(), windows={PLAIN: (empty,)}),)
    assert comparison.logits(cases, traces_of(cases), FP32).status != PASS


@pytest.mark.parametrize(
    ("change", "status"), [(5.0, PASS), (np.nan, FAIL), (np.inf, FAIL), (-np.inf, FAIL)]
)
def test_int8_logits_have_no_bound_but_must_be_numbers(change: float, status: str) -> None:
    """Level 2 in int8 reports its figures and fails for what is no number, by the text and the token."""
    golden = a_golden()
    traces = traces_of(golden.cases)
    traces[PLAIN]["news-001"][0].logits[2, 1] += np.float32(change)
    level = comparison.logits(golden.cases, traces, Tolerance.of("int8", golden))
    assert level.status == status
    if status == PASS:
        assert level.figures["max_abs"] == pytest.approx(5.0, rel=1e-5)
        assert "no bound" in level.summary
    else:
        assert level.first is not None
        assert (level.first.case, level.first.token) == ("news-001", 2)


ANNA = Sentence(("Anna", "Smith", "met", "Tom"), ("B-PER", "I-PER", "O", "B-PER"))


@pytest.mark.parametrize(
    ("precision", "reference", "archive", "status"),
    [
        ("fp32", 0.9, 0.9, PASS),
        ("fp32", 0.9, 0.95, PASS),
        ("fp32", 0.9, 0.8999, FAIL),
        ("fp16", 0.9, 0.8990, PASS),
        ("fp16", 0.9, 0.8989, FAIL),
        ("fp16", 0.3, 0.299, PASS),
        ("fp16", 0.0, 0.0, SKIPPED),
        ("int8", 0.9, 0.8950, PASS),
        ("int8", 0.9, 0.8949, FAIL),
    ],
)
def test_labelled_text(precision: str, reference: float, archive: float, status: str) -> None:
    """fp32 may not drop at all, fp16 by a tenth of a point, int8 by half a point, the bound included."""
    found = comparison.labelled_text(precision, Labelled((ANNA,), reference), archive)
    assert (found.level, found.status, found.compared) == (4, status, 1)
    assert found.divergences == (status == FAIL)
    assert found.figures == {"reference": reference, "archive": archive, "entities": 2}
    assert status == SKIPPED or f"{archive:.4f}" in found.summary
    assert "IOB2" in found.summary


def test_the_drops_are_the_designs() -> None:
    """The design allows a drop of 0.5 point in int8, 0.1 point in fp16 and none in fp32."""
    assert comparison.DROP == {"fp32": 0.0, "fp16": 0.001, "int8": 0.005}
