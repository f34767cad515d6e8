"""DJL's model zoo layout in a folder: ``model/<application>/<group as path>/<name>/metadata.json``.

Stock DJL finds a model in it by application, group, name, version range and the filter ``precision``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive import beside, make_parents, read_manifest
from djlift.errors import ZooError
from djlift.manifest import Coordinates, Manifest

METADATA = "metadata.json"
_METADATA_VERSION = "0.2"
# A date with a zone, or DJL takes the folder for no zoo; a fixed one, or the same inputs would not
# give the same bytes.
_LAST_UPDATED = "1980-01-01T00:00:00Z"


@dataclass(frozen=True)
class Entry:
    """One archive in a zoo: its manifest's coordinates and where it lies."""

    manifest: Manifest
    archive: Path


def model_folder(zoo: Path, at: Coordinates) -> Path:
    """Where a model's metadata.json stands in a zoo."""
    return zoo.joinpath("model", at.application, *at.group.split("."), at.name)


def archive_path(zoo: Path, at: Coordinates) -> Path:
    """Where an archive of these coordinates stands in a zoo."""
    return model_folder(zoo, at) / at.version / at.file_name


def refuse_taken(zoo: Path, at: Coordinates) -> None:
    """Raise before any work is done when the zoo already holds this name, version and precision."""
    taken = archive_path(zoo, at)
    if taken.exists():
        raise ZooError(
            f"the zoo already holds {at.name} {at.version} {at.precision}",
            file=taken,
            expected="a version that is not taken: published archives never change",
            mend="raise the version (--version), or pass --replace for a zoo of your own",
        )


def add(zoo: Path, archive: Path, *, replace: bool = False) -> Entry:
    """Put an archive into a zoo: the archive first, metadata.json last, each by rename.

    The same bytes again change nothing.

    Raises:
        ZooError: The zoo holds other bytes under these coordinates, or its metadata cannot be read.
    """
    manifest = read_manifest(archive)
    target = archive_path(zoo, manifest.coordinates)
    data = _read_metadata(zoo, manifest)
    if target.exists() and not replace and _sha1(target) != _sha1(archive):
        refuse_taken(zoo, manifest.coordinates)
    artifact = _artifact(manifest, archive, target.name)
    make_parents(target)
    with beside(target) as partial:
        shutil.copyfile(archive, partial)
    same = {"version": manifest.version, "properties": artifact["properties"]}
    others = [a for a in data["artifacts"] if {k: a.get(k) for k in same} != same]
    # Stock DJL takes the first artifact that fits: the newest version, and of it fp32 before the others.
    data["artifacts"] = sorted(
        [*others, artifact],
        key=lambda a: (_numbers(a["version"]), *_rank(a["properties"].get("precision", ""))),
        reverse=True,
    )
    file = model_folder(zoo, manifest.coordinates) / METADATA
    with beside(file) as partial:
        partial.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return Entry(manifest, target)


def _rank(precision: str) -> tuple[int, str]:
    """The larger, the rather it is taken by who names no precision: what is exact first, int8 last."""
    order = ("int8", "fp16", "fp32")
    return (order.index(precision) if precision in order else -1), precision


def _read_metadata(zoo: Path, manifest: Manifest) -> dict[str, Any]:
    file = model_folder(zoo, manifest.coordinates) / METADATA
    if not file.exists():
        return {
            "metadataVersion": _METADATA_VERSION,
            "resourceType": "model",
            "application": manifest.application,
            "groupId": manifest.group,
            "artifactId": manifest.name,
            "name": manifest.name,
            "description": f"{manifest.task}, packaged and proven by djlift",
            "licenses": {"license": {"name": manifest.licence or "unknown"}},
            "lastUpdated": _LAST_UPDATED,
            "artifacts": [],
        }
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        artifacts = data["artifacts"]
        if not isinstance(artifacts, list):
            raise TypeError(f"artifacts are a {type(artifacts).__name__}")
        for artifact in artifacts:
            if not isinstance(artifact["version"], str) or not isinstance(
                artifact["properties"], dict
            ):
                raise TypeError("an artifact has no version or no properties")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as cause:
        raise ZooError(
            "the zoo's metadata cannot be read",
            file=file,
            expected="DJL metadata 0.2",
            found=str(cause),
        ) from cause
    return dict(data)


def _numbers(version: str) -> list[tuple[int, str]]:
    """For sorting: 1.10 comes after 1.2; what is no number, in another tool's versions, after those."""
    return [(int(p), "") if p.isdecimal() else (2**62, p) for p in version.split(".")]


def _artifact(manifest: Manifest, archive: Path, file_name: str) -> Mapping[str, Any]:
    translator = manifest.model.get("translator_factory")
    if not isinstance(translator, str):
        raise ZooError(
            "the archive names no translator factory",
            file=archive,
            expected="model.translator_factory in its manifest",
        )
    return {
        "version": manifest.version,
        "snapshot": False,
        "name": f"{manifest.name}-{manifest.precision}",
        "properties": {"precision": manifest.precision},
        "options": {"modelName": "model"},
        "arguments": {"translatorFactory": translator},
        "files": {
            "model": {
                "uri": f"{manifest.version}/{file_name}",
                "sha1Hash": _sha1(archive),
                "size": archive.stat().st_size,
                "name": "",
            }
        },
    }


def _sha1(file: Path) -> str:
    """DJL's checksum of a zoo file; the manifest's SHA-256 is what djlift relies on."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha1").hexdigest()
