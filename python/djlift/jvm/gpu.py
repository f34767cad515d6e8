"""``--device``: the CPU or an NVIDIA GPU, on both sides, and never the one in place of the other.

ONNX Runtime falls back to the CPU for what it cannot do on a GPU, up to everything, and a result that was
computed on the CPU proves nothing about a GPU. So it is looked at three times: before anything is loaded
(:func:`require`), in what the JVM's session reports to have run where (:func:`confirm`), and in the providers
of Python's session (:mod:`djlift.graph.runtime`).
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from djlift.base.device import CPU_INSTEAD, CUDA, Device
from djlift.base.targets import Target
from djlift.errors import DeviceError, JvmError
from djlift.jars.lock import Lock
from djlift.jvm.process import Jvm

_DRIVER = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}


def require(device: Device, target: Target) -> None:
    """Refuse a GPU that is not there, or that one of the sides could not use; the CPU always can be.

    Nothing is downloaded.

    Raises:
        DeviceError: No driver, no such GPU, no CUDA libraries, or no ``onnxruntime-gpu``.
    """
    if device.number is None:
        return
    count = cards()
    if device.number >= count:
        raise DeviceError(
            f"there is no {device} on this machine",
            code="no-such-gpu",
            expected=f"an NVIDIA driver with GPU {device.number}",
            found=f"{count} of them" if count else "no GPU",
            mend=CPU_INSTEAD,
        )
    for problem in (for_python(), for_jvm(target)):
        if problem is not None:
            raise problem


def cards() -> int:
    """How many GPUs the NVIDIA driver shows to this process.

    Raises:
        DeviceError: There is no driver, or it does not work.
    """
    name = _DRIVER.get(sys.platform)
    try:
        driver = ctypes.CDLL(name) if name else None
    except OSError:
        driver = None
    if driver is None:
        raise DeviceError(
            "there is no GPU on this machine",
            code="no-gpu",
            expected="an NVIDIA driver"
            + (f" ({name})" if name else ", which is for Linux and Windows"),
            found="none",
            mend=CPU_INSTEAD,
        )
    count = ctypes.c_int(0)
    # CUDA's numbers: 100 is "no device".
    failed = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if failed not in (0, 100):
        raise DeviceError(
            "the NVIDIA driver does not work",
            code="nvidia-driver",
            expected="cuInit to give 0",
            found=f"{failed}",
            mend="nvidia-smi says more; or " + CPU_INSTEAD,
        )
    return count.value


def for_python() -> DeviceError | None:
    """Why Python's ONNX Runtime could not use a GPU; None when its package can."""
    found = []
    for name in ("onnxruntime-gpu", "onnxruntime"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    if [name.split()[0] for name in found] == ["onnxruntime-gpu"]:
        return None
    return DeviceError(
        "Python's ONNX Runtime cannot use a GPU",
        code="python-gpu",
        expected="the package onnxruntime-gpu, and no onnxruntime beside it",
        found=" and ".join(found) or "neither",
        mend="pip uninstall -y onnxruntime, then pip install --force-reinstall onnxruntime-gpu",
    )


def for_jvm(target: Target) -> DeviceError | None:
    """Why the JVM's ONNX Runtime could not use a GPU; None when all that its jar is linked to is here.

    What is found is loaded for good: the JVM lives in this process and finds by name what is loaded.
    """
    lock = Lock.read(target)
    what = f"onnxruntime_gpu {target.gpu}, which DJL {target.djl} needs for a GPU, cannot be used"
    if lock.gpu is None or sys.platform not in _DRIVER:
        return DeviceError(
            what,
            code="gpu-libraries",
            expected="Linux or Windows on x86-64",
            found=sys.platform,
            mend=CPU_INSTEAD,
        )
    # On Windows the jar finds them by PATH, and says itself what it lacks.
    absent = absent_libraries(lock.cuda) if sys.platform == "linux" else ()
    if not absent:
        return None
    return DeviceError(
        what,
        code="gpu-libraries",
        expected="the CUDA libraries " + ", ".join(lock.cuda),
        found="not here: " + ", ".join(absent),
        mend="install CUDA 12 and cuDNN 9; from PyPI: pip install 'nvidia-cudnn-cu12>=9' "
        + " ".join(
            f"nvidia-{name}-cu12" for name in ("cuda-runtime", "cuda-nvrtc", "cufft", "curand")
        ),
    )


def absent_libraries(names: Sequence[str]) -> tuple[str, ...]:
    """Those shared libraries that cannot be loaded, from the system or from NVIDIA's Python packages."""
    packages = Path(sysconfig.get_path("purelib")) / "nvidia"
    waiting = list(names)
    # They need one another, in an order that no list gives: as long as one more loads, the rest is tried again.
    while waiting:
        left = [name for name in waiting if not _loads(name, packages)]
        if len(left) == len(waiting):
            return tuple(left)
        waiting = left
    return ()


def _loads(name: str, packages: Path) -> bool:
    for candidate in (name, *map(str, sorted(packages.glob(f"*/lib/{name}")))):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return True
    return False


def confirm(
    machine: Jvm, archive: Path, device: Device, java: str, given: str | Mapping[str, Any]
) -> None:
    """See from a run that the JVM's sessions are on the GPU.

    Args:
        device: A GPU.
        java: The public Java class that loads the archive.
        given: An input of it: a text for token classification, JSON data for every other task.

    Raises:
        DeviceError: The session cannot be made there, or runs on something else.
    """
    try:
        seen = nodes_by_provider(machine, archive, device, java, given)
    except JvmError as refused:
        raise DeviceError(
            f"the JVM's ONNX Runtime cannot use {device}",
            code="jvm-gpu",
            file=archive,
            expected=CUDA,
            found=" ".join(str(refused.found).split()),
            mend="djlift doctor; or " + CPU_INSTEAD,
        ) from refused
    refuse_fallback(seen, device, "the JVM's ONNX Runtime")


def nodes_by_provider(
    machine: Jvm, archive: Path, device: Device, java: str, given: str | Mapping[str, Any]
) -> Mapping[str, int]:
    """Run one input on the JVM; how many nodes each execution provider ran, from ONNX Runtime's own profile."""
    with tempfile.TemporaryDirectory(prefix="djlift-profile-") as name:
        profile = Path(name) / "run"
        if isinstance(given, str):
            with machine.load(archive, device=device.djl, profile=profile) as classifier:
                classifier.classify([given], "simple")
        else:
            with machine.load_model(archive, java, device=device.djl, profile=profile) as model:
                model.run([given], {})
        (written,) = Path(name).glob("run*.json")
        events = json.loads(written.read_text(encoding="utf-8"))
    return Counter(
        event["args"]["provider"]
        for event in events
        if event.get("cat") == "Node" and event.get("args", {}).get("provider")
    )


def refuse_fallback(seen: Mapping[str, int], device: Device, side: str) -> None:
    """Refuse a run that was not on the GPU in the main.

    ONNX Runtime leaves what computes shapes on the CPU; the model itself is most of the nodes.

    Raises:
        DeviceError: Fewer than half of the nodes ran there.
    """
    if 2 * seen.get(CUDA, 0) <= sum(seen.values()):
        raise DeviceError(
            f"{side} did not run on {device}",
            code="not-on-device",
            expected=f"most nodes on {CUDA}",
            found=", ".join(f"{count} on {name}" for name, count in sorted(seen.items())) or "none",
            mend="djlift doctor; or " + CPU_INSTEAD,
        )
