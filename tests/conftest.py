"""Fixtures of all tests."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from .builders import an_archive

# Before torch is imported: the models are tiny, and threads of several processes wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Some tests look for what was left in the temporary folder: each process has its own.
    _OWN = tempfile.mkdtemp(prefix="tests-")
    os.environ["TMPDIR"] = tempfile.tempdir = _OWN
    atexit.register(shutil.rmtree, _OWN, ignore_errors=True)

# A busy machine is no failure of a property.
hypothesis.settings.register_profile("djlift", deadline=None)
hypothesis.settings.load_profile("djlift")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small, intact archive."""
    return an_archive(tmp_path / "tiny-ner-1.0.0-fp32.zip")
