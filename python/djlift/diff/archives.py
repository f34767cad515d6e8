"""``djlift diff``: what changed between two archives.

Files by their hashes, and inside them what a person asks about: weights tensor by tensor, the graph, the
tokenizer, arguments, figures, and where the archives come from. Nothing runs, no JVM and no torch; ``onnx``
(in ``djlift[export]``) is needed for tensors and nodes, and without it the result says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from djlift.archive import manifest as manifests
from djlift.archive.container import Opened, opened, require_intact
from djlift.archive.golden import LOGITS
from djlift.archive.manifest import Manifest
from djlift.base.files import sha256
from djlift.base.progress import Advance, silent
from djlift.diff import graphs
from djlift.diff.graphs import WeightChange
from djlift.errors import ArchiveError, DjliftError

_SETTINGS = ("config.json", "tokenizer_config.json")
_TOKENIZER = "tokenizer.json"
_PROPERTIES = "serving.properties"


@dataclass(frozen=True)
class Change:
    """One thing that is not the same; None where it is absent."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ArchiveDiff:
    """What changed from archive ``a`` to archive ``b``; all empty when they are the same.

    Attributes:
        packing: The zips themselves, where they differ though no file does.
        files: By name, with their hashes.
        weights: Tensors that are not equal, bit for bit; ``equal_weights`` counts the others.
        graph: Operators by number, opsets, inputs and outputs, and the manifest's account of them.
        tokenizer: Sections of tokenizer.json, and its vocabulary token by token.
        arguments: serving.properties, config.json and the manifest's ``model``, key by key.
        figures: Sizes, parity and accuracy, and the recorded logits.
        origin: Names, licence, source, target and tools.
        notes: What could not be compared, and why.
    """

    a: str
    b: str
    packing: tuple[Change, ...]
    files: tuple[Change, ...]
    weights: tuple[WeightChange, ...]
    equal_weights: int | None
    graph: tuple[Change, ...]
    tokenizer: tuple[Change, ...]
    arguments: tuple[Change, ...]
    figures: tuple[Change, ...]
    origin: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the zips are the same, bit for bit."""
        return not self.packing and not self.files

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON data, for ``--json``."""
        return {"identical": self.identical, **asdict(self)}


def diff(a: Path, b: Path, advance: Advance = silent) -> ArchiveDiff:
    """Compare two archives.

    Raises:
        ArchiveError: One of them cannot be used, or its files are not what its manifest says.
    """
    with opened(a, advance) as old, opened(b, advance) as new:
        for found in (old, new):
            require_intact(found)
        files = tuple(_differing(_digests(old), _digests(new), lambda d: d[:16] + "…"))
        changed = {change.what for change in files}
        tensors = graphs.compare(old.folder, new.folder, changed, advance)
        before, after = _flat_manifest(old.manifest), _flat_manifest(new.manifest)

        def stated(*fields: str) -> tuple[Change, ...]:
            """Changes of the manifest's fields that are named, and of no others."""
            return tuple(_differing(_under(before, fields), _under(after, fields)))

        in_graph = tuple(Change(*change) for change in tensors.graph)
        return ArchiveDiff(
            a=a.name,
            b=b.name,
            packing=() if files else tuple(_packing(a, b)),
            files=files,
            weights=tensors.weights,
            equal_weights=tensors.equal,
            graph=(*in_graph, *(c for c in stated("graph") if c.what != "graph.bytes")),
            tokenizer=tuple(_tokenizer(old.folder, new.folder, changed)),
            arguments=(*_arguments(old.folder, new.folder, changed), *stated("model")),
            figures=(
                *_differing(_sizes(a, old), _sizes(b, new)),
                *stated("parity", "accuracy", "golden"),
                *_logits(old.folder, new.folder, changed),
            ),
            origin=stated(
                *("name", "group", "version", "precision", "task", "application"),
                *("licence", "source", "target", "tools"),
            ),
            notes=tensors.notes,
        )


def _digests(found: Opened) -> dict[str, str]:
    files = {name: record.sha256 for name, record in found.manifest.files.items()}
    return files | {manifests.FILE: sha256(found.folder / manifests.FILE)}


def _packing(a: Path, b: Path) -> Iterator[Change]:
    before, after = sha256(a), sha256(b)
    if before != after:
        yield Change("the zip", before[:16] + "…", after[:16] + "…")


def _sizes(path: Path, found: Opened) -> dict[str, str]:
    return {
        "bytes of the archive": f"{path.stat().st_size:,}",
        "bytes of the graph": f"{found.manifest.graph.get('bytes', 0):,}",
    }


def _flat_manifest(manifest: Manifest) -> dict[str, str]:
    data = json.loads(manifest.to_json())
    return dict(_flat({k: v for k, v in data.items() if k not in ("files", "digest", "format")}))


def _under(flat: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    return {key: value for key, value in flat.items() if re.split(r"[.\[]", key)[0] in fields}


def _flat(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """A tree's leaves by their path; lists of plain values are one leaf."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list) and any(isinstance(v, dict | list) for v in data):
        for number, value in enumerate(data):
            name = value.get("name") if isinstance(value, dict) else None
            label = f"{number} {name}" if isinstance(name, str) else str(number)
            yield from _flat(value, f"{path}[{label}]")
    else:
        yield path, data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _differing(
    before: Mapping[str, str], after: Mapping[str, str], shown: Any = lambda value: value
) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield Change(
                key, None if old is None else shown(old), None if new is None else shown(new)
            )


def _tokenizer(old: Path, new: Path, changed: set[str]) -> Iterator[Change]:
    if _TOKENIZER not in changed:
        return
    before, after = _json(old / _TOKENIZER), _json(new / _TOKENIZER)
    sides = [dict(data.get("model") or {}) for data in (before, after)]
    vocabularies = [_vocabulary(side.pop("vocab", None)) for side in sides]
    merges = [side.pop("merges", None) for side in sides]
    rest = [
        {key: value for key, value in data.items() if key != "model"} | {"model": side}
        for data, side in zip((before, after), sides, strict=True)
    ]
    yield from _differing(dict(_flat(rest[0])), dict(_flat(rest[1])))
    if merges[0] != merges[1]:
        yield Change("merges", *(None if m is None else f"{len(m)} of them" for m in merges))
    for change in _differing(*vocabularies):
        yield Change(f"token {change.what!r}", change.before, change.after)


def _vocabulary(vocab: Any) -> dict[str, str]:
    """What each token is to the model: its id, and for Unigram its score too."""
    if isinstance(vocab, dict):
        return {str(token): f"id {number}" for token, number in vocab.items()}
    found: dict[str, str] = {}
    for number, entry in enumerate(vocab if isinstance(vocab, list) else ()):
        if isinstance(entry, list) and len(entry) == 2:
            found[str(entry[0])] = f"id {number}, score {entry[1]}"
    return found


def _arguments(old: Path, new: Path, changed: set[str]) -> Iterator[Change]:
    if _PROPERTIES in changed:
        yield from _named(_PROPERTIES, _properties(old), _properties(new))
    for name in _SETTINGS:
        if name in changed:
            yield from _named(name, dict(_flat(_json(old / name))), dict(_flat(_json(new / name))))


def _named(file: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for change in _differing(before, after):
        yield Change(f"{file}: {change.what}", change.before, change.after)


def _properties(folder: Path) -> dict[str, str]:
    """serving.properties as djlift writes it: a pair a line, everything else escaped."""
    file = folder / _PROPERTIES
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="latin-1").splitlines()
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#!")
    return {key.strip(): value for key, _, value in pairs}


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError) as cause:
        raise ArchiveError(
            "a file of the archive cannot be compared",
            code="archive-unreadable",
            file=file.name,
            expected="a JSON object",
            found=str(cause),
        ) from cause
    return data


def _logits(old: Path, new: Path, changed: set[str]) -> Iterator[Change]:
    """How far the recorded logits moved: the largest difference over the windows that both have."""
    if LOGITS not in changed or not all((side / LOGITS).is_file() for side in (old, new)):
        return
    from safetensors import SafetensorError, safe_open

    try:
        with (
            safe_open(old / LOGITS, "numpy") as before,
            safe_open(new / LOGITS, "numpy") as after,
        ):
            shared = sorted(set(before.keys()) & set(after.keys()))
            moved, largest, reshaped = 0, 0.0, 0
            for name in shared:
                left, right = before.get_tensor(name), after.get_tensor(name)
                if left.shape != right.shape:
                    reshaped += 1
                elif left.tobytes() != right.tobytes():
                    moved += 1
                    largest = max(largest, float(np.max(np.abs(left - right))))
            counts = len(before.keys()), len(after.keys())
    except (SafetensorError, DjliftError, ValueError) as cause:
        raise ArchiveError(
            "the recorded logits cannot be compared", code="golden", file=LOGITS, found=str(cause)
        ) from cause
    if counts[0] != counts[1] or reshaped:
        yield Change("recorded windows", str(counts[0]), f"{counts[1]}, {reshaped} of other shape")
    if moved:
        yield Change(
            f"recorded logits of {moved} windows of {len(shared)}", "0", f"up to {largest:.3g} away"
        )
