"""The statistics of ``djlift bench``, whether two sides found the same, and what a graph multiplies."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from djlift.base import affinity
from djlift.bench import answers
from djlift.bench.matmul import Products, product, products
from djlift.bench.result import Latency, Spread, percentile
from djlift.strict.onnx_wire import check_bytes
from djlift.tasks.token_classification.plain_djl import Span

TINY = Path(__file__).parents[3] / "jvm-bridge/core/src/test/resources/tiny-archive"
SPAN = Span("PER", 0, 4, 0.9)


def test_spread() -> None:
    """The median of an even number lies between; both ends are kept."""
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert Spread.of([1.0, 2.0]).median == 1.5
    assert Spread.of([2.0, 2.2, 1.8]).width == pytest.approx(0.2)


def test_percentiles_are_values_that_were_measured() -> None:
    """Of 1 to 100, the 99th is 99; of few, the largest; of none, nothing."""
    values = [float(v) for v in range(100, 0, -1)]
    assert [percentile(values, share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 50) == 7.0
    assert percentile([1.0, 2.0], 99) == 2.0
    assert Latency.of([]) is None
    assert Latency.of([0.3, 0.1, 0.2]) == Latency(0.2, 0.3, 0.3, 3)


@pytest.mark.parametrize(
    "found",
    [
        (),
        (SPAN, SPAN),
        (Span("LOC", 0, 4, 0.9),),
        (Span("PER", 1, 4, 0.9),),
        (Span("PER", 0, 5, 0.9),),
        (Span("PER", 0, 4, 0.902),),
        (Span("PER", 0, 4, float("nan")),),
        "IllegalStateException: no",
    ],
)
def test_every_difference_counts(found: answers.Answer) -> None:
    """Label, start, end, score, one entity more or less, an error in place of an answer."""
    assert answers.differing([(SPAN,), (SPAN,)], [(SPAN,), found], 1e-3) == [1]
    shown = answers.difference(1, ["", "Anna"], [(SPAN,), (SPAN,)], [(SPAN,), found])
    assert (shown.text, shown.shown, shown.expected) == (1, "Anna", "PER 0-4 0.90000")
    assert shown.found != shown.expected


def test_equal_answers() -> None:
    """Scores within the tolerance, and two that are both no number."""
    nan = Span("PER", 0, 4, float("nan"))
    near = Span("PER", 0, 4, 0.9005)
    assert answers.differing([(SPAN,), (nan,), ()], [(near,), (nan,), ()], 1e-3) == []
    assert answers.differing([(SPAN,)], [(Span("PER", 0, 4, 0.1),)], np.inf) == []


def test_a_lost_text_and_one_too_many_differ() -> None:
    """Answers are as many as texts."""
    assert answers.differing([(SPAN,), ()], [(SPAN,)], 1e-3) == [1]
    assert answers.differing([(SPAN,)], [(SPAN,), ()], 1e-3) == [1]
    assert answers.difference(1, ["a", "b"], [(), ()], [()]).found == "no answer"


def test_what_may_differ() -> None:
    """Nothing in fp32, near-ties in fp16, anything in int8 and for plain DJL."""
    assert answers.allowed("torch", "fp32", 1000) == 0
    assert answers.allowed("onnxruntime", "fp16", 1000) == 10
    assert answers.allowed("torch", "int8", 1000) is None
    assert answers.allowed("stock", "fp32", 1000) is None
    assert answers.Agreement(10, 1, None).holds
    assert not answers.Agreement(10, 1, 0).holds
    assert answers.score_tolerance("torch", "fp32") == 1e-4
    assert answers.score_tolerance("stock", "fp32") == 1e-3
    assert answers.score_tolerance("stock", "fp16") == 1e-2
    assert answers.score_tolerance("torch", "int8") == np.inf


def test_both_units_are_read() -> None:
    """Of djlift's own line: code points for Python's sides, UTF-16 for Java's."""
    entity = {"label": "LOC", "score": None, "word": "x", "start": 2, "end": 3}
    line = json.dumps({"entities": [{**entity, "utf16_start": 3, "utf16_end": 4}]})
    found = answers.given(line)
    assert [(s.start, s.end) for s in (*found.points, *found.units)] == [(2, 3), (3, 4)]
    assert np.isnan(found.points[0].score)


def test_the_products_of_a_graph() -> None:
    """The tiny model: two layers of hidden size 32, attention not fused, 9 labels on every token."""
    found = products(TINY / "model.onnx")
    assert found.shapes == {(32, 32): 8, (32, 64): 2, (64, 32): 2, (32, 9): 1}
    assert found.attention == 0
    assert found.per_token == 2 * (8 * 32 * 32 + 2 * 2 * 32 * 64 + 32 * 9)


def test_fused_attention_also_multiplies_pairs_of_tokens(tmp_path: Path) -> None:
    """Two products of the hidden size for each pair, however the weights are held."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    def graph(file: str, *nodes: object, **weights: tuple[int, int]) -> Products:
        held = [numpy_helper.from_array(np.zeros(s, np.float32), n) for n, s in weights.items()]
        made = helper.make_graph(list(nodes), "g", [], [], held)
        onnx.save(helper.make_model(made), tmp_path / file)
        return products(tmp_path / file)

    packed = helper.make_node("Attention", ["x", "w"], ["y"], domain="com.microsoft")
    found = graph("packed.onnx", packed, w=(32, 96))
    assert found == Products({(32, 96): 1}, 4 * 32)
    assert found.work(10, 50) == 10 * 2 * 32 * 96 + 50 * 4 * 32
    each = [helper.make_node("MatMul", ["x", n], [n + "x"]) for n in "qkv"]
    apart = helper.make_node("MultiHeadAttention", ["qx", "kx", "vx"], ["y"])
    found = graph("apart.onnx", *each, apart, q=(32, 32), k=(32, 32), v=(32, 32))
    assert found == Products({(32, 32): 3}, 4 * 32)


def test_the_products_are_those_that_the_onnx_package_sees(tmp_path: Path) -> None:
    """Weights behind a cast, turned, constant in a node, and of a Gemm that turns them."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    def weight(name: str, *shape: int) -> object:
        return numpy_helper.from_array(np.zeros(shape, dtype=np.float16), name)

    turned = numpy_helper.from_array(np.zeros((8, 4), dtype=np.float32), "t")
    nodes = [
        helper.make_node("Cast", ["a"], ["a32"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "a32"], ["1"]),
        helper.make_node("Constant", [], ["c"], value=turned),
        helper.make_node("Transpose", ["c"], ["ct"], perm=[1, 0]),
        helper.make_node("MatMul", ["1", "ct"], ["2"]),
        helper.make_node("Gemm", ["2", "b"], ["3"], transB=1),
        helper.make_node("MatMul", ["3", "x"], ["y"]),
    ]
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 6])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    weights = [weight("a", 6, 4), weight("b", 2, 8)]
    graph = helper.make_graph(nodes, "g", [value], [out], weights)
    onnx.save(helper.make_model(graph), tmp_path / "m.onnx")
    found = products(tmp_path / "m.onnx")
    assert found == Products({(6, 4): 1, (4, 8): 1, (8, 2): 1})


def test_the_graph_of_a_product() -> None:
    """Well-formed by the rules of archives; the same weights as the onnx package reads."""
    data = product(3, 5)
    check_bytes(data, None)
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    (weights,) = model.graph.initializer
    assert onnx.numpy_helper.to_array(weights).shape == (3, 5)


def test_cores_come_before_their_second_threads(tmp_path: Path) -> None:
    """CPUs 0 and 2 are one core, 1 and 3 the other; without facts, by number."""
    for cpu, siblings in ((0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3")):
        place = tmp_path / f"cpu{cpu}/topology"
        place.mkdir(parents=True)
        (place / "thread_siblings_list").write_text(siblings + "\n", encoding="ascii")
    assert affinity.chosen(2, (0, 2, 1, 3), tmp_path) == (0, 1)
    assert affinity.chosen(3, (0, 1, 2, 3), tmp_path) == (0, 1, 2)
    assert affinity.chosen(9, (0, 1, 2, 3), tmp_path) == (0, 1, 2, 3)
    assert affinity.chosen(2, (4, 7, 9), tmp_path / "none") == (4, 7)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's")
def test_pinned_is_for_the_while() -> None:
    """One CPU within, all that there were afterwards."""
    before = os.sched_getaffinity(0)
    with affinity.pinned(1) as cpus:
        assert cpus is not None
        assert os.sched_getaffinity(0) == set(cpus)
        assert len(cpus) == 1
    assert os.sched_getaffinity(0) == before


def test_an_int8_graph_multiplies_the_same(tmp_path: Path) -> None:
    """Whatever its operators are called."""
    quantization = pytest.importorskip("onnxruntime.quantization")
    small = tmp_path / "int8.onnx"
    quantization.quantize_dynamic(TINY / "model.onnx", small, op_types_to_quantize=["MatMul"])
    assert products(small) == products(TINY / "model.onnx")
