"""``djlift diff``: every kind of change is seen and named, and nothing else is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from djlift.archive.container import pack, seal
from djlift.archive.manifest import Manifest
from djlift.cli.main import app
from djlift.diff import graphs
from djlift.diff.archives import ArchiveDiff, diff
from djlift.errors import ArchiveError, install
from tests.support.builders import a_manifest

onnx = pytest.importorskip("onnx")

WEIGHTS = {
    "w": np.arange(12, dtype=np.float32).reshape(3, 4),
    "b": np.asarray([1, np.nan, -np.inf, 4], dtype=np.float32),
}
TOKENIZER: dict[str, Any] = {
    "normalizer": {"type": "BertNormalizer", "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "TemplateProcessing", "single": [{"id": "A"}]},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "a": 1, "b": 2}},
}


def a_graph(weights: dict[str, Any] = WEIGHTS, operator: str = "MatMul", opset: int = 17) -> Any:
    """``y = x @ w + b``, or another operator in its place."""
    helper, proto = onnx.helper, onnx.TensorProto
    x = helper.make_tensor_value_info("x", proto.FLOAT, ["n", 3])
    y = helper.make_tensor_value_info("y", proto.FLOAT, ["n", 4])
    nodes = [helper.make_node(operator, ["x", "w"], ["z"]), helper.make_node("Add", "zb", ["y"])]
    tensors = [onnx.numpy_helper.from_array(v, n) for n, v in weights.items()]
    graph = helper.make_graph(nodes, "g", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def an_archive(
    at: Path,
    edit: Callable[[Path], object] = lambda _: None,
    model: Any = None,
    manifest: Manifest | None = None,
) -> Path:
    """An archive with a real small graph; ``edit`` changes its files before they are sealed."""
    folder = at.parent / f"{at.name}.files"
    (folder / "golden").mkdir(parents=True)
    onnx.save_model(model or a_graph(), folder / "model.onnx")
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "config.json").write_text('{"id2label": {"0": "O", "1": "B-PER"}}\n')
    (folder / "serving.properties").write_text("engine=OnnxRuntime\nmaxLength=96\n")
    save_file(
        {"t-1/plain/0": np.zeros((2, 3), dtype=np.float32)}, folder / "golden/logits.safetensors"
    )
    edit(folder)
    seal(folder, manifest or a_manifest())
    pack(folder, at)
    return at


def changes(section: Any) -> dict[str, tuple[str | None, str | None]]:
    """A section as data."""
    return {change.what: (change.before, change.after) for change in section}


def compared(tmp_path: Path, **changed: Any) -> ArchiveDiff:
    """An archive against one that was made with changes."""
    return diff(an_archive(tmp_path / "a.zip"), an_archive(tmp_path / "b.zip", **changed))


def test_the_same(tmp_path: Path) -> None:
    """Two equal archives differ in nothing: exit code 0."""
    found = compared(tmp_path)
    assert found.identical
    assert not any(v for v in found.to_dict().values() if isinstance(v, tuple))
    result = CliRunner().invoke(app, ["diff", str(tmp_path / "a.zip"), str(tmp_path / "b.zip")])
    assert (result.exit_code, result.stdout) == (0, "the same, bit for bit\n")


def test_one_weight(tmp_path: Path) -> None:
    """A tensor that moved is named, with how far; equal ones, NaN and infinities included, are not."""
    moved = WEIGHTS["w"].copy()
    moved[1, 2] += 0.5
    found = compared(tmp_path, model=a_graph({**WEIGHTS, "w": moved}))
    (weight,) = found.weights
    assert (weight.name, weight.before_type, weight.before_shape) == ("w", "float", (3, 4))
    assert weight.largest == 0.5
    assert weight.relative == pytest.approx(0.5 / np.sqrt(np.square(WEIGHTS["w"]).sum()))
    assert found.equal_weights == 1
    assert not found.graph
    result = CliRunner().invoke(app, ["diff", str(tmp_path / "a.zip"), str(tmp_path / "b.zip")])
    assert result.exit_code == 1
    assert "~ w: float[3, 4], largest difference 0.5, relative rms 0.0222" in result.stdout
    assert "1 tensors differ, 1 are equal" in result.stdout


def test_a_number_that_is_none(tmp_path: Path) -> None:
    """A NaN that was a number is a difference without a size."""
    other = WEIGHTS["b"].copy()
    other[0] = np.nan
    (weight,) = compared(tmp_path, model=a_graph({**WEIGHTS, "b": other})).weights
    assert (weight.name, weight.largest, weight.relative) == ("b", None, None)


def test_weights_of_another_type_shape_and_name(tmp_path: Path) -> None:
    """Half precision is measured, another shape is said, and tensors that came or went are told."""
    other = {"w": WEIGHTS["w"].astype(np.float16) + np.float16(1), "c": WEIGHTS["b"][:2]}
    found = {w.name: w for w in compared(tmp_path, model=a_graph(other)).weights}
    assert (found["w"].before_type, found["w"].after_type) == ("float", "float16")
    assert found["w"].largest == 1
    assert (found["b"].before_shape, found["b"].after_shape) == ((4,), None)
    assert (found["c"].before_shape, found["c"].after_shape) == (None, (2,))


def test_weights_in_a_file_of_their_own(tmp_path: Path) -> None:
    """Tensors in model.onnx.data are compared as the others are."""

    def outside(shift: float) -> Callable[[Path], object]:
        def write(folder: Path) -> None:
            large = {**WEIGHTS, "w": np.arange(3000, dtype=np.float32).reshape(3, 1000)}
            large["w"][0, 0] = shift
            onnx.save_model(
                a_graph(large),
                folder / "model.onnx",
                save_as_external_data=True,
                location="model.onnx.data",
                size_threshold=64,
            )

        return write

    found = diff(
        an_archive(tmp_path / "a.zip", outside(0)), an_archive(tmp_path / "b.zip", outside(2))
    )
    assert list(changes(found.files)) == ["djlift.json", "model.onnx.data"]
    assert [(w.name, w.largest) for w in found.weights] == [("w", 2.0)]


def test_the_graph(tmp_path: Path) -> None:
    """Operators by number, opset, and the first node that is another one."""
    found = changes(compared(tmp_path, model=a_graph(operator="Gemm", opset=18)).graph)
    assert found["operator Gemm"] == (None, "1")
    assert found["operator MatMul"] == ("1", None)
    assert found["opset of ai.onnx"] == ("17", "18")
    assert found["first other node (0)"] == ("MatMul(x, w) -> z", "Gemm(x, w) -> z")


def test_the_tokenizer(tmp_path: Path) -> None:
    """A section, and tokens that came, went and moved."""

    def edit(folder: Path) -> None:
        data = json.loads(json.dumps(TOKENIZER))
        data["normalizer"]["lowercase"] = False
        data["model"]["vocab"] = {"[UNK]": 0, "b": 1, "c": 2}
        (folder / "tokenizer.json").write_text(json.dumps(data))

    assert changes(compared(tmp_path, edit=edit).tokenizer) == {
        "normalizer.lowercase": ("true", "false"),
        "token 'a'": ("id 1", None),
        "token 'b'": ("id 2", "id 1"),
        "token 'c'": (None, "id 2"),
    }


def test_a_unigram_vocabulary(tmp_path: Path) -> None:
    """A score that moved is a token that changed."""

    def unigram(score: float) -> Callable[[Path], object]:
        model = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", score]]}
        text = json.dumps({**TOKENIZER, "model": model})
        return lambda folder: (folder / "tokenizer.json").write_text(text)

    found = diff(
        an_archive(tmp_path / "a.zip", unigram(-1)), an_archive(tmp_path / "b.zip", unigram(-2))
    )
    assert changes(found.tokenizer) == {"token 'a'": ("id 1, score -1", "id 1, score -2")}


def test_arguments_figures_and_origin(tmp_path: Path) -> None:
    """Each key by itself, in its own section."""

    def edit(folder: Path) -> None:
        (folder / "serving.properties").write_text("engine=OnnxRuntime\nmaxLength=64\nstride=0\n")
        (folder / "config.json").write_text('{"id2label": {"0": "O", "1": "B-LOC"}}\n')
        save_file(
            {"t-1/plain/0": np.full((2, 3), 0.25, dtype=np.float32)},
            folder / "golden/logits.safetensors",
        )

    manifest = a_manifest(
        version="1.1.0",
        licence=None,
        tools={"djlift": "0.1.0", "onnx": "1.18"},
        source={"kind": "hub", "id": "x/tiny-ner", "revision": "abc", "weights": {}},
        parity={"levels": [{"name": "logits", "figures": {"max_abs": 0.5}}]},
        accuracy={"archive": 0.75},
    )
    found = compared(tmp_path, edit=edit, manifest=manifest)
    assert changes(found.arguments) == {
        "serving.properties: maxLength": ("96", "64"),
        "serving.properties: stride": (None, "0"),
        "config.json: id2label.1": ("B-PER", "B-LOC"),
    }
    figures = changes(found.figures)
    assert figures["accuracy.archive"] == (None, "0.75")
    assert figures["parity.levels[0 logits].figures.max_abs"] == (None, "0.5")
    assert figures["recorded logits of 1 windows of 1"] == ("0", "up to 0.25 away")
    origin = changes(found.origin)
    assert origin["version"] == ("1.0.0", "1.1.0")
    assert origin["licence"] == ("apache-2.0", "null")
    assert origin["source.revision"] == ("null", "abc")
    assert origin["tools.onnx"] == (None, "1.18")


def test_without_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are compared, and the result says what was not and what to install."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    a = an_archive(tmp_path / "a.zip")
    b = an_archive(tmp_path / "b.zip", model=a_graph(operator="Gemm"))
    monkeypatch.setattr(graphs.importlib.util, "find_spec", lambda name: None)
    found = diff(a, b)
    assert set(changes(found.files)) == {"djlift.json", "model.onnx"}
    assert not found.weights
    assert install("export") in found.notes[0]


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    """No archive, an altered one, a graph that is none: exit code 2's errors."""
    a = an_archive(tmp_path / "a.zip")
    with pytest.raises(ArchiveError):
        diff(a, tmp_path / "nowhere.zip")
    with pytest.raises(ArchiveError, match="says what no djlift archive says"):
        diff(
            a,
            an_archive(tmp_path / "b.zip", lambda f: (f / "model.onnx").write_bytes(b"\xff" * 64)),
        )
    with pytest.raises(ArchiveError, match="nested deeper"):
        diff(
            a,
            an_archive(
                tmp_path / "c.zip",
                lambda f: (f / "config.json").write_text("[" * 9_000 + "]" * 9_000),
            ),
        )
    folder = tmp_path / "a.zip.files"
    (folder / "config.json").write_text("{}")
    pack(folder, tmp_path / "altered.zip")
    with pytest.raises(ArchiveError, match="not what was packed"):
        diff(a, tmp_path / "altered.zip")


def test_nothing_of_an_archive_moves_the_cursor(tmp_path: Path) -> None:
    """Names and values are shown harmless."""

    def edit(folder: Path) -> None:
        (folder / "config.json").write_text('{"\\u001b[2J": "\\u001b[31m"}')

    an_archive(tmp_path / "a.zip")
    an_archive(tmp_path / "b.zip", edit)
    result = CliRunner().invoke(app, ["diff", str(tmp_path / "a.zip"), str(tmp_path / "b.zip")])
    assert "\x1b[2J" not in result.stdout
    assert "\x1b[31m" not in result.stdout
