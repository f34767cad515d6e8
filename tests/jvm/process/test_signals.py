"""The JVM keeps its SIGSEGV handler, whatever becomes of Python's faulthandler: null checks need it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.jvm

_NULLS = """
import jpype
text = jpype.JClass("java.lang.String")("abc")
for _ in range({times}):
    try:
        text.compareTo(None)
    except jpype.JException:
        pass
print("answered")
"""
_START = "import faulthandler\n{before}\nfrom djlift.jvm import process\nmachine = process.start()\n{after}\n"


def ran(
    before: str = "", after: str = "", *, times: int = 20_000, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A process that starts the JVM and makes it meet null pointers in compiled code."""
    script = _START.format(before=before, after=after) + _NULLS.format(times=times)
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


def test_without_care_the_process_ends() -> None:
    """The fault itself, so that the tests below can fail: the handler from before the JVM comes back."""
    script = "from djlift.jvm import signals\nsignals.disable_faulthandler = lambda: None\n"
    faulted = ran(script + "faulthandler.enable()", "faulthandler.disable()")
    assert faulted.returncode == -11


@pytest.mark.parametrize(
    ("before", "after", "environment"),
    [
        ("faulthandler.enable()", "faulthandler.disable()", {}),
        ("", "machine.versions(); faulthandler.enable(); machine.versions()", {}),
        ("", "faulthandler.disable()", {"PYTHONFAULTHANDLER": "1"}),
    ],
    ids=["enabled before, disabled after", "enabled after", "by the environment"],
)
def test_null_checks_are_answered(before: str, after: str, environment: dict[str, str]) -> None:
    """The process lives, and says that it disabled faulthandler."""
    seen = ran(before, after, **environment)
    assert (seen.returncode, seen.stdout) == (0, "answered\n"), seen.stderr
    assert "disabled Python's faulthandler" in seen.stderr


def test_nothing_is_said_where_faulthandler_is_off() -> None:
    """As in most programs."""
    seen = ran()
    assert (seen.returncode, seen.stdout, seen.stderr) == (0, "answered\n", "")


def test_fifty_processes_end_well() -> None:
    """Enabled at the end, as pytest does, while the JVM's shutdown hooks still have to run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = pool.map(
            lambda _: ran(after="faulthandler.enable()", times=0).returncode, range(50)
        )
        assert set(codes) == {0}


def test_a_process_ends_well_after_much_work(small: Path) -> None:
    """ONNX Runtime and the tokenizer have run in it, and their shutdown hooks are set."""
    after = f"""
from pathlib import Path
with machine.load(Path({str(small)!r})) as classifier:
    for _ in range(50):
        classifier.classify(["Anna met Tom in Berlin"] * 16, "simple")
faulthandler.enable()
faulthandler.disable()
"""
    seen = ran("faulthandler.enable()", after)
    assert (seen.returncode, seen.stdout) == (0, "answered\n"), seen.stderr
