"""Sparse embedding without a model: what claims a checkpoint, and when two sets of weights are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from djlift.archive.windows import Window
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.tasks import registry
from djlift.tasks.frame.tolerance import Tolerance
from djlift.tasks.sparse_embedding import TASK
from tests.support.builders import a_checkpoint, a_golden

FP32 = Tolerance.of("fp32", a_golden())
FP16 = Tolerance.of("fp16", a_golden())
INT8 = Tolerance.of("int8", a_golden())


def weights(*values: tuple[str, int, float]) -> dict[str, Any]:
    """An output."""
    return {"tokens": [{"token": t, "id": i, "weight": w} for t, i, w in values]}


ANNA = weights(("anna", 7, 2.5), ("met", 8, 1.0), ("tom", 9, 0.25))


def test_a_sparse_encoder_claims_itself(tmp_path: Path) -> None:
    """By what it says of itself, though its architecture is that of a mask filler."""
    folder = a_checkpoint(tmp_path / "m", architectures=["BertForMaskedLM"])
    (folder / "modules.json").write_text("[]")
    (folder / "config_sentence_transformers.json").write_text('{"model_type": "SparseEncoder"}')
    recipe = Recipe((str(folder),))
    assert registry.chosen(recipe, find(recipe)) is TASK
    (folder / "config_sentence_transformers.json").write_text(json.dumps({}))
    assert not TASK.claims(find(recipe))


def test_equal_weights_are_equal() -> None:
    """And what is too small for the other side's list."""
    assert TASK.difference(ANNA, ANNA, FP32) is None
    more = weights(*_of(ANNA), ("so", 3, 0.00005))
    assert TASK.difference(ANNA, more, FP32) is None
    assert TASK.difference(more, ANNA, FP32) is None
    assert TASK.difference(weights(), weights(), FP32) is None


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (weights(("anna", 7, 2.4), ("met", 8, 1.0), ("tom", 9, 0.25)), 'weight of "anna" (7)'),
        (weights(("anna", 7, 2.5), ("met", 8, 1.0)), 'weight of "tom" (9)'),
        (
            weights(("anna", 7, 2.5), ("met", 8, 1.0), ("so", 3, 0.9), ("tom", 9, 0.25)),
            'weight of "so" (3)',
        ),
        (weights(("ANNA", 7, 2.5), ("met", 8, 1.0), ("tom", 9, 0.25)), 'weight of "anna" (7)'),
        (weights(("met", 8, 1.0), ("anna", 7, 2.5), ("tom", 9, 0.25)), "tokens"),
        ({"embedding": []}, "tokens"),
    ],
)
def test_what_differs_is_named(found: Any, path: str) -> None:
    """The token and both weights."""
    for tolerance in (FP32, FP16):
        apart = TASK.difference(ANNA, found, tolerance)
        assert apart is not None and apart.path == path


def test_the_last_of_a_cut_list_may_be_another_as_near() -> None:
    """Rounding decides which of two equal weights is cut; nothing else may."""
    other = weights(("anna", 7, 2.5), ("met", 8, 1.0), ("may", 4, 0.25003))
    assert TASK.difference(ANNA, other, FP32) is None
    far = weights(("anna", 7, 2.5), ("met", 8, 1.0), ("may", 4, 0.9))
    assert TASK.difference(ANNA, far, FP32) is not None


def test_int8_is_judged_by_direction() -> None:
    """Level 4: nearly the same weights of nearly the same tokens."""
    near = weights(("anna", 7, 2.4), ("met", 8, 1.05), ("tom", 9, 0.2), ("so", 3, 0.1))
    assert TASK.agrees(ANNA, near)
    assert not TASK.agrees(ANNA, weights(("anna", 7, 2.5)))
    assert TASK.difference(ANNA, near, INT8) is None
    ids = np.zeros(2, dtype=np.int64)
    row = np.asarray([[1.0, 0.0, 2.0]], dtype=np.float32)
    window = Window(ids, ids, ids, np.zeros((2, 2), dtype=np.int64), row)
    assert TASK.agreement(window, row)
    assert not TASK.agreement(window, row[:, ::-1].copy())
    assert TASK.kept(0, window) and not TASK.kept(1, window)


def _of(output: dict[str, Any]) -> list[tuple[str, int, float]]:
    return [(e["token"], e["id"], e["weight"]) for e in output["tokens"]]
