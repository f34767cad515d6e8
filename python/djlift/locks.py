"""The lock files: which jars make the class path of each DJL release.

``locks/<target>.json`` beside this file names every jar of the run-time class path with its SHA-256 and size;
it is written by ``python -m djlift.jars --relock`` after :mod:`djlift.targets` or :func:`roots` changed, and
committed. Nothing is resolved at run time: the lock is the class path.

``org.slf4j:slf4j-nop`` is on this class path only because it is the JVM that djlift itself starts:
the result goes to stdout and no logging may mix with it. Pipelines bring their own logger.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from djlift import maven
from djlift.errors import JvmError
from djlift.targets import TARGETS, Target

FOLDER = Path(__file__).with_name("locks")
_RUNTIME = "com.microsoft.onnxruntime:onnxruntime:"
_GPU_RUNTIME = "com.microsoft.onnxruntime:onnxruntime_gpu:"
# gson's POM brings it at compile scope; its annotations are not kept at run time and no class asks for it.
_NOT_NEEDED = frozenset({"com.google.errorprone:error_prone_annotations"})
_CUDA_PROVIDER = "ai/onnxruntime/native/linux-x64/libonnxruntime_providers_cuda.so"
_CUDA_LIBRARY = re.compile(rb"\x00(lib(?:cu|nv)\w+\.so\.\d+)(?=\x00)")


@dataclass(frozen=True)
class Jar:
    """One jar of the class path.

    Attributes:
        coordinates: ``group:artifact:version``.
        sha256: 64 hex digits.
        size: Bytes.
    """

    coordinates: str
    file: str
    sha256: str
    size: int

    @property
    def maven_path(self) -> Path:
        """Where a Maven repository keeps it."""
        group, artifact, version = self.coordinates.split(":")
        return Path(*group.split("."), artifact, version, self.file)


@dataclass(frozen=True)
class Lock:
    """The class path of one DJL release, in order.

    Attributes:
        gpu: Takes the place of the ``onnxruntime`` jar on a GPU; None where there is none.
        cuda: The CUDA libraries that the Linux library in ``gpu`` is linked to.
    """

    djl: str
    onnxruntime: str
    jars: tuple[Jar, ...]
    gpu: Jar | None = None
    cuda: tuple[str, ...] = ()

    @classmethod
    def read(cls, target: Target) -> Lock:
        """Read the committed lock of a target."""
        data = json.loads(lock_file(target).read_text(encoding="utf-8"))
        return cls(
            data["djl"],
            data["onnxruntime"],
            tuple(Jar(**jar) for jar in data["jars"]),
            Jar(**data["gpu"]) if data["gpu"] else None,
            tuple(data["cuda"]),
        )

    def to_json(self) -> str:
        """The lock as committed: a line feed at its end."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def on(self, *, gpu: bool) -> tuple[Jar, ...]:
        """The jars of the class path for the CPU, or for a GPU.

        Raises:
            JvmError: No ``onnxruntime_gpu`` jar is known for this release.
        """
        if not gpu:
            return self.jars
        if self.gpu is None:
            raise JvmError(
                f"DJL {self.djl} cannot run on a GPU here",
                code="target-without-gpu",
                expected=f"an onnxruntime_gpu jar for ONNX Runtime {self.onnxruntime} in the lock",
                found="none",
                mend="--device cpu, or another --target",
            )
        instead = self.gpu
        return tuple(instead if jar.coordinates.startswith(_RUNTIME) else jar for jar in self.jars)


def lock_file(target: Target) -> Path:
    """Where the lock of a target is."""
    return FOLDER / f"{target.name}.json"


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
            FOLDER.mkdir(exist_ok=True)
            lock_file(target).write_text(lock.to_json(), encoding="utf-8", newline="\n")
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
        brought = [c for c in needed if c.startswith(_RUNTIME)]
        if brought != [_RUNTIME + target.onnxruntime]:
            raise JvmError(
                f"DJL {target.djl} brings another ONNX Runtime than the table says",
                code="lock-out-of-date",
                file=Path(__file__).with_name("targets.py"),
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
            with path.open("rb") as data:
                sha256 = hashlib.file_digest(data, "sha256").hexdigest()
            self._jars[coordinates] = Jar(coordinates, path.name, sha256, path.stat().st_size)
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
