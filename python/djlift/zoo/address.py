"""The address of a zoo, and the store that lies there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from djlift.errors import ZooError, not_listed, require
from djlift.zoo.folder import Folder
from djlift.zoo.store import Store

_EXTRAS = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gs"),
    "gcs": ("gcsfs", "gs"),
    "abfs": ("adlfs", "abfs"),
    "abfss": ("adlfs", "abfs"),
    "az": ("adlfs", "abfs"),
}
"""By protocol: the module that speaks it, and djlift's extra that brings it."""


def opened(zoo: str | Path, options: Mapping[str, Any] | None = None) -> Store:
    """The store at an address: a folder, or any address that fsspec knows.

    Args:
        options: What fsspec's file system takes, such as ``endpoint_url``; beside its own configuration files
            and environment.

    Raises:
        ZooError: The address or the options cannot be used.
        MissingExtra: The package is missing that speaks the protocol.
    """
    zoo = _address(zoo)
    protocol, mark, path = str(zoo).partition("://")
    if isinstance(zoo, Path) or not mark:
        _refuse_options(zoo, options)
        return Folder(Path(zoo))
    if protocol in ("file", "local"):
        _refuse_options(zoo, options)
        return Folder(Path(path))
    if "::" in protocol or "::" in path:
        raise ZooError(
            "a zoo cannot stand behind a chain of addresses",
            code="zoo-address",
            file=zoo,
            expected="one address, such as s3://bucket/zoo",
        )
    if protocol in _EXTRAS:
        module, extra = _EXTRAS[protocol]
        require(module, extra, f"a zoo at {protocol}://")
    system, root = _file_system(zoo, protocol, options or {})
    url = zoo.rstrip("/")
    if protocol in ("s3", "s3a"):
        from djlift.zoo.s3 import S3

        return S3(system, root, url)
    if protocol in ("gs", "gcs"):
        from djlift.zoo.gcs import Gs

        return Gs(system, root, url)
    if protocol in ("abfs", "abfss", "az"):
        from djlift.zoo.azure import Abfs

        return Abfs(system, root, url)
    from djlift.zoo.objects import Memory, ReadOnly

    return Memory(system, root, url) if protocol == "memory" else ReadOnly(system, root, url)


def _address(zoo: str | Path) -> str | Path:
    """An address as it is; ``file:/path`` as Java and Spark write it is a folder.

    Raises:
        ZooError: One slash is missing: a folder of that name would be made.
    """
    found = re.match(r"([a-z][a-z0-9+.-]+):(/?)(?!/)", str(zoo), re.IGNORECASE)
    if found is None or (found[1].lower() not in _EXTRAS and not found[2]):
        return zoo
    rest = str(zoo)[found.end() :]
    if found[1].lower() == "file":
        return Path("/", rest)
    raise ZooError(
        "the zoo's address lacks a slash",
        code="zoo-address",
        file=zoo,
        expected=f"{found[1]}://",
        found=found[0],
        mend=f"did you mean {found[1]}://{rest}?",
    )


def option_values(pairs: Sequence[str]) -> dict[str, Any]:
    """``key=value`` of the command line as values: JSON where it is JSON, else text.

    Raises:
        ZooError: No ``=`` in one of them.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not key:
            raise ZooError(
                "a storage option cannot be read",
                code="zoo-storage-options",
                expected="--storage-option KEY=VALUE",
                found=pair,
            )
        try:
            values[key] = json.loads(value)
        except (ValueError, RecursionError):
            values[key] = value
    return values


def _refuse_options(zoo: str | Path, options: Mapping[str, Any] | None) -> None:
    if options:
        raise ZooError(
            "a folder takes no storage options",
            code="zoo-storage-options",
            file=zoo,
            expected="an address such as s3://bucket/zoo",
            found=", ".join(options),
        )


def _file_system(url: str, protocol: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    import fsspec
    from fsspec.core import url_to_fs

    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError as cause:
        raise ZooError(
            f"a zoo at {protocol}:// needs a Python package that is not installed",
            code="missing-package",
            file=url,
            found=str(cause),
        ) from cause
    except ValueError as cause:
        raise not_listed(
            f"the protocol '{protocol}' is not known",
            "zoo-protocol",
            protocol,
            _EXTRAS,
            kind=ZooError,
            file=url,
            expected="a folder, s3://, gs://, abfs://, or another protocol of fsspec",
        ) from cause
    try:
        system, root = url_to_fs(url, **options)
    except Exception as cause:
        raise ZooError(
            "the zoo's address or its storage options cannot be used",
            code="zoo-address",
            file=url,
            found=str(cause) or type(cause).__name__,
            mend="see the options of fsspec's file system for this protocol",
        ) from cause
    return system, str(root).rstrip("/")
