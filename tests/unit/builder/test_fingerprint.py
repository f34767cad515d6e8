"""The digest of a build's inputs: everything that decides the bytes counts, paths do not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from djlift.builder import fingerprint
from djlift.builder.fingerprint import digest
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.texts.text import Text

TEXTS = (Text("a", "news", "Anna met Tom in Paris."),)
TOOLS = {"torch": "2.0"}


def checkpoint(folder: Path) -> Path:
    """A folder that is a checkpoint as far as its files are hashed."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    save_file({"w": np.zeros(1, np.float32)}, folder / "model.safetensors")
    return folder


def of(folder: Path, texts: tuple[Text, ...] = TEXTS, **options: object) -> str:
    """The digest of a build of this folder."""
    recipe = Recipe(sources=(str(folder),), name="m").with_options(**options)
    return digest(recipe, find(recipe), texts, "fp32", TOOLS)


def test_paths_do_not_count(tmp_path: Path) -> None:
    """The same files elsewhere give the same digest, when the folder has the same name."""
    first = checkpoint(tmp_path / "model")
    (tmp_path / "other").mkdir()
    shutil.copytree(first, tmp_path / "other" / "model")
    assert of(first) == of(tmp_path / "other" / "model")


def _weights(folder: Path) -> None:
    save_file({"w": np.ones(1, np.float32)}, folder / "model.safetensors")


def _tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{ }", encoding="utf-8")


def _config(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "roberta"}), encoding="utf-8")


@pytest.mark.parametrize("change", [_weights, _tokenizer, _config])
def test_files_count(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Another byte in weights, tokenizer or configuration gives another digest."""
    folder = checkpoint(tmp_path / "model")
    before = of(folder)
    change(folder)
    assert of(folder) != before


def test_options_texts_tools_and_precision_count(tmp_path: Path) -> None:
    """So do options, texts, labelled text, the card, tool versions and the precision."""
    folder = checkpoint(tmp_path / "model")
    labelled = tmp_path / "eval.conll"
    labelled.write_text("Paris B-LOC\n", encoding="utf-8")
    recipe = Recipe(sources=(str(folder),), name="m")
    found = find(recipe)
    digests = [
        of(folder),
        of(folder, aggregation_strategy="first"),
        of(folder, version="2.0.0"),
        of(folder, target="djl-0.36"),
        of(folder, labels=("O", "B-X")),
        of(folder, evaluation=labelled),
        of(folder, card=labelled),
        of(folder, texts=(replace(TEXTS[0], text="Anna met Tom."),)),
        digest(recipe, found, TEXTS, "fp16", TOOLS),
        digest(recipe, found, TEXTS, "fp32", {"torch": "2.1"}),
        digest(recipe, replace(found, pickle=True), TEXTS, "fp32", TOOLS),
    ]
    assert len(set(digests)) == len(digests)


def test_all_of_djlift_counts() -> None:
    """Code of every package, and the data that it reads: the digest follows the whole of djlift."""
    names = {file.relative_to(fingerprint._PACKAGE).as_posix() for file in fingerprint._own_files()}
    for name in (
        "errors.py",
        "graph/fusion.py",
        "builder/fingerprint.py",
        "builder/templates/card.md",
        "jars/locks/djl-0.38.json",
        "texts/texts.jsonl",
    ):
        assert name in names
