"""The list of tasks: complete, in order, and nothing is imported before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from djlift import tasks
from djlift.tasks import registry

FOLDER = Path(tasks.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))


def test_every_task_is_listed() -> None:
    """A module that holds a task is named in the list, and no other."""
    holds = [file for file in FILES if "\nTASK = " in file.read_text(encoding="utf-8")]
    named = [".".join(f.relative_to(FOLDER.parent.parent).with_suffix("").parts) for f in holds]
    assert sorted(registry.MODULES.values()) == named
    assert list(registry.names()) == sorted(registry.names())


@pytest.mark.parametrize("name", registry.MODULES)
def test_a_task_is_found_by_its_own_name(name: str) -> None:
    """Always the same one."""
    task = registry.of(name)
    assert task is import_module(registry.MODULES[name]).TASK
    assert task.name == name


def test_the_list_imports_no_task() -> None:
    """The help of a command must not wait for what a task needs."""
    program = "import sys, djlift.tasks.registry; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not set(run.stdout.decode().split()) & set(registry.MODULES.values())
