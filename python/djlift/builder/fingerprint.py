"""What an archive is made of, as one digest: a build with the same inputs need not be done again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from djlift.base.files import sha256
from djlift.checkpoints.checkpoint import Checkpoint, Source
from djlift.checkpoints.export import SETTING
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.settings import module_folders
from djlift.texts.text import Text

_PACKAGE = Path(__file__).parents[1]
_PATHS = ("sources", "adapter", "texts", "evaluation", "card", "precisions", "sha256")


def digest(
    recipe: Recipe,
    checkpoint: Checkpoint,
    texts: Sequence[Text],
    precision: str,
    tools: dict[str, str],
) -> str:
    """SHA-256, as hex, over everything that decides an archive's bytes.

    Weights, configuration, tokenizer, adapter, texts, labelled text, card, options, the versions of the
    tools, djlift's own code, and the exporter that was asked for. Paths do not count, what the files
    hold does.
    """
    options = {key: value for key, value in asdict(recipe).items() if key not in _PATHS}
    facts = {
        "options": options,
        "precision": precision,
        "source": [checkpoint.source.kind, checkpoint.source.id, checkpoint.source.revision],
        "weights": dict(checkpoint.weights),
        "files": _small_files(checkpoint.source),
        "adapter": _small_files(checkpoint.adapter) if checkpoint.adapter else None,
        "flags": [checkpoint.pickle, checkpoint.remote_code],
        "texts": [list(vars(text).values()) for text in texts],
        "evaluation": sha256(recipe.evaluation) if recipe.evaluation else None,
        "card": sha256(recipe.card) if recipe.card else None,
        "tools": tools,
        "exporter": os.environ.get(SETTING),
        "djlift": _hashes(_own_files(), _PACKAGE),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _small_files(source: Source) -> dict[str, str]:
    """Everything beside the weights, which are hashed already."""
    weights = {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".onnx", ".h5", ".msgpack"}
    folders = (source.folder, *module_folders(source.folder))
    every = (f for folder in folders for f in folder.iterdir())
    files = [f for f in every if f.is_file() and f.suffix not in weights]
    return _hashes(files, source.folder)


def _own_files() -> Iterable[Path]:
    kinds = {".py", ".json", ".jsonl", ".md", ".html", ".jar"}
    return (f for f in _PACKAGE.rglob("*") if f.is_file() and f.suffix in kinds)


def _hashes(files: Iterable[Path], folder: Path) -> dict[str, str]:
    return {f.relative_to(folder).as_posix(): sha256(f) for f in sorted(files)}
