"""Laying out an archive's files in a folder, ready to be sealed and packed."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from djlift import __version__
from djlift.archive import bom
from djlift.archive.golden import Golden
from djlift.archive.manifest import Manifest
from djlift.base.targets import named
from djlift.checkpoints.checkpoint import Checkpoint
from djlift.checkpoints.loading import Loaded, arithmetic
from djlift.checkpoints.model_card import all_stated, licence
from djlift.checkpoints.recipe import Recipe
from djlift.graph import storage
from djlift.graph.converted import Converted
from djlift.graph.storage import MODEL
from djlift.tasks.frame.task import Task

_TOOLS = (
    "torch",
    "transformers",
    "tokenizers",
    "onnx",
    "onnxruntime-gpu",
    "onnxruntime",
    "peft",
    "sentence-transformers",
    "numpy",
    "cyclonedx-python-lib",
)
# Names of people's folders, and settings that speak of the moment of loading.
_PRIVATE = (
    "_name_or_path",
    "name_or_path",
    "tokenizer_file",
    "vocab_file",
    "special_tokens_map_file",
)


@dataclass(frozen=True)
class Parts:
    """All that an archive is made of."""

    recipe: Recipe
    checkpoint: Checkpoint
    task: Task
    loaded: Loaded
    converted: Converted
    golden: Golden
    precision: str
    inputs: str


def stage(parts: Parts, folder: Path) -> Manifest:
    """Write every file but djlift.json, README.md and the BOM into ``folder``; answers the manifest so far.

    The graph, and its weights where they have a file of their own, move there.
    """
    storage.move(parts.converted.file, folder / MODEL)
    _write_json(folder / "config.json", _without_private(parts.loaded.model.config.to_dict()))
    (folder / "tokenizer.json").write_text(
        tokenizer_json(parts.loaded), encoding="utf-8", newline="\n"
    )
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(parts.loaded))
    properties = serving_properties(
        parts.task,
        parts.loaded,
        parts.recipe,
        includes_token_types="token_type_ids" in parts.converted.inputs,
    )
    (folder / "serving.properties").write_text(
        _properties(properties), encoding="ascii", newline="\n"
    )
    parts.golden.write(folder)
    for name, data in parts.task.files(parts.loaded).items():
        (folder / name).write_bytes(data)
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md"):
        found = parts.checkpoint.source.folder / name
        if found.is_file():
            shutil.copyfile(found, folder / "LICENSE")
            break
    return _manifest(parts)


def serving_properties(
    task: Task, loaded: Loaded, recipe: Recipe, *, includes_token_types: bool
) -> Mapping[str, str]:
    """serving.properties as a mapping; ``docs/archive.md`` explains each key."""
    properties = {
        "engine": "OnnxRuntime",
        "option.modelName": "model",
        "application": task.application,
        "translatorFactory": task.translator,
        "addSpecialTokens": "true",
        "truncation": "true" if loaded.max_length is not None else "false",
        "padding": "true",
        "stride": "0",
        "padToMultipleOf": "0",
        "withOverflowingTokens": "false",
        "doLowerCase": "false",
        "stripAccents": "false",
        "addPrefixSpace": "false",
        "includeTokenTypes": "true" if includes_token_types else "false",
        "int32": "false",
        **task.properties(loaded, recipe),
    }
    if loaded.max_length is not None:
        properties |= {
            "maxLength": str(loaded.max_length),
            "modelMaxLength": str(loaded.max_length),
        }
    if loaded.defaults:
        properties["parameters"] = json.dumps(loaded.defaults, sort_keys=True)
    return properties


def write_card(folder: Path, manifest: Manifest, card: Path | None) -> None:
    """Write the archive's README.md, the recipe's own card, then provenance and figures, and its BOM."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("djlift.builder", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    opening = card.read_text(encoding="utf-8").rstrip() if card else f"# {manifest.name}"
    text = environment.get_template("card.md").render(m=manifest, opening=opening)
    (folder / "README.md").write_text(text, encoding="utf-8", newline="\n")
    bom.write(folder, manifest)


def tokenizer_json(loaded: Loaded) -> str:
    """tokenizer.json as the reference used it, truncation and padding written out.

    A checkpoint's own file may cut at 128 tokens and pad to 128 while the pipeline does neither; what ships is
    what ran.
    """
    tokenizer = loaded.tokenizer
    data = json.loads(tokenizer.backend_tokenizer.to_str())
    data["truncation"] = None
    if loaded.max_length is not None:
        data["truncation"] = {
            "direction": tokenizer.truncation_side.capitalize(),
            "max_length": loaded.max_length,
            "strategy": "LongestFirst",
            "stride": 0,
        }
    data["padding"] = None
    if tokenizer.pad_token_id is not None:
        data["padding"] = {
            "strategy": "BatchLongest",
            "direction": tokenizer.padding_side.capitalize(),
            "pad_to_multiple_of": None,
            "pad_id": tokenizer.pad_token_id,
            "pad_type_id": tokenizer.pad_token_type_id,
            "pad_token": str(tokenizer.pad_token),
        }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _tokenizer_config(loaded: Loaded) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="djlift-") as name:
        loaded.tokenizer.save_pretrained(name)
        data = json.loads((Path(name) / "tokenizer_config.json").read_text(encoding="utf-8"))
    return _without_private(data)


def _without_private(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in _PRIVATE}


def _write_json(file: Path, data: Mapping[str, Any]) -> None:
    # Class indices are numbers in memory and strings in JSON; sorting needs one kind.
    plain = json.loads(json.dumps(data))
    text = json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def _properties(properties: Mapping[str, str]) -> str:
    """Java's properties format, without the date that java.util.Properties writes."""
    lines = []
    for key, value in properties.items():
        # Java counts in UTF-16, and drops blanks at the start of a value.
        units = value.replace("\\", "\\\\").encode("utf-16-be", "surrogatepass")
        codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
        escaped = "".join(chr(c) if 0x20 <= c <= 0x7E else f"\\u{c:04x}" for c in codes)
        if escaped.startswith(" "):
            escaped = "\\" + escaped
        lines.append(f"{key}={escaped}\n")
    return "".join(lines)


def _manifest(parts: Parts) -> Manifest:
    recipe, checkpoint, converted = parts.recipe, parts.checkpoint, parts.converted
    config, task = parts.loaded.model.config, parts.task
    return Manifest(
        name=recipe.archive_name(checkpoint.source.id),
        group=recipe.group,
        version=recipe.version,
        precision=parts.precision,
        task=task.name,
        application=task.application,
        licence=recipe.licence or licence(checkpoint),
        source={
            "kind": checkpoint.source.kind,
            "id": checkpoint.source.id,
            "revision": checkpoint.source.revision,
            "adapter": checkpoint.adapter.id if checkpoint.adapter else None,
            "weights": dict(checkpoint.weights),
            "pickle": checkpoint.pickle,
            "remote_code": checkpoint.remote_code,
            "states": [one.to_dict() for one in all_stated(checkpoint)],
            "inputs": parts.inputs,
            **({"tokenizer": recipe.tokenizer} if recipe.tokenizer else {}),
        },
        target={**named(recipe.target).facts(), "opset": converted.opset, "ir": converted.ir},
        tools=versions(),
        graph={
            "nodes": converted.nodes,
            "layers": converted.layers,
            "fused": dict(converted.fused),
            "patterns": {
                pattern: {"fused": converted.found.get(pattern, 0), "expected": expected}
                for pattern, expected in converted.expected.items()
            },
            "exporter": converted.exporter,
            "bytes": converted.size,
            "kept_in_fp32": list(converted.kept),
            "search": dict(converted.search),
            "remarks": list(converted.remarks()),
        },
        model={
            "type": config.model_type,
            "inputs": list(converted.inputs),
            "labels": list(parts.loaded.labels),
            "max_length": parts.loaded.max_length,
            **task.facts(parts.loaded, recipe),
            "translator_factory": task.translator,
            "remarks": list(parts.loaded.remarks),
        },
        golden={
            "texts": len(parts.golden.cases),
            **task.recorded(parts.loaded),
            "arithmetic": arithmetic(),
        },
    )


def versions() -> dict[str, str]:
    """Versions of djlift and of every tool that has a hand in an archive."""
    found = {"djlift": __version__}
    for name in _TOOLS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
