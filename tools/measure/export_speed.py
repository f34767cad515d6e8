"""How long ``djlift build`` takes to export, beside torch's own export of the same model.

``python -m tools.measure.export_speed`` prints medians in seconds, each side in fresh processes and by turns:
``torch`` is ``torch.onnx.export`` of the loaded model (TorchScript), ``dynamo`` the same by its newer exporter,
``djlift`` the export, its comparison with the model and the fusion, as ``build`` does them. All three load the
checkpoint in the same way; ``process`` holds that, Python's start and every import; ``cpu`` is
the same in processor time, which others on the machine move less. With ``--build`` a whole
build follows, stage by stage. It is a measurement, not a test.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEMO = Path("model-zoo/ner-minilm")
SIDES = ("torch", "dynamo", "djlift")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure.export_speed", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", action="store_true", help="a whole build in each round, too")
    parser.add_argument("--one", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(_one(options.one)))
        return 0
    rounds: dict[str, list[dict[str, float]]] = {}
    for _ in range(options.rounds):
        for side in SIDES:
            command = [sys.executable, "-m", "tools.measure.export_speed", "--one", side]
            rounds.setdefault(side, []).append(_told(side, _timed(command)))
        if options.build:
            rounds.setdefault("build", []).append(_told("build", _built()))
    print("medians")
    for side, found in rounds.items():
        _told(side, {stage: statistics.median(f[stage] for f in found) for stage in found[0]})
    for against in ("torch", "dynamo"):
        for stage in ("process", "cpu", "export"):
            ours, theirs = (
                statistics.median(f[stage] for f in rounds[s]) for s in ("djlift", against)
            )
            print(f"djlift / {against}, {stage}: {ours / theirs:.2f}")
    return 0


def _told(side: str, seconds: dict[str, float]) -> dict[str, float]:
    said = ", ".join(f"{stage} {s:.1f}" for stage, s in seconds.items())
    print(f"{side}: {said}", flush=True)
    return seconds


def _timed(command: Sequence[str]) -> dict[str, float]:
    stdout, whole = _run(command)
    return whole | json.loads(stdout.splitlines()[-1])


def _run(command: Sequence[str]) -> tuple[str, dict[str, float]]:
    """What a process of its own prints, its wall time and its processor time."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ran.stdout, {"process": wall, "cpu": cpu}


def _built() -> dict[str, float]:
    """The stages of a whole build of both precisions into an empty zoo."""
    with tempfile.TemporaryDirectory() as zoo:
        command = [
            str(Path(sys.executable).with_name("djlift")),
            "build",
            str(DEMO),
            "--zoo",
            zoo,
            "--json",
        ]
        stdout, whole = _run(command)
        seconds: dict[str, float] = json.loads(stdout)["seconds"]
        return whole | seconds


def _one(side: str) -> dict[str, float]:
    """Load, and export in one way; seconds of both."""
    from djlift.checkpoints.checkpoint import find
    from djlift.checkpoints.recipe import Recipe
    from djlift.tasks.token_classification.task import TASK

    begun = time.perf_counter()
    loaded = TASK.load(find(Recipe.read(DEMO)))
    between = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if side == "djlift":
            _ours(loaded, Path(folder))
        else:
            _theirs(loaded, Path(folder) / "model.onnx", dynamo=side == "dynamo")
    return {"load": between - begun, "export": time.perf_counter() - between}


def _ours(loaded: Any, folder: Path) -> None:
    from djlift.checkpoints.export import export
    from djlift.graph.fusion import convert

    (folder / "fused").mkdir()
    convert(export(loaded, folder / "exported.onnx"), folder / "fused" / "model.onnx")


def _theirs(loaded: Any, file: Path, *, dynamo: bool) -> None:
    import torch

    names = ["input_ids", "attention_mask", "token_type_ids"]
    found = loaded.tokenizer(["Anna met Tom in Paris."], return_tensors="pt")
    axes = {name: {0: "batch", 1: "tokens"} for name in (*names, "logits")}
    dynamic = torch.export.Dim.DYNAMIC
    shapes: dict[str, Any] = (
        {"dynamic_shapes": {name: {0: dynamic, 1: dynamic} for name in names}}
        if dynamo
        else {"dynamic_axes": axes}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            loaded.model.eval(),
            (),
            str(file),
            kwargs={name: found[name] for name in names},
            input_names=names,
            output_names=["logits"],
            dynamo=dynamo,
            **shapes,
        )


if __name__ == "__main__":
    sys.exit(main())
