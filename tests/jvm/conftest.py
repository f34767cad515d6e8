"""The demo model's archives, built once and shared by every test that only reads them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from filelock import FileLock

from djlift.builder.build import BuildResult, build
from djlift.checkpoints.recipe import Recipe
from tests.support.planted_faults import fewer_cases, tampered

RECIPE = Path(__file__).parents[2] / "model-zoo" / "ner-minilm"


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the demo's archives are built into, by the first of the test processes."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"


@pytest.fixture(scope="session")
def demo(zoo: Path) -> BuildResult:
    """The demo model, built in fp32 and fp16 and proven."""
    kept = zoo.with_suffix(".pickle")
    with FileLock(zoo.with_suffix(".lock")):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(build(Recipe.read(RECIPE), zoo)))
        found: BuildResult = pickle.loads(kept.read_bytes())
    return found


@pytest.fixture(scope="session")
def fp32(demo: BuildResult) -> Path:
    """The demo's fp32 archive."""
    return _archive(demo, "fp32")


@pytest.fixture(scope="session")
def fp16(demo: BuildResult) -> Path:
    """The demo's fp16 archive."""
    return _archive(demo, "fp16")


@pytest.fixture(scope="session")
def small(fp32: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fp32 archive with a sixth of its golden cases, for tests that verify many times."""
    return tampered(fp32, tmp_path_factory.mktemp("small") / "small.zip", fewer_cases)


@pytest.fixture(scope="session")
def small16(fp16: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fp16 archive with a sixth of its golden cases."""
    return tampered(fp16, tmp_path_factory.mktemp("small16") / "small16.zip", fewer_cases)


def _archive(demo: BuildResult, precision: str) -> Path:
    (found,) = [b.archive for b in demo.built if b.precision == precision]
    assert found is not None, "the demo was not proven"
    return found
