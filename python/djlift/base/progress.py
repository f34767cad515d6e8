"""How long steps tell how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Advance = Callable[[str, int, int], None]
"""Called with the name of a stage, steps done and steps in all."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


_MIB = 1 << 20


@dataclass
class Bytes:
    """Progress of a step that reads or writes bytes, told in MiB."""

    advance: Advance
    stage: str
    total: int
    done: int = 0

    def more(self, count: int) -> None:
        """So many bytes more are done."""
        before = self.done // _MIB
        self.done += count
        if self.done // _MIB != before or self.done >= self.total:
            self.advance(self.stage, -(-self.done // _MIB), -(-self.total // _MIB))
