"""Where a model runs: the CPU or an NVIDIA GPU."""

from __future__ import annotations

import re
from dataclasses import dataclass

from djlift.errors import not_listed

CUDA = "CUDAExecutionProvider"
"""ONNX Runtime's name for a GPU."""
CPU_INSTEAD = "--device cpu, or a machine with an NVIDIA GPU"


@dataclass(frozen=True)
class Device:
    """Where a model runs.

    Attributes:
        number: Which GPU; None for the CPU.
    """

    number: int | None = None

    @property
    def cuda(self) -> bool:
        """Whether it is a GPU."""
        return self.number is not None

    @property
    def djl(self) -> str:
        """DJL's name for it."""
        return "cpu" if self.number is None else f"gpu{self.number}"

    def __str__(self) -> str:
        return "cpu" if self.number is None else f"cuda:{self.number}"


def named(name: str) -> Device:
    """The device of a name, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        UsageError: It is none of these.
    """
    found = re.fullmatch(r"cpu|cuda(?::(\d{1,3}))?", name)
    if found is None:
        other = re.fullmatch(r"\W*(?:gpu|cuda|nvidia)\D*(\d{0,3})\W*", name, re.IGNORECASE)
        raise not_listed(
            "the device is not known",
            "unknown-device",
            name,
            ("cpu",),
            also={name: f"cuda:{other[1] or 0}"} if other else {},
            expected="cpu, cuda:0, cuda:1, ...",
        )
    return Device() if name == "cpu" else Device(int(found[1] or 0))
