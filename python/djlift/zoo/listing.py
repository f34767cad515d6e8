"""``djlift list``: what a zoo holds, as its metadata says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from djlift.errors import ZooError
from djlift.zoo.metadata import METADATA, TOP, Artifact, Metadata, model_file, precision_of
from djlift.zoo.store import Store


@dataclass(frozen=True)
class Listed:
    """One archive of a zoo.

    Attributes:
        size: In bytes; None in another tool's entry that does not say.
        licence: As the source states it; None when it states none.
        sha256: Of the archive, hex; None in entries from before it was listed.
        archive: Its address.
    """

    application: str
    group: str
    name: str
    version: str
    precision: str
    size: int | None
    licence: str | None
    yanked: bool
    signed: bool
    sha256: str | None
    archive: str | None

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON data, for ``--json``."""
        return asdict(self)


def listing(store: Store) -> tuple[Listed, ...]:
    """Every archive of a zoo, by application, group and name, the newest version first.

    Raises:
        ZooError: There is no zoo, or a metadata.json cannot be read.
    """
    found: list[Listed] = []
    names = store.names(TOP, METADATA)
    if not names:
        raise ZooError(
            "there is no zoo",
            code="no-zoo",
            file=store.url,
            expected=f"{TOP}/<application>/<group>/<name>/{METADATA} below it",
            found="none",
            mend="djlift publish ARCHIVE ZOO",
        )
    for name in names:
        metadata = read(store, name)
        for yanked, artifacts in ((False, metadata.artifacts), (True, metadata.yanked)):
            found += [_listed(store, name, metadata, artifact, yanked) for artifact in artifacts]
    return tuple(found)


def read(store: Store, name: str) -> Metadata:
    """A metadata.json that was found.

    Raises:
        ZooError: It cannot be read.
    """
    content = store.read(name)
    if content is None:
        raise ZooError(
            "the zoo's metadata is not there any more", code="zoo-metadata", file=store.place(name)
        )
    return Metadata.parse(content.data, store.place(name))


def _listed(
    store: Store, name: str, metadata: Metadata, artifact: Artifact, yanked: bool
) -> Listed:
    data, file = metadata.data, model_file(artifact)
    uri, size = file.get("uri"), file.get("size")
    return Listed(
        application=str(data.get("application", "")),
        group=str(data.get("groupId", "")),
        name=str(data.get("artifactId", "")),
        version=artifact["version"],
        precision=precision_of(artifact),
        size=size if isinstance(size, int) else None,
        licence=_licence(metadata, artifact),
        yanked=yanked,
        signed="signature" in artifact,
        sha256=_text(file.get("sha256")),
        archive=store.place(f"{name.rpartition('/')[0]}/{uri}") if isinstance(uri, str) else None,
    )


def _licence(metadata: Metadata, artifact: Artifact) -> str | None:
    """The archive's own; in entries from before it was listed, the model's."""
    if "sha256" in model_file(artifact):
        return _text(artifact.get("licence"))
    stated = metadata.data.get("licenses")
    licence = stated.get("license") if isinstance(stated, dict) else None
    name = licence.get("name") if isinstance(licence, dict) else None
    return None if name == "unknown" else _text(name)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
