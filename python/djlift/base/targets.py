"""The DJL releases that archives are made for, and what each of them brings.

A pipeline runs the ONNX Runtime and the tokenizers library that its DJL release bundles. An archive is made
for one release and proven on the jars of that release (:mod:`djlift.jars.resolve`); the limits below are what
its graph must keep to. Nothing here is taken from a release note: ``tests/jvm/process/test_targets.py`` reads
the versions from the jars and has every ONNX Runtime load graphs at its limits and refuse graphs one beyond.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from djlift.errors import ArchiveError, not_listed


@dataclass(frozen=True)
class Target:
    """One DJL release.

    Attributes:
        name: ``djl-0.38``, as ``--target`` and ``recipe.toml`` say it.
        djl: Version of DJL.
        onnxruntime: Version of the ONNX Runtime that it depends on.
        opset: Highest version of the default operator set that this ONNX Runtime reads.
        ir: Highest ONNX IR version that it reads.
        tokenizers: Version of the Rust crate inside DJL's tokenizer library. The jar's own properties say
            0.21.0 in every release since 0.32; the library itself names the sources it was built from.
        gpu: Version of ``onnxruntime_gpu`` that takes ONNX Runtime's place for ``--device cuda:N``: the same,
            or where that was never released, the nearest before it.
    """

    name: str
    djl: str
    onnxruntime: str
    opset: int
    ir: int
    tokenizers: str
    gpu: str

    def facts(self) -> dict[str, Any]:
        """What the manifest records of it."""
        return {"djl": self.djl, "onnxruntime": self.onnxruntime, "tokenizers": self.tokenizers}


_ALL = (
    Target("djl-0.32", "0.32.0", "1.20.0", 21, 10, "0.21.0", "1.20.0"),
    Target("djl-0.33", "0.33.0", "1.21.1", 22, 10, "0.21.1", "1.21.0"),
    Target("djl-0.34", "0.34.0", "1.21.1", 22, 10, "0.21.4", "1.21.0"),
    Target("djl-0.35", "0.35.1", "1.21.1", 22, 10, "0.21.4", "1.21.0"),
    Target("djl-0.36", "0.36.0", "1.21.1", 22, 10, "0.21.4", "1.21.0"),
    # DJL 0.37 has no ONNX Runtime engine in Maven's repository.
    Target("djl-0.38", "0.38.0", "1.21.1", 22, 10, "0.21.4", "1.21.0"),
)
TARGETS: Mapping[str, Target] = {target.name: target for target in _ALL}
DEFAULT = _ALL[-1]


def named(name: str) -> Target:
    """The target of a name.

    Raises:
        UsageError: No such target.
    """
    if name in TARGETS:
        return TARGETS[name]
    # Of a release that is not in the table no other is meant.
    release = re.search(r"\d+\.\d+", name)
    raise not_listed(
        f"the target '{name}' is not known",
        "unknown-target",
        name,
        [one for one in TARGETS if release is None or one == f"djl-{release[0]}"],
        expected=", ".join(TARGETS),
        mend="take one of these, or a djlift that knows this DJL release",
    )


def of_djl(version: str) -> Target | None:
    """The target of a DJL version; None for one that is not in the table."""
    return next((target for target in _ALL if target.djl == version), None)


def of_archive(recorded: Mapping[str, Any], archive: object) -> Target:
    """The target that an archive was made for.

    Args:
        recorded: ``target`` of its manifest.
        archive: The archive, for the error.

    Raises:
        ArchiveError: It names none, or one that is not in the table.
    """
    found = of_djl(str(recorded.get("djl")))
    if found is None:
        raise ArchiveError(
            "the archive was made for a DJL release that this djlift does not know",
            code="unknown-target",
            file=str(archive),
            expected="target.djl: " + ", ".join(target.djl for target in _ALL),
            found=str(recorded.get("djl", "none")),
            mend=f"--target {DEFAULT.name} runs it on that release; or a newer djlift",
        )
    return found
