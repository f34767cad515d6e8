"""``djlift yank``: a version that nobody should take any more stays, but is no longer resolved.

Its entry moves from ``artifacts`` to ``yanked`` in metadata.json. Stock DJL does not know that key, so neither
a plain name nor a version range finds it; djlift's own provider still loads it by its exact version. The
archive stays where it is: a published version never changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from djlift.archive.coordinates import GROUP, NAME, VERSION
from djlift.checkpoints.recipe import require_precision
from djlift.errors import UsageError, ZooError
from djlift.zoo.listing import read
from djlift.zoo.metadata import METADATA, TOP, Artifact, Metadata, precision_of
from djlift.zoo.placing import update
from djlift.zoo.store import Store

_FORM = re.compile(rf"(?:(?P<group>{GROUP.pattern})/)?(?P<name>{NAME.pattern})/(?P<version>[^/]+)")


@dataclass(frozen=True)
class Wanted:
    """``NAME/VERSION`` or ``GROUP/NAME/VERSION``; ``group`` None is any."""

    group: str | None
    name: str
    version: str

    @staticmethod
    def parse(text: str) -> Wanted:
        """Read one of the command line.

        Raises:
            UsageError: It is of another form.
        """
        found = _FORM.fullmatch(text)
        if found is None or VERSION.fullmatch(found["version"]) is None:
            raise UsageError(
                "a version of the zoo cannot be read",
                code="zoo-version-unreadable",
                expected="NAME/VERSION or GROUP/NAME/VERSION, such as ner-minilm/1.0.0",
                found=text,
            )
        return Wanted(found["group"], found["name"], found["version"])

    def __str__(self) -> str:
        return "/".join(filter(None, (self.group, self.name, self.version)))


@dataclass(frozen=True)
class Moved:
    """One archive that is yanked, or no longer is.

    Attributes:
        changed: False when it was so already.
    """

    group: str
    name: str
    version: str
    precision: str
    changed: bool


def yank(
    store: Store, wanted: Sequence[Wanted], *, precision: str | None = None, undo: bool = False
) -> tuple[Moved, ...]:
    """Yank versions in all their precisions, or in one; ``undo`` lets them be resolved again.

    Every version is looked up before the first is moved.

    Raises:
        UsageError: There is no such precision.
        ZooError: The zoo does not hold one of them, or more than one group does.
    """
    if precision is not None:
        require_precision(precision)
    names = store.names(TOP, METADATA)
    files = {name: read(store, name) for name in names}
    places = [(one, _file_of(store, files, one, precision)) for one in wanted]
    store.prepare()
    moved: list[Moved] = []
    for one, name in places:
        before: list[Metadata] = []

        def change(
            metadata: Metadata, one: Wanted = one, seen: list[Metadata] = before
        ) -> Metadata:
            seen[:] = [metadata]
            entries = metadata.yanked if undo else metadata.artifacts
            return metadata.moved(_chosen(entries, one, precision), undo=undo)

        with store.exclusive(name.rpartition("/")[0]):
            after, _ = update(store, name, change)
        already = before[0].artifacts if undo else before[0].yanked
        moved += [
            Moved(
                group=str(after.data.get("groupId", "")),
                name=one.name,
                version=one.version,
                precision=precision_of(artifact),
                changed=artifact not in already,
            )
            for artifact in _chosen(after.artifacts if undo else after.yanked, one, precision)
        ]
    return tuple(moved)


def _file_of(store: Store, files: dict[str, Metadata], one: Wanted, precision: str | None) -> str:
    found = [
        name
        for name, metadata in files.items()
        if metadata.data.get("artifactId") == one.name
        and one.group in (None, metadata.data.get("groupId"))
        and _chosen((*metadata.artifacts, *metadata.yanked), one, precision)
    ]
    if not found:
        shown = f"{one} in {precision}" if precision else str(one)
        raise ZooError(
            f"the zoo does not hold {shown}",
            code="zoo-no-such-archive",
            file=store.url,
            expected="a version that djlift list shows",
            mend=f"djlift list {store.url}",
        )
    if len(found) > 1:
        groups = sorted({str(files[name].data.get("groupId")) for name in found})
        raise ZooError(
            f"the zoo holds more than one {one}",
            code="zoo-ambiguous",
            file=store.url,
            expected="GROUP/NAME/VERSION, of one group and application",
            found=", ".join(groups),
        )
    return found[0]


def _chosen(
    entries: Sequence[Artifact], one: Wanted, precision: str | None
) -> tuple[Artifact, ...]:
    return tuple(
        entry
        for entry in entries
        if entry["version"] == one.version and precision in (None, precision_of(entry))
    )
