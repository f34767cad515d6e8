"""The quick judgement of a graph: equal logits are equal, and every fault moves a figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from djlift.archive.golden import Case, Golden, PaddedBatch
from djlift.archive.windows import PLAIN, Window
from djlift.graph.evaluation import Trial

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

TABLE = np.random.default_rng(5).normal(size=(20, 3)).astype(np.float32)


def a_case(number: int, ids: list[int]) -> Case:
    """A case whose logits are rows of the table."""
    special = np.zeros(len(ids), dtype=np.int64)
    special[[0, -1]] = 1
    known = np.asarray(ids, dtype=np.int64)
    window = Window(
        known, np.zeros_like(known), special, np.zeros((len(ids), 2), np.int64), TABLE[known]
    )
    return Case(f"c{number}", "words", "text", {PLAIN: (window,)}, {})


GOLDEN = Golden(
    tuple(a_case(n, [1, *range(3, 3 + n), 2]) for n in range(1, 15)), PaddedBatch((), {})
)


def a_graph(file: Path, table: np.ndarray, *, ids: str = "input_ids") -> Path:
    """A graph that looks logits up in a table."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", ids], ["logits"])],
        "lookup",
        [helper.make_tensor_value_info(ids, TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", 3])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, file)
    return file


def test_a_graph_that_computes_the_record(tmp_path: Path) -> None:
    """No difference, all labels agree; padding is not compared, special tokens have no label to agree on."""
    verdict = Trial.of(GOLDEN, pad_id=0).judge(a_graph(tmp_path / "m.onnx", TABLE))
    assert (verdict.largest, verdict.rms, verdict.agreement) == (0.0, 0.0, 1.0)
    assert verdict.finite
    assert verdict.tokens == sum(range(1, 15))


def test_a_graph_that_differs_in_one_token(tmp_path: Path) -> None:
    """One row of weights off: the largest difference is that row's, and its labels disagree."""
    table = TABLE.copy()
    table[16] = TABLE[16][::-1]
    verdict = Trial.of(GOLDEN, pad_id=0).judge(a_graph(tmp_path / "m.onnx", table))
    assert verdict.largest == pytest.approx(float(np.abs(TABLE[16] - table[16]).max()))
    assert 0 < verdict.rms < verdict.largest
    assert verdict.agreement == 1.0 - 1 / sum(range(1, 15))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_logit_that_is_no_number(tmp_path: Path, value: float) -> None:
    """It is seen even when the label of the largest logit is right."""
    table = TABLE.copy()
    table[4, int(TABLE[4].argmin())] = -value
    verdict = Trial.of(GOLDEN, pad_id=0).judge(a_graph(tmp_path / "m.onnx", table))
    assert not verdict.finite
    assert verdict.largest == np.inf


def test_fewer_windows_are_of_all_lengths() -> None:
    """A sample keeps the shortest and the longest."""
    some = Trial.of(GOLDEN, pad_id=0, most=4, rows=2)
    lengths = [len(w.ids) for group in some.windows for w in group]
    assert len(lengths) == 4
    assert (lengths[0], lengths[-1]) == (3, 16)
    assert [b["input_ids"].shape for b in some.batches] == [(2, 7), (2, 16)]


def test_batches_are_padded_and_masked() -> None:
    """Ids after a row's end are the padding's, under a mask of zero."""
    batch = Trial.of(replace(GOLDEN, cases=GOLDEN.cases[:2]), pad_id=9).batches[0]
    assert batch["input_ids"].tolist() == [[1, 3, 2, 9], [1, 3, 4, 2]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


@pytest.mark.parametrize(("rows", "tokens"), [(8, 2048), (3, 2048), (8, 40), (8, 1)])
def test_batches_keep_within_their_bounds(rows: int, tokens: int) -> None:
    """Every window once, the shortest first; a window that is longer than the bound is alone."""
    trial = Trial.of(GOLDEN, pad_id=0, rows=rows, tokens=tokens)
    lengths = [len(window.ids) for group in trial.windows for window in group]
    assert lengths == sorted(lengths) == list(range(3, 17))
    for batch, group in zip(trial.batches, trial.windows, strict=True):
        count, width = batch["input_ids"].shape
        assert count == len(group) <= rows
        assert count == 1 or count * width <= tokens
