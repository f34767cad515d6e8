"""Resolve the class path of each DJL release as Maven does, and write its lock.

``python -m djlift.jars.relock [TARGET ...]`` does so for the named targets, for all without a name: after
:mod:`djlift.base.targets` or :func:`roots` changed. The locks are committed.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from djlift.base import targets
from djlift.base.files import sha256
from djlift.base.targets import TARGETS, Target
from djlift.errors import JvmError
from djlift.jars import lock as jars_lock
from djlift.jars import maven
from djlift.jars.lock import RUNTIME, Jar, Lock

_GPU_RUNTIME = "com.microsoft.onnxruntime:onnxruntime_gpu:"
# gson's POM brings it at compile scope; its annotations are not kept at run time and no class asks for it.
_NOT_NEEDED = frozenset({"com.google.errorprone:error_prone_annotations"})
_CUDA_PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so"
_CUDA_LIBRARY = re.compile(rb"\x00(lib(?:cu|nv)\w+\.so\.\d+)(?=\x00)")


def roots(target: Target) -> tuple[str, ...]:
    """Coordinates that the class path follows from."""
    return (
        f"ai.djl:api:{target.djl}",
        f"ai.djl.onnxruntime:onnxruntime-engine:{target.djl}",
        f"ai.djl.huggingface:tokenizers:{target.djl}",
        "org.slf4j:slf4j-nop:2.0.17",
    )


def relock(chosen: Sequence[Target] = tuple(TARGETS.values())) -> tuple[Lock, ...]:
    """Resolve :func:`roots` as Maven does, download every jar afresh and write the locks.

    Raises:
        JvmError: No network, or a DJL release brings another ONNX Runtime than the table says.
    """
    made = []
    with tempfile.TemporaryDirectory(prefix="djlift-relock-") as name:
        fresh = _Fresh(Path(name))
        for target in chosen:
            lock = fresh.lock(target)
            jars_lock.FOLDER.mkdir(exist_ok=True)
            jars_lock.lock_file(target).write_text(lock.to_json(), encoding="utf-8", newline="\n")
            made.append(lock)
    return tuple(made)


class _Fresh:
    """Downloads of one relocking; releases share jars."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._jars: dict[str, Jar] = {}
        self._cuda: dict[str, tuple[str, ...]] = {}

    def lock(self, target: Target) -> Lock:
        needed = maven.class_path(roots(target), self._scratch / "poms")
        brought = [c for c in needed if c.startswith(RUNTIME)]
        if brought != [RUNTIME + target.onnxruntime]:
            raise JvmError(
                f"DJL {target.djl} brings another ONNX Runtime than the table says",
                code="lock-out-of-date",
                file=Path(targets.__file__),
                expected=target.onnxruntime,
                found=", ".join(brought),
                mend="change it there",
            )
        jars = [
            self._jar(coordinates)
            for coordinates in sorted(needed)
            if coordinates.rpartition(":")[0] not in _NOT_NEEDED
        ]
        gpu = self._jar(_GPU_RUNTIME + target.gpu)
        return Lock(target.djl, target.onnxruntime, tuple(jars), gpu, self._cuda[gpu.coordinates])

    def _jar(self, coordinates: str) -> Jar:
        if coordinates not in self._jars:
            path = maven.download(coordinates, self._scratch / "jars")
            self._jars[coordinates] = Jar(coordinates, path.name, sha256(path), path.stat().st_size)
            if coordinates.startswith(_GPU_RUNTIME):
                self._cuda[coordinates] = cuda_libraries(path)
            path.unlink()
        return self._jars[coordinates]


def cuda_libraries(jar: Path) -> tuple[str, ...]:
    """The CUDA libraries that the Linux provider in an ``onnxruntime_gpu`` jar is linked to.

    The names stand in the library's table of strings; those it loads later, by need, are not in it.
    """
    with zipfile.ZipFile(jar) as content:
        library = content.read(_CUDA_PROVIDER)
    return tuple(sorted({name.decode() for name in _CUDA_LIBRARY.findall(library)}))


def main(names: Sequence[str]) -> None:
    """Write the locks of the named targets, of all without a name."""
    chosen = [targets.named(name) for name in names] or [*TARGETS.values()]
    for target, lock in zip(chosen, relock(chosen), strict=True):
        print(f"{jars_lock.lock_file(target)}: {len(lock.jars)} jars")


if __name__ == "__main__":
    main(sys.argv[1:])
