"""What of a recipe, or of a verification, a task would not look at: refused before anything heavy begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from djlift.base.preconditions import refuse_alone
from djlift.errors import UsageError
from djlift.tasks.frame.parameters import checked

if TYPE_CHECKING:
    from djlift.checkpoints.checkpoint import Checkpoint
    from djlift.checkpoints.recipe import Recipe
    from djlift.tasks.frame.task import Task


def refuse_useless(recipe: Recipe, task: Task, checkpoint: Checkpoint | None = None) -> None:
    """Refuse what a build for this task, of this checkpoint, would not look at.

    Raises:
        UsageError: An option, or a key of the recipe, of another task; or a parameter that it does not have.
    """
    from djlift.tasks.frame.task import GeneralTask

    hub = checkpoint is None or checkpoint.source.kind == "hub" or len(recipe.sources) > 1
    refuse_alone({"--revision": recipe.revision}, "a source on the hub", hub)
    if not isinstance(task, GeneralTask):
        if recipe.parameters:
            raise of_another_task("--parameter", task, "--aggregation-strategy")
        return
    if recipe.evaluation is not None:
        raise of_another_task("--eval", task)
    if recipe.aggregation_strategy is not None:
        raise of_another_task("--aggregation-strategy", task, "--parameter NAME=VALUE")
    if recipe.labels is not None and not task.labelled:
        raise of_another_task("labels of the recipe", task)
    checked(recipe.parameters or {}, task.parameters, task.name)


def refuse_useless_here(task: Task, *, evaluation: Any, reference: Any) -> None:
    """Refuse what a verification of this task would not look at.

    Args:
        reference: Whether a reference is given, and no texts to compare with it.

    Raises:
        UsageError: It is given.
    """
    from djlift.tasks.frame.task import GeneralTask

    if not isinstance(task, GeneralTask):
        return
    if evaluation:
        raise of_another_task("--eval", task)
    # A diverging text is shrunk for token classification alone.
    refuse_alone({"--reference": reference or None}, "--texts FILE", False)


def of_another_task(option: str, task: Task, instead: str | None = None) -> UsageError:
    """The option would be ignored."""
    return UsageError(
        f"{option} does nothing for {task.name}",
        code="option-for-another-task",
        expected=instead,
        found=task.name,
        mend=f"leave {option} out",
    )
