"""The example programs, started as the documentation says: each gives what the JVM gives in this process."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from djlift.jvm import process

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[3]
ARTICLES = ROOT / "jvm-bridge/examples/articles.tsv"
ARCHIVE = next((ROOT / "jvm-bridge/core/src/test/resources/tiny-zoo").rglob("tiny-1.0-fp32.zip"))
_ROW = re.compile(r"^\W*([A-Z-]+)\W+(\d+)\W+(\d+)\W*$", re.M)


@pytest.fixture(scope="module")
def expected() -> dict[str, tuple[int, int]]:
    """Entities and different names by label."""
    texts = [line.split("\t")[1] for line in ARTICLES.read_text("utf-8").splitlines()[1:]]
    names = defaultdict(list)
    with process.start().load(ARCHIVE) as classifier:
        for text, line in zip(texts, classifier.classify(texts, "simple"), strict=True):
            for entity in json.loads(line)["entities"]:
                names[entity["label"]].append(text[entity["start"] : entity["end"]])
    return {label: (len(all_), len(set(all_))) for label, all_ in names.items()}


@pytest.mark.parametrize("language", ["java", "scala", "pyspark"])
def test_an_example_runs_by_one_command(
    language: str, expected: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    # This may run under make, whose settings are not for another make.
    outside = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--silent", f"example-{language}", f"ARCHIVE={ARCHIVE}", f"OUT={tmp_path}/out"],
        cwd=ROOT,
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {label: (int(n), int(m)) for label, n, m in _ROW.findall(done.stdout)}
    assert found == expected
    if language != "java":
        folders = {path.name for path in (tmp_path / "out").glob("label=*")}
        assert folders == {f"label={label}" for label in expected}
        assert all(any((tmp_path / "out" / name).glob("*.parquet")) for name in folders)
