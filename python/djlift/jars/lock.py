"""The lock files: which jars make the class path of each DJL release.

``locks/<target>.json`` beside this file names every jar of the run-time class path with its SHA-256 and size;
it is written by :mod:`djlift.jars.relock` and committed. Nothing is resolved at run time: the lock is the class
path.

``org.slf4j:slf4j-nop`` is on this class path only because it is the JVM that djlift itself starts:
the result goes to stdout and no logging may mix with it. Pipelines bring their own logger.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from djlift.base.targets import Target
from djlift.errors import JvmError

FOLDER = Path(__file__).with_name("locks")
RUNTIME = "com.microsoft.onnxruntime:onnxruntime:"


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
        return tuple(instead if jar.coordinates.startswith(RUNTIME) else jar for jar in self.jars)


def lock_file(target: Target) -> Path:
    """Where the lock of a target is."""
    return FOLDER / f"{target.name}.json"
