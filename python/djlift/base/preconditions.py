"""What can be refused before anything heavy begins: options without effect, places that cannot be written."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djlift.errors import UsageError, remedy


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
