"""Small things that many tests need: a manifest, an archive, golden cases, a checkpoint folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from djlift.archive.container import pack, seal
from djlift.archive.golden import Case, Entity, Golden, PaddedBatch
from djlift.archive.manifest import Manifest
from djlift.archive.windows import PLAIN, Window
from djlift.jvm import windows
from tests.support.hostile.onnx_bytes import message, model, node, tensor

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def a_manifest(**changes: Any) -> Manifest:
    """A manifest of a small model that lists no files yet."""
    manifest = Manifest(
        name="tiny-ner",
        group="org.example.nlp",
        version="1.0.0",
        precision="fp32",
        task="token-classification",
        application="nlp/token_classification",
        licence="apache-2.0",
        source={"kind": "folder", "id": "tiny-ner", "revision": None, "weights": {}},
        target={"djl": "0.38.0", "onnxruntime": "1.21.1", "opset": 17, "ir": 8},
        tools={"djlift": "0.1.0"},
        graph={"nodes": 3, "layers": 1, "fused": {"Attention": 1}, "bytes": 12, "remarks": []},
        model={
            "labels": list(LABELS),
            "inputs": list(INPUTS),
            "max_length": 32,
            "aggregation_strategy": "simple",
            "translator_factory": "org.djlift.translate.TokenClassificationTranslatorFactory",
            "remarks": [],
        },
        golden={"texts": 2, "strategies": ["none", "simple"]},
    )
    return replace(manifest, **changes)


def a_folder(at: Path) -> Path:
    """The files of an archive without djlift.json; each is valid, the graph computes nothing."""
    labels = {str(i): label for i, label in enumerate(LABELS)}
    weights = message(9, bytes(range(256)) * 8)
    files = {
        "model.onnx": model(node(), tensor(weights)),
        "config.json": json.dumps({"id2label": labels}).encode() + b"\n",
        "README.md": b"# tiny-ner\n",
        "serving.properties": b"engine=OnnxRuntime\n",
    }
    for name, data in files.items():
        file = at / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    a_golden().write(at)
    return at


def an_archive(target: Path, **changes: Any) -> Path:
    """A sealed and packed archive; ``changes`` are fields of its manifest."""
    folder = a_folder(target.parent / f"{target.name}.files")
    seal(folder, a_manifest(**changes))
    pack(folder, target)
    return target


def a_window(ids: list[int], offsets: list[tuple[int, int]], logits: Any = None) -> Window:
    """A window whose first and last tokens are special; unless given, its logits decide clearly."""
    count = len(ids)
    special = np.zeros(count, dtype=np.int64)
    special[[0, -1]] = 1
    if logits is None:
        logits = np.linspace(-4, 6, count * len(LABELS)).reshape(count, len(LABELS))
        logits = logits + 4 * np.eye(len(LABELS))[np.arange(count) % len(LABELS)]
    return Window(
        ids=np.asarray(ids, dtype=np.int64),
        type_ids=np.zeros(count, dtype=np.int64),
        special=special,
        offsets=np.asarray(offsets, dtype=np.int64).reshape(-1, 2),
        logits=np.asarray(logits, dtype=np.float32),
    )


def an_entity(label: str = "PER", start: int = 0, end: int = 4, **changes: Any) -> Entity:
    """An entity over the start of ``Anna met Tom``."""
    return replace(Entity(label, 0.98765432, "anna", start, end), **changes)


def a_case(name: str = "news-001", group: str = "news") -> Case:
    """``Anna met Tom`` as three words between special tokens, recorded plain and with stride 2."""
    offsets = [(0, 0), (0, 4), (5, 8), (9, 12), (0, 0)]
    entities = (an_entity(), an_entity("PER", 9, 12, word="tom", score=0.75))
    tokens = tuple(replace(e, index=i) for e, i in zip(entities, (1, 3), strict=True))
    grouped = dict.fromkeys(("simple", "first", "average", "max"), entities)
    return Case(
        id=name,
        group=group,
        text="Anna met Tom",
        windows={
            PLAIN: (a_window([101, 7, 8, 9, 102], offsets),),
            "2": (
                a_window([101, 7, 8, 102], [*offsets[:3], (0, 0)]),
                a_window([101, 8, 9, 102], [(0, 0), *offsets[2:]]),
            ),
        },
        outputs={"none": tokens, **grouped},
        strides={"2": grouped},
    )


def a_golden(*cases: Case) -> Golden:
    """Golden cases (two unless given) and the padded batch of them."""
    chosen = cases or (a_case(), a_case("social-001", "social"))
    rows = tuple(tuple(c.windows[PLAIN][0].ids.tolist()) for c in chosen)
    inputs = {
        "input_ids": rows,
        "attention_mask": tuple((1,) * len(r) for r in rows),
        "token_type_ids": tuple((0,) * len(r) for r in rows),
    }
    return Golden(chosen, PaddedBatch(tuple(c.id for c in chosen), inputs))


def seen(window: Window) -> windows.Window:
    """An exact copy of a recorded window, as the JVM gives it."""
    return windows.Window(
        ids=window.ids.copy(),
        type_ids=window.type_ids.copy(),
        mask=np.ones_like(window.ids),
        special=window.special.copy(),
        offsets=window.offsets.astype(np.int32),
        logits=window.logits.copy(),
    )


def a_checkpoint(folder: Path, **config: Any) -> Path:
    """A checkpoint folder that can be examined: a config and weights of one number."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"architectures": ["BertForTokenClassification"], "model_type": "bert"} | config
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    save_file({"weight": np.zeros(1, dtype=np.float32)}, folder / "model.safetensors")
    return folder
