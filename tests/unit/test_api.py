"""``djlift.api``: every public name is there, and importing it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from djlift import api


def test_every_public_name_is_there_and_documented() -> None:
    """Each of ``__all__``."""
    for name in api.__all__:
        assert getattr(api, name).__doc__


def test_any_other_name_is_not() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'load'"):
        api.load  # noqa: B018


def test_importing_it_loads_nothing_heavy() -> None:
    """A notebook starts at once."""
    heavy = "{'torch', 'transformers', 'onnx', 'onnxruntime', 'jpype', 'numpy'}"
    code = (
        f"import sys; from djlift import api; dir(api); print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
