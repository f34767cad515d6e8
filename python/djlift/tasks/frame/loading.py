"""The reference of an archive: the checkpoint that it was made of, loaded as it was built."""

from __future__ import annotations

from djlift.archive.manifest import Manifest
from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.loading import Loaded
from djlift.checkpoints.recipe import TRANSFORMERS, Recipe
from djlift.errors import SourceError
from djlift.tasks.frame.task import GeneralTask, Task


def loaded_reference(
    manifest: Manifest, recipe: Recipe, task: Task, *, fixed_sums: bool = True
) -> Loaded:
    """Load the checkpoint that an archive was made of.

    Args:
        task: The archive's.
        fixed_sums: As :func:`djlift.checkpoints.loading.load` has it.

    Raises:
        MissingExtra: torch is not installed.
        SourceError: The checkpoint's weights are not the archive's.
    """
    checkpoint = find(
        recipe,
        allow_pickle=bool(manifest.source.get("pickle")),
        trust_remote_code=bool(manifest.source.get("remote_code")),
    )
    stated = dict(manifest.source.get("weights", {}))
    if dict(checkpoint.weights) != stated:
        differing = sorted(
            name
            for name in stated.keys() | checkpoint.weights.keys()
            if stated.get(name) != checkpoint.weights.get(name)
        )
        raise SourceError(
            "the reference is not the checkpoint that the archive was made of",
            code="other-weights",
            file=checkpoint.source.folder,
            expected="the weights whose SHA-256 the manifest names",
            found="other bytes in " + ", ".join(differing),
        )
    if isinstance(task, GeneralTask):
        recipe = recipe.with_options(parameters=dict(task.built_with(manifest.model)))
    # Archives that name none were made with what transformers gives.
    chosen = str(manifest.source.get("tokenizer") or TRANSFORMERS)
    recipe = recipe.with_options(tokenizer=chosen)
    return task.load(checkpoint, recipe, fixed_sums=fixed_sums)
