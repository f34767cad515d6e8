"""Archives of small random models, made without a JVM: for tests about something else."""

from __future__ import annotations

from pathlib import Path

from djlift.base.targets import DEFAULT, Target, named
from djlift.builder.build import pack
from djlift.builder.layout import Parts, stage
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.export import export
from djlift.checkpoints.recipe import Recipe
from djlift.graph.fusion import convert
from djlift.tasks.token_classification.reference import record
from djlift.tasks.token_classification.task import TASK
from tests.support import mixed_texts
from tests.support.checkpoints import architectures
from tests.support.checkpoints.architectures import Pair
from tests.support.checkpoints.vocabularies import VOCABULARIES
from tests.support.torch_threads import one_thread


def archive(
    pair: Pair, folder: Path, *, count: int = 60, target: Target = DEFAULT, seed: int = 0
) -> Path:
    """The fp32 archive of one pair of the matrix, with so many golden cases; not proven."""
    source = folder / "checkpoint"
    architectures.write(*pair, source, seed)
    recipe = Recipe((str(source),), name="small", group="org.example", target=target.name)
    return of_recipe(recipe, pair[1], folder, count=count, seed=seed, target=target)


def of_recipe(
    recipe: Recipe,
    vocabulary: str,
    folder: Path,
    *,
    count: int = 60,
    seed: int = 0,
    target: Target | None = None,
) -> Path:
    """The fp32 archive of a recipe whose checkpoint is written already; not proven.

    Args:
        target: In place of the recipe's: one with limits of its own.
    """
    files, target = folder / "archive", target or named(recipe.target)
    checkpoint = find(recipe)
    with one_thread():
        loaded = TASK.load(checkpoint, recipe)
        golden = record(loaded, mixed_texts.mixture(count, seed, VOCABULARIES[vocabulary].inserted))
    exported = export(loaded, folder / "exported.onnx")
    converted = convert(exported, folder / "model.onnx", target)
    files.mkdir(parents=True)
    parts = Parts(recipe, checkpoint, TASK, loaded, converted, golden, "fp32", "not of a build")
    manifest = stage(parts, files)
    packed = folder / manifest.file_name
    pack(files, manifest, recipe.card, packed)
    return packed
