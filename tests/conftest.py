"""Fixtures of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from djlift.base import scratch
from tests.support.builders import an_archive

# Before torch is imported: the models are tiny, and threads of several processes wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no failure of a property.
hypothesis.settings.register_profile("djlift", deadline=None)
hypothesis.settings.load_profile("djlift")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small, intact archive."""
    return an_archive(tmp_path / "tiny-ner-1.0.0-fp32.zip")


@pytest.fixture(scope="session", autouse=True)
def temporary_folder_of_java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the JVM of this process a temporary folder that no other process writes to."""
    own, real = tmp_path_factory.mktemp("java"), scratch.java
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scratch, "java", lambda: real() or (f"-Djava.io.tmpdir={own}",))
        yield
