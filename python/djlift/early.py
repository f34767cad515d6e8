"""What can be known before anything heavy begins: useless options, places that cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from djlift.errors import DjliftError, UsageError, remedy
from djlift.parameters import checked
from djlift.terminal import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from djlift.checkpoint import Checkpoint
    from djlift.recipe import Recipe
    from djlift.task import Task


def refuse_useless(recipe: Recipe, task: Task, checkpoint: Checkpoint | None = None) -> None:
    """Refuse what a build for this task, of this checkpoint, would not look at.

    Raises:
        UsageError: An option, or a key of the recipe, of another task; or a parameter that it does not have.
    """
    from djlift.task import GeneralTask

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
    from djlift.task import GeneralTask

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


def refuse_alone(given: Mapping[str, Any], partner: str, present: Any) -> None:
    """Refuse options that do nothing without another one.

    Raises:
        UsageError: One is given, and the other is not.
    """
    for option, value in given.items():
        if value is not None and value is not False and not present:
            raise UsageError(
                f"{option} does nothing without {partner}",
                code="option-without-effect",
                mend=f"pass {partner} too, or leave {option} out",
            )


def refuse_together(given: Mapping[str, Any], mode: str) -> None:
    """Refuse options that do nothing beside another one.

    Raises:
        UsageError: One of them is given.
    """
    for option, value in given.items():
        if value is not None and value is not False:
            raise UsageError(
                f"{option} has no meaning with {mode}",
                code="options-together",
                mend=f"leave {option} out",
            )


def refuse_unwritable(option: str, place: Path | None, *, parents: bool = False) -> None:
    """Refuse a place for a result before the result is made.

    Args:
        parents: Whether missing folders above it will be made.

    Raises:
        UsageError: A file cannot be written there.
    """
    if place is None:
        return
    try:
        if place.is_dir():
            raise IsADirectoryError(21, "is a folder")
        if place.exists() and not place.is_file():
            raise IsADirectoryError(21, "is no regular file, and would be replaced")
        _try(_existing(place.parent) if parents else place.parent)
    except OSError as cause:
        raise _unwritable(option, place, cause, "a file that can be written") from cause


def refuse_unwritable_folder(option: str, folder: Path) -> None:
    """The same for a folder, which is made where it is not there.

    Raises:
        UsageError: Files cannot be written there.
    """
    try:
        _try(_existing(folder))
    except OSError as cause:
        raise _unwritable(option, folder, cause, "a folder that can be written") from cause


def written(reports: Iterable[tuple[Path | None, Callable[[Path], None]]]) -> bool:
    """Write reports, after the result is told: one that cannot be written is told, and stops no other."""
    good = True
    for file, write in reports:
        if file is None:
            continue
        try:
            write(file)
        except DjliftError as problem:
            explain(problem)
            good = False
    return good


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _try(folder: Path) -> None:
    if not folder.is_dir():
        raise (NotADirectoryError(20, "a part of the path is a file") if folder.exists()
               else FileNotFoundError(2, f"there is no folder {folder}"))  # fmt: skip
    # No check of permissions says what the file system will; it leaves nothing behind.
    tempfile.TemporaryFile(dir=folder).close()


def _unwritable(option: str, place: Path, cause: OSError, expected: str) -> UsageError:
    return UsageError(
        f"{option} cannot be written",
        code="output-unwritable",
        file=place,
        expected=expected,
        found=cause.strerror or str(cause),
        mend=remedy(cause),
    )
