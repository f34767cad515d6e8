"""A wheel without djlift's jars cannot run anything: it is refused as it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

JARS = ("djlift-core", "djlift-tooling", "djlift-spark")


class Jars(BuildHookInterface):  # type: ignore[type-arg]
    """Looks for the jars before a wheel is written; an editable install may come before them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse to go on without the jars."""
        folder = Path(self.root, "python", "djlift", "jars")
        missing = [name for name in JARS if not any(folder.glob(f"{name}-*.jar"))]
        if version != "editable" and missing:
            raise RuntimeError(
                f"djlift's Java half is not built: no {' and no '.join(missing)} in {folder};"
                " run 'make bridge' first"
            )
