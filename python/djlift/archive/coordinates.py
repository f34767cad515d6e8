"""What names an archive in a zoo, and which names there can be."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
GROUP = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# DJL compares the numbers between the dots, so a zoo version is made of numbers.
VERSION = re.compile(r"[0-9]+(\.[0-9]+){0,3}")


@dataclass(frozen=True)
class Coordinates:
    """What names an archive in a zoo."""

    application: str
    group: str
    name: str
    version: str
    precision: str

    @property
    def file_name(self) -> str:
        """Name of the archive: ``<name>-<version>-<precision>.zip``."""
        return f"{self.name}-{self.version}-{self.precision}.zip"
