"""What tests of zoos share: archives that count as proven, what a whole zoo is, publishers as processes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from djlift.archive.container import pack, seal
from djlift.errors import DjliftError
from djlift.zoo import placing, publish
from djlift.zoo.address import opened
from djlift.zoo.folder import LOCK
from djlift.zoo.s3 import PROBE, S3
from djlift.zoo.store import Store
from tests.support.builders import a_folder, a_manifest
from tests.support.s3_server import PART

PROVEN = {"levels": [{"level": n, "status": "pass"} for n in range(4)]}
"""Figures of a proof, as far as publishing looks at them."""


def proven(target: Path, text: str = "", bulk: int = 0, **changes: Any) -> Path:
    """A proven archive; ``text`` makes its bytes others, ``bulk`` bytes are added to it."""
    files = a_folder(target.parent / f"{target.name}.files")
    (files / "README.md").write_text(f"# {text}\n", encoding="utf-8")
    if bulk:
        # Nothing that could be compressed: the archive is as large.
        (files / "NOTICE").write_bytes(random.Random(bulk).randbytes(bulk))
    seal(files, a_manifest(**{"parity": PROVEN, **changes}))
    pack(files, target)
    return target


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder's zoo but the locks, which are empty and stay."""
    found = (p for p in folder.rglob("*") if p.is_file() and p.name != LOCK)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def entries(files: Mapping[str, bytes], key: str = "artifacts") -> list[tuple[str, str, str]]:
    """Name, version and precision of every entry of a zoo's metadata."""
    found = []
    for name in sorted(files):
        if name.endswith("/metadata.json"):
            data = json.loads(files[name])
            found += [
                (data["artifactId"], a["version"], a["properties"]["precision"])
                for a in data.get(key, [])
            ]
    return found


def refuse_broken(files: Mapping[str, bytes], known: Sequence[Path]) -> None:
    """A zoo that is loadable: what is listed is there to the last byte, and no zip is a part of one."""
    digests = {hashlib.sha256(p.read_bytes()).hexdigest() for p in known}
    for name, data in files.items():
        if name.endswith(".zip"):
            assert hashlib.sha256(data).hexdigest() in digests, f"{name} is no whole archive"
        if name.endswith("/metadata.json"):
            metadata = json.loads(data)
            for artifact in (*metadata["artifacts"], *metadata.get("yanked", ())):
                folder, item = name.rpartition("/")[0], artifact["files"]["model"]
                archive = files[f"{folder}/{item['uri']}"]
                assert len(archive) == item["size"]
                assert hashlib.sha1(archive).hexdigest() == item["sha1Hash"]
                assert hashlib.sha256(archive).hexdigest() == item["sha256"]
                if "signature" in artifact:
                    assert files[f"{folder}/{artifact['signature']}"]


def without_probe(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a zoo in S3 but the one on which conditions are tried."""
    return {name: data for name, data in files.items() if name != PROBE}


def processes() -> Any:
    """Processes that start fast, from a clean one that has imported what they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["s3fs", "tests.support.zoos"])
    return context


def small_parts(store: Store) -> Store:
    """The same store in S3, that sends in parts what is larger than one."""
    assert isinstance(store, S3)
    return S3(store.system, store.root, store.url, single=PART, part=PART)


def publish_all(
    zoo: str, options: Mapping[str, Any] | None, archives: Sequence[Path], answers: Any = None
) -> None:
    """A publisher: every archive, one after the other; answers what was refused."""
    store = opened(zoo, options)
    store.prepare()
    refused = []
    for archive in archives:
        try:
            placing.put(publish.examine(archive), store)
        except DjliftError as problem:
            refused.append(str(problem))
    if answers is not None:
        answers.put(refused)


def publish_killed(
    zoo: str,
    options: Mapping[str, Any] | None,
    archive: Path,
    signature: bytes | None,
    at: int,
    in_parts: bool = False,
) -> None:
    """A publisher that is killed at its ``at``-th step (from 1)."""
    steps = Countdown(at)
    examined = publish.examine(archive)
    store = opened(zoo, options)
    if in_parts:
        store = small_parts(store)
    if options is None:
        watched = str(Path(zoo))

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if any(isinstance(a, str | Path) and str(a).startswith(watched) for a in arguments):
                steps.one()

        # Every open, rename, removal and folder below the zoo, before it happens.
        sys.addaudithook(hook)
    else:
        call = store.system._call_s3  # type: ignore[attr-defined]

        async def counted(method: str, **arguments: Any) -> Any:
            steps.one()
            try:
                return await call(method, **arguments)
            finally:
                # It happened, and the publisher never learns of it.
                steps.one()

        store.system._call_s3 = counted  # type: ignore[attr-defined]
        store.system.call_s3 = _in_loop(store, counted)  # type: ignore[attr-defined]

    def block(stage: str, done: int, total: int) -> None:
        steps.one()

    store.prepare()
    placing.put(examined, store, signature=signature, advance=block)


class Countdown:
    """Kills the process at a step, as a power cut does: nothing of it is left to clean up."""

    def __init__(self, at: int) -> None:
        self.left = at

    def one(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _in_loop(store: Store, function: Callable[..., Any]) -> Callable[..., Any]:
    from fsspec.asyn import sync

    def call(method: str, **arguments: Any) -> Any:
        return sync(store.system.loop, function, method, **arguments)  # type: ignore[attr-defined]

    return call


@contextlib.contextmanager
def ended(process: Any) -> Iterator[int]:
    """Start a process and give its exit code: negative when it was killed."""
    process.start()
    process.join(120)
    assert process.exitcode is not None, "a publisher hangs"
    yield process.exitcode
