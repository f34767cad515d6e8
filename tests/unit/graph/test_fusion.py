"""The rules of fusion, on small graphs of torch's own exporter: no transformers, no JVM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from djlift.checkpoints.export import EXPORTERS, SETTING, _chosen, has_torchscript
from djlift.errors import ExportError
from djlift.graph import attention_bias, fusion_coverage
from djlift.graph.attention_fusion import fuse_attention
from djlift.graph.converted import OUTPUT
from djlift.graph.fusion import drop_idle_casts, fuse_residuals
from djlift.graph.index import Wiring

LONGEST = 24
WIDTH, HEADS = 16, 4
LOWEST = torch.finfo(torch.float32).min


class Attention(torch.nn.Module):  # type: ignore[misc]
    """A layer of attention over embeddings, whose scores are treated as ``added`` says."""

    def __init__(self, added: Callable[..., Any], *, bias: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = torch.nn.Embedding(50, WIDTH)
        self.q, self.k, self.v = (torch.nn.Linear(WIDTH, WIDTH, bias=bias) for _ in range(3))
        self.table = torch.nn.Parameter(torch.randn(HEADS, 64, 64))
        self.added = added

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        hidden = self.words(input_ids)
        rows, tokens = input_ids.shape[0], input_ids.shape[1]
        q, k, v = (
            part(hidden).view(rows, tokens, HEADS, -1).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        scores = q @ k.transpose(-1, -2) / (WIDTH / HEADS) ** 0.5
        weights = self.added(scores, attention_mask, self.table[None, :, :tokens, :tokens])
        context = (weights.softmax(-1) @ v).transpose(1, 2)
        return context.reshape(rows, tokens, WIDTH)


def added_mask(scores: Any, mask: Any, table: Any) -> Any:
    """A mask as transformers makes it."""
    return scores + (1.0 - mask[:, None, None, :].float()) * LOWEST


def filled_mask(scores: Any, mask: Any, table: Any) -> Any:
    """A mask that takes the place of scores."""
    return scores.masked_fill(mask[:, None, None, :] == 0, LOWEST)


def mask_and_positions(scores: Any, mask: Any, table: Any) -> Any:
    """A bias by position, then a mask."""
    return added_mask(scores + table, mask, table)


def weak_mask(scores: Any, mask: Any, table: Any) -> Any:
    """No mask at all: what is padded counts a little less."""
    whole = (1.0 - mask[:, None, None, :].float()) * -1.0
    return scores + whole.expand(-1, 1, mask.shape[1], -1)


def window(scores: Any, mask: Any, table: Any) -> Any:
    """Tokens further away than 10 are hidden too."""
    at = torch.arange(mask.shape[1])
    near = ((at[:, None] - at[None, :]).abs() <= 10)[None, None]
    seen = near & (mask[:, None, None, :] == 1)
    return scores + torch.where(seen, 0.0, LOWEST)


def exported(module: Any, folder: Path) -> Any:
    """A module as a graph."""
    ids = torch.ones((2, 5), dtype=torch.int64)
    file = folder / "module.onnx"
    torch.onnx.export(
        module.eval(),
        (ids, ids.clone()),
        str(file),
        input_names=["input_ids", "attention_mask"],
        output_names=[OUTPUT],
        dynamic_axes={
            n: {0: "batch", 1: "tokens"} for n in ("input_ids", "attention_mask", OUTPUT)
        },
        opset_version=17,
        dynamo=False,
    )
    return onnx.load(file)


def gap(model: Any, module: Any, tokens: int = LONGEST) -> float:
    """Largest difference of a graph to its module at real tokens, over masks of every form."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(1)
    worst = 0.0
    for share in (0.0, 0.2, 0.8):
        mask = (random.random((3, tokens)) >= share).astype(np.int64)
        ids = random.integers(0, 50, (3, tokens))
        (found,) = session.run([OUTPUT], {"input_ids": ids, "attention_mask": mask})
        with torch.no_grad():
            expected = module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        assert np.isfinite(found).all()
        worst = max(worst, float(np.abs(found - expected)[mask == 1].max(initial=0.0)))
    return worst


@pytest.mark.parametrize(
    ("added", "inputs"),
    [
        (added_mask, (True, False)),
        (filled_mask, (True, False)),
        (mask_and_positions, (True, True)),
        (weak_mask, (False, True)),
        (window, (False, True)),
    ],
)
@pytest.mark.parametrize("bias", [True, False])
def test_attention_with_what_is_added_to_scores(
    added: Callable[..., Any], inputs: tuple[bool, bool], bias: bool, tmp_path: Path
) -> None:
    """One operator; a mask goes in as a mask, all else as a bias; it computes what the module does."""
    module = Attention(added, bias=bias)
    model = exported(module, tmp_path)
    assert fuse_attention(Wiring(model), HEADS, LONGEST) == 1
    (node,) = [n for n in model.graph.node if n.op_type == "Attention"]
    given = [*node.input, "", ""]
    assert (given[3] != "", given[5] != "") == inputs
    assert gap(model, module) < 1e-5


def test_a_window_is_seen_only_in_long_texts(tmp_path: Path) -> None:
    """Examined for short texts only, a window passes for a plain mask, and the graph is wrong: so it is not."""
    module = Attention(window)
    model = exported(module, tmp_path)
    assert fuse_attention(Wiring(model), HEADS, 8) == 1
    assert gap(model, module, 8) < 1e-5
    assert gap(model, module) > 1e-2


def test_a_lost_mask_is_seen(tmp_path: Path) -> None:
    """The comparison of these tests can fail: without its mask the operator gives something else."""
    module = Attention(added_mask)
    model = exported(module, tmp_path)
    fuse_attention(Wiring(model), HEADS, LONGEST)
    (node,) = [n for n in model.graph.node if n.op_type == "Attention"]
    node.input[3] = ""
    assert gap(model, module) > 1e-2


def test_a_scale_of_the_sum_is_left_alone(tmp_path: Path) -> None:
    """What scales the mask too is no attention as the operator has it: not fused, still right."""
    module = Attention(lambda scores, mask, table: added_mask(scores + table, mask, table) * 0.5)
    model = exported(module, tmp_path)
    assert fuse_attention(Wiring(model), HEADS, LONGEST) == 0
    assert gap(model, module) < 1e-5


def test_large_tables_are_not_copied(tmp_path: Path) -> None:
    """To find out about a mask whose shape comes from embeddings, the table of embeddings is not needed."""
    module = Attention(lambda s, m, t: s + torch.where(m[:, None, None, :] == 1, 0.0, LOWEST))
    module.words = torch.nn.Embedding(attention_bias._LARGE, WIDTH)
    wiring = Wiring(exported(module, tmp_path))
    (lookup,) = [n for n in wiring.model.graph.node if "words.weight" in n.input]
    zeros = attention_bias._without_table(wiring, lookup)
    assert [n.op_type for n in zeros] == ["Shape", "Constant", "Concat", "ConstantOfShape"]
    assert fuse_attention(wiring, HEADS, LONGEST) == 1


class Residual(torch.nn.Module):  # type: ignore[misc]
    """Embeddings and positions, normalised; then a pre-normalised layer whose sum is read twice."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = torch.nn.Embedding(50, WIDTH)
        self.places = torch.nn.Embedding(64, WIDTH)
        self.first, self.second = (torch.nn.LayerNorm(WIDTH, bias=bias) for _ in range(2))
        self.inner = torch.nn.Linear(WIDTH, WIDTH)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        at = torch.arange(input_ids.shape[1])[None]
        hidden = self.first(self.places(at) + self.words(input_ids))
        total = hidden + self.inner(hidden)
        return total + self.second(total) * attention_mask[:, :, None].float()


@pytest.mark.parametrize("bias", [True, False])
def test_layer_norms_take_in_the_addition(bias: bool, tmp_path: Path) -> None:
    """Both join their addition; the sum that others read is still there; positions come second."""
    module = Residual(bias)
    model = exported(module, tmp_path)
    wiring = Wiring(model)
    for node in model.graph.node:  # As the newer exporter writes a LayerNorm without bias.
        if node.op_type == "LayerNormalization" and not bias:
            del node.input[2:]
    wiring.refresh()
    assert fusion_coverage.fused(model)[fusion_coverage.LAYER_NORM] == 0
    assert fuse_residuals(wiring, with_bias=not bias) == 0
    assert fuse_residuals(wiring, with_bias=bias) == 2
    assert fusion_coverage.fused(model)[fusion_coverage.LAYER_NORM] == 2
    assert gap(model, module) < 1e-5


def test_idle_casts_go_and_others_stay() -> None:
    """float32 to float32 is bypassed; int64 to float32 is not."""
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["a"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Cast", ["a"], ["b"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Softmax", ["b"], ["c"]),
        helper.make_node("Cast", ["c"], [OUTPUT], to=onnx.TensorProto.FLOAT),
    ]
    ids = helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, [None, None])
    out = helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, [None, None])
    model = helper.make_model(helper.make_graph(nodes, "g", [ids], [out]))
    drop_idle_casts(Wiring(model))
    kinds = [(n.op_type, *n.input) for n in model.graph.node]
    # The last one makes the output, whose name is a contract.
    assert kinds == [("Cast", "input_ids"), ("Softmax", "a"), ("Cast", "c")]


def test_fewer_than_expected_is_a_remark() -> None:
    """Each pattern that falls short is named with both numbers; a full one is not."""
    expected = {"attention": 6, "layer norm": 13, "gelu": 0}
    found = {"attention": 4, "layer norm": 13}
    assert fusion_coverage.remarks(found, expected) == (
        "attention is fused in 4 of 6 places: right, but slower",
    )
    assert fusion_coverage.shown(found, expected) == "attention 4/6, layer norm 13/13"


def test_the_exporter_that_is_left_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """TorchScript while torch takes ``dynamo=``; the other one when it does not; the variable decides."""

    def newer(model: Any, args: Any, f: Any, *, dynamic_shapes: Any = None) -> None: ...

    monkeypatch.delenv(SETTING, raising=False)
    assert has_torchscript(torch.onnx.export)
    assert not has_torchscript(newer)
    assert _chosen(None) == "torchscript"
    assert [_chosen(name) for name in EXPORTERS] == list(EXPORTERS)
    with pytest.raises(ExportError) as refused:
        _chosen("onnxruntime")
    assert refused.value.code == "unknown-exporter"
