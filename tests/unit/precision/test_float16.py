"""fp16 with exact islands: what stays fp32 is what was asked for, and what fp16 breaks is handled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from djlift.errors import ExportError
from djlift.graph.element_types import FLOAT, HALF, element_types
from djlift.graph.rounding import LARGEST, SMALLEST, halved
from djlift.precision.float16 import Plan, as_stored, halve, named
from tests.support.float16_graph import BATCH, a_model, run

ALL = Plan.of(a_model()).half


def test_what_can_be_fp16() -> None:
    """What is computed from weights; masks are made in fp32, and integers have no precision."""
    plan = Plan.of(a_model())
    assert plan.half[:3] == ("words", "turned", "scores")
    assert plan.half[-1] == "head"
    assert set(plan.always) == {"mask", "absent", "filled", "filler"}


@settings(max_examples=40)
@given(st.sets(st.sampled_from(ALL)))
def test_exactly_the_islands_stay(kept: set[str]) -> None:
    """Kept nodes read and write fp32, all others fp16, whichever are kept; the result computes the same."""
    model = halve(a_model(), kept)
    types = element_types(model)
    for node in model.graph.node:
        if named(node) in ALL:
            values = [types.of[n] for n in (*node.input, *node.output)]
            floats = {t for t in values if t in (FLOAT, HALF)}
            assert floats == {FLOAT if named(node) in kept else HALF}, named(node)
    assert model.graph.output[0].name == "logits"
    assert types.of["logits"] == FLOAT


@pytest.mark.parametrize("kept", [(), ("scores", "weights"), ("head",), ALL])
def test_it_computes_the_same(kept: tuple[str, ...], tmp_path: Path) -> None:
    """Within fp16's rounding; with every node kept, to the bit."""
    expected = run(a_model(), tmp_path)
    found = run(halve(a_model(), kept), tmp_path)
    assert np.abs(found - expected).max() < (1e-6 if kept == ALL else 2e-2)
    assert np.isfinite(found).all()


def test_the_same_bytes() -> None:
    """The order in which islands are named does not matter."""
    first = halve(a_model(), ["scores", "head"]).SerializeToString(deterministic=True)
    assert first == halve(a_model(), ["head", "scores"]).SerializeToString(deterministic=True)


def test_one_cast_for_a_value_and_a_direction() -> None:
    """Two nodes that read a value in the other precision share its cast."""
    model = halve(a_model(), ["turned", "scores"])
    casts = [n.input[0] for n in model.graph.node if n.op_type == "Cast"]
    assert sorted(casts) == sorted(["attention_mask", "words", "scores", "filler", "logits_fp16"])


def test_weights_of_an_island_stay() -> None:
    """fp32 in the file, not fp16 that is cast; a weight that both sides read is stored once."""
    model = halve(a_model(), ["head"])
    kinds = {t.name: t.data_type for t in model.graph.initializer}
    assert (kinds["head"], kinds["hidden"]) == (1, 10)


def test_masks_hold_in_fp16(tmp_path: Path) -> None:
    """What fills a mask is a number that fp16 has; a row of padding alone is finite; fp32 keeps its own."""
    batch = BATCH | {"attention_mask": np.asarray([[1, 1, 1, 1], [0, 0, 0, 0]], np.int64)}
    found = run(as_stored(halve(a_model())), tmp_path, batch)
    assert np.isfinite(found).all()
    assert np.abs(found[0] - run(a_model(), tmp_path, batch)[0]).max() < 2e-2
    lowest = {t.name: t for t in halve(a_model(), ["masked", "weights"]).graph.initializer}[
        "lowest"
    ]
    assert np.frombuffer(lowest.raw_data, np.float32)[0] == np.finfo(np.float32).min


def test_a_small_epsilon_stays_one() -> None:
    """An epsilon that would be zero in fp16 is raised in fp16 nodes, and left alone in islands."""

    def epsilon(*kept: str) -> float:
        nodes = {named(n): n for n in halve(a_model(), kept).graph.node}
        return next(float(a.f) for a in nodes["normal"].attribute if a.name == "epsilon")

    assert epsilon() == SMALLEST
    assert epsilon("normal") == pytest.approx(1e-12)


def test_rounding_of_weights() -> None:
    """To the nearest; a matrix's tiny values may be zero, a lone number not; too large is infinite."""
    assert halved(np.asarray([1e-30, 0.1, 1e5], np.float32)).tolist() == [
        0.0,
        float(np.float16(0.1)),
        np.inf,
    ]
    assert halved(np.asarray(1e-12, np.float32)) == SMALLEST
    assert halved(np.asarray(-1e-12, np.float32)) == -SMALLEST
    assert np.float16(LARGEST) == np.finfo(np.float16).max


def test_a_node_that_is_none() -> None:
    """An island that cannot be is refused, not ignored."""
    with pytest.raises(ValueError, match="no such node"):
        halve(a_model(), ["no such node"])


def test_an_operator_that_nobody_knows() -> None:
    """It is named."""
    model = a_model()
    model.graph.node[-1].op_type = "Conjure"
    with pytest.raises(ExportError, match="Conjure"):
        halve(model)


def test_an_overflow_shows_only_when_values_are_stored(tmp_path: Path) -> None:
    """Why graphs are judged as stored: a CPU run of the same graph is finite, even without optimization."""
    assert np.isfinite(run(a_model(grows=2e4), tmp_path)).all()
    assert np.isfinite(run(halve(a_model(grows=2e4)), tmp_path)).all()
    assert not np.isfinite(run(as_stored(halve(a_model(grows=2e4))), tmp_path)).all()
    kept = ["layer.0/wide", "layer.0/bent", "head"]
    rescued = run(as_stored(halve(a_model(grows=2e4), kept)), tmp_path)
    assert np.abs(rescued - run(a_model(grows=2e4), tmp_path)).max() < 2e-2


def test_branches_stay_fp32(tmp_path: Path) -> None:
    """A node with branches reads fp32, also inside them."""
    from onnx import TensorProto, helper

    model = a_model()
    inner = [
        helper.make_graph(
            [helper.make_node(kind, ["wide"], [f"{kind}_out"])],
            kind,
            [],
            [helper.make_tensor_value_info(f"{kind}_out", TensorProto.FLOAT, None)],
        )
        for kind in ("Identity", "Neg")
    ]
    yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    model.graph.initializer.append(yes)
    chosen = helper.make_node(
        "If", ["yes"], ["chosen"], name="if", then_branch=inner[0], else_branch=inner[1]
    )
    at = next(i for i, n in enumerate(model.graph.node) if n.op_type == "BiasGelu")
    model.graph.node[at].input[0] = "chosen"
    model.graph.node.insert(at, chosen)
    expected = run(model, tmp_path)
    assert "if" in Plan.of(model).always
    assert np.abs(run(halve(model), tmp_path) - expected).max() < 2e-2
