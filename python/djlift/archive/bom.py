"""bom.cdx.json: an archive's bill of materials as a CycloneDX ML-BOM, from the same facts as its card.

The model, its licence, its ancestors with their revisions and hashes, the files of the archive, the tools that
made it, and a model card with the figures of the proof. cyclonedx-python-lib writes it. Its classes have no
place for a model card yet, so that part is put into the JSON afterwards; the tests have the whole judged by the
library's own validator. The same facts give the same bytes: no time, and a serial number made of the content.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from djlift.archive import manifest as manifests
from djlift.archive.manifest import Manifest
from djlift.base.files import sha256
from djlift.errors import require

FILE = "bom.cdx.json"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/bom/djlift")
# Files that stand after the BOM or hold it.
_LATER = (FILE, manifests.FILE)


def write(folder: Path, manifest: Manifest) -> None:
    """Write the bill of materials of a staged folder into it; the manifest has its figures already.

    Raises:
        MissingExtra: The package cyclonedx-python-lib is not installed.
    """
    hashes = {
        file.relative_to(folder).as_posix(): sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.relative_to(folder).as_posix() not in _LATER
    }
    text = json.dumps(document(manifest, hashes), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")


def document(manifest: Manifest, hashes: Mapping[str, str]) -> dict[str, Any]:
    """The BOM as JSON data.

    Args:
        hashes: SHA-256 of the archive's files by name.
    """
    require("cyclonedx", "export", "writing a bill of materials")
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.tool import ToolRepository
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(components=[_file(name, digest) for name, digest in hashes.items()])
    bom.metadata.component = _model(manifest)
    bom.metadata.tools = ToolRepository(components=list(_tools(manifest)))
    bom.register_dependency(bom.metadata.component, bom.components)
    data: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del data["metadata"]["timestamp"]
    del data["serialNumber"]
    data["metadata"]["component"]["modelCard"] = _card(manifest)
    content = json.dumps(data, sort_keys=True).encode()
    serial = uuid.uuid5(_NAMESPACE, hashlib.sha256(content).hexdigest())
    return data | {"serialNumber": f"urn:uuid:{serial}"}


def _model(manifest: Manifest) -> Any:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType, Pedigree

    target = manifest.target
    facts = {
        "precision": manifest.precision,
        "djl": target.get("djl"),
        "onnxruntime": target.get("onnxruntime"),
        "opset": target.get("opset"),
    }
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="model",
        group=manifest.group,
        name=manifest.name,
        version=manifest.version,
        licenses=_licences(manifest.licence),
        pedigree=Pedigree(ancestors=list(_ancestors(manifest))),
        properties=[
            Property(name=f"djlift:{key}", value=str(value))
            for key, value in facts.items()
            if value is not None
        ],
    )


def _licences(stated: str | None) -> list[Any]:
    """The licence under its SPDX name where it has one, else as it is stated; none where none is."""
    from cyclonedx.model.license import (
        DisjunctiveLicense,
        LicenseAcknowledgement,
        LicenseExpression,
    )
    from cyclonedx.spdx import fixup_id, is_expression

    if not stated:
        return []
    declared = LicenseAcknowledgement.DECLARED
    known = fixup_id(stated)
    if known is not None:
        return [DisjunctiveLicense(id=known, acknowledgement=declared)]
    parts = [fixup_id(part) or part for part in stated.split(" AND ")]
    if is_expression(expression := " AND ".join(parts)):
        return [LicenseExpression(expression, acknowledgement=declared)]
    return [DisjunctiveLicense(name=stated, acknowledgement=declared)]


def _ancestors(manifest: Manifest) -> Iterator[Any]:
    """The checkpoint and its adapter, each with what it states it was made from."""
    source = manifest.source
    weights = dict(source.get("weights") or {})
    own = {name: d for name, d in weights.items() if not name.startswith("adapter/")}
    states = {one.get("of"): one for one in source.get("states") or ()}
    yield _ancestor("source", str(source.get("id")), source, own, states.get(source.get("id"), {}))
    if source.get("adapter"):
        merged = {n.partition("/")[2]: d for n, d in weights.items() if n not in own}
        name = str(source["adapter"])
        yield _ancestor("adapter", name, {}, merged, states.get(name, {}))


def _ancestor(
    ref: str,
    name: str,
    source: Mapping[str, Any],
    weights: Mapping[str, str],
    states: Mapping[str, Any],
) -> Any:
    from cyclonedx.model.component import Component, ComponentType, Pedigree
    from packageurl import PackageURL

    kind, version = source.get("kind"), source.get("revision")
    purl = None
    if kind == "hub":
        namespace, _, last = name.rpartition("/")
        purl = PackageURL("huggingface", namespace or None, last, version)
    elif kind == "package":
        purl = PackageURL("pypi", None, name, version)
    bases = [
        Component(
            type=ComponentType.MACHINE_LEARNING_MODEL, bom_ref=f"{ref}:base:{base}", name=base
        )
        for base in states.get("base_models") or ()
    ]
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=ref,
        name=name,
        version=version,
        purl=purl,
        licenses=_licences(states.get("licence")),
        components=[_file(file, digest, f"{ref}:{file}") for file, digest in weights.items()],
        pedigree=Pedigree(ancestors=bases) if bases else None,
    )


def _file(name: str, digest: str, ref: str | None = None) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType

    return Component(
        type=ComponentType.FILE,
        bom_ref=ref or f"file:{name}",
        name=name,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )


def _tools(manifest: Manifest) -> Iterator[Any]:
    from cyclonedx.model.component import Component, ComponentType

    for name, version in manifest.tools.items():
        kind = ComponentType.APPLICATION if name == "djlift" else ComponentType.LIBRARY
        yield Component(type=kind, bom_ref=f"tool:{name}", name=name, version=version)


def _card(manifest: Manifest) -> dict[str, Any]:
    """CycloneDX's model card: what is known, and no field for what is not."""
    parameters: dict[str, Any] = {"task": manifest.task}
    if manifest.model.get("type"):
        parameters["architectureFamily"] = "transformer"
        parameters["modelArchitecture"] = manifest.model["type"]
    names = [name for one in manifest.source.get("states") or () for name in one["datasets"]]
    if names:
        parameters["datasets"] = [{"type": "dataset", "name": n} for n in dict.fromkeys(names)]
    card: dict[str, Any] = {"bom-ref": "model-card", "modelParameters": parameters}
    metrics = list(_metrics(manifest))
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    limitations = list(_limitations(manifest))
    if limitations:
        card["considerations"] = {"technicalLimitations": limitations}
    return card


def _metrics(manifest: Manifest) -> Iterator[dict[str, str]]:
    for level in (manifest.parity or {}).get("levels", ()):
        compared = f"{level['compared']} compared, {level['divergences']} differ"
        yield {
            "type": f"parity level {level['level']}: {level['name']}",
            "value": f"{level['status']}: {level['summary']}" if level["summary"] else compared,
            "slice": compared,
        }
    found = manifest.accuracy
    if found and "archive" in found and "sentences" in found:
        text = f"{found['sentences']} labelled sentences"
        if found.get("sha256"):
            text += f", SHA-256 {found['sha256']}"
        yield {"type": "entity F1 on the JVM", "value": repr(found["archive"]), "slice": text}
        yield {
            "type": "entity F1 in PyTorch fp32",
            "value": repr(found["reference"]),
            "slice": text,
        }


def _limitations(manifest: Manifest) -> Iterator[str]:
    if manifest.model.get("max_length"):
        yield f"a text is read to {manifest.model['max_length']} tokens, or in windows of as many"
    yield from manifest.remarks()
