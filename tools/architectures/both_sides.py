"""A checkpoint of the matrix, loaded on the Python side and packed for the JVM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from djlift.archive.golden import Case, Golden
from djlift.archive.windows import PLAIN
from djlift.builder.build import pack
from djlift.builder.layout import Parts, stage
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import Recipe
from djlift.errors import ExportError
from djlift.graph.fusion import convert
from djlift.tasks.token_classification.reference import record
from djlift.tasks.token_classification.task import TASK
from djlift.texts.text import Text
from tools.architectures.documents import clear


@dataclass(frozen=True)
class Built:
    """Both sides of a checkpoint.

    Attributes:
        attention: Layers whose attention is fused, of all: ``2/2``.
    """

    loaded: Loaded
    golden: Golden
    archive: Path
    attention: str


@dataclass(frozen=True)
class Unbuilt:
    """The Python side of a checkpoint that the exporter refuses, and what it says."""

    golden: Golden
    refused: str


def built(source: Path, chosen: Sequence[Text], folder: Path) -> Built | Unbuilt:
    """Record the texts that the reference decides, export, convert to fp32 and pack below ``folder``.

    Args:
        source: A checkpoint, as ``save_pretrained`` writes it.
    """
    recipe = Recipe((str(source),), name="matrix", group="org.example")
    checkpoint = find(recipe)
    loaded = TASK.load(checkpoint)
    golden = record(loaded, chosen)
    heats = {case.id for case in golden.cases if _undecided(case)}
    if heats:
        golden = record(loaded, [text for text in chosen if text.id not in heats])
    try:
        exported = export(loaded, folder / "exported.onnx")
        converted = convert(exported, folder / "model.onnx")
    except ExportError as refused:
        return Unbuilt(golden, refused.found or refused.what)
    files = folder / "archive"
    files.mkdir()
    parts = Parts(recipe, checkpoint, TASK, loaded, converted, golden, "fp32", "not of a build")
    manifest = stage(parts, files)
    target = folder / manifest.file_name
    pack(files, manifest, recipe.card, target)
    fused = converted.fused.get("Attention", 0) + converted.fused.get("MultiHeadAttention", 0)
    return Built(loaded, golden, target, f"{fused}/{converted.layers}")


def _undecided(case: Case) -> bool:
    """Whether rounding decides a token of a text, see :func:`tools.architectures.documents.decided`."""
    return not all(clear(w.logits) for w in case.windows[PLAIN] if w.logits.size)
