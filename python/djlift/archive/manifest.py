"""djlift.json: where a model came from, what was done to it, what every file hashes to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from djlift.archive.coordinates import GROUP, NAME, VERSION, Coordinates
from djlift.errors import ArchiveError
from djlift.strict import strict_json
from djlift.strict.refusal import Refusal

FILE = "djlift.json"
FORMAT = 1
_SHA256_DIGITS = 64
_NO_DIGEST = "0" * _SHA256_DIGITS
# At the start of a line, where no string can stand: a nested field of that name is another one.
_DIGEST = re.compile(rb'^  "digest": "([0-9a-f]{64})"', re.MULTILINE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_APPLICATION = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


@dataclass(frozen=True)
class FileRecord:
    """SHA-256 (hex) and size in bytes of one file of the archive."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The manifest as a value; ``docs/archive.md`` says what each field means.

    The free-form fields (``source``, ``target``, ``tools``, ``graph``, ``model``, ``golden``, ``parity``,
    ``accuracy``) are JSON objects: a person reads them, no code of a consumer depends on them.
    """

    name: str
    group: str
    version: str
    precision: str
    task: str
    application: str
    licence: str | None
    source: Mapping[str, Any]
    target: Mapping[str, Any]
    tools: Mapping[str, str]
    graph: Mapping[str, Any]
    model: Mapping[str, Any]
    golden: Mapping[str, Any]
    parity: Mapping[str, Any] | None = None
    accuracy: Mapping[str, Any] | None = None
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def coordinates(self) -> Coordinates:
        """What names this archive in a zoo."""
        return Coordinates(self.application, self.group, self.name, self.version, self.precision)

    @property
    def file_name(self) -> str:
        """Name of the archive."""
        return self.coordinates.file_name

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of the model and the graph, one sentence each."""
        listed = (part.get("remarks") for part in (self.model, self.graph))
        return tuple(str(one) for found in listed if isinstance(found, list) for one in found)

    def to_json(self) -> str:
        """The bytes of djlift.json: keys sorted, two spaces, a newline at the end, its own digest in it."""
        data = {"digest": _NO_DIGEST, **asdict(self)}
        text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
        _, computed = digests(text.encode())
        return text.replace(f'\n  "digest": "{_NO_DIGEST}"', f'\n  "digest": "{computed}"', 1)

    @staticmethod
    def from_json(text: str | bytes, file: Path | str = FILE) -> Manifest:
        """Read djlift.json.

        Raises:
            ArchiveError: Not JSON, a field is absent or of the wrong kind, or a format of the future.
        """
        try:
            data = strict_json.parse(text.encode() if isinstance(text, str) else text)
        except ValueError as cause:
            raise _unusable(file, "a JSON object", str(cause)) from cause
        if not isinstance(data, dict):
            raise _unusable(file, "a JSON object", type(data).__name__)
        found = data.get("format")
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise _unusable(file, f"format {FORMAT}", f"format {found!r}")
        if found > FORMAT:
            raise ArchiveError(
                "the archive was written by a newer djlift",
                file=str(file),
                expected=f"format {FORMAT} or lower",
                found=f"format {found}",
                mend="install a newer djlift",
                code=Refusal.NEWER_FORMAT,
            )
        for key, (kind, optional) in _FIELDS.items():
            value = data.get(key)
            if not (isinstance(value, kind) or (optional and value is None)):
                raise _unusable(file, f"'{key}' as {kind.__name__}", repr(value)[:60])
        for key, form in _FORMS.items():
            if not form.fullmatch(data[key]):
                raise _unusable(file, f"'{key}' as part of a path in a zoo", repr(data[key])[:60])
        known = {key: data.get(key) for key in _FIELDS}
        known["files"] = {str(n): _record(n, r, file) for n, r in data["files"].items()}
        return Manifest(**known, format=found)  # type: ignore[arg-type]


def digests(data: bytes) -> tuple[str, str]:
    """The digest that a manifest states and the one its bytes have.

    The digest is the SHA-256 of the file with the digits of the digest itself set to zeros.
    """
    found = _DIGEST.search(data)
    if found is None:
        return "absent", hashlib.sha256(data).hexdigest()
    zeroed = data[: found.start(1)] + _NO_DIGEST.encode() + data[found.end(1) :]
    return found.group(1).decode(), hashlib.sha256(zeroed).hexdigest()


_FIELDS: Mapping[str, tuple[type, bool]] = {
    "name": (str, False),
    "group": (str, False),
    "version": (str, False),
    "precision": (str, False),
    "task": (str, False),
    "application": (str, False),
    "licence": (str, True),
    "source": (dict, False),
    "target": (dict, False),
    "tools": (dict, False),
    "graph": (dict, False),
    "model": (dict, False),
    "golden": (dict, False),
    "parity": (dict, True),
    "accuracy": (dict, True),
    "files": (dict, False),
}


# They become folders and files of a zoo.
_FORMS = {
    "name": NAME,
    "group": GROUP,
    "version": VERSION,
    "precision": NAME,
    "application": _APPLICATION,
}


def _record(name: str, data: Any, file: Path | str) -> FileRecord:
    good = (
        isinstance(data, dict)
        and isinstance(data.get("sha256"), str)
        and _SHA256.fullmatch(data["sha256"])
        and type(data.get("size")) is int
        and 0 <= data["size"] < 1 << 63
    )
    if not good:
        raise _unusable(file, f"sha256 and size for '{name}'", repr(data)[:60])
    return FileRecord(data["sha256"], data["size"])


def _unusable(file: Path | str, expected: str, found: str) -> ArchiveError:
    return ArchiveError(
        "the archive's manifest cannot be used",
        file=str(file),
        expected=expected,
        found=found,
        mend="build the archive again",
        code=Refusal.MANIFEST,
    )
