"""DJL's model zoo layout: ``model/<application>/<group as path>/<name>/metadata.json``, archives below it.

Stock DJL finds a model in it by application, group, name, version range and the filter ``precision``. djlift
adds keys that stock DJL does not know and leaves alone: ``yanked`` beside ``artifacts``, ``sha256`` of each
archive, ``signature`` and ``licence`` of an artifact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from djlift.archive.coordinates import Coordinates
from djlift.archive.manifest import Manifest
from djlift.errors import UsageError, ZooError

TOP = "model"
METADATA = "metadata.json"
SIGNATURE = ".sig"
"""What the name of a detached signature has after the archive's."""
_METADATA_VERSION = "0.2"
# A date with a zone, or DJL takes the folder for no zoo; a fixed one, or the same inputs would not
# give the same bytes.
_LAST_UPDATED = "1980-01-01T00:00:00Z"

Artifact = Mapping[str, Any]
"""An entry of metadata.json, as DJL defines it."""


def folder_of(at: Coordinates) -> str:
    """Where a model's metadata.json stands, relative to the zoo."""
    return "/".join([TOP, at.application, *at.group.split("."), at.name])


def metadata_of(at: Coordinates) -> str:
    """A model's metadata.json, relative to the zoo."""
    return f"{folder_of(at)}/{METADATA}"


def archive_of(at: Coordinates) -> str:
    """Where an archive of these coordinates stands, relative to the zoo."""
    return f"{folder_of(at)}/{at.version}/{at.file_name}"


def archive_path(zoo: Path, at: Coordinates) -> Path:
    """Where an archive of these coordinates stands in a zoo's folder."""
    return zoo / archive_of(at)


def refuse_taken(zoo: Path, at: Coordinates) -> None:
    """Raise before any work is done when the zoo already holds this name, version and precision."""
    taken = archive_path(zoo, at)
    if taken.exists():
        raise taken_error(at, str(taken))


def taken_error(at: Coordinates, file: str) -> ZooError:
    """Other bytes are published under these coordinates."""
    return ZooError(
        f"the zoo already holds {at.name} {at.version} {at.precision}",
        code="zoo-archive-exists",
        file=file,
        expected="a version that is not taken: published archives never change",
        found="an archive of other bytes",
        mend="raise the version (--version), or build with --replace into a zoo of your own",
    )


def refuse_address(zoo: Path) -> None:
    """Raise when a path is an address, such as ``s3://bucket/zoo``, where only a folder will do."""
    protocol, mark, _ = zoo.as_posix().partition(":/")
    if mark and len(protocol) > 1:
        raise UsageError(
            "an archive is built into a folder",
            code="zoo-folder-only",
            file=zoo,
            expected="--zoo DIR",
            mend="build with --zoo DIR, then: djlift publish ARCHIVE ADDRESS",
        )


@dataclass(frozen=True)
class Checksums:
    """A file's size in bytes and its checksums as hex: SHA-1 is DJL's, SHA-256 what djlift relies on."""

    size: int
    sha1: str
    sha256: str


@dataclass(frozen=True)
class Metadata:
    """The metadata of one model: every field as it stands in the file, those of others included."""

    data: Mapping[str, Any]

    @staticmethod
    def fresh(manifest: Manifest) -> Metadata:
        """Of a model that the zoo does not hold yet; without a licence where the source states none."""
        stated = {"licenses": {"license": {"name": manifest.licence}}} if manifest.licence else {}
        return Metadata(
            {
                **stated,
                "metadataVersion": _METADATA_VERSION,
                "resourceType": "model",
                "application": manifest.application,
                "groupId": manifest.group,
                "artifactId": manifest.name,
                "name": manifest.name,
                "description": f"{manifest.task}, packaged and proven by djlift",
                "lastUpdated": _LAST_UPDATED,
                "artifacts": [],
            }
        )

    @staticmethod
    def parse(data: bytes, file: str) -> Metadata:
        """Read metadata.json.

        Raises:
            ZooError: It is not what DJL and djlift write.
        """
        try:
            found = json.loads(data.decode("utf-8"))
            for key in ("artifacts", "yanked"):
                entries = found[key] if key == "artifacts" else found.get(key, [])
                if not isinstance(entries, list):
                    raise TypeError(f"{key} are a {type(entries).__name__}")
                for artifact in entries:
                    if not isinstance(artifact["version"], str) or not isinstance(
                        artifact["properties"], dict
                    ):
                        raise TypeError("an artifact has no version or no properties")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
            raise ZooError(
                "the zoo's metadata cannot be read",
                code="zoo-metadata",
                file=file,
                expected="DJL metadata 0.2",
                found=str(cause),
            ) from cause
        return Metadata(found)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What DJL resolves, the first to be taken first."""
        return tuple(self.data["artifacts"])

    @property
    def yanked(self) -> tuple[Artifact, ...]:
        """What only djlift loads, by its exact version."""
        return tuple(self.data.get("yanked", ()))

    def find(self, version: str, precision: str) -> Artifact | None:
        """The entry of a version and precision, yanked or not."""
        wanted = {"version": version, "properties": {"precision": precision}}
        for artifact in (*self.artifacts, *self.yanked):
            if _same(artifact, wanted):
                return artifact
        return None

    def with_artifact(self, artifact: Artifact) -> Metadata:
        """With an entry in place of the one of its version and precision; one that is yanked stays so."""
        taken = any(_same(a, artifact) for a in self.yanked)
        return self._having(
            self.artifacts if taken else _with(self.artifacts, artifact),
            _with(self.yanked, artifact) if taken else self.yanked,
        )

    def moved(self, chosen: Iterable[Artifact], *, undo: bool = False) -> Metadata:
        """With these entries yanked; ``undo`` takes that back."""
        artifacts, yanked = self.artifacts, self.yanked
        for artifact in chosen:
            if undo:
                artifacts, yanked = _with(artifacts, artifact), _without(yanked, artifact)
            else:
                artifacts, yanked = _without(artifacts, artifact), _with(yanked, artifact)
        return self._having(artifacts, yanked)

    def to_bytes(self) -> bytes:
        """The bytes of metadata.json: keys sorted, two spaces, a newline at the end."""
        return (json.dumps(self.data, indent=2, sort_keys=True) + "\n").encode()

    def _having(self, artifacts: Iterable[Artifact], yanked: Iterable[Artifact]) -> Metadata:
        data = {**self.data, "artifacts": sorted(artifacts, key=_order, reverse=True)}
        data["yanked"] = sorted(yanked, key=_order, reverse=True)
        if not data["yanked"]:
            # No key that most zoos have no use for.
            del data["yanked"]
        return Metadata(data)


def artifact_of(
    manifest: Manifest, checksums: Checksums, *, signed: bool, archive: Path
) -> Artifact:
    """The entry of an archive.

    Raises:
        ZooError: Its manifest names no translator factory.
    """
    translator = manifest.model.get("translator_factory")
    if not isinstance(translator, str):
        raise ZooError(
            "the archive names no translator factory",
            code="no-translator-factory",
            file=archive,
            expected="model.translator_factory in its manifest",
        )
    uri = f"{manifest.version}/{manifest.file_name}"
    artifact = {
        "version": manifest.version,
        "snapshot": False,
        "name": f"{manifest.name}-{manifest.precision}",
        "properties": {"precision": manifest.precision},
        "options": {"modelName": "model"},
        "arguments": {"translatorFactory": translator},
        "files": {
            "model": {
                "uri": uri,
                "sha1Hash": checksums.sha1,
                "sha256": checksums.sha256,
                "size": checksums.size,
                "name": "",
            }
        },
    }
    if manifest.licence is not None:
        artifact["licence"] = manifest.licence
    if signed:
        artifact["signature"] = uri + SIGNATURE
    return artifact


def model_file(artifact: Artifact) -> Mapping[str, Any]:
    """What an entry says of its archive: ``uri``, ``size``, checksums; empty when it says nothing."""
    files = artifact.get("files")
    found = files.get("model") if isinstance(files, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def precision_of(artifact: Artifact) -> str:
    """``fp32``, ``fp16``, ``int8``; empty in another tool's entry."""
    return str(artifact["properties"].get("precision", ""))


def _same(one: Artifact, other: Artifact) -> bool:
    """The same version with the same properties: what another tool put beside it is another entry."""
    return all(one[key] == other[key] for key in ("version", "properties"))


def _with(artifacts: Iterable[Artifact], artifact: Artifact) -> tuple[Artifact, ...]:
    return (*_without(artifacts, artifact), artifact)


def _without(artifacts: Iterable[Artifact], artifact: Artifact) -> tuple[Artifact, ...]:
    return tuple(a for a in artifacts if not _same(a, artifact))


def _order(artifact: Artifact) -> tuple[list[tuple[int, str]], int, str]:
    """Stock DJL takes the first artifact that fits: the newest version, and of it fp32 before the others."""
    return (_numbers(artifact["version"]), *_rank(precision_of(artifact)))


def _rank(precision: str) -> tuple[int, str]:
    """The larger, the rather it is taken by who names no precision: what is exact first, int8 last."""
    order = ("int8", "fp16", "fp32")
    return (order.index(precision) if precision in order else -1), precision


def _numbers(version: str) -> list[tuple[int, str]]:
    """For sorting: 1.10 comes after 1.2; what is no number, in another tool's versions, after those."""
    return [(int(p), "") if p.isdecimal() else (2**62, p) for p in version.split(".")]
