"""Small random checkpoints of each task: a module a task, with ``MODELS``: writers by architecture."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

Writer = Callable[[Path], None]
"""Writes a checkpoint into an empty folder."""


def models() -> dict[str, Mapping[str, Writer]]:
    """By task, then by architecture."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        name = module.name.replace("_", "-")
        found[name] = import_module(f"{__name__}.{module.name}").MODELS
    return dict(sorted(found.items()))
