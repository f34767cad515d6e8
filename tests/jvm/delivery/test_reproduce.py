"""The same inputs give the same archives wherever, whenever and by whomever they are built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tools.reproduce import PRECISIONS, SURROUNDINGS, USUAL, Surroundings, built, small

from djlift.archive.container import read_manifest
from djlift.base.files import sha256
from djlift.diff.archives import diff

pytestmark = pytest.mark.jvm

EVERY = 5
"""Every which text of the corpus: it is bytes that are compared here, not parity."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint."""
    return small(tmp_path_factory.mktemp("source") / "small")


@pytest.fixture(scope="module")
def usual(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its archives, built where the tests run."""
    return built(USUAL, source, tmp_path_factory.mktemp("usual"), EVERY, PRECISIONS)


@pytest.mark.parametrize("around", SURROUNDINGS[1:], ids=lambda around: str(around.name))
def test_the_same_bytes(
    usual: dict[str, Path], source: Path, tmp_path: Path, around: Surroundings
) -> None:
    """Another folder, home, user, umask, zone, language and day, or one thread: equal in every precision."""
    again = built(around, source, tmp_path, EVERY, PRECISIONS)
    for precision in PRECISIONS:
        found = diff(usual[precision], again[precision])
        assert found.identical, found.to_dict()
        assert sha256(usual[precision]) == sha256(again[precision])


@pytest.mark.parametrize(
    "fault",
    [
        "import time; from djlift.archive import container; container._TIME = time.localtime()[:6]",
        "import os; from djlift.builder import layout; layout.__version__ = os.environ['TMPDIR']",
        "import os, torch; os.environ['MKL_CBWR'] = 'COMPATIBLE'",
    ],
    ids=["clock", "folder", "multiplication"],
)
def test_a_build_that_depends_is_seen(
    usual: dict[str, Path], source: Path, tmp_path: Path, fault: str
) -> None:
    """A time, a path or another order of sums in the archive makes it another one."""
    around = replace(SURROUNDINGS[1], planted=fault)
    again = built(around, source, tmp_path, EVERY, ("fp32",))
    assert not diff(usual["fp32"], again["fp32"]).identical


def test_the_manifest_names_what_may_differ(usual: dict[str, Path]) -> None:
    """Other tools, another Java and another kind of CPU are allowed to matter, and are written down."""
    manifest = read_manifest(usual["fp32"])
    assert manifest.golden["arithmetic"]["cpu"]
    assert manifest.parity is not None
    assert manifest.parity["versions"]["java"]
    assert manifest.tools["torch"]
