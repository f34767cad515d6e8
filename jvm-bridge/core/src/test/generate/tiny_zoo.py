"""Writes ../resources/tiny-zoo: the tiny archive in two versions and two precisions, in DJL's zoo layout.

Run after tiny_archive.py: python jvm-bridge/core/src/test/generate/tiny_zoo.py
Packed and listed by djlift's own modules. Version 1.1 differs from 1.0 in its default strategy: a test sees
which of them was loaded. Four golden texts go along, to keep the files small.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from onnxruntime.transformers.optimizer import optimize_model
from safetensors.numpy import load_file, save_file

from djlift.archive import container
from djlift.archive.manifest import FILE, Manifest
from djlift.zoo.folder import LOCK
from djlift.zoo.placing import add

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
SOURCE = RESOURCES / "tiny-archive"
TARGET = RESOURCES / "tiny-zoo"
STRATEGY = {"1.0": "simple", "1.1": "first"}
PRECISIONS = ("fp32", "fp16")
CASES = ("t-000", "t-001", "t-002", "t-003")


def main() -> None:
    """Write the zoo anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        for version in STRATEGY:
            for precision in PRECISIONS:
                folder = Path(name, f"{version}-{precision}")
                packed = Path(name, "packed.zip")
                stage(folder, version, precision)
                container.pack(folder, packed)
                add(TARGET, packed)
    for lock in TARGET.rglob(LOCK):
        lock.unlink()


def stage(folder: Path, version: str, precision: str) -> None:
    """The files of one archive, sealed."""
    shutil.copytree(SOURCE, folder)
    manifest = Manifest.from_json((SOURCE / FILE).read_text(encoding="utf-8"))
    settings = folder / "serving.properties"
    settings.write_text(
        settings.read_text(encoding="ascii").replace(
            "aggregation_strategy=simple", f"aggregation_strategy={STRATEGY[version]}"
        ),
        encoding="ascii",
    )
    cases = folder / "golden" / "cases.jsonl"
    lines = cases.read_text(encoding="utf-8").splitlines(keepends=True)
    cases.write_text("".join(kept(lines)), encoding="utf-8", newline="\n")
    logits = folder / "golden" / "logits.safetensors"
    save_file({k: v for k, v in load_file(logits).items() if k.split("/")[0] in CASES}, logits)
    if precision == "fp16":
        # As djlift.graph.fusion does it.
        model = optimize_model(
            str(folder / "model.onnx"), model_type="bert", num_heads=4, hidden_size=32, opt_level=0
        )
        model.convert_float_to_float16(keep_io_types=True)
        model.topological_sort()
        (folder / "model.onnx").write_bytes(model.model.SerializeToString(deterministic=True))
    container.seal(folder, replace(manifest, version=version, precision=precision))


def kept(lines: Iterable[str]) -> list[str]:
    """The lines of the cases that go along."""
    return [line for line in lines if any(f'"id":"{case}"' in line for case in CASES)]


if __name__ == "__main__":
    main()
