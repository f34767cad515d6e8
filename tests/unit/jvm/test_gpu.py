"""``--device``: names, and what is refused before anything is loaded."""

from __future__ import annotations

import importlib.metadata
import sys

import pytest

from djlift.base.device import CUDA, Device
from djlift.base.targets import DEFAULT
from djlift.errors import DeviceError
from djlift.jvm import gpu

CPU = "CPUExecutionProvider"


def test_the_cpu_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No driver is looked for."""
    monkeypatch.setattr(gpu, "cards", lambda: pytest.fail("looked"))
    gpu.require(Device(), DEFAULT)


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without NVIDIA's driver: expected, found, what to do."""
    monkeypatch.setattr(gpu, "_DRIVER", {sys.platform: "libno_such_driver.so.1"})
    with pytest.raises(DeviceError, match="no GPU") as refused:
        gpu.require(Device(0), DEFAULT)
    assert refused.value.exit_code == 2
    assert "libno_such_driver.so.1" in str(refused.value.expected)
    assert "--device cpu" in str(refused.value.mend)


def test_a_card_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second GPU of a machine with one."""
    monkeypatch.setattr(gpu, "cards", lambda: 1)
    with pytest.raises(DeviceError, match="no cuda:1") as refused:
        gpu.require(Device(1), DEFAULT)
    assert refused.value.found == "1 of them"


@pytest.mark.parametrize("packages", [(), ("onnxruntime",), ("onnxruntime", "onnxruntime-gpu")])
def test_pythons_side_without_its_package(
    monkeypatch: pytest.MonkeyPatch, packages: tuple[str, ...]
) -> None:
    """None, the CPU's alone, or both, which overwrite each other."""

    def version(name: str) -> str:
        if name not in packages:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.31.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(gpu, "cards", lambda: 1)
    with pytest.raises(DeviceError, match="Python's ONNX Runtime") as refused:
        gpu.require(Device(0), DEFAULT)
    assert "onnxruntime-gpu" in str(refused.value.mend)


@pytest.mark.skipif(sys.platform != "linux", reason="CUDA's library names on Linux")
def test_libraries_that_are_absent_are_named() -> None:
    """What is there is not listed; what is not is, in full."""
    assert gpu.absent_libraries(("libc.so.6",)) == ()
    absent = gpu.absent_libraries(("libc.so.6", "libno_such_cuda.so.12"))
    assert absent == ("libno_such_cuda.so.12",)


@pytest.mark.parametrize("seen", [{}, {CPU: 40}, {CPU: 21, CUDA: 20}])
def test_a_fallback_to_the_cpu_is_refused(seen: dict[str, int]) -> None:
    """A run that was not on the GPU in the main is no run on a GPU."""
    with pytest.raises(DeviceError, match="did not run on cuda:0") as refused:
        gpu.refuse_fallback(seen, Device(0), "the JVM")
    assert CUDA in str(refused.value.expected)


def test_shapes_on_the_cpu_are_no_fallback() -> None:
    """ONNX Runtime computes shapes on the CPU whatever the device."""
    gpu.refuse_fallback({CPU: 5, CUDA: 40}, Device(0), "the JVM")
