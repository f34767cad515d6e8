"""``djlift doctor``: what djlift needs on this machine, what is there, and how to get the rest.

Looking changes nothing and downloads nothing; torch and its kind are not imported, their installed
versions are read.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

from djlift.base import scratch, targets
from djlift.base.targets import Target
from djlift.errors import DeviceError, JvmError, install
from djlift.jars import java_home as jars_java_home
from djlift.jars import resolve
from djlift.jars.lock import Jar, Lock
from djlift.jars.offline_kit import fetch
from djlift.jvm import gpu

__all__ = ["Finding", "Status", "examine", "fetch"]

Status = Literal["ok", "warn", "missing"]
"""``missing`` stops verify and predict; ``warn`` stops, or slows, something that not everybody does."""

_OLDEST_PYTHON = (3, 11)
_EXPORT = ("torch", "transformers", "tokenizers", "onnx", "onnxscript", "peft")
_EXPORT_MEND = install("export")
_CROWDED = 1 << 30
_ASK_SECONDS = 20


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        detail: What was found.
        mend: What to run or change; empty when nothing has to be.
    """

    name: str
    status: Status
    detail: str
    mend: str = ""


def examine(java_home: Path | None = None, target: Target = targets.DEFAULT) -> tuple[Finding, ...]:
    """Look at everything that djlift's commands need.

    Args:
        java_home: What ``--java-home`` says.
        target: The DJL release whose jars are looked for.
    """
    return (
        _python(),
        _java(java_home),
        _bridge(),
        *_jars(target),
        *(_package(name) for name in _EXPORT),
        _onnxruntime(),
        _gpu(),
        *_cuda(target),
        _hub(),
        _cache(),
        _temporary(),
    )


def _python() -> Finding:
    text = sys.version.split()[0]
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("Python", "missing", text, "use Python 3.11 or newer")
    return Finding("Python", "ok", text)


def _java(java_home: Path | None) -> Finding:
    try:
        java = jars_java_home.find(java_home)
    except JvmError as problem:
        return Finding("Java", "missing", problem.found or problem.what, problem.mend or "")
    detail = f"{java.version_text} in {java.home} (from {java.source})"
    if java.passed_over:
        return Finding(
            "Java",
            "warn",
            f"{detail}; passed over: {'; '.join(java.passed_over)}",
            "mend JAVA_HOME",
        )
    return Finding("Java", "ok", detail)


def _bridge() -> Finding:
    try:
        resolve.tooling_jar()
        return Finding("bridge jar", "ok", str(resolve.bridge_jar()))
    except JvmError as problem:
        return Finding("bridge jar", "missing", problem.what, problem.mend or "")


def _jars(target: Target) -> Iterator[Finding]:
    locked = Lock.read(target).jars
    groups = {
        f"DJL {target.djl}": [j for j in locked if j.coordinates.startswith("ai.djl")],
        f"ONNX Runtime {target.onnxruntime} (Java)": [
            j for j in locked if j.coordinates.startswith("com.microsoft.onnxruntime:")
        ],
    }
    others = [j for j in locked if not any(j in group for group in groups.values())]
    for name, group in {**groups, "DJL's libraries": others}.items():
        yield _jar_group(name, group)


def _jar_group(name: str, group: Sequence[Jar]) -> Finding:
    places: set[str] = set()
    absent: list[str] = []
    for jar in group:
        try:
            candidates = resolve.places(jar)
        except JvmError as problem:
            return Finding(name, "missing", problem.text().replace("\n", ","), problem.mend or "")
        for place, file in candidates:
            if not file.exists():
                continue
            wrong = resolve.mismatch(jar, file)
            if wrong is None:
                places.add(place)
                break
            if place == "DJLIFT_JARS":
                detail = f"{wrong.file}: expected {wrong.expected}, found {wrong.found}"
                return Finding(
                    name, "missing", detail, "djlift doctor --fetch DIR, DJLIFT_JARS=DIR"
                )
        else:
            absent.append(jar.file)
    if absent:
        return Finding(
            name,
            "warn",
            f"not here yet: {', '.join(absent)}; the first use downloads it",
            "without a network: djlift doctor --fetch DIR elsewhere, then DJLIFT_JARS=DIR",
        )
    count = "1 jar" if len(group) == 1 else f"{len(group)} jars"
    return Finding(name, "ok", f"{count}, {', '.join(sorted(places))}, SHA-256 right")


def _package(name: str) -> Finding:
    installed, oldest = _installed(name), _oldest(name)
    if installed is None:
        return Finding(name, "warn", "not installed; djlift build needs it", _EXPORT_MEND)
    if oldest is not None and Version(installed) < oldest:
        detail = f"{installed}; djlift build needs {oldest} or newer"
        return Finding(name, "warn", detail, _EXPORT_MEND)
    return Finding(name, "ok", installed)


def _onnxruntime() -> Finding:
    found = {name: _installed(name) for name in ("onnxruntime", "onnxruntime-gpu")}
    there = [f"{name} {version}" for name, version in found.items() if version is not None]
    if not there:
        return Finding("onnxruntime", "warn", "not installed; djlift build needs it", _EXPORT_MEND)
    if len(there) > 1:
        return Finding(
            "onnxruntime",
            "warn",
            f"{' and '.join(there)}: both are the module onnxruntime and overwrite each other",
            "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu",
        )
    return Finding("onnxruntime", "ok", f"{there[0]}; providers: {', '.join(_providers())}")


def _providers() -> Iterator[str]:
    """Execution providers whose library is installed; importing the module would load them."""
    yield "CPU"
    spec = importlib.util.find_spec("onnxruntime")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder, "capi").glob("*onnxruntime_providers_*")):
            name = re.sub(r"^(lib)?onnxruntime_providers_|\..*$", "", file.name)
            if name != "shared":
                yield {"cuda": "CUDA", "tensorrt": "TensorRT"}.get(name, name)


def _gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    cards = ""
    if program is not None:
        try:
            cards = subprocess.run(
                [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"],
                capture_output=True,
                text=True,
                timeout=_ASK_SECONDS,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError) as cause:
            return Finding("GPU", "warn", f"nvidia-smi failed: {cause}", "check the NVIDIA driver")
    listed = "; ".join(card.strip() for card in cards.splitlines() if card.strip())
    if not listed:
        return Finding("GPU", "ok", "none; everything runs on the CPU")
    torch = _installed("torch")
    if torch is not None and torch.endswith("+cpu"):
        return Finding(
            "GPU", "warn", f"{listed}; torch {torch} cannot use it", "install torch for CUDA"
        )
    return Finding("GPU", "ok", listed)


def _cuda(target: Target) -> Iterator[Finding]:
    """Whether ``--device cuda:0`` could be used, for each side; a machine without a GPU lacks nothing."""
    try:
        there = gpu.cards()
        nothing = "" if there else "no GPU"
    except DeviceError as problem:
        nothing = f"{problem.what}: expected {problem.expected}"
    for side, examined in (
        ("Python", gpu.for_python),
        ("the JVM", lambda: gpu.for_jvm(target)),
    ):
        name = f"CUDA for {side}"
        if nothing:
            yield Finding(name, "ok", f"not usable: {nothing}")
            continue
        wrong = examined()
        if wrong is None:
            yield Finding(name, "ok", f"usable, {there} GPU{'s' if there > 1 else ''}")
        else:
            detail = f"not usable: expected {wrong.expected}, found {wrong.found}"
            yield Finding(name, "warn", detail, wrong.mend or "")


def _hub() -> Finding:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    token_file = Path(os.environ.get("HF_TOKEN_PATH") or home / "token")
    # Whether there is one is all that is looked at: a token is never read here.
    token = "HF_TOKEN" in os.environ or token_file.is_file()
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    detail = (
        f"{home} ({'there' if home.is_dir() else 'not there yet'}), "
        f"token {'yes' if token else 'no'}, offline {'yes' if offline else 'no'}"
    )
    return Finding("Hugging Face hub", "ok", detail)


def _cache() -> Finding:
    folder = resolve.cache_directory()
    there = next(f for f in (folder, *folder.parents) if f.is_dir())
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    mend = "DJLIFT_CACHE=DIR names another folder"
    if not os.access(there, os.W_OK):
        return Finding("cache", "warn", f"{folder} cannot be written", mend)
    if free < _CROWDED:
        return Finding("cache", "warn", detail, f"free some space, or {mend}")
    return Finding("cache", "ok", detail)


def _temporary() -> Finding:
    mend = "TMPDIR=DIR names another folder; for Java: DJLIFT_JVM_OPTIONS=-Djava.io.tmpdir=DIR"
    try:
        folder = scratch.around()
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as cause:
        return Finding("temporary folder", "missing", str(cause), mend)
    # ONNX Runtime unpacks its native library there and loads it.
    if hasattr(os, "ST_NOEXEC") and os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return Finding("temporary folder", "missing", f"{folder} is mounted noexec", mend)
    return Finding("temporary folder", "ok", str(folder))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _oldest(name: str) -> Version | None:
    """The oldest version of a package that djlift's own metadata allows."""
    try:
        stated = importlib.metadata.requires("djlift") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    required = (Requirement(one) for one in stated)
    allowed = [one for r in required if r.name == name for one in r.specifier]
    return max((Version(one.version) for one in allowed if one.operator == ">="), default=None)
