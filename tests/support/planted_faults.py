"""Faults to plant in copies of an archive: each is one thing that goes wrong in real life.

Every fault leaves an archive that is sealed again, so that level 0 holds and a later level has to see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

from djlift.archive import container
from djlift.archive.golden import Golden

Edit = Callable[[Path], None]
_LONG = {"long-003", "long-007", "long-010"}


def tampered(source: Path, target: Path, edit: Edit) -> Path:
    """A copy of an archive with ``edit`` applied to its unpacked files, sealed again."""
    with container.opened(source) as found:
        edit(found.folder)
        (found.folder / "djlift.json").unlink()
        container.seal(found.folder, found.manifest)
        container.pack(found.folder, target)
    return target


def fewer_cases(folder: Path) -> None:
    """No fault: every sixth golden case, the padded ones and three long ones, for quick runs."""
    golden = Golden.read(folder)
    kept = tuple(
        case
        for number, case in enumerate(golden.cases)
        if number % 6 == 0 or case.id in golden.padding.cases or case.id in _LONG
    )
    replace(golden, cases=kept).write(folder)


def one_weight_changed(folder: Path) -> None:
    """The weight matrix of a middle layer is off by 1 %."""
    _edit_graph(folder, lambda model: _scale(model, 1.01))


def one_weight_changed_much(folder: Path) -> None:
    """The weight matrix of a middle layer is off by 5 %: more than fp16's tolerance hides."""
    _edit_graph(folder, lambda model: _scale(model, 1.05))


def _scale(model: Any, factor: float) -> None:
    matrices = [w for w in model.graph.initializer if len(w.dims) == 2 and w.dims[0] < 4096]
    weight = matrices[len(matrices) // 2]
    values = numpy_helper.to_array(weight)
    weight.CopyFrom(numpy_helper.from_array((values * factor).astype(values.dtype), weight.name))


def inputs_swapped(folder: Path) -> None:
    """The mask arrives where the types belong, and the other way round."""
    swap = {"attention_mask": "token_type_ids", "token_type_ids": "attention_mask"}

    def rename(model: Any) -> None:
        for node in model.graph.node:
            node.input[:] = [swap.get(name, name) for name in node.input]

    _edit_graph(folder, rename)


def mask_ignored(folder: Path) -> None:
    """Every mask is taken for ones: padding is read as text."""

    def ignore(model: Any) -> None:
        for node in model.graph.node:
            node.input[:] = [
                "all_ones" if name == "attention_mask" else name for name in node.input
            ]
        one = numpy_helper.from_array(np.asarray([1], dtype=np.int64), "one_of_the_mask")
        model.graph.initializer.append(one)
        shape = onnx.helper.make_node("Shape", ["attention_mask"], ["mask_shape"])
        ones = onnx.helper.make_node("Expand", ["one_of_the_mask", "mask_shape"], ["all_ones"])
        model.graph.node.insert(0, ones)
        model.graph.node.insert(0, shape)

    _edit_graph(folder, ignore)


def pooled_across_rows(folder: Path, only: str | None = None) -> None:
    """Each special token beyond those that every row has moves the answers of the other rows, not of its own.

    What a gather over the batch does: a text alone, and texts without written-out tokens, are as they were.

    Args:
        only: The one token that does so; None is all but the unknown one.
    """
    tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    special = [
        one
        for one in tokens
        if one["special"] and (only or "unk" not in one["content"].lower())
        if only is None or one["content"] == only
    ]
    ids = np.array([one["id"] for one in special], np.int64)

    def pool(model: Any) -> None:
        graph = model.graph
        (output,) = graph.output
        axes = len(output.type.tensor_type.shape.dim) - 1
        made = next(n for n in graph.node if output.name in n.output)
        made.output[list(made.output).index(output.name)] = "own_answers"
        constants = {
            "special_ids": ids.reshape(-1, 1, 1),
            "counted_axes": np.array([0, 2], np.int64),
            "first_axis": np.array([0], np.int64),
            "answer_shape": np.array([-1, *[1] * axes], np.int64),
        }
        graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in constants.items())
        steps = (
            ("Equal", ["input_ids", "special_ids"], "is_special", {}),
            ("Cast", ["is_special"], "special_as_float", {"to": onnx.TensorProto.FLOAT}),
            ("Mul", ["special_as_float", "is_attended"], "special_in_text", {}),
            ("ReduceSum", ["special_in_text", "counted_axes"], "of_each_row", {"keepdims": 0}),
            ("ReduceMin", ["of_each_row"], "fewest", {"axes": [0], "keepdims": 1}),
            ("Sub", ["of_each_row", "fewest"], "beyond", {}),
            ("ReduceSum", ["beyond", "first_axis"], "of_all", {"keepdims": 1}),
            ("Sub", ["of_all", "beyond"], "of_the_others", {}),
            ("Reshape", ["of_the_others", "answer_shape"], "moves", {}),
            ("Add", ["own_answers", "moves"], output.name, {}),
        )
        attended = onnx.helper.make_node(
            "Cast", ["attention_mask"], ["is_attended"], to=onnx.TensorProto.FLOAT
        )
        graph.node.append(attended)
        for kind, given, name, more in steps:
            graph.node.append(onnx.helper.make_node(kind, given, [name], **more))

    _edit_graph(folder, pool)


def plain_texts_alone(folder: Path) -> None:
    """No fault: the golden cases without a written-out token; level 5's own batches alone have some."""
    golden = Golden.read(folder)
    kept = tuple(c for c in golden.cases if not re.search(r"\[[A-Z]{3,4}\]|<", c.text))
    replace(golden, cases=kept).write(folder)


def types_dropped(folder: Path) -> None:
    """The graph no longer takes token types."""

    def drop(model: Any) -> None:
        shape = onnx.helper.make_node("Shape", ["input_ids"], ["types_shape"])
        zeros = onnx.helper.make_node(
            "ConstantOfShape",
            ["types_shape"],
            ["no_types"],
            value=numpy_helper.from_array(np.asarray([0], dtype=np.int64)),
        )
        for node in model.graph.node:
            node.input[:] = [
                "no_types" if name == "token_type_ids" else name for name in node.input
            ]
        model.graph.node.insert(0, zeros)
        model.graph.node.insert(0, shape)
        kept = [i for i in model.graph.input if i.name != "token_type_ids"]
        del model.graph.input[:]
        model.graph.input.extend(kept)

    _edit_graph(folder, drop)
    _edit_properties(folder, includeTokenTypes="false")


def other_vocabulary(folder: Path) -> None:
    """The tokenizer is of another model: the same words, other ids."""

    def rotate(data: dict[str, Any]) -> None:
        vocabulary = data["model"]["vocab"]
        words = [w for w, i in vocabulary.items() if i > 2000]
        ids = [vocabulary[w] for w in words]
        vocabulary.update(zip(words, ids[1:] + ids[:1], strict=True))

    _edit_json(folder / "tokenizer.json", rotate)


def case_kept(folder: Path) -> None:
    """Lower-casing is switched off."""

    def keep(data: dict[str, Any]) -> None:
        data["normalizer"]["lowercase"] = False

    _edit_json(folder / "tokenizer.json", keep)


def label_renamed(folder: Path) -> None:
    """Two labels of config.json changed places."""

    def rename(data: dict[str, Any]) -> None:
        names = data["id2label"]
        names["1"], names["3"] = names["3"], names["1"]

    _edit_json(folder / "config.json", rename)


def pad_id_changed(folder: Path) -> None:
    """Batches are padded with another token."""

    def change(data: dict[str, Any]) -> None:
        data["padding"]["pad_id"] = 100

    _edit_json(folder / "tokenizer.json", change)


def limit_halved(folder: Path) -> None:
    """Texts are cut at half the model's limit."""
    _edit_properties(folder, maxLength="256")


def golden_entity_edited(folder: Path) -> None:
    """A recorded entity ends one character later than it did."""

    def edit(case: dict[str, Any]) -> bool:
        for entity in case["outputs"]["simple"]:
            entity["end"] += 1
            return True
        return False

    _edit_case(folder, edit)


def golden_id_edited(folder: Path) -> None:
    """A recorded token is another one."""

    def edit(case: dict[str, Any]) -> bool:
        ids = case["windows"]["plain"][0]["ids"]
        ids[len(ids) // 2] += 1
        return True

    _edit_case(folder, edit)


def golden_logit_edited(folder: Path) -> None:
    """A recorded logit is off by one."""
    file = folder / "golden" / "logits.safetensors"
    tensors = load_file(file)
    name = sorted(tensors)[7]
    tensors[name] = tensors[name].copy()
    tensors[name][1, 0] += 1.0
    save_file(tensors, file)


def _edit_graph(folder: Path, edit: Callable[[Any], None]) -> None:
    file = folder / "model.onnx"
    model = onnx.load(file)
    edit(model)
    onnx.save(model, file)


def _edit_json(file: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    edit(data)
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _edit_properties(folder: Path, **values: str) -> None:
    file = folder / "serving.properties"
    text = file.read_text(encoding="ascii")
    for key, value in values.items():
        text, found = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        assert found == 1, f"{key} is not in serving.properties"
    file.write_text(text, encoding="ascii")


def _edit_case(folder: Path, edit: Callable[[dict[str, Any]], bool]) -> None:
    file = folder / "golden" / "cases.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        case = json.loads(line)
        if edit(case):
            lines[number] = json.dumps(case)
            break
    else:
        raise AssertionError("no case could be edited")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
