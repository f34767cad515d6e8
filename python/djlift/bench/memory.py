"""The memory that a side of ``djlift bench`` takes: of a process that loads it, runs the texts once, and ends.

``python -m djlift.bench.memory`` is that process: what to run comes in on stdin, its peak goes out on stdout.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from djlift.archive import container as archives
from djlift.base.memory import peak_bytes
from djlift.base.targets import Target
from djlift.bench.contenders import IN_PYTHON, Setting
from djlift.bench.result import DJLIFT
from djlift.jvm import process


@dataclass(frozen=True)
class Task:
    """One side in a process of its own."""

    setting: Setting
    side: str
    batch: int
    target: Target
    java_home: Path | None


def measured(task: Task) -> int | None:
    """Bytes, the interpreter and the JVM included; None where it fails or the system does not say."""
    child = subprocess.run(
        [sys.executable, "-m", __name__],
        input=pickle.dumps(task),
        capture_output=True,
        check=False,
    )
    lines = child.stdout.split()
    if child.returncode != 0 or not lines:
        return None
    return int(lines[-1]) or None


def run(task: Task) -> int:
    """Load the side here, run the texts once; the peak of this process in bytes."""
    with archives.opened(task.setting.archive) as found:
        setting = replace(task.setting, folder=found.folder)
        everything = np.arange(len(setting.texts), dtype=np.int32)
        if task.side in IN_PYTHON:
            setting.in_python(task.side).runs.run(everything, task.batch)
            return peak_bytes()
        machine = process.start(task.java_home, target=task.target, gpu=setting.device.cuda)
        if task.side == DJLIFT:
            with setting.load(machine) as classifier:
                setting.djlift(classifier)[0].runs.run(everything, task.batch)
                return peak_bytes()
        stock = setting.stock().runs
        stock.run(everything, task.batch)
        peak = peak_bytes()
        stock.close()
        return peak


def main(arguments: Sequence[str] = ()) -> None:
    """The process."""
    del arguments
    # Only what started this process writes to it.
    print(run(pickle.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
