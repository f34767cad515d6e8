"""A model of the case study's size, 560 M parameters, 2.2 GB: export, conversion, packing, DJL and proof.

``make large`` runs it: an hour on 2 cores, 12 GB of memory, 20 GB of disk. Never in CI.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from djlift.graph.storage import weights_file

pytestmark = [pytest.mark.large, pytest.mark.jvm]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``djlift build --json`` says of it."""
    folder = tmp_path_factory.mktemp("large")
    # A process of its own: its peak memory would be the build's.
    subprocess.run(
        [sys.executable, "-m", "tests.large.checkpoint", str(folder / "checkpoint")], check=True
    )
    command = [
        sys.executable,
        "-m",
        "djlift.cli.main",
        "build",
        str(folder / "checkpoint"),
        "--json",
    ]
    command += ["--name", "xlmr-large", "--zoo", str(folder / "zoo")]
    command += ["--precision", "fp32", "--precision", "fp16"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps({k: v for k, v in found.items() if k != "archives"}, indent=1))
    return found


def test_both_precisions_hold(built: dict[str, Any]) -> None:
    assert built["parity"]
    assert [one["precision"] for one in built["archives"]] == ["fp32", "fp16"]


def test_sizes(built: dict[str, Any]) -> None:
    """fp32 is past what one protobuf message can be, fp16 is half of it."""
    full, half = (one["model_bytes"] for one in built["archives"])
    assert full > 2**31
    assert half < 0.51 * full


def test_peak_memory_is_at_most_three_times_the_weights(built: dict[str, Any]) -> None:
    assert built["peak_bytes"] <= 3 * built["weight_bytes"]


def test_the_archives_hold_their_weights_in_a_second_file(built: dict[str, Any]) -> None:
    from zipfile import ZipFile

    with ZipFile(built["archives"][0]["archive"]) as packed:
        assert weights_file(Path("model.onnx")).name in packed.namelist()
